import { TickswapError } from '../errors.ts'
import type { Registry } from '../registry/registry.ts'
import type { RequestMessage } from '../swap/protocol.ts'
import type { SwapReport } from '../swap/report.ts'
import type { Catalog, UnitEntry } from './catalog.ts'
import type { Crew } from './crew.ts'
import { bindingsIn } from './dependencies.ts'
import { editionToGoBackTo, wantedOf } from './edition.ts'
import type { Ask } from './road.ts'

/** Answers what engines ask about units. */
export class Desk {
  readonly #catalog: Catalog
  readonly #crew: Crew
  readonly #registry: Registry
  /** queues a swap; resolves when it is live or has been given up */
  readonly #request: (find: () => Ask) => Promise<SwapReport>

  /** `request` calls `find` when it is the swap's turn: what runs may be another version by then. */
  constructor(
    catalog: Catalog,
    crew: Crew,
    registry: Registry,
    request: (find: () => Ask) => Promise<SwapReport>,
  ) {
    this.#catalog = catalog
    this.#crew = crew
    this.#registry = registry
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
      case 'participants':
        return this.#crew.list()
      default:
        throw new TickswapError('TICKSWAP_E_INTERNAL', `nobody answers ${message.name}`)
    }
  }

  /** The participant has compared the range with what it runs, be it a version in probation. */
  #use({ slot, body: { unit, range } }: RequestMessage<'use'>): void {
    if (range !== undefined) this.#crew.use(slot, unit, range)
  }

  /** All files of the units: their own and the modules that travel with them. */
  #swap(names: readonly string[]): Promise<SwapReport> {
    const entries = names.map((name) => this.#unit(name))
    const at = performance.timeOrigin + performance.now()
    return this.#request(() => {
      const closures = entries.flatMap(({ running }) => this.#catalog.closure(running.contract.file))
      const files = [...new Set(closures.map(({ file }) => file))]
      return { trigger: 'swap', files, removed: [], empty: [], at }
    })
  }

  /** Goes back to an edition that ran before: the one named, the best of a range, or the last one before the running. */
  #rollback({ unit, to }: { unit: string; to: string | undefined }): Promise<SwapReport> {
    const entry = this.#unit(unit)
    const wanted = to === undefined ? undefined : wantedOf(to)
    const at = performance.timeOrigin + performance.now()
    return this.#request(() => {
      const edition = editionToGoBackTo(entry, wanted, this.#registry)
      this.#catalog.requireWhole(edition)
      const files = [edition.contract.file]
      return { trigger: 'rollback', files, removed: [], empty: [], at, edition: { unit, edition } }
    })
  }

  #unit(name: string): UnitEntry {
    const entry = this.#catalog.units.get(name)
    if (entry) return entry
    const known = [...this.#catalog.units.keys()].sort().join(', ') || 'none'
    throw new TickswapError('TICKSWAP_E_UNIT_UNKNOWN', `there is no unit ${name}; there are: ${known}`)
  }

  #units() {
    const bindings = bindingsIn(this.#catalog)
    return this.#catalog.inOrder().map(({ name, running, memory, editions, backups }) => ({
      unit: name,
      version: running.version.toString(),
      file: running.contract.file,
      hash: running.hash,
      flags: running.contract.flags,
      requires: running.contract.requires,
      optional: running.contract.optional,
      provides: running.contract.provides,
      interfaces: Object.fromEntries(
        bindings.filter(({ unit }) => unit === name).map(({ to, version }) => [to, version]),
      ),
      arenaBytes: memory.arena.byteLength,
      editions: editions.map(({ version }) => version.toString()),
      backups: backups.map(({ version }) => version),
    }))
  }
}
