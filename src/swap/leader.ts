import { type Finding, finding, TickswapError } from '../errors.ts'
import type { Registry } from '../registry/registry.ts'
import {
  attemptOf,
  type Board,
  Failure,
  Instant,
  later,
  ParticipantState,
  Restore,
  SlotTime,
  SlotWord,
  Status,
  Word,
} from './board.ts'
import { InputWord } from './input-words.ts'
import { inspectState, type Verdict } from './inspect.ts'
import { slotName } from './protocol.ts'
import type { Office } from './rendezvous.ts'
import { beginLogging, offerRewind } from './rewind.ts'
import { membersOf } from './sync-test.ts'
import type { Transition } from './transition.ts'
import type { World } from './world.ts'

/** A writer holds the registry for a few microseconds. */
const BUSY_TRIES = 10_000
/** While the members vote, the leader looks this often whether one of them has died. */
const SLICE_MS = 2

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
 * migration, verification and commit; in probation inspection, and rollback. Everything that calls
 * a unit's code comes before the office is sealed, and writes to memory that nobody else uses.
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
  commit(transition: Transition, office: Office): void {
    const board = this.#board
    const seen = board.decision
    if (board.status(transition.id) !== Status.PARKING) return this.#nameTick(office)
    const found = this.#move(transition, office, seen)
    if (!office.seal()) return
    this.#nameTick(office)
    if (found) this.#notes.report(transition, found)
    else this.#keep(transition)
    const next = transition.message.dryRun ? Status.REHEARSED : Status.COMMITTED
    if (board.decide(seen, Status.PARKING, found ? Status.ABORTED : next)) this.#publish(transition)
  }

  /** A round of the probation. All members have arrived. */
  inspect(transition: Transition, office: Office): void {
    const board = this.#board
    const seen = board.decision
    if (board.status(transition.id) !== Status.COMMITTED) return this.#nameTick(office)
    this.#judge(transition)
    if (board.load(Word.FAILURE) !== Failure.NONE) return this.goBack(transition, office)
    if (!office.seal()) return
    board.store(Word.PASSING, office.round)
    this.#pass(transition, seen, office)
  }

  /** The round went well: what is there now is what a later rollback returns to. */
  #pass({ message: { isNumbered } }: Transition, seen: number, office: Office): void {
    const board = this.#board
    this.#nameTick(office)
    board.add(Word.PROBATION_PASSED, 1)
    if (!isNumbered) board.store(Word.TICKET, 0)
    const left = board.add(Word.PROBATION_LEFT, -1) - 1
    const lasted = board.instant() - board.instantAt(Instant.COMMITTED)
    if (left > 0 || lasted < board.load(Word.PROBATION_MS)) this.#keepShared()
    else board.decide(seen, Status.COMMITTED, Status.PERMANENT)
  }

  /**
   * Ends a round whose leader is gone or hangs. Before the decision nobody knows how far it had come, and
   * the swap is reversed; after it what the leader had still to do is done, once more if need be.
   */
  inherit(transition: Transition, office: Office, isInspection: boolean): void {
    const board = this.#board
    if (isInspection) return this.#inheritInspection(transition, office)
    const found = leftBy(office, 'backup, migrate or verify')
    if (!office.seal()) return
    this.#nameTick(office)
    if (board.decide(board.decision, Status.PARKING, Status.ABORTED)) this.#notes.report(transition, found)
    else this.#publish(transition)
  }

  #inheritInspection(transition: Transition, office: Office): void {
    const board = this.#board
    const seen = board.decision
    if (board.status(transition.id) !== Status.COMMITTED) return this.#nameTick(office)
    // It may have ended in the middle of a copy.
    for (const { state } of this.#world.units.values()) state.forgetShared()
    // It had found nothing wrong, and had begun to keep the state.
    if (board.load(Word.PASSING) === office.round)
      return office.seal() ? this.#pass(transition, seen, office) : undefined
    if (board.load(Word.FAILURE) === Failure.NONE) {
      const verdict = this.#deathIn(transition)
      const found = leftBy(office, 'probation')
      this.#notes.fail(verdict ?? { failure: Failure.STRAGGLER, finding: found })
    }
    this.goBack(transition, office)
  }

  /** Brings the state back and decides that the old versions run again. May be done twice. */
  goBack(transition: Transition, office: Office): void {
    const board = this.#board
    board.setInstant(Instant.ACTED, board.instant())
    const atCommit = board.load(Word.PROBATION_PASSED) === 0
    // Who inherits the round from somebody that hangs in a migration does not walk into it as well.
    const isTried = board.load(Word.WAY_BACK) === office.round && !office.wasSealed
    if (!atCommit) board.store(Word.WAY_BACK, office.round)
    const { goBack = 'auto', log } = transition.message
    const isBack = atCommit || (goBack !== 'restore' && !isTried && transition.wayBack())
    if (!office.seal()) return
    this.#nameTick(office)
    const seen = board.decision
    if (board.status(transition.id) !== Status.COMMITTED) return
    const moving = new Set(transition.message.moves.map((move) => move.unit))
    for (const { name, state } of this.#world.units.values()) if (!moving.has(name)) state.restoreShared()
    if (!isBack) transition.restoreMates()
    transition.restoreShared(!isBack ? 'backup' : atCommit ? 'commit' : 'last-good')
    const moved = transition.message.moves.some((move) => move.moved)
    if (!isBack) board.store(Word.RESTORE, Restore.BACKUP)
    else board.store(Word.RESTORE, moved && !atCommit ? Restore.DOWN : Restore.LAST_GOOD)
    if (log && !atCommit && (goBack === 'auto' || goBack === 'replay')) {
      transition.keepPrevious()
      offerRewind(board, transition.id, transition.id, board.inputs[InputWord.MEMBERS]!)
    }
    this.#publishBack(transition)
    board.decide(seen, Status.COMMITTED, Status.ROLLED_BACK)
  }

  /** The boundary's tick number. Also what an implicit count goes on from. */
  #nameTick(office: Office): void {
    const board = this.#board
    if (!office.isHeld) return
    const ticks = board.inState(ParticipantState.ONLINE).map((slot) => board.tick(slot))
    board.store(Word.ROUND_TICK, ticks.reduce(later, board.tick(this.#slot)))
  }

  /** What a rollback of the first tick returns to. Before the decision: whoever sees it may fail at once. */
  #keep(transition: Transition): void {
    const board = this.#board
    transition.keepShared()
    board.store(Word.FAILURE, Failure.NONE)
    board.store(Word.RESTORE, Restore.NONE)
    board.store(Word.PROBATION_PASSED, 0)
    const { isNumbered, log, rewind, dryRun } = transition.message
    if (!isNumbered) board.store(Word.TICKET, 0)
    const online = board.inState(ParticipantState.ONLINE)
    if (log) beginLogging(board, transition.id, online)
    else if (rewind) board.inputs[InputWord.MEMBERS] = membersOf(online)
    if (rewind && !dryRun) offerRewind(board, transition.id, rewind.since, rewind.members)
    board.setInstant(Instant.COMMITTED, board.instant())
  }

  /** What follows from the commit, done twice or not: one store makes the new versions the registry's active ones. */
  #publish(transition: Transition): void {
    const { id, message } = transition
    if (this.#board.status(id) !== Status.COMMITTED) return
    if (this.#registry.isStaged(message.generation)) this.#registry.publish(message.generation)
    transition.bringMates()
  }

  /** Backup, migration and verification. Nothing that runs is touched; a finding says why not to commit. */
  #move(transition: Transition, office: Office, seen: number): Finding | undefined {
    const board = this.#board
    const others = board.inState(ParticipantState.ONLINE).filter((slot) => slot !== this.#slot)
    const from = board.now()
    transition.backup()
    const backedUp = board.now()
    const voting = transition.hasOwnState && others.length > 0
    if (voting) {
      board.store(Word.STEP, office.round)
      board.wake()
    }
    let found = transition.migrate(true, attemptOf(seen) > 0)
    const migrated = board.now()
    found ??= transition.verify()
    if (voting && !this.#allInFavour(others, office)) found ??= declined(transition)
    this.#notes.time(SlotTime.BACKUP, backedUp - from)
    this.#notes.time(SlotTime.MIGRATE, migrated - backedUp)
    this.#notes.time(SlotTime.VERIFY, board.now() - migrated)
    return found
  }

  /** Waits for the members that migrate their own state, as long as a leader is waited for. */
  #allInFavour(others: readonly number[], office: Office): boolean {
    const board = this.#board
    const end = board.now() + board.load(Word.LEAD_DEADLINE_MS)
    for (;;) {
      const wake = board.load(Word.WAKE)
      const present = others.filter((slot) => board.state(slot) === ParticipantState.ONLINE)
      const votes = present.map((slot) => board.load(board.at(slot, SlotWord.VOTE)))
      if (votes.includes(-office.round)) return false
      if (votes.every((vote) => vote === office.round)) return true
      if (!office.isHeld || board.now() > end) return false
      board.wait(Word.WAKE, wake, SLICE_MS)
    }
  }

  #judge(transition: Transition): void {
    const board = this.#board
    if (board.load(Word.FAILURE) !== Failure.NONE) return
    const calling = board.at(this.#slot, SlotWord.CALLING)
    board.store(calling, transition.id)
    const verdict = this.#deathIn(transition) ?? inspectState(this.#world, transition)
    board.store(calling, 0)
    if (verdict) this.#notes.fail(verdict)
  }

  /** A thread that ended inside a call of the new version was ended by it, as far as anybody can tell. */
  #deathIn({ id, message }: Transition): Verdict | undefined {
    const board = this.#board
    const dead = board
      .inState(ParticipantState.DEAD)
      .find((slot) => board.load(board.at(slot, SlotWord.CALLING)) === id)
    return dead === undefined ? undefined : deathVerdict(message.moves[0], slotName(dead))
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

export function deathVerdict(move: { unit: string; file: string } | undefined, participant: string): Verdict {
  const about = { participant, ...(move && { unit: move.unit, file: move.file }) }
  const message = `the thread of ${participant} ended inside a call of ${move?.unit ?? 'the new version'}`
  return { failure: Failure.DEATH, finding: finding('TICKSWAP_E_PROBATION_DEATH', message, about) }
}

const declined = (transition: Transition): Finding =>
  finding('TICKSWAP_E_MIGRATION_FAILED', 'a participant could not migrate its own state, or not in time', {
    unit: transition.message.moves[0]?.unit ?? '',
  })

/** What is said of a leader that did not finish its round. */
function leftBy({ before }: Office, phase: string): Finding {
  const who = before ? slotName(before.slot) : 'a participant'
  const ms = Math.round(before?.ms ?? 0)
  const how = before?.isGone ? 'ended in the middle of it' : `did not come back within ${ms} ms`
  return finding('TICKSWAP_E_STRAGGLER', `${who} led the swap and ${how} (${phase})`, { participant: who })
}
