import { type Finding, finding } from '../errors.ts'
import { type Board, Failure, Outcome, ParticipantState, Phase, SlotWord, Word } from '../swap/board.ts'
import type { Crew } from './crew.ts'

/** How far the ticks of participants that share the engine's frames can be apart. */
const FRAME_SPREAD = 2
/** A participant that has begun the target tick arrives within this; otherwise it had not seen the order. */
const ARRIVAL_MS = 8
/** Attempts at a meeting after one that somebody was too late for, or began the tick without the order. */
const MOST_LATE = 2
const MOST_MISSED = 10
const LOOK_MS = 5
/** Who is parked when a meeting is called off leaves within a few milliseconds. */
const PARKED_MS = 1000

/** Waits for the participants, on the board. */
export class Barrier {
  readonly #board: Board
  readonly #crew: Crew
  #absent: readonly number[] = []

  constructor(board: Board, crew: Crew) {
    this.#board = board
    this.#crew = crew
  }

  /** Resolves when something on the board may have changed, or after `ms`. */
  async change(ms: number): Promise<void> {
    const seen = this.#board.load(Word.DOORBELL)
    const waiting = Atomics.waitAsync(this.#board.words, Word.DOORBELL, seen, ms)
    if (waiting.async) await waiting.value
  }

  /** true once `condition` holds, false when `ms` have passed first. */
  async until(condition: () => boolean, ms: number): Promise<boolean> {
    const end = performance.now() + ms
    while (!condition()) {
      const left = end - performance.now()
      if (left <= 0) return false
      await this.change(Math.min(left, LOOK_MS))
    }
    return true
  }

  /** Online participants that have not yet carried out the outcome of swap `id`. */
  behind(id: number): number[] {
    const { words } = this.#board
    return this.#crew
      .online()
      .filter((slot) => Atomics.load(words, this.#board.at(slot, SlotWord.FOLLOWED)) !== id)
  }

  /** Online participants that have not answered the order to prepare swap `id`. */
  unprepared(id: number): number[] {
    return this.#crew.online().filter((slot) => Math.abs(this.#prepared(slot)) !== id)
  }

  /** Participants that could not load the candidate. */
  failed(id: number): number[] {
    return this.#crew.online().filter((slot) => this.#prepared(slot) === -id)
  }

  #prepared(slot: number): number {
    return this.#board.load(this.#board.at(slot, SlotWord.PREPARED))
  }

  /** Names swap `id` on the board; nothing happens until `arm`. */
  open(id: number): void {
    this.#board.store(Word.OUTCOME, Outcome.PENDING)
    this.#board.store(Word.TRANSITION, id)
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
   */
  async meet(deadlineMs: number): Promise<number> {
    for (let late = 0, missed = 0; ; ) {
      const outcome = await this.#attempt(deadlineMs)
      if (outcome === Outcome.STRAGGLER) await this.until(() => !this.#isAnybodyParked(), PARKED_MS)
      if (this.#wasMissed) missed++
      else late++
      if (outcome !== Outcome.STRAGGLER || late > MOST_LATE || missed > MOST_MISSED) return outcome
      if (!this.#realign()) return outcome
      this.#board.store(Word.OUTCOME, Outcome.PENDING)
    }
  }

  async #attempt(deadlineMs: number): Promise<number> {
    const board = this.#board
    const ticks = this.#crew.online().map((slot) => board.tick(slot))
    const framed = ticks.length > 1 && Math.max(...ticks) - Math.min(...ticks) <= FRAME_SPREAD
    const target = framed ? Math.max(...ticks) + 1 : -0x80000000
    board.store(Word.TARGET_TICK, target)
    board.store(Word.PHASE, Phase.PARKING)
    board.attend()
    const end = performance.now() + deadlineMs
    let missedSince = 0
    while (board.load(Word.OUTCOME) === Outcome.PENDING) {
      await this.change(LOOK_MS)
      if (board.load(Word.OUTCOME) === Outcome.PENDING) this.#absent = this.missing()
      const now = performance.now()
      if (!framed || !this.#missed(target)) missedSince = 0
      else missedSince ||= now
      this.#wasMissed = missedSince > 0 && now - missedSince > ARRIVAL_MS
      if (now > end || this.#wasMissed) this.#callOff()
    }
    return board.load(Word.OUTCOME)
  }

  #wasMissed = false

  /** Whether somebody has begun the target tick without having seen the order to park at it. */
  #missed(target: number): boolean {
    const board = this.#board
    if (board.load(Word.LEADER) !== board.load(Word.ROUND)) return false
    return this.missing().some((slot) => board.tick(slot) >= target)
  }

  /** Online participants that are not at the boundary where the others wait. */
  missing(): number[] {
    const round = this.#board.load(Word.ROUND)
    return this.#crew
      .online()
      .filter((slot) => this.#board.load(this.#board.at(slot, SlotWord.ARRIVED)) <= round)
  }

  #callOff(): void {
    const board = this.#board
    if (!board.swap(Word.OUTCOME, Outcome.PENDING, Outcome.STRAGGLER)) return
    board.store(Word.PHASE, Phase.IDLE)
    board.wake()
  }

  #isAnybodyParked(): boolean {
    const round = this.#board.load(Word.ROUND)
    return this.#crew
      .online()
      .some((slot) => this.#board.load(this.#board.at(slot, SlotWord.ARRIVED)) > round)
  }

  /** Who was missing when a meeting was given up, in words. */
  get stragglers(): string[] {
    return this.#absent.map((slot) => `${this.#crew.name(slot)} (at tick ${this.#board.tick(slot)})`)
  }

  /**
   * After a failed meeting: a participant that stands one tick before the target counts one
   * behind the others (it joined in the middle of a frame). true when a new attempt makes sense.
   */
  #realign(): boolean {
    const board = this.#board
    const target = board.load(Word.TARGET_TICK)
    if (target < 0) return false
    const behind = this.missing().filter((slot) => board.tick(slot) === target - 1)
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
