/**
 * The times between the ticks of each participant, for whoever watches. A participant writes
 * them plainly, the observer reads them when it likes: nobody waits, and a number that is
 * overwritten before it was read is only missed.
 */
const RING = 128
const MASK = RING - 1
/** words of a slot: how many intervals there were, then the last of them, in microseconds */
export const PACE_WORDS = 1 + RING

/** A tick function that also notes when it is called: about 50 ns more. */
export function paced(tick: (frame?: number) => void, pace: Uint32Array, slot: number) {
  const from = slot * PACE_WORDS
  let last = 0
  return (frame?: number): void => {
    const now = performance.now()
    const count = pace[from]!
    if (last !== 0) {
      pace[from + 1 + (count & MASK)] = (now - last) * 1000
      pace[from] = count + 1
    }
    last = now
    tick(frame)
  }
}

/** Reads what a participant wrote since the last time. */
export class PaceReader {
  readonly #pace: Uint32Array
  readonly #from: number
  #seen = 0

  constructor(pace: Uint32Array, slot: number) {
    this.#pace = pace
    this.#from = slot * PACE_WORDS
    this.#seen = pace[this.#from] ?? 0
  }

  /** How many there have been, as far as read() has come. */
  get count(): number {
    return this.#seen
  }

  /** The intervals since the last call, oldest first, microseconds. */
  read(): number[] {
    const count = this.#pace[this.#from] ?? 0
    // A new participant has taken the slot.
    if (count < this.#seen) this.#seen = 0
    const first = Math.max(this.#seen, count - RING)
    this.#seen = count
    const intervals: number[] = []
    for (let i = first; i < count; i++) intervals.push(this.#pace[this.#from + 1 + (i & MASK)]!)
    return intervals
  }
}
