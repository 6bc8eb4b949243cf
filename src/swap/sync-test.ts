import { serialize } from 'node:v8'
import { type Finding, finding } from '../errors.ts'
import { addon } from '../native/addon.ts'
import { copyMemory } from '../state/copy.ts'
import { viewsOf } from '../state/layout.ts'
import type { ColumnArray } from '../units/column.ts'
import { type Board, later, ParticipantState, SlotWord, SyncPhase, Word } from './board.ts'
import type { Call } from './guard.ts'
import type { Probation } from './probation.ts'
import type { SyncWish } from './protocol.ts'
import type { Office } from './rendezvous.ts'
import { announceReplay, replay } from './replay.ts'
import type { LiveUnit, World } from './world.ts'

/** What the test needs of its participant. */
export interface SyncHost {
  readonly board: Board
  readonly slot: number
  readonly world: World
  readonly probation: Probation
  /** meets the others, for whatever is to be done by all */
  meet(): void
  report(found: Finding): void
}

/** One state and another that should be the same. */
interface Pair {
  readonly once: Readonly<Record<string, ColumnArray>>
  readonly again: Readonly<Record<string, ColumnArray>>
}

/**
 * Runs every tick twice: at the boundary the state goes back to the one before, the calls of the tick are run
 * again, in the order in which they were run, and what comes of it is compared. Then what was goes on, whatever
 * was found. All participants do this side by side, in two rounds: one before the calls and one after them.
 */
export class SyncTest {
  readonly #host: SyncHost
  readonly #board: Board
  readonly #units: ReadonlySet<string> | undefined
  /** what has been told: unit, version and place */
  readonly #told = new Set<string>()

  constructor(host: SyncHost, wish: SyncWish) {
    this.#host = host
    this.#board = host.board
    this.#units = wish.units && new Set(wish.units)
  }

  /** The calls of the tick that ended have been kept, all of them. */
  get isWhole(): boolean {
    return this.#host.probation.isRecording
  }

  /** Between the two rounds: whoever leads the next one ends the test of this tick. */
  get isReplaying(): boolean {
    return this.#board.load(Word.SYNC_PHASE) === SyncPhase.REPLAY
  }

  /** One tick's test. Takes part in two rounds, or in one when there is nothing to compare with yet. */
  turn(): void {
    const { board, slot, probation } = this.#host
    if (!this.isWhole) board.store(board.at(slot, SlotWord.SYNC_KEPT), 0)
    const calls = [...probation.calls]
    announceReplay(board, slot, calls)
    this.#host.meet()
    if (this.isReplaying) {
      this.#again(calls)
      // Somebody who took too long is not waited for, and comes back as one who rested.
      if (board.state(slot) !== ParticipantState.ONLINE) return
      this.#host.meet()
    }
    this.#keep()
  }

