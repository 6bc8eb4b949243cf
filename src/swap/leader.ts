import { type Finding, finding, TickswapError } from '../errors.ts'
import type { Registry } from '../registry/registry.ts'
import {
  type Board,
  Failure,
  Outcome,
  ParticipantState,
  Phase,
  Restore,
  SlotTime,
  SlotWord,
  Step,
  Word,
} from './board.ts'
import { inspectState, type Verdict } from './inspect.ts'
import type { Transition } from './transition.ts'
import type { World } from './world.ts'

/** A writer holds the registry for a few microseconds. */
const BUSY_TRIES = 10_000

/** Where a leader's findings and times go. */
export interface Notes {
  /** tells the control thread */
  report(transition: Transition, found: Finding): void
  /** ends the probation */
  fail(verdict: Verdict): void
  /** milliseconds, by SlotTime */
  time(which: number, ms: number): void
}

/**
 * The work that one participant does for all while they stand at a boundary: backup,
 * migration, verification and commit; in probation inspection, and rollback.
 */
export class Leader {
  readonly #board: Board
  readonly #slot: number
  readonly #registry: Registry
  readonly #world: World
  readonly #notes: Notes

  constructor(board: Board, slot: number, registry: Registry, world: World, notes: Notes) {
    this.#board = board
    this.#slot = slot
    this.#registry = registry
    this.#world = world
    this.#notes = notes
  }

  /** The round of the commit. All members have arrived. */
  commit(transition: Transition): void {
    const board = this.#board
    this.#nameTick()
    if (board.load(Word.OUTCOME) !== Outcome.PENDING) return this.#decided(transition)
    const found = this.#move(transition)
    if (found) this.#notes.report(transition, found)
    else {
      transition.keepMoved()
      this.#keepShared()
      board.store(Word.FAILURE, Failure.NONE)
      board.store(Word.PROBATION_PASSED, 0)
      board.store(Word.TICKET, 0)
    }
    board.swap(Word.OUTCOME, Outcome.PENDING, found ? Outcome.ABORTED : Outcome.COMMITTED)
    this.#decided(transition)
  }

  /** A round of the probation. All members have arrived. */
  inspect(transition: Transition): void {
    this.#nameTick()
    this.#inspect(transition)
  }

  /** Ends a commit round whose leader's thread ended: nobody knows how far it had come, unless it had decided. */
  inheritCommit(transition: Transition): void {
    const left = 'the thread that moved the state ended in the middle of it'
    if (this.#board.swap(Word.OUTCOME, Outcome.PENDING, Outcome.ABORTED))
      this.#notes.report(transition, finding('TICKSWAP_E_STRAGGLER', left))
    this.#decided(transition)
  }

  #nameTick(): void {
    const board = this.#board
    const ticks = board.inState(ParticipantState.ONLINE).map((slot) => board.tick(slot))
    board.store(Word.ROUND_TICK, Math.max(...ticks))
  }

  #decided({ message }: Transition): void {
    const board = this.#board
    if (board.load(Word.OUTCOME) !== Outcome.COMMITTED) return board.store(Word.PHASE, Phase.IDLE)
    // The point of no return: one store makes the new versions the active ones.
    if (this.#registry.isStaged(message.generation)) this.#registry.publish(message.generation)
    board.store(Word.PHASE, Phase.PROBATION)
  }

  /** Backup, migration and verification. Nothing that runs is touched; a finding says why not to commit. */
  #move(transition: Transition): Finding | undefined {
    const board = this.#board
    const others = board.inState(ParticipantState.ONLINE).filter((slot) => slot !== this.#slot)
    const from = performance.now()
    transition.backup()
    const backedUp = performance.now()
    const voting = transition.hasOwnState && others.length > 0
    if (voting) {
      board.store(Word.STEP, Step.PRIVATE)
      board.wake()
    }
    let found = transition.migrate(true)
    const migrated = performance.now()
    found ??= transition.verify()
    if (voting && !this.#allInFavour(others, transition.id)) found ??= declined(transition)
    this.#notes.time(SlotTime.BACKUP, backedUp - from)
    this.#notes.time(SlotTime.MIGRATE, migrated - backedUp)
    this.#notes.time(SlotTime.VERIFY, performance.now() - migrated)
    return found
  }

  /** Waits for the members that migrate their own state. */
  #allInFavour(others: readonly number[], id: number): boolean {
    const board = this.#board
    for (;;) {
      const wake = board.load(Word.WAKE)
      const present = others.filter((slot) => board.state(slot) === ParticipantState.ONLINE)
      const votes = present.map((slot) => board.load(board.at(slot, SlotWord.VOTE)))
      if (votes.includes(-id)) return false
      if (votes.every((vote) => vote === id)) return true
      if (board.load(Word.OUTCOME) !== Outcome.PENDING) return false
      Atomics.wait(board.words, Word.WAKE, wake, 2)
    }
  }

  #inspect(transition: Transition): void {
    const board = this.#board
    if (board.load(Word.FAILURE) === Failure.NONE) {
      const verdict = inspectState(this.#world, transition)
      if (verdict) this.#notes.fail(verdict)
    }
    if (board.load(Word.FAILURE) !== Failure.NONE) return this.rollback(transition)
    board.add(Word.PROBATION_PASSED, 1)
    board.store(Word.TICKET, 0)
    if (board.add(Word.PROBATION_LEFT, -1) > 1) return this.#keepShared()
    board.store(Word.OUTCOME, Outcome.PERMANENT)
    board.store(Word.PHASE, Phase.IDLE)
  }

  /** Brings the state back and decides that the old versions run again. */
  rollback(transition: Transition): void {
    const board = this.#board
    const moving = new Set(transition.message.moves.map((move) => move.unit))
    for (const { name, state } of this.#world.units.values()) if (!moving.has(name)) state.restoreShared()
    const atCommit = board.load(Word.PROBATION_PASSED) === 0
    const kept = transition.restoreShared(atCommit)
    const moved = transition.message.moves.some((move) => move.moved)
    if (kept.length > 0) board.store(Word.RESTORE, Restore.BACKUP)
    else board.store(Word.RESTORE, moved && !atCommit ? Restore.DOWN : Restore.LAST_GOOD)
    this.#publishBack(transition)
    board.store(Word.OUTCOME, Outcome.ROLLED_BACK)
    board.store(Word.PHASE, Phase.IDLE)
  }

  /** Stages and publishes the old records; the control thread may be writing at this instant. */
  #publishBack(transition: Transition): void {
    for (let tries = 1; ; tries++) {
      try {
        return this.#registry.publish(this.#registry.stage(transition.message.back))
      } catch (error) {
        const busy = error instanceof TickswapError && error.code === 'TICKSWAP_E_REGISTRY_BUSY'
        if (!busy || tries === BUSY_TRIES) throw error
      }
    }
  }

  /** The state that a rollback during the tick to come returns to. */
  #keepShared(): void {
    for (const { state } of this.#world.units.values()) state.keepShared()
  }
}

const declined = (transition: Transition): Finding =>
  finding('TICKSWAP_E_MIGRATION_FAILED', 'a participant could not migrate its own state', {
    unit: transition.message.moves[0]?.unit ?? '',
  })
