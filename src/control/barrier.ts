import { type Finding, finding } from '../errors.ts'
import {
  type Board,
  Failure,
  later,
  MOST_ATTEMPTS,
  ParticipantState,
  reached,
  SlotWord,
  Status,
  type StatusCode,
  Word,
} from '../swap/board.ts'
import { leaderSlot } from '../swap/rendezvous.ts'
import type { Crew } from './crew.ts'

/** How far the ticks of participants that share the engine's frames can be apart. */
const FRAME_SPREAD = 2
/** A participant that has begun the target tick arrives within this; otherwise it had not seen the order. */
const ARRIVAL_MS = 8
/** Attempts at a meeting after one that somebody was too late for, or began the tick without the order. */
const MOST_LATE = 2
const MOST_MISSED = MOST_ATTEMPTS - MOST_LATE - 2
const LOOK_MS = 5
/** Who is parked when a meeting is called off leaves within a few milliseconds. */
const PARKED_MS = 1000

/** Waits for the participants, on the board. */
export class Barrier {
  readonly #board: Board
  readonly #crew: Crew
  #absent: readonly number[] = []
  #wasMissed = false

  constructor(board: Board, crew: Crew) {
    this.#board = board
    this.#crew = crew
  }

  /** Resolves when something on the board may have changed, or after `ms`. */
  async change(ms: number): Promise<void> {
    await this.#board.waitAsync(Word.DOORBELL, this.#board.load(Word.DOORBELL), ms)
  }

  /** true once `condition` holds, false when `ms` have passed first. */
  async until(condition: () => boolean, ms: number): Promise<boolean> {
    const end = this.#board.now() + ms
    while (!condition()) {
      const left = end - this.#board.now()
      if (left <= 0) return false
      await this.change(Math.min(left, LOOK_MS))
    }
    return true
  }

  /** Online participants that have not yet carried out the outcome of swap `id`. */
  behind(id: number): number[] {
    return this.#crew.online().filter((slot) => this.#word(slot, SlotWord.FOLLOWED) !== id)
  }

  /** Online participants that have not answered the order to prepare swap `id`. */
  unprepared(id: number): number[] {
    return this.#crew.online().filter((slot) => Math.abs(this.#word(slot, SlotWord.PREPARED)) !== id)
  }

  /** Participants that could not load the candidate, be it that they rest. */
  failed(id: number): number[] {
    return this.#crew.present().filter((slot) => this.#word(slot, SlotWord.PREPARED) === -id)
  }

  #word(slot: number, word: number): number {
    return this.#board.load(this.#board.at(slot, word))
  }

  /**
   * Calls the participants to a boundary and waits for what they decide there. When their
   * ticks are the engine's frames, all park at the same tick; when each runs at its own
   * pace, each parks at its next.
   *
   * The target is the tick after the farthest. Participants with a candidate look at the
   * board in every tick: they store their tick, and then, after a full barrier, load the
   * order; here the order is stored before the ticks are read again. So either a
   * participant sees the order in time, or it is seen here to have begun the target tick
   * without it, and the attempt is made again.
   *
   * @param isOff looked at until the decision: the meeting is called off
   */
  async meet(id: number, deadlineMs: number, isOff: () => boolean): Promise<StatusCode> {
    for (let late = 0, missed = 0; ; ) {
      const status = await this.#attempt(id, late + missed, deadlineMs, isOff)
      if (status !== Status.STRAGGLER) return status
      await this.until(() => !this.#isAnybodyParked(), PARKED_MS)
      if (this.#wasMissed) missed++
      else late++
      if (late > MOST_LATE || missed > MOST_MISSED || isOff() || !this.#realign()) return status
    }
  }

  async #attempt(id: number, attempt: number, ms: number, isOff: () => boolean): Promise<StatusCode> {
    const board = this.#board
    const ticks = this.#crew.online().map((slot) => board.tick(slot))
    const farthest = ticks.reduce(later, ticks[0] ?? 0)
    const framed = ticks.length > 1 && ticks.every((tick) => reached(tick + FRAME_SPREAD, farthest))
    const target = (farthest + 1) | 0
    board.store(Word.TARGET_TICK, target)
    board.store(Word.TARGET_FRAMED, framed ? 1 : 0)
    board.call(attempt)
    board.attend()
    const end = board.now() + ms
    let missedSince = 0
    while (board.status(id) === Status.PARKING) {
      await this.change(LOOK_MS)
      if (board.status(id) === Status.PARKING) this.#absent = this.missing()
      const now = board.now()
      if (!framed || !this.#missed(target)) missedSince = 0
      else missedSince ||= now
      this.#wasMissed = missedSince > 0 && now - missedSince > ARRIVAL_MS
      if (now > end || this.#wasMissed || isOff()) this.#callOff()
    }
    return board.status(id)
  }

  /**
   * Whether somebody has begun the target tick without having seen the order to park at it, or the engine
   * has begun to count its frames anew.
   */
  #missed(target: number): boolean {
    const board = this.#board
    if (leaderSlot(board) >= 0) return false
    return this.missing().some((slot) => {
      const tick = board.tick(slot)
      return reached(tick, target) || !reached(tick + 2 * FRAME_SPREAD, target)
    })
  }

  /** Online participants that are not at the boundary where the others wait. */
  missing(): number[] {
    const round = this.#board.load(Word.ROUND)
    return this.#crew.online().filter((slot) => reached(round, this.#word(slot, SlotWord.ARRIVED)))
  }

  #callOff(): void {
    const board = this.#board
    if (board.decide(board.decision, Status.PARKING, Status.STRAGGLER)) board.wake()
  }

  #isAnybodyParked(): boolean {
    const round = this.#board.load(Word.ROUND)
    return this.#crew.online().some((slot) => !reached(round, this.#word(slot, SlotWord.ARRIVED)))
  }

  /** Who was missing when a meeting was given up, in words. */
  get stragglers(): string[] {
    return this.#absent.map((slot) => `${this.#crew.name(slot)} (at tick ${this.#board.tick(slot) >>> 0})`)
  }

  /**
   * After a failed meeting: a participant that stands one tick before the target counts one
   * behind the others (it joined in the middle of a frame). true when a new attempt makes sense.
   */
  #realign(): boolean {
    const board = this.#board
    if (!board.load(Word.TARGET_FRAMED)) return false
    const before = (board.load(Word.TARGET_TICK) - 1) | 0
    const behind = this.missing().filter((slot) => board.tick(slot) === before)
    for (const slot of behind) board.store(board.at(slot, SlotWord.ADJUST), 1)
    return true
  }

  stragglerFinding(phase: string, ms: number, names: readonly string[]): Finding {
    const who = names.length > 0 ? names.join(', ') : 'a participant'
    return finding('TICKSWAP_E_STRAGGLER', `${who} did not arrive within ${Math.round(ms)} ms (${phase})`, {
      participant: names[0] ?? '',
    })
  }

  /** The failure that ended a probation, when no participant could report it. */
  probationStraggler(): Finding | undefined {
    if (this.#board.load(Word.FAILURE) !== Failure.STRAGGLER) return undefined
    const names = this.#board.inState(ParticipantState.PAUSED).map((slot) => this.#crew.name(slot))
    return this.stragglerFinding('probation', this.#board.load(Word.PROBATION_DEADLINE_MS), names)
  }
}
