import { Worker } from 'node:worker_threads'
import { afterAll, expect, test } from 'vitest'
import { createRuntime, type Runtime, type SwapReport } from '../../dist/index.js'
import { counter } from '../support/counter.ts'
import { Scratch } from '../support/scratch.ts'

/** Small and seeded; the seed is printed, TICKSWAP_SEED repeats it. */
const seed = Number(process.env.TICKSWAP_SEED ?? Math.floor(Math.random() * 2 ** 31))
const EDITS = 25
const WORKERS = 4

let state = seed
function random(below: number): number {
  state = (Math.imul(state, 1664525) + 1013904223) >>> 0
  return Math.floor((state / 2 ** 32) * below)
}

/** A version that is good, or fails in one of three ways while a worker runs it. */
function edit(n: number, kind = random(5)): string {
  const worker = random(WORKERS)
  const [body, more, unit] = [
    ['', '', ''],
    ['', '', ''],
    ['let age = 0', `if (worker === ${worker} && ++age === ${1 + random(5)}) throw new Error('x')`, ''],
    ['', `if (worker === ${worker}) total[60] = NaN`, ''],
    ['let looks = 0', '', 'verify: () => looks++ < 3,'],
  ][kind]!
  return counter({
    columns: `mine: u32(1, { scope: 'participant' }),`,
    step: `unit.state.columns.mine[0]!++\n  ${more}`,
    body: `// ${n}\n${body}`,
    unit: unit!,
  })
}

let runtime: Runtime | undefined
let scratch: Scratch | undefined
const workers: Worker[] = []
afterAll(async () => {
  await Promise.all(workers.map((worker) => worker.terminate()))
  await runtime?.close()
  await scratch?.remove()
})

async function eventually(condition: () => boolean, what: () => string) {
  const end = performance.now() + 20_000
  while (!condition()) {
    if (performance.now() > end) throw new Error(`waited for ${what()}`)
    await new Promise((resolve) => setTimeout(resolve, 2))
  }
}

test(`workers that rest at any time lose no step and double none (seed ${seed})`, {
  timeout: 120_000,
}, async () => {
  scratch = await Scratch.create({ 'counter.ts': edit(0, 0) })
  // The main thread never ticks.
  runtime = await createRuntime({ units: scratch.dir, probation: { ticks: 8 } })
  const reports: SwapReport[] = []
  for (const event of ['reject', 'rollback', 'permanent'] as const)
    runtime.on(event, (report) => reports.push(report))
  const words = new Int32Array(new SharedArrayBuffer(256))
  for (let index = 1; index <= WORKERS; index++) {
    const workerData = { ticket: runtime.ticket(), words, index, seed: seed + index }
    workers.push(new Worker(new URL('../support/resting-worker.js', import.meta.url), { workerData }))
  }
  for (let n = 1; n <= EDITS; n++) {
    const since = reports.length
    await scratch.write('counter.ts', edit(n))
    const isOver = () =>
      reports.slice(since).some(({ outcome }) => ['permanent', 'rolled-back'].includes(outcome))
    await eventually(isOver, () => `the end of edit ${n}: ${JSON.stringify(reports.slice(since))}`)
  }
  Atomics.store(words, 0, 1)
  await eventually(
    () => Atomics.load(words, 2) === WORKERS,
    () => 'the workers',
  )
  const { steps } = runtime.use('counter').state.columns as Record<string, Uint32Array>
  for (let index = 1; index <= WORKERS; index++) {
    const [counted, soft, own] = words.subarray(3 * index)
    expect([steps![index], soft, own], `worker ${index}`).toEqual([counted, counted, counted])
  }
})
