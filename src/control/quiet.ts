/** Slices short enough that file events are taken in between, long enough not to spin. */
const SLICE_MS = 0.25
/** Node's timers count in whole milliseconds and are late by up to one. */
const TIMER_ERROR_MS = 2

/**
 * A deadline that can be moved, met to a fraction of a millisecond: the last two milliseconds are slept in
 * slices on a futex, with a turn of the event loop after each. A plain timer of one millisecond is 0.2 to
 * 0.4 ms later in the median, a large part of what a save may cost. For threads with nothing urgent to do.
 */
export class Quiet {
  readonly #onQuiet: () => void
  /** work for the time until then, once */
  #meanwhile: (() => void) | undefined
  readonly #cell = new Int32Array(new SharedArrayBuffer(4))
  #deadline = 0
  #timer: NodeJS.Timeout | undefined
  #immediate: NodeJS.Immediate | undefined

  constructor(onQuiet: () => void) {
    this.#onQuiet = onQuiet
  }

  /**
   * @param deadline in the milliseconds of `performance.now()`; replaces the one before
   * @param meanwhile is done while there is nothing else to do, at most once; replaces the one before
   */
  until(deadline: number, meanwhile?: () => void): void {
    this.#deadline = deadline
    this.#meanwhile = meanwhile
    if (this.#immediate) return
    clearTimeout(this.#timer)
    this.#timer = undefined
    this.#turn()
  }

  stop(): void {
    clearTimeout(this.#timer)
    clearImmediate(this.#immediate)
    this.#meanwhile = undefined
    this.#timer = this.#immediate = undefined
  }

  #turn(): void {
    const left = this.#deadline - performance.now()
    if (left > TIMER_ERROR_MS) {
      this.#timer = setTimeout(() => this.#wake(), left - TIMER_ERROR_MS + 1)
    } else {
      this.#immediate = setImmediate(() => this.#wake())
    }
  }

  #wake(): void {
    this.#timer = this.#immediate = undefined
    const left = this.#deadline - performance.now()
    if (left <= 0) {
      this.#meanwhile = undefined
      this.#onQuiet()
      return
    }
    const work = this.#meanwhile
    this.#meanwhile = undefined
    // However long it takes, what came in the meantime is taken in a turn before the deadline is looked at again.
    if (work) work()
    else if (left <= TIMER_ERROR_MS) Atomics.wait(this.#cell, 0, 0, Math.min(left, SLICE_MS))
    this.#turn()
  }
}
