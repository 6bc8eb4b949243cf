import { TickswapError } from '../errors.ts'
import type { Rule } from '../version/compatibility/rules.ts'
import { interfacesOf } from '../version/resolve/interfaces.ts'
import type { ArrayOf, Column, Columns } from './column.ts'

/** What a unit's hooks and functions work on. The arrays live in the runtime's arena and outlive the code. */
export interface State<C extends Columns = Columns, S extends object = Record<string, unknown>> {
  readonly columns: { readonly [K in keyof C]: C[K] extends Column<infer T> ? ArrayOf<T> : never }
  /** a small structured-cloneable object, one per participant */
  soft: S
}

/** The state on the other side of a migration, whose shape only that version knows. */
export interface OldState {
  // biome-ignore lint/suspicious/noExplicitAny: the other version's columns are not known to this one's types
  readonly columns: Record<string, any>
  // biome-ignore lint/suspicious/noExplicitAny: as above
  soft: any
}

/**
 * How state moves between a range of older versions and this one. Columns and soft
 * keys that keep their name and type are carried over before the function runs.
 */
export interface Migration<C extends Columns = Columns, S extends object = Record<string, unknown>> {
  /** from the older version's state to this one's */
  up?(old: OldState, next: State<C, S>): void
  /** from this version's state (`next`) to the older one's (`old`) */
  down?(next: State<C, S>, old: OldState): void
  /**
   * Rows that `upRange` and `downRange` count. A column whose length is a multiple has so many elements of each
   * row; the others belong to `up` and `down`, which run once, after the rows.
   */
  rows?: number
  /**
   * As `up`, for rows `from` to `to`, without `to`: it reads and writes those and no others. Large state is moved
   * so while the old version still runs; rows that were written meanwhile are moved again.
   */
  upRange?(old: OldState, next: State<C, S>, from: number, to: number): void
  downRange?(next: State<C, S>, old: OldState, from: number, to: number): void
  /** `down` does not bring back what was: it is not tried on a copy before the swap */
  lossy?: boolean
}

export interface SetupContext {
  /** why the unit is being set up in this participant; `rehearsal`: on a copy, which nobody but the rehearsal sees */
  readonly reason: 'boot' | 'join' | 'swap' | 'rollback' | 'rehearsal'
  /** index of this participant, 0 to maxParticipants - 1; -1 in a rehearsal */
  readonly participant: number
}

export interface UnitDefinition<C extends Columns = Columns, S extends object = Record<string, unknown>> {
  /** default: the file's name without its extension */
  name?: string
  /** `1.4.2`, `1.4.2.17`, `1.4.2-rc.1`; saving without a new one makes BUILD + 1 */
  version: string
  /** of the flags that a version can carry, such as `stable`; in any case */
  flags?: readonly string[]
  /** unit name to range: `{ roads: '^1.4.0' }` */
  requires?: Readonly<Record<string, string>>
  /** as `requires`, for units that need not be there: when they are, their version has to match */
  optional?: Readonly<Record<string, string>>
  /**
   * Interface versions that are offered at once: `{ traffic: ['1', '2'] }`. A requirement of the
   * interface's name is satisfied by any of them; the newest that both know is the one bound.
   */
  provides?: Readonly<Record<string, readonly string[]>>
  state?: { columns?: C; soft?: () => S }
  /** range of older versions to the migration between them and this version */
  migrate?: Readonly<Record<string, Migration<C, S>>>
  /** What is known of certain transitions of this unit: see docs/compatibility.md. */
  rules?: readonly Rule[]
  /** Fills new state. Called once, by one participant, when the unit first exists; never by a swap. */
  init?(state: State<C, S>): void
  /** Called in every participant after boot, join, commit or rollback. */
  setup?(state: State<C, S>, context: SetupContext): void
  /** Called in every participant once the unit has been replaced for good, or at close. */
  dispose?(state: State<C, S>): void
  /**
   * How a candidate is tried before any participant runs it, on copies of live state: a function that steps it
   * once, as a tick of the engine would; `calls`: the calls that the engine made at the handle in its last tick
   * are run again; `false`: not at all. Default: `calls` when the unit is deterministic, otherwise not at all.
   * It also runs in every participant, on a copy of the module, to be fast from the first tick: what it does
   * beside columns, soft state and the module's own variables must bear that. See docs/swap.md.
   */
  rehearse?: ((state: State<C, S>) => void) | 'calls' | false
  /**
   * The unit's functions depend on their arguments, columns and soft state alone, and change nothing else:
   * the same calls give the same state. `syncTest` finds out whether that is so.
   */
  deterministic?: boolean
  /** Returns false or throws when the state is wrong. Checked at the commit and in probation. */
  verify?(state: State<C, S>): boolean | void
  /** Asked in every participant after every tick of the probation: false, a text or a throw fails the version. */
  health?(state: State<C, S>): boolean | string | undefined | void
  /** Units of one group swap together: with those that name the same one, or import each other. */
  group?: string
}

/** What defineUnit returns. `state` is bound by the runtime and rebound when the unit's memory moves. */
export interface Unit<C extends Columns = Columns, S extends object = Record<string, unknown>> {
  readonly definition: UnitDefinition<C, S>
  readonly state: State<C, S>
  /**
   * The interface versions this unit works with, by the name it requires: of those a provider
   * that runs offers, the newest that it knows. Worked out at every read: read it in `setup`, or
   * once a tick. Empty before loading.
   */
  readonly interfaces: Readonly<Record<string, string>>
}

/** The units that run beside one, by name. */
export type Peers = () => Iterable<readonly [string, UnitDefinition]>

const ALONE: Peers = () => []

/** Marks units across copies of this package: an engine and its modules may resolve different ones. */
const BRAND = Symbol.for('tickswap.unit.1')

/** The runtime's side of a Unit. */
export class BoundUnit implements Unit {
  readonly [BRAND] = true
  readonly definition: UnitDefinition
  #state: State | undefined
  #peers: Peers = ALONE

  constructor(definition: UnitDefinition) {
    this.definition = definition
  }

  get state(): State {
    if (!this.#state)
      throw new TickswapError('TICKSWAP_E_STATE_UNBOUND', 'the state of a unit was read before it was bound')
    return this.#state
  }

  get interfaces(): Readonly<Record<string, string>> {
    return interfacesOf(this.definition, this.#peers())
  }

  /** Points `state` at memory; undefined unbinds it. `peers` stay as they are when left out. */
  bind(state: State | undefined, peers?: Peers): void {
    this.#state = state
    if (peers) this.#peers = peers
  }
}

/** Declares the unit of a file: `export const unit = defineUnit({ version: '1.0.0' })`. */
// biome-ignore lint/complexity/noBannedTypes: {} is "no columns" and "no soft keys"
export function defineUnit<const C extends Columns = {}, S extends object = {}>(
  definition: UnitDefinition<C, S>,
): Unit<C, S> {
  return new BoundUnit(definition as unknown as UnitDefinition) as unknown as Unit<C, S>
}

/** Whether a value was made by defineUnit, by any copy of this package. */
export const isUnit = (value: unknown): value is BoundUnit =>
  typeof value === 'object' && value !== null && BRAND in value
