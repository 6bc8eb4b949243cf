import { addon } from '../native/addon.ts'

/** Ticks that an estimate goes by: the one of them that has the least to spare. */
const TICKS = 8
/** What one tick gives of its spare time: the engine's next one may take longer than any before it. */
const SHARE = 1 / 4
/** Whoever has nothing to spare still comes to an end. */
const LEAST_MS = 0.05

/** How a thread spends its time. Milliseconds from any beginning. */
export interface Clock {
  now(): number
  /** without what the thread waits, negative when nobody tells */
  used(): number
}

const THREAD: Clock = { now: () => performance.now(), used: () => addon().threadMs() }

/**
 * What the ticks of this thread leave unused: the time from one tick to the next, less the time in which the thread
 * ran, be it in the engine's own code or in a unit's, or was ready to run and had no core. A loop that waits by
 * spinning has nothing to spare.
 */
export class SpareTime {
  readonly #clock: Clock
  readonly #recent: number[] = []
  #beganAt = -1
  #usedBefore = 0
  /** what was done in this tick that is not the engine's */
  #asideMs = 0

  constructor(clock: Clock = THREAD) {
    this.#clock = clock
  }

  /** To be called once in every tick, at the same place of it. */
  beginTick(): void {
    const [now, used] = [this.#clock.now(), this.#clock.used()]
    if (this.#beganAt >= 0) {
      const busy = used < 0 ? now - this.#beganAt : used - this.#usedBefore - this.#asideMs
      this.#recent.push(Math.max(0, now - this.#beganAt - busy))
      if (this.#recent.length > TICKS) this.#recent.shift()
    }
    this.#beganAt = now
    this.#usedBefore = used
    this.#asideMs = 0
  }

  /** Does something that the engine's ticks would not have done. */
  aside<T>(act: () => T): T {
    const before = this.#clock.used()
    try {
      return act()
    } finally {
      this.#asideMs += this.#clock.used() - before
    }
  }

  /** What a tick leaves, by the least of the last few; 0 as long as nobody knows. */
  get ms(): number {
    return this.#recent.length === 0 ? 0 : Math.min(...this.#recent)
  }

  /** What may be done in this tick, `most` at the most. */
  slice(most: number): number {
    return Math.min(most, Math.max(LEAST_MS, this.ms * SHARE))
  }
}
