/**
 * The simulated world of one seed. Its actors are real threads that run the real protocol, but only one of
 * them runs at a time: whoever holds the token. Every access to shared memory is a place where the token may
 * change hands, waiting takes simulated time, and everything that is left to chance comes from the seed. So a
 * seed always runs the same way.
 */

/** Seeds from here on run units that share nothing, in independent mode. */
export const APART_FROM = 1_000_000
export const isApart = (seed) => seed >= APART_FROM && seed < LOGGED_FROM

/** Seeds from here on run units that are deterministic: their inputs are logged, and made again after a rollback. */
export const LOGGED_FROM = 2_000_000
export const isLogged = (seed) => seed >= LOGGED_FROM

const RNG = 0
const OPS = 1
export const SEED = 2
export const OVER = 3
export const STOP = 4
export const FRAME = 5
export const INCARNATIONS = 6
export const CROWD = 7
const ACTOR = 16
const WORDS = 16
const GATE = 0
const STATE = 1
const WAIT_WORD = 2
const WAIT_VALUE = 3
/** what an actor shows the others: the version it runs outside of tick(), 0 inside it and while it rests */
export const SHOWN = 4
export const DONE = 5
export const IN_CREW = 6
/** its slot on the board */
export const PLACE = 7
const IDLE = 0
const RUNNABLE = 1
const BLOCKED = 2
const CLOCK = 0
const UNTIL = 8

/** words from here on are not the board's */
const OWN = 1 << 20
const MOST_OPS = 150_000
const OP_MS = 0.002

/** The thread of an actor has ended: nothing it still does has any effect. */
export class Died extends Error {}
/** The seed takes longer than anything should. */
export class Overrun extends Error {}

export class Scheduler {
  /** set once the actor has died */
  isDead = false
  /** what a thread does that only clears up has no effect, and takes no time */
  isGhost = false
  #words
  #floats
  #actors
  #me
  #board
  #dieAfter = 0
  #preemption = 0

  constructor({ words, floats, actors, board }, me) {
    this.#words = words
    this.#floats = floats
    this.#actors = actors
    this.#me = me
    this.#board = board
  }

  static memory(actors) {
    return {
      words: new Int32Array(new SharedArrayBuffer((ACTOR + actors * WORDS) * 4)),
      floats: new Float64Array(new SharedArrayBuffer((UNTIL + actors) * 8)),
      actors,
    }
  }

  // ---- words that actors share besides the board; read and written by whoever holds the token ----

  get(word) {
    return this.#words[word]
  }
  set(word, value) {
    this.#words[word] = value
  }
  at(actor, word) {
    return ACTOR + actor * WORDS + word
  }
  of(actor, word) {
    return this.#words[ACTOR + actor * WORDS + word]
  }
  put(actor, word, value) {
    this.#words[ACTOR + actor * WORDS + word] = value
  }

  get me() {
    return this.#me
  }
  get now() {
    return this.#floats[CLOCK]
  }
  get ops() {
    return this.#words[OPS]
  }

  /** a number from 0 to below `below`, whole */
  random(below) {
    const words = this.#words
    let x = words[RNG]
    x ^= x << 13
    x ^= x >>> 17
    x ^= x << 5
    words[RNG] = x
    return (x >>> 0) % below
  }
  chance(percent) {
    return this.random(1000) < percent * 10
  }

  /** The first actor begins a seed; all others run from here on. */
  begin(seed) {
    const words = this.#words
    words.fill(0, 0, ACTOR)
    words[RNG] = Math.imul(seed + 1, 0x9e3779b1) ^ 0x5bd1e995 || 1
    words[SEED] = seed
    this.#floats[CLOCK] = 1000
    for (let actor = 0; actor < this.#actors; actor++) {
      for (let word = STATE; word < WORDS; word++) this.put(actor, word, 0)
      this.put(actor, STATE, RUNNABLE)
    }
    for (let i = 0; i < 8; i++) this.random(2)
    this.set(CROWD, [5, 20, 60, 250][this.random(4)])
    this.live(0)
  }

