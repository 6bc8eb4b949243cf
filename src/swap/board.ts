import { PACE_WORDS } from './pace.ts'

/**
 * The board: the one piece of shared memory through which the control thread and the
 * participants agree on a swap. Participants that never yield see everything they need
 * here; messages only carry what is too large for a word.
 *
 * Header words are written by the control thread and by the participant that leads a
 * round; the words of a slot by its participant. All access is atomic except the two
 * that tick() makes when there is nothing to do: a plain read of ATTENTION and a plain
 * write of the slot's TICK.
 */

const MAGIC = 0x54534232
const HEADER_WORDS = 32
const SLOT_WORDS = 16
const SLOT_FLOATS = 16

/** Header words. */
export const Word = {
  MAGIC: 0,
  SLOTS: 1,
  /** changes whenever a participant should look at the board or at its messages */
  ATTENTION: 2,
  PHASE: 3,
  /** the swap in progress, or the last one */
  TRANSITION: 4,
  OUTCOME: 5,
  /** participants park at the first tick of theirs that reaches this number */
  TARGET_TICK: 6,
  /** rendezvous completed so far */
  ROUND: 7,
  /** the round that has a leader */
  LEADER: 8,
  /** the tick number of the last completed rendezvous */
  ROUND_TICK: 9,
  /** what participants wait on inside a rendezvous */
  WAKE: 10,
  /** what the control thread waits on */
  DOORBELL: 11,
  /** what the members of a commit round are asked to do: see Step */
  STEP: 12,
  PROBATION_LEFT: 13,
  /** rounds passed since the commit */
  PROBATION_PASSED: 14,
  /** the first failure of the probation: see Failure */
  FAILURE: 15,
  /** global order of calls in probation */
  TICKET: 16,
  /** milliseconds a member waits in a rendezvous before it gives up on the others */
  PARK_DEADLINE_MS: 17,
  PROBATION_DEADLINE_MS: 18,
  /** tick budget of a unit in probation, microseconds */
  BUDGET_US: 19,
  /** the slot of that leader while it works, otherwise -1 */
  LEADER_SLOT: 20,
  /** how state was restored by the last rollback: see Restore */
  RESTORE: 21,
  CLOSED: 22,
  /** 1 when participants note the times between their ticks: see pace.ts */
  PACED: 31,
} as const

/** Words of a participant's slot. */
export const SlotWord = {
  STATE: 0,
  TICK: 1,
  /** the last round it arrived at */
  ARRIVED: 2,
  /** the last transition it has prepared; negative when it failed to */
  PREPARED: 3,
  /** the last transition it has voted for; negative: against */
  VOTE: 4,
  /** the last transition whose outcome it has carried out */
  FOLLOWED: 5,
  /** in a replay: when its next call ended in the original tick */
  NEXT_END: 6,
  /** correction of its own tick count, taken over at the next boundary */
  ADJUST: 7,
  /** round at which it stands in a replay */
  REPLAY: 8,
} as const

/** Milliseconds of the last swap in a participant's slot. */
export const SlotTime = {
  PREPARE: 0,
  PARK: 1,
  BACKUP: 2,
  MIGRATE: 3,
  VERIFY: 4,
  COMMIT: 5,
  STALL: 6,
  ROLLBACK: 7,
  TICK: 8,
  /** the instant of the flip, performance.timeOrigin + performance.now() */
  LIVE_AT: 9,
} as const

export const ParticipantState = { FREE: 0, PAUSED: 1, ONLINE: 2, DEAD: 3 } as const
export const Phase = { IDLE: 0, PARKING: 1, PROBATION: 2 } as const
export const Outcome = {
  PENDING: 0,
  COMMITTED: 1,
  ABORTED: 2,
  STRAGGLER: 3,
  PERMANENT: 4,
  ROLLED_BACK: 5,
} as const
export const Step = { NONE: 0, PRIVATE: 1 } as const
export const Failure = {
  NONE: 0,
  EXCEPTION: 1,
  BUDGET: 2,
  NON_FINITE: 3,
  VERIFY: 4,
  SETUP: 5,
  STRAGGLER: 6,
} as const
export const Restore = { NONE: 0, LAST_GOOD: 1, DOWN: 2, BACKUP: 3 } as const

