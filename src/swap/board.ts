import { INPUT_WORDS } from './input-words.ts'
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

const MAGIC = 0x54534233
const HEADER_WORDS = 32
const SLOT_WORDS = 16
const SLOT_FLOATS = 16
const HEADER_FLOATS = 8

/** Node works it out anew whenever it is asked, which takes longer than a tick may. */
const TIME_ORIGIN = performance.timeOrigin
/** To ask the global object each time takes as long as the clock. */
const CLOCK = performance

/** Header words. */
export const Word = {
  MAGIC: 0,
  SLOTS: 1,
  /** changes whenever a participant should look at the board or at its messages */
  ATTENTION: 2,
  /** the swap in progress, or the last one, and how it stands: see Status */
  DECISION: 3,
  /** participants park at the first tick of theirs that reaches this number ... */
  TARGET_TICK: 4,
  /** ... or at their next one, when this is 0 */
  TARGET_FRAMED: 5,
  /** rendezvous completed so far */
  ROUND: 6,
  /** who leads which round: see Office */
  LEADER: 7,
  /** the tick number of the last completed rendezvous */
  ROUND_TICK: 8,
  /** what participants wait on inside a rendezvous */
  WAKE: 9,
  /** what the control thread waits on */
  DOORBELL: 10,
  /** the round whose members are asked to move their own state, 0 when none is */
  STEP: 11,
  PROBATION_LEFT: 12,
  /** rounds passed since the commit */
  PROBATION_PASSED: 13,
  /** the first failure of the probation: see Failure */
  FAILURE: 14,
  /** global order of calls in probation */
  TICKET: 15,
  /** milliseconds a member waits in a rendezvous before it gives up on the others */
  PARK_DEADLINE_MS: 16,
  PROBATION_DEADLINE_MS: 17,
  /** milliseconds a leader may take before another member takes its place */
  LEAD_DEADLINE_MS: 18,
  /** how state was restored by the last rollback: see Restore */
  RESTORE: 19,
  CLOSED: 20,
  /** milliseconds that the probation lasts at least */
  PROBATION_MS: 21,
  /** the round in which a rollback has begun to move state back */
  WAY_BACK: 22,
  /** the round whose leader has found nothing wrong */
  PASSING: 23,
  /** how far the test of a tick has come: see SyncPhase */
  SYNC_PHASE: 24,
  /** the round in which the state was last kept for it */
  SYNC_ROUND: 25,
  /** who was there when the state was kept */
  SYNC_MEMBERS: 26,
  /** the last round that was led for it */
  SYNC_DONE: 27,
  /** the tick at which the first participant came online, NO_TICK before */
  FIRST_TICK: 28,
  /** what a leader waits on while the others vote */
  VOTES: 29,
  /** 1 when participants note the times between their ticks: see pace.ts */
  PACED: 31,
} as const

/** A number that no tick of these days has: of the 2^32 it is the last. */
const NO_TICK = -1

/** Words of a participant's slot. */
export const SlotWord = {
  STATE: 0,
  TICK: 1,
  /** the last round it arrived at */
  ARRIVED: 2,
  /** the last transition it has prepared; negative when it failed to */
  PREPARED: 3,
  /** the last round it has voted in; negative: against */
  VOTE: 4,
  /** the last transition whose outcome it has carried out */
  FOLLOWED: 5,
  /** in a replay: when its next call ended in the original tick */
  NEXT_END: 6,
  /** correction of its own tick count, taken over at the next boundary */
  ADJUST: 7,
  /** the transition in whose code it is at the moment, 0 when it is not */
  CALLING: 8,
  /** ticks of the probation that it has passed by itself */
  PASSED: 9,
  /** messages of the control thread that it has taken */
  TAKEN: 10,
  /** 1 when the control thread keeps messages back until it asks for them */
  HELD: 11,
  /** the round in which it last kept its own state for the test of a tick, and since when it has kept its calls */
  SYNC_KEPT: 12,
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
  /** instants, performance.timeOrigin + performance.now(): of the flip, */
  LIVE_AT: 9,
  /** and of the end of a rollback */
  BACK_AT: 10,
  /** of the candidate's ticks on a copy before the commit: all, and the most in one tick of the engine */
  WARM: 11,
  WORST_WARM: 12,
  /** what the thread does not use of a tick, and the slice of it in which the candidate ran */
  SPARE: 13,
  WARM_SLICE: 14,
} as const

