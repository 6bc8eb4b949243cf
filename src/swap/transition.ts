import { ADVICE, type ErrorCode, type Finding, finding, TickswapError } from '../errors.ts'
import { viewsOf } from '../state/layout.ts'
import { copyMemory, UnitState } from '../state/memory.ts'
import { carrySoft, reverse } from '../state/migrate.ts'
import { copySoft } from '../state/soft.ts'
import { WayBack } from '../state/way-back.ts'
import type { Prepared } from '../units/code/linker.ts'
import { placeOf } from '../units/code/place.ts'
import type { ColumnArray } from '../units/column.ts'
import { isUnit, type SetupContext, type State } from '../units/unit.ts'
import type { Move, PrepareMessage, SavedMessage } from './protocol.ts'
import { ownOf } from './sampler.ts'
import { SlicedMove } from './sliced.ts'
import { SlicedBack } from './sliced-back.ts'
import { Stopovers } from './stopover.ts'
import { carryOwn, losesBack, migrationsOf, startOver, transfer } from './transfer.ts'
import { Warming } from './warming.ts'
import { type LiveUnit, peersIn, type World } from './world.ts'

/** One swap as one participant lives it: prepared beside what runs, committed, then settled or reverted. */
export class Transition {
  readonly id: number
  readonly message: PrepareMessage
  /** files whose code this swap brings */
  readonly files: ReadonlySet<string>
  committed = false
  /** this participant's state has been moved, for the meeting at hand */
  migrated = false
  /** what it has for itself, taken at the boundary to be saved */
  #ownStates: SavedMessage['units'] | undefined
  /** it has been moved before, in a meeting that came to nothing */
  #isStale = false
  readonly #world: World
  readonly #prepared: Prepared
  readonly #next = new Map<string, LiveUnit>()
  readonly #previous = new Map<string, LiveUnit>()
  /** versions that state passes through on its way, by unit */
  readonly #stops = new Map<string, Stopovers>()
  /** migrations that were begun before the boundary, by unit */
  readonly #sliced = new Map<string, SlicedMove>()

  /**
   * Takes over modules that were evaluated beside the running ones.
   * @throws TickswapError; the running version is untouched
   */
  constructor(world: World, message: PrepareMessage, prepared: Prepared) {
    this.id = message.id
    this.message = message
    this.#world = world
    this.files = new Set(message.update.evaluate)
    this.#prepared = prepared
    try {
      for (const move of message.moves) {
        this.#next.set(move.unit, this.#instantiate(move))
        if (move.via.length > 0) this.#stops.set(move.unit, new Stopovers(move.via))
        const running = world.units.get(move.unit)
        const next = this.#next.get(move.unit)!
        if (move.sliced && running) this.#sliced.set(move.unit, new SlicedMove(move, running, next))
      }
    } catch (error) {
      this.discard()
      throw error
    }
  }