  /** A thread begins; it dies at its `dieAfter`th step, if that is not 0. */
  live(dieAfter) {
    this.isDead = false
    this.#dieAfter = dieAfter
    this.#preemption = this.get(CROWD)
  }

  die() {
    this.isDead = true
    throw new Died('died')
  }

  /** A place where another thread may run. */
  step() {
    const words = this.#words
    if (this.isDead) throw new Died('died')
    if (++words[OPS] > MOST_OPS) throw new Overrun(`more than ${MOST_OPS} steps`)
    this.#floats[CLOCK] += OP_MS
    if (this.#dieAfter > 0 && --this.#dieAfter === 0) this.die()
    if (this.random(1000) < this.#preemption) this.#hand(this.#choose())
  }

  /** Waits until `word` of the board is not `value` any more, for at most `ms` of simulated time. */
  block(word, value, ms) {
    if (this.isDead) throw new Died('died')
    if (++this.#words[OPS] > MOST_OPS) throw new Overrun(`more than ${MOST_OPS} steps`)
    this.put(this.#me, WAIT_WORD, word)
    this.put(this.#me, WAIT_VALUE, value)
    this.#floats[UNTIL + this.#me] = this.now + ms
    this.put(this.#me, STATE, BLOCKED)
    this.#hand(this.#choose())
    this.put(this.#me, STATE, RUNNABLE)
  }

  /** The same for a word that actors share besides the board. */
  blockOn(word, value, ms) {
    this.block(OWN + word, value, ms)
  }

  sleep(ms) {
    this.block(-1, 0, ms)
  }

  /** This actor has no part in the seed any more. */
  rest() {
    this.put(this.#me, STATE, IDLE)
    this.#hand(this.#choose(), false)
  }

  get isAnybodyElseLeft() {
    for (let actor = 0; actor < this.#actors; actor++)
      if (actor !== this.#me && this.of(actor, STATE) !== IDLE) return true
    return false
  }

  /** Gives the token away for good. */
  release() {
    for (let actor = 0; actor < this.#actors; actor++) if (actor !== this.#me) this.#open(actor)
  }

  awaitToken() {
    const gate = ACTOR + this.#me * WORDS + GATE
    // Once more: who opened it last time may come to its notify() only now, when the token is elsewhere again.
    while (Atomics.exchange(this.#words, gate, 0) === 0) Atomics.wait(this.#words, gate, 0)
  }

  #open(actor) {
    const gate = ACTOR + actor * WORDS + GATE
    Atomics.store(this.#words, gate, 1)
    Atomics.notify(this.#words, gate)
  }

  #hand(next, andWait = true) {
    if (next === this.#me) return
    this.#open(next)
    if (andWait) this.awaitToken()
  }

  #isReady(actor) {
    const state = this.of(actor, STATE)
    if (state !== BLOCKED) return state === RUNNABLE
    const word = this.of(actor, WAIT_WORD)
    if (this.#floats[UNTIL + actor] <= this.now) return true
    if (word < 0) return false
    const now = word < OWN ? this.#board[word] : this.#words[word - OWN]
    return now !== this.of(actor, WAIT_VALUE)
  }

  /** One of those who can go on; when nobody can, time passes until somebody can. */
  #choose() {
    for (;;) {
      const ready = []
      for (let actor = 0; actor < this.#actors; actor++) if (this.#isReady(actor)) ready.push(actor)
      if (ready.length > 0) return ready[ready.length === 1 ? 0 : this.random(ready.length)]
      let next = Number.POSITIVE_INFINITY
      for (let actor = 0; actor < this.#actors; actor++)
        if (this.of(actor, STATE) === BLOCKED) next = Math.min(next, this.#floats[UNTIL + actor])
      if (next === Number.POSITIVE_INFINITY) throw new Error('nobody is left to run')
      this.#floats[CLOCK] = next
    }
  }
}
