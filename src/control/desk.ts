import { TickswapError } from '../errors.ts'
import type { Registry } from '../registry/registry.ts'
import type { RequestMessage, SwapTerms } from '../swap/protocol.ts'
import type { SwapReport } from '../swap/report.ts'
import type { Binding } from '../version/resolve/resolve.ts'
import type { Ask } from './ask.ts'
import { heldBytes } from './backups.ts'
import { cascadeOf } from './cascade.ts'
import type { Catalog, UnitEntry } from './catalog.ts'
import type { Crew } from './crew.ts'
import { bindingsIn } from './dependencies.ts'
import { formersOf, formerToGoBackTo, type Stored, wantedOf } from './former.ts'
import { Invalidations } from './invalidations.ts'
import type { Library } from './library.ts'
import type { Quarantine } from './quarantine.ts'
import type { Request } from './queue.ts'

/** A request on its way into the queue. */
export type Wanted = Omit<Request, 'resolve' | 'reject'>

/** What the control thread does for the desk. */
export interface Office {
  readonly library: Library
  readonly stored: Stored
  groups(): ReadonlyMap<string, readonly string[]>
  /** queues an edit that nobody waits for */
  edit(ask: Ask): void
  /** queues a swap; resolves when it is live or has been given up */
  request(wanted: Wanted): Promise<SwapReport>
  /** false: there is no such request, or it has been committed */
  cancel(key: string): boolean
  /** false: no such swap waits for consent */
  confirm(swap: number | string): boolean
  /** forgets that a unit was rolled back too often */
  lift(unit: string): void
}

/** The answer comes by another message. */
export const LATER = Symbol('later')

/** Answers what engines ask about units. */
export class Desk {
  readonly #catalog: Catalog
  readonly #crew: Crew
  readonly #registry: Registry
  readonly #quarantine: Quarantine
  readonly #office: Office
  readonly #invalidations = new Invalidations()

  constructor(catalog: Catalog, crew: Crew, registry: Registry, quarantine: Quarantine, office: Office) {
    this.#catalog = catalog
    this.#crew = crew
    this.#registry = registry
    this.#quarantine = quarantine
    this.#office = office
  }

  /** @throws TickswapError that goes back to the engine */
  answer(message: RequestMessage): unknown {
    const { slot } = message
    switch (message.name) {
      case 'use':
        return this.#use(message as RequestMessage<'use'>)
      case 'swap':
        return this.#swap(message as RequestMessage<'swap'>)
      case 'rollback':
        return this.#rollback(message as RequestMessage<'rollback'>)
      case 'cancel':
        return this.#office.cancel(keyOf(slot, (message as RequestMessage<'cancel'>).body.request))
      case 'confirm':
        return this.#office.confirm((message as RequestMessage<'confirm'>).body.swap)
      case 'listen':
        return this.#crew.listen(slot)
      case 'resume':
        return this.#crew.resume(slot)
      case 'invalidate':
        return this.#invalidate(message as RequestMessage<'invalidate'>)
      case 'quarantine':
        return this.#quarantine.list()
      case 'lift':
        return this.#lift((message as RequestMessage<'lift'>).body.what)
      case 'units':
        return this.#units()
      case 'participants':
        return this.#crew.list()
      case 'backups':
        return this.#office.library.backups(this.#office.groups())
      case 'vitals':
        return this.#office.library.vitals()
      case 'sources': {
        const { unit, version } = (message as RequestMessage<'sources'>).body
        return this.#office.library.sources(unit, version)
      }
      case 'journal': {
        const { unit, limit } = (message as RequestMessage<'journal'>).body
        return this.#office.library.journal(unit, limit)
      }
      default:
        throw new TickswapError('TICKSWAP_E_INTERNAL', `nobody answers ${message.name}`)
    }
  }

