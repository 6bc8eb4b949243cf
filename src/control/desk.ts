import { TickswapError } from '../errors.ts'
import type { RequestMessage } from '../swap/protocol.ts'
import type { SwapReport } from '../swap/report.ts'
import { Constraint } from '../version/constraint.ts'
import { Version } from '../version/version.ts'
import type { Catalog, UnitEntry } from './catalog.ts'
import type { Crew } from './crew.ts'
import type { Ask } from './road.ts'

/** Answers what engines ask about units. */
export class Desk {
  readonly #catalog: Catalog
  readonly #crew: Crew
  /** queues a swap; resolves when it is live or has been given up */
  readonly #request: (ask: Ask) => Promise<SwapReport>

  constructor(catalog: Catalog, crew: Crew, request: (ask: Ask) => Promise<SwapReport>) {
    this.#catalog = catalog
    this.#crew = crew
    this.#request = request
  }

  /** @throws TickswapError that goes back to the engine */
  answer(message: RequestMessage): unknown {
    switch (message.name) {
      case 'use':
        return this.#use(message as RequestMessage<'use'>)
      case 'swap':
        return this.#swap((message as RequestMessage<'swap'>).body.units)
      case 'rollback':
        return this.#rollback((message as RequestMessage<'rollback'>).body)
      case 'units':
        return this.#units()
      default:
        throw new TickswapError('TICKSWAP_E_INTERNAL', `nobody answers ${message.name}`)
    }
  }

  #use({ slot, body: { unit, range } }: RequestMessage<'use'>): void {
    const entry = this.#unit(unit)
    if (range === undefined) return
    if (!Constraint.parse(range).matches(entry.running.version))
      throw new TickswapError(
        'TICKSWAP_E_REQUIREMENT',
        `unit ${unit} is ${entry.running.version}, not ${range}`,
        { unit },
      )
    this.#crew.use(slot, unit, range)
  }

  #swap(names: readonly string[]): Promise<SwapReport> {
    // A unit's files are its own and those of the modules that travel with it.
    const files = names.flatMap((name) =>
      this.#catalog.closure(this.#unit(name).running.contract.file).map((artifact) => artifact.file),
    )
    return this.#request({
      trigger: 'swap',
      files: [...new Set(files)],
      removed: [],
      empty: [],
      at: performance.timeOrigin + performance.now(),
    })
  }

  /** Goes back to an edition that ran before: the one named, or the last one before the running. */
  #rollback({ unit, to }: { unit: string; to: string | undefined }): Promise<SwapReport> {
    const entry = this.#unit(unit)
    const others = entry.editions.filter(
      ({ version }) => Version.compare(version, entry.running.version) !== 0,
    )
    const wanted = to === undefined ? undefined : Version.parse(to)
    const edition = others.findLast(({ version }) => !wanted || Version.compare(version, wanted) === 0)
    if (!edition) {
      const list = [...new Set(others.map(({ version }) => version.toString()))].join(', ') || 'none'
      throw new TickswapError(
        'TICKSWAP_E_NO_SUCH_VERSION',
        `unit ${unit} has no version ${to ?? 'to go back to'}; there are: ${list}`,
        { unit },
      )
    }
    const at = performance.timeOrigin + performance.now()
    return this.#request({
      trigger: 'rollback',
      files: [edition.contract.file],
      removed: [],
      empty: [],
      at,
      edition: { unit, edition },
    })
  }

  #unit(name: string): UnitEntry {
    const entry = this.#catalog.units.get(name)
    if (entry) return entry
    const known = [...this.#catalog.units.keys()].sort().join(', ') || 'none'
    throw new TickswapError('TICKSWAP_E_UNIT_UNKNOWN', `there is no unit ${name}; there are: ${known}`)
  }

  #units() {
    return this.#catalog.inOrder().map(({ name, running, memory, editions, backups }) => ({
      unit: name,
      version: running.version.toString(),
      file: running.contract.file,
      hash: running.hash,
      flags: running.contract.flags,
      arenaBytes: memory.arena.byteLength,
      editions: editions.map(({ version }) => version.toString()),
      backups: backups.map(({ version }) => version),
    }))
  }
}
