import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'

/**
 * How far to count. `make memory` counts as far as it takes to see a byte in a thousand, `make memory-gate`
 * as far as a twentieth of a version would show on any machine; otherwise a few seconds have to do.
 */
const COUNTS = {
  full: { leaf: 20_000, graph: 2000, swaps: 6000, mostKb: 0.05, mostSwapKb: 0.05 },
  gate: { leaf: 5000, graph: 480, swaps: 300, mostKb: 0.5, mostSwapKb: 2 },
  quick: { leaf: 2000, graph: 200, swaps: 200, mostKb: 5, mostSwapKb: 5 },
}
const mode = process.env.TICKSWAP_MEMORY ?? 'quick'
const counts = COUNTS[mode as keyof typeof COUNTS]
/**
 * KB that one evaluation of a module may leave. Many of them even out that V8's lists and its compiled code
 * vary by some 200 KB from one reading to the next; of a few thousand one sees that no version is kept,
 * which would be 10 KB at least, its text. What remains is V8's list of scripts, some 8 bytes for each.
 */
const MOST_KB = counts.mostKb
/** The same of a swap: of a few hundred the 200 KB are most of it. */
const MOST_SWAP_KB = counts.mostSwapKb
const DEADLINE_MS = 1_800_000

interface Reading {
  heapBytes: number
  bufferBytes: number
  /** functions of versions that the program can still reach through a WeakRef */
  alive: number
  /** functions whose finalizer has not run */
  uncollected: number
  resources: number
  listeners: number
}
interface Growth {
  heapKb: number
  bufferKb: number
  rssKb: number
}

async function measure<T>(script: string, ...args: string[]): Promise<T> {
  const file = fileURLToPath(new URL(script, import.meta.url))
  const flags = ['--max-old-space-size=64', '--expose-gc']
  const { stdout } = await promisify(execFile)(process.execPath, [...flags, file, ...args])
  return JSON.parse(stdout)
}

function expectSteady(half: Reading, end: Reading, { heapKb, bufferKb }: Growth, mostKb = MOST_KB): void {
  console.log(`an evaluation leaves ${heapKb} KB of heap, ${bufferKb} KB of buffers`)
  expect(heapKb).toBeLessThan(mostKb)
  expect(bufferKb).toBeLessThan(0.05)
  expect(end.resources).toBeLessThanOrEqual(half.resources)
  expect(end.listeners).toBe(half.listeners)
}

test.each([
  ['leaf', counts.leaf],
  ['graph', counts.graph],
])(
  '%s: %i reloads in a heap of 64 MB leave nothing behind',
  { timeout: DEADLINE_MS },
  async (kind, count) => {
    const result = await measure<{ half: Reading; end: Reading } & Growth>('./loader.js', kind, `${count}`)
    const { half, end } = result
    expectSteady(half, end, result)
    // What runs is still there: the reload before the last counts has replaced everything else.
    expect([end.alive, end.uncollected]).toEqual([1, 1])
  },
)

const SWAPS = counts.swaps
test(`${SWAPS} swaps of a runtime leave nothing behind, in the main thread, in a worker, and in one that never yields`, {
  timeout: DEADLINE_MS,
}, async () => {
  type All<T> = Record<'main' | 'worker' | 'busy', T>
  type Result = { half: All<Reading>; end: All<Reading>; failed: string[] } & All<Growth>
  const result = await measure<Result>('./runtime.js', `${SWAPS}`)
  expect(result.failed).toEqual([])
  for (const thread of ['main', 'worker'] as const) {
    const [half, end] = [result.half[thread], result.end[thread]]
    expectSteady(half, end, result[thread], MOST_SWAP_KB)
    expect([end.alive, end.uncollected]).toEqual([1, 1])
  }
  const { heapKb, bufferKb } = result.busy
  console.log(`in a loop that never yields, ${heapKb} KB of heap, ${bufferKb} KB of buffers`)
  expect(heapKb).toBeLessThan(MOST_SWAP_KB)
  expect(bufferKb).toBeLessThan(0.05)
})