  #invalidate({ body: { id, swap } }: RequestMessage<'invalidate'>): void {
    const ask = this.#invalidations.ask(id, swap)
    if (ask) this.#office.edit(ask)
  }

  #lift(what: string): number {
    this.#office.lift(what)
    return this.#quarantine.lift(what)
  }

  /** The participant has compared the range with what it runs, be it a version in probation. */
  #use({ slot, body: { unit, range } }: RequestMessage<'use'>): void {
    if (range !== undefined) this.#crew.use(slot, unit, range)
  }

  /** All files of the units and of their groups: their own and the modules that travel with them. */
  #swap({ slot, request, body: { units, terms = {} } }: RequestMessage<'swap'>): Promise<SwapReport> {
    for (const name of units) this.#unit(name)
    const at = now()
    const find = (): Ask => {
      const groups = this.#office.groups()
      const names = new Set(units.flatMap((name) => groups.get(name) ?? [name]))
      const closures = [...names].flatMap((name) =>
        this.#catalog.closure(this.#unit(name).running.contract.file),
      )
      const files = [...new Set(closures.map(({ file }) => file))]
      return { trigger: 'swap', by: this.#crew.name(slot), files, removed: [], empty: [], at, ...terms }
    }
    return this.#office.request(wanted('swap', slot, request, units, terms, find))
  }

  /** Goes back to a version that ran before: the one named, the best of a range, or the last one before the running. */
  #rollback({ slot, request, body }: RequestMessage<'rollback'>): Promise<SwapReport> {
    const { unit, to, state, terms = {} } = body
    const entry = this.#unit(unit)
    const version = to === undefined ? undefined : wantedOf(to)
    const at = now()
    const find = async (): Promise<Ask> => {
      const { stored } = this.#office
      const edition = await formerToGoBackTo(entry, version, this.#registry, stored)
      this.#catalog.requireWhole(edition)
      const files = [edition.contract.file]
      const there = { unit, edition }
      const by = this.#crew.name(slot)
      const cascade = cascadeOf(there, this.#catalog, stored)
      return {
        trigger: 'rollback',
        by,
        files,
        removed: [],
        empty: [],
        at,
        edition: there,
        cascade,
        ...(state && { state }),
        ...terms,
      }
    }
    // Rollbacks to different versions are different wishes.
    return this.#office.request(wanted('rollback', slot, request, [unit, to ?? '', state ?? ''], terms, find))
  }

  #unit(name: string): UnitEntry {
    const entry = this.#catalog.units.get(name)
    if (entry) return entry
    const known = [...this.#catalog.units.keys()].sort().join(', ') || 'none'
    throw new TickswapError('TICKSWAP_E_UNIT_UNKNOWN', `there is no unit ${name}; there are: ${known}`)
  }

  #units() {
    const groups = this.#office.groups()
    const bindings = bindingsIn(this.#catalog)
    return this.#catalog.inOrder().map((entry) => this.#status(entry, groups, bindings))
  }

  #status(entry: UnitEntry, groups: ReadonlyMap<string, readonly string[]>, bindings: readonly Binding[]) {
    const { name, running, memory, backups } = entry
    return {
      unit: name,
      version: running.version.toString(),
      file: running.contract.file,
      hash: running.hash,
      flags: running.contract.flags,
      group: [...(groups.get(name) ?? [name])],
      requires: running.contract.requires,
      optional: running.contract.optional,
      provides: running.contract.provides,
      interfaces: Object.fromEntries(
        bindings.filter(({ unit }) => unit === name).map(({ to, version }) => [to, version]),
      ),
      arenaBytes: memory.arena.byteLength,
      editions: formersOf(entry, this.#office.stored),
      backups: backups.all.map(({ version }) => version),
      backupBytes: backups.all.reduce((sum, backup) => sum + heldBytes(backup), 0),
    }
  }
}

const now = (): number => performance.timeOrigin + performance.now()
const keyOf = (slot: number, request: number): string => `${slot}:${request}`

function wanted(
  trigger: SwapReport['trigger'],
  slot: number,
  request: number,
  units: readonly string[],
  { strategy, retries = 0, deadlines }: SwapTerms,
  find: Wanted['find'],
): Wanted {
  const consent = { cancelled: false, confirmed: false }
  const key = keyOf(slot, request)
  const { queueMs } = deadlines ?? {}
  return { find, key, units: [...units].sort(), trigger, strategy, consent, retries, queueMs }
}
