/** Restarts within a minute; the next one is given up. */
export const MOST_RESTARTS = 5
const WITHIN_MS = 60_000
const FIRST_MS = 100
const LONGEST_MS = 10_000

/** How long to wait before each of a row of restarts, and when to stop. */
export class Backoff {
  #times: number[] = []
  #row = 0

  /**
   * @param now milliseconds of a clock that does not jump
   * @param ranMs how long the engine ran this time
   * @returns milliseconds to wait, and which restart of the minute it is; nothing when there were too many
   */
  next(now: number, ranMs: number): { readonly waitMs: number; readonly count: number } | undefined {
    this.#times = this.#times.filter((at) => now - at < WITHIN_MS)
    if (this.#times.length >= MOST_RESTARTS) return undefined
    this.#row = ranMs >= WITHIN_MS ? 1 : this.#row + 1
    this.#times.push(now)
    return { waitMs: Math.min(LONGEST_MS, FIRST_MS * 2 ** (this.#row - 1)), count: this.#times.length }
  }
}
