import { type Finding, finding } from '../errors.ts'
import type { Stage } from '../units/code/artifact.ts'
import type { Contract } from '../units/contract.ts'
import type { GoBack } from './ask.ts'
import { declaredBy, nextVersion } from './check.ts'
import type { Control } from './control.ts'
import type { Deadline } from './deadline.ts'
import type { Passenger } from './passenger.ts'
import { Impassable, Waypoints } from './waypoints.ts'

/** The passengers of a swap, each with its number and the way of its state. */
export class Boarding {
  /** stored versions that a way could not go by */
  readonly findings: Finding[] = []
  readonly #control: Control
  readonly #stage: Stage
  readonly #editions: readonly GoBack[]
  readonly #evaluated: ReadonlySet<string>
  readonly #waypoints: Waypoints

  /** @param editions what goes back, when something does */
  constructor(control: Control, stage: Stage, editions: readonly GoBack[]) {
    this.#control = control
    this.#stage = stage
    this.#editions = editions
    this.#evaluated = new Set(stage.update.evaluate)
    this.#waypoints = new Waypoints(control)
  }

  /** @throws Stop */
  async board(contracts: readonly Contract[], deadline: Deadline): Promise<Passenger[]> {
    await this.#control.persistence.known(deadline)
    const passengers: Passenger[] = []
    for (const contract of contracts) passengers.push(await this.#passenger(contract, deadline))
    return passengers
  }

  async #passenger(contract: Contract, deadline: Deadline): Promise<Passenger> {
    const { catalog, compatibility } = this.#control
    const entry = catalog.units.get(contract.name)
    const back = this.#editions.find(({ unit }) => unit === contract.name)
    const declared = declaredBy(contract)
    const version = back?.edition.version ?? nextVersion(declared, this.#control.usedVersions(entry))
    const hash = this.#control.hashOf(contract.file, this.#stage.update)
    const artifacts = catalog.closure(contract.file, this.#stage.update)
    const from = entry?.running.version.toString()
    const evaluated = this.#evaluated.has(contract.file)
    const impassable = new Set<string>()
    for (;;) {
      const candidate = compatibility.stage(entry, { contract, version, hash, artifacts }, impassable)
      try {
        const stopovers = this.#waypoints.stopovers(entry, candidate, deadline.check)
        const via = await deadline.wait(stopovers, `reading earlier versions of ${contract.name}`)
        return { entry, contract, from, version, hash, evaluated, candidate, via }
      } catch (error) {
        if (!(error instanceof Impassable)) throw error
        impassable.add(error.version)
        this.findings.push(brokenOff(contract, error))
      }
    }
  }
}

function brokenOff({ name: unit, file }: Contract, { version, message: why }: Impassable): Finding {
  const message = `the state of ${unit} cannot go by ${version}, which the store keeps: ${why}`
  return finding('TICKSWAP_E_MIGRATION_CHAIN', message, { unit, file, severity: 'warning' })
}
