import { Worker } from 'node:worker_threads'
import { expect, test } from 'vitest'
import { createRuntime, type SwapReport } from '../../dist/index.js'
import { SpareTime } from '../../dist/swap/spare.js'
import { counter } from '../support/counter.ts'
import { open } from '../support/opened.ts'
import { Scratch } from '../support/scratch.ts'

const REHEARSED = `rehearse({ columns }) { for (let i = 0; i < 20_000; i++) columns.total[0]! += Math.sqrt(i) },`

test('a loop with little time to spare gets small slices to warm a candidate in, an idle one larger ones', async () => {
  const scratch = await Scratch.create({ 'counter.ts': counter({ unit: REHEARSED }) })
  open.push(scratch)
  const runtime = await createRuntime({
    units: scratch.dir,
    probation: { ticks: 5 },
    rehearsal: { warmSliceMs: 2 },
  })
  const words = new Int32Array(new SharedArrayBuffer(64))
  const start = (index: number, name: string, workMs: number, restMs: number) =>
    new Worker(new URL('../support/loaded-worker.js', import.meta.url), {
      workerData: { ticket: runtime.ticket(), words, index, name, unit: 'counter', workMs, restMs },
    })
  const workers = [start(1, 'busy', 12, 0.4), start(2, 'idle', 0.1, 12)]
  const ended = workers.map((worker) => new Promise((resolve) => worker.once('exit', resolve)))
  open.push({
    async close() {
      Atomics.store(words, 0, 1)
      Atomics.notify(words, 0)
      await Promise.all(ended)
      await runtime.close()
    },
  })
  const end = performance.now() + 20_000
  while (words[1]! < 20 || words[2]! < 20) {
    if (performance.now() > end) throw new Error('the workers do not tick')
    await new Promise((turn) => setTimeout(turn, 5))
  }
  const live = new Promise<SwapReport>((resolve) => runtime.on('permanent', resolve))
  await scratch.write('counter.ts', counter({ by: 2, unit: REHEARSED }))
  const report = await live
  const [busy, idle] = ['busy', 'idle'].map((name) =>
    report.participants.find(({ participant }) => participant === name),
  )
  expect(busy!.warmMs).toBeGreaterThan(0)
  expect(idle!.spareMs, JSON.stringify(report.participants)).toBeGreaterThan(6)
  expect(idle!.warmSliceMs).toBe(2)
  expect(busy!.spareMs!).toBeLessThan(idle!.spareMs! / 2)
  expect(busy!.warmSliceMs!).toBeLessThan(idle!.warmSliceMs! / 2)
}, 40_000)

test('what a thread has to spare is told by the busiest of its last ticks, without what was done aside', () => {
  let [now, used] = [0, 0]
  const spare = new SpareTime({ now: () => now, used: () => used })
  const work = (ms: number) => {
    now += ms
    used += ms
  }
  const tick = (ms: number, asideMs: number) => {
    spare.beginTick()
    spare.aside(() => work(asideMs))
    work(ms)
    now += 10 - ms - asideMs
  }
  expect(spare.slice(2)).toBe(0.05)
  for (let i = 0; i < 4; i++) tick(2, 1)
  spare.beginTick()
  expect(spare.ms).toBeCloseTo(8)
  expect(spare.slice(5)).toBeCloseTo(2)
  expect(spare.slice(1.5)).toBe(1.5)
  tick(9.9, 0)
  for (let i = 0; i < 4; i++) tick(2, 0)
  spare.beginTick()
  expect(spare.slice(2)).toBe(0.05)
  // Forgotten after eight others.
  for (let i = 0; i < 9; i++) tick(5, 0)
  spare.beginTick()
  expect(spare.ms).toBeCloseTo(5)
})