/** Typed views of the board's memory. Attaching is free of side effects. */
export class Board {
  readonly shared: SharedArrayBuffer
  readonly words: Int32Array<SharedArrayBuffer>
  readonly times: Float64Array<SharedArrayBuffer>
  /** PACE_WORDS a slot, empty unless participants note the times between their ticks */
  readonly pace: Uint32Array<SharedArrayBuffer>
  readonly slots: number

  constructor(shared: SharedArrayBuffer) {
    this.shared = shared
    this.slots = new Int32Array(shared, 0, HEADER_WORDS)[Word.SLOTS]!
    const words = HEADER_WORDS + this.slots * SLOT_WORDS
    this.words = new Int32Array(shared, 0, words)
    this.times = new Float64Array(shared, words * 4, this.slots * SLOT_FLOATS)
    const paceWords = this.words[Word.PACED] ? this.slots * PACE_WORDS : 0
    this.pace = new Uint32Array(shared, words * 4 + this.times.byteLength, paceWords)
  }

  static create(slots: number, isPaced = false): Board {
    const paceWords = isPaced ? slots * PACE_WORDS : 0
    const bytes = (HEADER_WORDS + slots * SLOT_WORDS + paceWords) * 4 + slots * SLOT_FLOATS * 8
    const shared = new SharedArrayBuffer(bytes)
    const header = new Int32Array(shared, 0, HEADER_WORDS)
    header[Word.MAGIC] = MAGIC
    header[Word.SLOTS] = slots
    header[Word.LEADER_SLOT] = -1
    header[Word.PACED] = isPaced ? 1 : 0
    return new Board(shared)
  }

  /** Whether `shared` is a board of this version. */
  static isBoard(shared: unknown): shared is SharedArrayBuffer {
    if (!(shared instanceof SharedArrayBuffer) || shared.byteLength < HEADER_WORDS * 4) return false
    return new Int32Array(shared, 0, HEADER_WORDS)[Word.MAGIC] === MAGIC
  }

  load(word: number): number {
    return Atomics.load(this.words, word)
  }
  store(word: number, value: number): void {
    Atomics.store(this.words, word, value)
  }
  add(word: number, value: number): number {
    return Atomics.add(this.words, word, value)
  }
  /** true when `word` held `expected` and now holds `value` */
  swap(word: number, expected: number, value: number): boolean {
    return Atomics.compareExchange(this.words, word, expected, value) === expected
  }

  /** index of a slot's word in `words` */
  at(slot: number, word: number): number {
    return HEADER_WORDS + slot * SLOT_WORDS + word
  }
  /** index of a slot's time in `times` */
  timeAt(slot: number, time: number): number {
    return slot * SLOT_FLOATS + time
  }
  state(slot: number): number {
    return this.load(this.at(slot, SlotWord.STATE))
  }
  tick(slot: number): number {
    return this.load(this.at(slot, SlotWord.TICK))
  }
  /** slots whose participant is in `state` */
  inState(state: number): number[] {
    const found: number[] = []
    for (let slot = 0; slot < this.slots; slot++) if (this.state(slot) === state) found.push(slot)
    return found
  }

  /** Makes every participant's next tick() look. */
  attend(): void {
    // Kept non-negative: -1 in a participant means "look at every tick".
    for (;;) {
      const seen = this.load(Word.ATTENTION)
      if (this.swap(Word.ATTENTION, seen, (seen + 1) & 0x3fffffff)) return
    }
  }
  /** Wakes everybody who waits in a rendezvous. */
  wake(): void {
    this.add(Word.WAKE, 1)
    Atomics.notify(this.words, Word.WAKE)
  }
  /** Tells the control thread that something on the board changed. */
  ring(): void {
    this.add(Word.DOORBELL, 1)
    Atomics.notify(this.words, Word.DOORBELL)
  }
}
