import { type Board, ParticipantState } from '../swap/board.ts'
import { PaceReader } from '../swap/pace.ts'

const SAMPLE_MS = 100
/** samples that make up the last second */
const SAMPLES = 10

/** Times between ticks, milliseconds. */
export interface PaceSummary {
  readonly median: number
  readonly p99: number
  readonly worst: number
}

interface Sample {
  readonly at: number
  /** calls of tick(): frame numbers are the engine's, and participants that count correct theirs at a meeting */
  readonly calls: number
  /** microseconds */
  readonly intervals: readonly number[]
}

interface Track {
  readonly reader: PaceReader
  readonly samples: Sample[]
}

/** Looks at the board ten times a second and remembers the last one. */
export class PaceSampler {
  readonly #board: Board
  readonly #tracks = new Map<number, Track>()
  readonly #timer: NodeJS.Timeout
  readonly #listeners = new Set<(slot: number, intervals: readonly number[]) => void>()

  constructor(board: Board) {
    this.#board = board
    this.#timer = setInterval(() => this.#sample(), SAMPLE_MS)
    this.#timer.unref()
  }

  /** Hears the intervals of each sample, microseconds: for histograms and for the page. */
  listen(listener: (slot: number, intervals: readonly number[]) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /** `standsStill`: it has not called tick() for a second. */
  of(slot: number): { ticksPerSecond: number; standsStill: boolean; interval?: PaceSummary } {
    const samples = this.#tracks.get(slot)?.samples ?? []
    const [first, last] = [samples[0], samples.at(-1)]
    const seconds = first && last ? (last.at - first.at) / 1000 : 0
    const ticksPerSecond = seconds > 0 ? Math.max(0, (last!.calls - first!.calls) / seconds) : 0
    const intervals = samples.slice(1).flatMap((sample) => sample.intervals)
    const standsStill = samples.length > SAMPLES && first!.calls === last!.calls
    return { ticksPerSecond, standsStill, ...(intervals.length > 0 && { interval: summary(intervals) }) }
  }

  close(): void {
    clearInterval(this.#timer)
  }

  #sample(): void {
    const at = performance.now()
    for (let slot = 0; slot < this.#board.slots; slot++) {
      if (this.#board.state(slot) === ParticipantState.FREE) this.#tracks.delete(slot)
      else this.#add(slot, at)
    }
  }

  #add(slot: number, at: number): void {
    let track = this.#tracks.get(slot)
    if (!track) {
      track = { reader: new PaceReader(this.#board.pace, slot), samples: [] }
      this.#tracks.set(slot, track)
    }
    const intervals = track.reader.read()
    track.samples.push({ at, calls: track.reader.count, intervals })
    if (track.samples.length > SAMPLES + 1) track.samples.shift()
    if (intervals.length > 0) for (const listener of this.#listeners) listener(slot, intervals)
  }
}

function summary(intervals: number[]): PaceSummary {
  const sorted = intervals.sort((a, b) => a - b)
  const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))]! / 1000
  return { median: at(0.5), p99: at(0.99), worst: at(1) }
}
