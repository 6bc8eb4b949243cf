/** The engine's books: frames run, ticks lost, ticks mixed, and how long the boundaries took. */
import type { Crew } from './crew.ts'

/** frames that the curve of boundary times goes back */
const CURVE_FRAMES = 1200

export class Ledger {
  frames = 0
  /** frames that a participant did not complete */
  lost = 0
  /** frames in which participants ran different versions */
  mixed = 0
  /** the longest boundary of any participant since the last `restart` */
  worstTickMs = 0
  /** the slowest participant's boundary, by frame */
  readonly curve = new Float32Array(CURVE_FRAMES)
  readonly #crew: Crew

  constructor(crew: Crew) {
    this.#crew = crew
  }

  /** Enters a frame that has ended. */
  enter(frame: number, members: readonly number[], missing: readonly number[]): void {
    this.frames++
    if (missing.length > 0) this.lost++
    else if (this.#crew.isMixed(frame, members)) this.mixed++
    let slowest = 0
    for (const member of members) slowest = Math.max(slowest, this.#crew.times(member).tickMs)
    this.curve[frame % CURVE_FRAMES] = slowest
    if (slowest > this.worstTickMs) this.worstTickMs = slowest
  }

  /** The slowest boundary of the `count` frames up to `frame`. */
  slowest(frame: number, count: number): number {
    let slowest = 0
    for (let i = Math.max(0, frame - count + 1); i <= frame; i++)
      slowest = Math.max(slowest, this.curve[i % CURVE_FRAMES]!)
    return slowest
  }

  /** Begins to look for the longest boundary anew. */
  restart(): void {
    this.worstTickMs = 0
  }
}
