import { getHeapStatistics } from 'node:v8'
import { finding } from '../errors.ts'
import { Failure } from './board.ts'
import type { Guard } from './guard.ts'
import type { Verdict } from './inspect.ts'
import type { Move, Watch } from './protocol.ts'

/** Ticks in a row over a limit that fail a version: one pause of the garbage collector must not. */
const SLOW_TICKS = 3
/** A new version is compiled in its first ticks: it is compared with the old one after these. */
const WARM_TICKS = 10
/** What takes less than this is too short to compare. */
const FLOOR_MS = 0.05
/** Ticks in a row over the heap limit: garbage has been collected within them. */
const HEAP_TICKS = 16

/** Milliseconds of a tick per unit, of the version that is about to be replaced. */
export type Baseline = ReadonlyMap<string, number>

/** Measures what the running version takes, over the ticks before a swap. */
export class Measure {
  readonly #samples = new Map<string, number[]>()
  #left: number

  constructor(ticks: number) {
    this.#left = ticks
  }

  /** Takes note of the tick that ended. @returns true when it was the last one needed */
  add(spent: ReadonlyMap<string, number>): boolean {
    for (const [unit, ms] of spent) this.#samples.set(unit, [...(this.#samples.get(unit) ?? []), ms])
    return --this.#left <= 0
  }

  /** The median of each unit. */
  get baseline(): Baseline {
    return new Map(
      [...this.#samples].map(([unit, all]) => [unit, all.sort((a, b) => a - b)[all.length >> 1]!]),
    )
  }
}

/** Watches the time and the memory that the units of a swap take in one participant. */
export class Limits {
  readonly #watch: Watch
  readonly #moves: readonly Move[]
  readonly #baseline: Baseline
  readonly #heap: number
  #ticks = 0
  #slow = 0
  #slower = 0
  #full = 0

  constructor(watch: Watch, moves: readonly Move[], baseline: Baseline) {
    this.#watch = watch
    this.#moves = moves
    this.#baseline = baseline
    this.#heap = watch.heapBytes === undefined ? 0 : usedHeap()
  }

  /** Judges the tick that just ended. */
  judge(guard: Guard): Verdict | undefined {
    this.#ticks++
    return this.#budget(guard) ?? this.#ratio(guard) ?? this.#memory()
  }

  #budget(guard: Guard): Verdict | undefined {
    let slowest: { move: Move | undefined; ms: number } = { move: undefined, ms: 0 }
    for (const move of this.#moves) {
      const ms = guard.spentOn(move.unit)
      if (ms > slowest.ms) slowest = { move, ms }
    }
    const { budgetMs } = this.#watch
    this.#slow = slowest.ms > budgetMs ? this.#slow + 1 : 0
    if (this.#slow < SLOW_TICKS) return undefined
    const took = `took ${slowest.ms.toFixed(1)} ms of a tick, ${SLOW_TICKS} ticks in a row`
    return this.#overBudget(slowest.move!, `${took}; the budget is ${budgetMs} ms`)
  }

  #ratio(guard: Guard): Verdict | undefined {
    const { budgetRatio } = this.#watch
    if (budgetRatio === undefined || this.#ticks <= WARM_TICKS) return undefined
    const over = this.#moves.find(({ unit }) => {
      const before = Math.max(this.#baseline.get(unit) ?? Number.POSITIVE_INFINITY, FLOOR_MS)
      return guard.spentOn(unit) > before * budgetRatio
    })
    this.#slower = over ? this.#slower + 1 : 0
    if (!over || this.#slower < SLOW_TICKS) return undefined
    const [now, before] = [guard.spentOn(over.unit), this.#baseline.get(over.unit)!]
    const took = `takes ${now.toFixed(2)} ms of a tick, the old version took ${before.toFixed(2)}`
    return this.#overBudget(over, `${took}; ${budgetRatio} times as much is allowed`)
  }

  #overBudget({ unit, file }: Move, message: string): Verdict {
    const found = finding('TICKSWAP_E_PROBATION_BUDGET', `${unit} ${message}`, { unit, file })
    return { failure: Failure.BUDGET, finding: found }
  }

  #memory(): Verdict | undefined {
    const { heapBytes } = this.#watch
    if (heapBytes === undefined) return undefined
    const grown = usedHeap() - this.#heap
    this.#full = grown > heapBytes ? this.#full + 1 : 0
    if (this.#full < HEAP_TICKS) return undefined
    const { unit, file } = this.#moves[0] ?? { unit: '', file: '' }
    const mega = (bytes: number) => (bytes / 1e6).toFixed(1)
    const message = `the heap grew by ${mega(grown)} MB in probation, ${mega(heapBytes)} MB are allowed`
    return { failure: Failure.HEAP, finding: finding('TICKSWAP_E_PROBATION_HEAP', message, { unit, file }) }
  }
}

const usedHeap = (): number => getHeapStatistics().used_heap_size