  #keep(): void {
    const { board, slot, world, probation } = this.#host
    for (const { state } of world.units.values()) state.keepOwn()
    const isKept = probation.record(true)
    board.store(board.at(slot, SlotWord.SYNC_KEPT), isKept ? board.load(Word.SYNC_ROUND) : 0)
  }

  /** Runs this participant's calls once more, and looks at what is its own. */
  #again(calls: readonly Call[]): void {
    const { board, slot, world } = this.#host
    const units = [...world.units.values()]
    const before = units.map(({ state }) => state.takeOwn())
    for (const { state } of units) state.restoreOwn()
    replay(board, slot, calls, (call) => this.#run(call))
    for (const [index, live] of units.entries()) {
      const { state } = live
      const once = before[index]!
      const again = state.takeOwn()
      state.putOwn(once)
      if (!this.#isTested(live)) continue
      this.#compare(live, { once: once.columns, again: again.columns })
      this.#compareSoft(live, once.soft, again.soft)
    }
  }

  #run({ unit, name, args }: Call): void {
    const target = (this.#host.world.units.get(unit)?.namespace as Record<string, unknown> | undefined)?.[
      name
    ]
    if (typeof target !== 'function') return
    try {
      target(...args)
    } catch {
      // It threw the first time as well, or the states differ.
    }
  }

  // ---- what one participant does for all ------------------------------------------

  /** The round at hand. All that is done here can be done twice: an heir may have to. */
  lead(office: Office): void {
    const board = this.#board
    if (!office.seal() || board.load(Word.SYNC_DONE) === office.round) return
    const ticks = this.#online().map((slot) => board.tick(slot))
    board.store(Word.ROUND_TICK, ticks.reduce(later, board.tick(this.#host.slot)))
    if (this.isReplaying) this.#end(office)
    else this.#begin(office)
    board.store(Word.SYNC_DONE, office.round)
  }

  #begin(office: Office): void {
    const board = this.#board
    const last = board.load(Word.SYNC_ROUND)
    const online = this.#online()
    const isKept = (slot: number) => board.load(board.at(slot, SlotWord.SYNC_KEPT)) === last
    // Calls of somebody who is gone cannot be run again.
    const hasAll = membersOf(online) === board.load(Word.SYNC_MEMBERS) && online.every(isKept)
    const isOpening = board.load(Word.SYNC_PHASE) === SyncPhase.OPENING
    if (!isOpening && (last === 0 || !hasAll)) {
      for (const { state } of this.#lives()) state.keepShared()
      board.store(Word.SYNC_MEMBERS, membersOf(online))
      board.store(Word.SYNC_ROUND, office.round)
      return
    }
    if (!isOpening) for (const { state } of this.#lives()) copyMemory(state.memory.arena, state.memory.spare!)
    board.store(Word.SYNC_PHASE, SyncPhase.OPENING)
    for (const { state } of this.#lives()) state.restoreShared()
    board.store(Word.SYNC_PHASE, SyncPhase.REPLAY)
  }

  #end(office: Office): void {
    const board = this.#board
    const members = membersOf(this.#online())
    const isComplete = members === board.load(Word.SYNC_MEMBERS)
    for (const live of this.#lives()) {
      const { shared, arena, spare } = live.state.memory
      const pair = { once: viewsOf(shared, spare!), again: viewsOf(shared, arena) }
      if (isComplete && this.#isTested(live)) this.#compare(live, pair)
      copyMemory(spare!, arena)
      live.state.keepShared()
    }
    board.store(Word.SYNC_MEMBERS, members)
    board.store(Word.SYNC_ROUND, office.round)
    board.store(Word.SYNC_PHASE, SyncPhase.IDLE)
  }

  #lives(): LiveUnit[] {
    return [...this.#host.world.units.values()]
  }

  #online(): number[] {
    return this.#board.inState(ParticipantState.ONLINE)
  }

  // ---- comparison -----------------------------------------------------------------

  #isTested({ name }: LiveUnit): boolean {
    return this.#units === undefined || this.#units.has(name)
  }

  #compare(live: LiveUnit, { once, again }: Pair): void {
    for (const [column, values] of Object.entries(once)) {
      const others = again[column]!
      if (addon().hash(values) === addon().hash(others)) continue
      const index = values.findIndex((value: number | bigint, at: number) => !Object.is(value, others[at]))
      this.#tell(live, column, `${column}[${index}]`, values[index], others[index])
    }
  }

  #compareSoft(live: LiveUnit, once: object, again: object): void {
    if (hashOf(once) === hashOf(again)) return
    const [a, b] = [once, again] as Record<string, unknown>[]
    const keys = new Set([...Object.keys(a!), ...Object.keys(b!)])
    for (const key of keys)
      if (hashOf(a![key]) !== hashOf(b![key]))
        this.#tell(live, `soft ${key}`, `soft.${key}`, a![key], b![key])
  }

  #tell({ name, version, file, unit }: LiveUnit, what: string, place: string, once: unknown, again: unknown) {
    const key = `${name} ${version} ${what}`
    if (this.#told.has(key)) return
    this.#told.add(key)
    const claim = unit.definition.deterministic ? ', which declares itself deterministic' : ''
    const differs = `${place} is ${shown(once)} after a tick, and ${shown(again)} when the tick is run again`
    const message = `${name} ${version}${claim}: ${differs}`
    this.#host.report(finding('TICKSWAP_E_SYNC_TEST', message, { unit: name, file, severity: 'warning' }))
  }
}

/** One number for who is there. */
export const membersOf = (slots: readonly number[]): number =>
  slots.reduce((all, slot) => (all * 31 + slot + 1) | 0, 0)

/** undefined for what cannot be serialised, such as a function: it is no state. */
function hashOf(value: unknown): bigint | undefined {
  try {
    return addon().hash(serialize(value))
  } catch {
    return undefined
  }
}

const SHOWN_CHARACTERS = 60

function shown(value: unknown): string {
  if (typeof value !== 'object' || value === null) return String(value)
  return (JSON.stringify(value) ?? '').slice(0, SHOWN_CHARACTERS)
}