/** Instants of the swap in progress, performance.timeOrigin + performance.now(). */
export const Instant = { COMMITTED: 0, FAILED: 1, ACTED: 2 } as const

export const ParticipantState = { FREE: 0, PAUSED: 1, ONLINE: 2, DEAD: 3 } as const

/**
 * How a swap stands. It shares one word with the swap's id and the number of the attempt, so that
 * nobody can decide about another swap, or another attempt, than the one it has looked at.
 */
export const Status = {
  NONE: 0,
  /** named; the participants load the candidate */
  OPEN: 1,
  /** at the next boundary all meet */
  PARKING: 2,
  /** live, in probation */
  COMMITTED: 3,
  ABORTED: 4,
  STRAGGLER: 5,
  PERMANENT: 6,
  ROLLED_BACK: 7,
  /** a dry run that would have been committed */
  REHEARSED: 8,
} as const
export type StatusCode = (typeof Status)[keyof typeof Status]

const STATUS_BITS = 4
const ATTEMPT_BITS = 4
const ID_SHIFT = STATUS_BITS + ATTEMPT_BITS
const ID_MASK = 0x7fffff
/** Attempts at one meeting that can be told apart. */
export const MOST_ATTEMPTS = 1 << ATTEMPT_BITS

/** The attempt that a decision is about; the first is 0. */
export const attemptOf = (decision: number): number => (decision >>> STATUS_BITS) & (MOST_ATTEMPTS - 1)

/** How far the test of a tick has come: see SyncTest. */
export const SyncPhase = { IDLE: 0, OPENING: 1, REPLAY: 2 } as const

export const Failure = {
  NONE: 0,
  EXCEPTION: 1,
  BUDGET: 2,
  NON_FINITE: 3,
  VERIFY: 4,
  SETUP: 5,
  STRAGGLER: 6,
  DEATH: 7,
  HEALTH: 8,
  HEAP: 9,
  MIGRATION: 10,
  PREPARE: 11,
} as const
export const Restore = { NONE: 0, LAST_GOOD: 1, DOWN: 2, BACKUP: 3, REPLAY: 4 } as const

/** Whether tick `a` is `b` or later; numbers wrap at 2^32. */
export const reached = (a: number, b: number): boolean => ((a - b) | 0) >= 0
export const later = (a: number, b: number): number => (reached(a, b) ? a : b)

/** Typed views of the board's memory. Attaching is free of side effects. */
export class Board {
  readonly shared: SharedArrayBuffer
  readonly words: Int32Array<SharedArrayBuffer>
  readonly times: Float64Array<SharedArrayBuffer>
  /** PACE_WORDS a slot, empty unless participants note the times between their ticks */
  readonly pace: Uint32Array<SharedArrayBuffer>
  /** INPUT_WORDS, and one for each slot: see input-words.ts */
  readonly inputs: Int32Array<SharedArrayBuffer>
  readonly slots: number

  constructor(shared: SharedArrayBuffer) {
    this.shared = shared
    this.slots = new Int32Array(shared, 0, HEADER_WORDS)[Word.SLOTS]!
    const words = HEADER_WORDS + this.slots * SLOT_WORDS
    this.words = new Int32Array(shared, 0, words)
    this.times = new Float64Array(shared, words * 4, this.slots * SLOT_FLOATS + HEADER_FLOATS)
    const paceWords = this.words[Word.PACED] ? this.slots * PACE_WORDS : 0
    const inputs = words * 4 + this.times.byteLength
    this.inputs = new Int32Array(shared, inputs, INPUT_WORDS + this.slots)
    this.pace = new Uint32Array(shared, inputs + this.inputs.byteLength, paceWords)
  }