  #instantiate(move: Move): LiveUnit {
    const namespace = this.#prepared.namespace(move.file)
    const unit = (namespace as { unit?: unknown }).unit
    if (!isUnit(unit))
      throw new TickswapError('TICKSWAP_E_NOT_A_UNIT', `${move.file} exports no unit`, { file: move.file })
    const running = this.#world.units.get(move.unit)
    const soft = (unit.definition.state?.soft?.() ?? {}) as Record<string, unknown>
    const state =
      running && !move.moved ? running.state.inherit(move.memory, soft) : new UnitState(move.memory, soft)
    if (move.wayBack) state.noteKept(new WayBack(move.wayBack))
    const { unit: name, file, to: version } = move
    return { name, file, version, unit, state, namespace }
  }

  /** What makes the candidate fast before it is live; undefined when it is not rehearsed. */
  warming(): Warming | undefined {
    const { warmth } = this.message
    return warmth && new Warming(this.#prepared.twin(warmth.parts.map(({ file }) => file)), warmth)
  }

  /** Copies the arenas that the swap leaves in use into the backup ring; of the others the old arena stays. */
  backup(): void {
    if (this.message.save) for (const { state } of this.#world.units.values()) state.keepShared()
    for (const { unit, backup } of this.message.moves) {
      const running = this.#world.units.get(unit)
      if (running && backup) copyMemory(running.state.memory.arena, backup)
    }
    for (const { unit, backup } of this.message.mates ?? [])
      copyMemory(this.#world.units.get(unit)!.state.memory.arena, backup)
  }

  /** A unit's state under the new version, or under the old one; where it does not move there is but one. */
  stateOf(unit: string, isNext: boolean): UnitState {
    const moving = (isNext ? this.#next : this.#previous).get(unit)
    return (moving ?? this.#world.units.get(unit)!).state
  }

  /** The old versions' state is what it goes back to: keeps it, so that something else can be tried in its place. */
  keepPrevious(): void {
    for (const { state } of [...this.#previous.values(), ...this.#mates]) {
      state.forgetShared()
      state.keepShared()
    }
  }

  get #mates(): LiveUnit[] {
    return (this.message.mates ?? []).map(({ unit }) => this.#world.units.get(unit)!)
  }

  /** Brings units of the same group that do not move to the backup that the others go back to. */
  bringMates(): void {
    for (const { unit, restore } of this.message.mates ?? [])
      if (restore) copyMemory(restore, this.#world.units.get(unit)!.state.memory.arena)
  }

  /** Brings units of the same group that did not move back to the commit. */
  restoreMates(): void {
    for (const { unit, backup } of this.message.mates ?? [])
      copyMemory(backup, this.#world.units.get(unit)!.state.memory.arena)
  }

  /** true when members other than the leader have state of their own to move */
  get hasOwnState(): boolean {
    if (this.message.save) return true
    return this.message.moves.some(({ unit, memory }) => {
      const states = [this.#world.units.get(unit)?.state, this.#next.get(unit)?.state]
      return memory.own.bytes > 0 || states.some((state) => Object.keys(state?.soft ?? {}).length > 0)
    })
  }

  /** What only this participant has, beside shared columns that others have moved. */
  migrateOwn(): Finding | undefined {
    return this.hasOwnState ? this.migrate(false) : undefined
  }

  /**
   * Moves state to the next version's memory. `leads`: with the shared columns, which one participant moves
   * for all. `again`: somebody may have done so before, in an attempt that came to nothing.
   */
  migrate(leads: boolean, again = this.#isStale): Finding | undefined {
    this.migrated = true
    this.#isStale = true
    if (this.message.save) this.#ownStates = this.#takeOwn()
    for (const move of this.message.moves) {
      const next = this.#next.get(move.unit)!
      const running = this.#world.units.get(move.unit)
      if (again) startOver(move, next, leads)
      try {
        if (!running) {
          if (leads) next.unit.definition.init?.(next.state)
        } else if (!move.moved) carrySoft(running.state, next.state)
        else if (move.restored) carryOwn(move, running.state, next.state)
        else if (move.sliced) this.#sliced.get(move.unit)!.finish(leads)
        else {
          const migrations = migrationsOf(move, running, next)
          const stops = this.#stops.get(move.unit)?.fresh()
          transfer(move.plan, migrations, running.state, next.state, leads, move.memory.own, stops)
        }
      } catch (error) {
        const what = `migrating ${move.unit} from ${move.from} threw`
        return blame('TICKSWAP_E_MIGRATION_FAILED', error, move, what)
      }
    }
    return undefined
  }

  /** What this participant had for itself at the boundary; one that was not there, because it rests, has it still. */
  ownStates(): SavedMessage['units'] {
    return this.#ownStates ?? this.#takeOwn()
  }

  #takeOwn(): SavedMessage['units'] {
    return Array.from(this.#world.units.values(), (live) => ({ unit: live.name, private: ownOf(live) }))
  }

  /** The meeting came to nothing: the old version runs on, and its state with it. */
  disregard(): void {
    this.migrated = false
  }

  /** The state of the commit, to come back to. What a migration leaves behind is kept by being left. */
  keepShared(): void {
    const moved = new Set<UnitState>()
    for (const move of this.message.moves) {
      if (!move.moved) continue
      this.#next.get(move.unit)!.state.keepShared()
      const running = this.#world.units.get(move.unit)
      if (running) moved.add(running.state)
    }
    for (const { state } of this.#world.units.values()) if (!moved.has(state)) state.keepShared()
  }

  /** Checks the next version's state before anybody runs on it. */
  verify(): Finding | undefined {
    for (const move of this.message.moves) {
      const next = this.#next.get(move.unit)!
      const found = verifyUnit(next, move)
      if (found) return found
      const running = this.#world.units.get(move.unit)
      if (!move.moved || !running) continue
      const isScanned = this.#sliced.get(move.unit)?.isWhole === false
      const bad = next.state.nonFiniteSince(running.state, isScanned)
      if (bad)
        return finding(
          'TICKSWAP_E_MIGRATION_FAILED',
          `the migration of ${move.unit} wrote ${bad.value} to column ${bad.column}[${bad.index}]`,
          { unit: move.unit, file: move.file },
        )
    }
    return undefined
  }

  /** Makes the candidate what runs. No code of the unit is called here. */
  flip(): void {
    this.#prepared.commit()
    this.committed = true
    for (const [name, next] of this.#next) {
      const running = this.#world.units.get(name)
      if (running) this.#previous.set(name, running)
      this.#world.units.set(name, next)
      next.unit.bind(next.state, peersIn(this.#world))
    }
  }

  /** Calls `setup` of what was evaluated anew; the first that throws ends it. */
  setup(context: SetupContext): Finding | undefined {
    for (const move of this.message.moves) {
      if (!move.evaluated) continue
      const next = this.#next.get(move.unit)!
      try {
        next.unit.definition.setup?.(next.state, context)
      } catch (error) {
        return blame('TICKSWAP_E_PROBATION_SETUP', error, move, `setup of ${move.unit} ${move.to} threw`)
      }
    }
    return undefined
  }

  /**
   * Migrates the last good state of every moved unit the way back, into spare memory beside the old arenas.
   * @returns false when one of them has no way back: then none of them goes it
   */
  wayBack(): boolean {
    return this.message.moves.every((move) => {
      const previous = this.#previous.get(move.unit)
      if (!previous || !move.moved) return true
      const next = this.#next.get(move.unit)!
      return !move.restored && !losesBack(move, previous, next) && this.#moveBack(move, previous, true)
    })
  }

  /**
   * Writes state into the arenas of the old version, while all wait. `last-good`: of the last boundary, after
   * `wayBack`. `commit`: no tick has passed since, so the arenas that a migration left behind are still the
   * state. `backup`: there is no way back, and all units of the swap return to the state of the commit.
   */
  restoreShared(to: 'last-good' | 'commit' | 'backup'): void {
    for (const move of this.message.moves) {
      const state = this.#previous.get(move.unit)?.state
      if (!state) continue
      const { memory } = state
      if (!move.moved && to === 'backup' && move.backup) {
        state.forgetShared()
        copyMemory(move.backup, memory.arena)
      } else if (!move.moved) state.restoreShared()
      else if (to === 'last-good') {
        const sliced = this.#slicedBack(move)
        if (sliced) sliced.restore()
        else state.takeLastGood()
      }
    }
  }

  /** The participant's own part of restoreShared. */
  restoreOwn(movedBack: boolean): Finding[] {
    const warnings: Finding[] = []
    for (const move of this.message.moves) {
      const previous = this.#previous.get(move.unit)
      if (!previous) continue
      const next = this.#next.get(move.unit)!
      if (!move.moved) {
        next.state.restoreOwn()
        carrySoft(next.state, previous.state)
      } else if (movedBack && !this.#moveBack(move, previous, false)) {
        const { unit, file } = move
        const message = `the way back of ${unit} failed for a participant's own state, which stands as at the commit`
        warnings.push(finding('TICKSWAP_E_MIGRATION_FAILED', message, { unit, file, severity: 'warning' }))
      }
    }
    return warnings
  }

  #slicedBack(move: Move): SlicedBack | undefined {
    const [next, previous] = [this.#next.get(move.unit), this.#previous.get(move.unit)]
    return next && previous && SlicedBack.of(move, next, previous)
  }

  /** Migrates the last good state the way back, beside the old memory. */
  #moveBack(move: Move, previous: LiveUnit, shared: boolean): boolean {
    const next = this.#next.get(move.unit)!
    const { memory } = previous.state
    // The old version's own last-good memory is free now: it is the room to migrate into.
    if (shared) previous.state.forgetShared()
    const columns: Record<string, ColumnArray> = { ...previous.state.columns }
    for (const { name } of memory.own.slots) columns[name] = columns[name]!.slice()
    if (shared) Object.assign(columns, viewsOf(memory.shared, memory.lastGood))
    const target = { columns, soft: copySoft(previous.state.soft) } as State
    try {
      const sliced = this.#slicedBack(move)
      const from = next.state.asKept()
      if (sliced && shared && !sliced.finish(from, target)) return false
      if (sliced && !shared) sliced.finishOwn(from, target)
      if (!sliced) {
        const migrations = migrationsOf(move, previous, next)
        const stops = this.#stops.get(move.unit)?.fresh().reverse()
        transfer(reverse(move.plan), migrations, from, target, shared, memory.own, stops)
      }
      if (shared && previous.unit.definition.verify?.(target) === false) return false
    } catch {
      return false
    }
    if (shared) return true
    previous.state.soft = target.soft
    for (const { name } of memory.own.slots) previous.state.columns[name]!.set(columns[name]!)
    return true
  }

  /** Puts back what ran before. Exact: the old instances, their bindings and their memory. */
  revert(): Finding[] {
    this.#forgetSlices()
    this.#prepared.revert()
    this.#prepared.discard()
    const warnings: Finding[] = []
    for (const move of this.message.moves) {
      const next = this.#next.get(move.unit)!
      const previous = this.#previous.get(move.unit)
      if (move.evaluated) warnings.push(...dispose(next))
      if (move.moved) next.state.release()
      if (previous) {
        this.#world.units.set(move.unit, previous)
        previous.unit.bind(previous.state)
      } else this.#world.units.delete(move.unit)
    }
    return warnings
  }

  /** The swap is permanent: the old version is disposed of and forgotten. */
  settle(): Finding[] {
    const warnings: Finding[] = []
    // Backwards: nobody is disposed of before those that need it.
    for (const move of this.message.moves.toReversed()) {
      const previous = this.#previous.get(move.unit)
      if (!previous) continue
      if (move.moved) previous.state.release()
      if (move.wayBack) this.#next.get(move.unit)!.state.noteKept(undefined)
      if (!move.evaluated) continue
      warnings.push(...dispose(previous))
      previous.unit.bind(undefined)
    }
    this.#previous.clear()
    this.#forgetSlices()
    this.#prepared.settle()
    return warnings
  }

  /** Forgets a candidate that was not committed. */
  discard(): void {
    this.#forgetSlices()
    this.#prepared.discard()
    for (const move of this.message.moves) if (move.moved) this.#next.get(move.unit)?.state.release()
  }

  #forgetSlices(): void {
    for (const sliced of this.#sliced.values()) sliced.release()
    this.#sliced.clear()
  }
}

/** Runs the unit's `verify`; a finding when it returns false or throws. */
export function verifyUnit(live: LiveUnit, move: Pick<Move, 'unit' | 'file' | 'to'>): Finding | undefined {
  try {
    if (live.unit.definition.verify?.(live.state) !== false) return undefined
  } catch (error) {
    return blame('TICKSWAP_E_VERIFY_FAILED', error, move, `verify of ${move.unit} ${move.to} threw`)
  }
  const { unit, file } = move
  return finding('TICKSWAP_E_VERIFY_FAILED', `verify of ${unit} ${move.to} returned false`, { unit, file })
}

/** Calls `dispose`; what it throws is reported, never fatal. */
export function dispose(live: LiveUnit): Finding[] {
  try {
    live.unit.definition.dispose?.(live.state)
    return []
  } catch (error) {
    const { name: unit, file } = live
    const message = `dispose of ${unit} ${live.version} threw: ${text(error)}`
    return [
      finding('TICKSWAP_E_DISPOSE', message, { unit, file, severity: 'warning', ...placeOf(error, [file]) }),
    ]
  }
}

/** A finding about code of a unit that threw, at the place where it did. */
export function blame(
  code: ErrorCode,
  error: unknown,
  about: { unit: string; file: string },
  what: string,
): Finding {
  const { unit, file } = about
  const place = placeOf(error, [file]) ?? { file }
  return { code, severity: 'error', message: `${what}: ${text(error)}`, advice: ADVICE[code], unit, ...place }
}

const text = (error: unknown): string =>
  error instanceof Error ? `${error.name}: ${error.message}` : String(error)