  static create(slots: number, isPaced = false): Board {
    const paceWords = isPaced ? slots * PACE_WORDS : 0
    const floats = slots * SLOT_FLOATS + HEADER_FLOATS
    const bytes = (HEADER_WORDS + slots * SLOT_WORDS + INPUT_WORDS + slots + paceWords) * 4 + floats * 8
    const shared = new SharedArrayBuffer(bytes)
    const header = new Int32Array(shared, 0, HEADER_WORDS)
    header[Word.MAGIC] = MAGIC
    header[Word.SLOTS] = slots
    header[Word.LEADER] = -1
    header[Word.FIRST_TICK] = NO_TICK
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
  /** Stores `value` and gives what was there; a full barrier. */
  exchange(word: number, value: number): number {
    return Atomics.exchange(this.words, word, value)
  }
  /** true when `word` held `expected` and now holds `value` */
  swap(word: number, expected: number, value: number): boolean {
    return Atomics.compareExchange(this.words, word, expected, value) === expected
  }

  /** Notes the tick of the first participant that comes online. No decision depends on it. */
  began(tick: number): void {
    Atomics.compareExchange(this.words, Word.FIRST_TICK, NO_TICK, tick)
  }

  // Time and waiting go through the board too: a simulation puts its own in their place.

  /** milliseconds, as performance.now() */
  now(): number {
    return CLOCK.now()
  }
  /** the same instant for all threads: epoch milliseconds with fractions */
  instant(): number {
    return TIME_ORIGIN + this.now()
  }
  /** Blocks until somebody wakes `word`, unless it is another value by now, or until `ms` have passed. */
  wait(word: number, value: number, ms: number): void {
    Atomics.wait(this.words, word, value, ms)
  }
  /** The same without blocking the thread. */
  async waitAsync(word: number, value: number, ms: number): Promise<void> {
    const waiting = Atomics.waitAsync(this.words, word, value, ms)
    if (waiting.async) await waiting.value
  }

  /** How swap `id` stands; NONE when another one is in progress. */
  status(id: number): StatusCode {
    const decision = this.load(Word.DECISION)
    if (decision >>> ID_SHIFT !== (id & ID_MASK)) return Status.NONE
    return (decision & ((1 << STATUS_BITS) - 1)) as StatusCode
  }
  /** How the swap in progress, or the last one, stands. */
  get present(): StatusCode {
    return (this.load(Word.DECISION) & ((1 << STATUS_BITS) - 1)) as StatusCode
  }
  /** Names swap `id`, attempt 0. */
  open(id: number): void {
    this.store(Word.DECISION, ((id & ID_MASK) << ID_SHIFT) | Status.OPEN)
  }
  /** Begins the next attempt of the swap in progress, from whatever it came to. */
  call(attempt: number): void {
    const id = this.load(Word.DECISION) >>> ID_SHIFT
    this.store(Word.DECISION, (id << ID_SHIFT) | (attempt << STATUS_BITS) | Status.PARKING)
  }
  /** What `decide` must have seen: this swap, this attempt, this status. */
  get decision(): number {
    return this.load(Word.DECISION)
  }
  /** Decides, when `from` is the status of `seen` and nobody has decided since. @returns whether it did */
  decide(seen: number, from: StatusCode, to: StatusCode): boolean {
    const mask = (1 << STATUS_BITS) - 1
    return (seen & mask) === from && this.swap(Word.DECISION, seen, (seen & ~mask) | to)
  }

  /** index of a slot's word in `words` */
  at(slot: number, word: number): number {
    return HEADER_WORDS + slot * SLOT_WORDS + word
  }
  /** index of a slot's time in `times` */
  timeAt(slot: number, time: number): number {
    return slot * SLOT_FLOATS + time
  }
  /** an instant of the swap in progress: see Instant */
  instantAt(which: number): number {
    return this.times[this.slots * SLOT_FLOATS + which]!
  }
  setInstant(which: number, at: number): void {
    this.times[this.slots * SLOT_FLOATS + which] = at
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
  /** Whether a word of all participants that tick is `value`: the last of them tells the control thread, for all. */
  agree(word: number, value: number): boolean {
    return this.inState(ParticipantState.ONLINE).every((slot) => this.load(this.at(slot, word)) === value)
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
    this.#tell(Word.WAKE)
  }
  /** Tells the leader that a member has voted. */
  cast(): void {
    this.#tell(Word.VOTES)
  }
  /** Tells the control thread that something on the board changed. */
  ring(): void {
    this.#tell(Word.DOORBELL)
  }
  #tell(word: number): void {
    this.add(word, 1)
    Atomics.notify(this.words, word)
  }
}
