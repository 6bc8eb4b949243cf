import { Worker } from 'node:worker_threads'
import { expect, onTestFinished, test } from 'vitest'
import { createRuntime, type SwapReport } from '../../dist/index.js'
import { counter } from '../support/counter.ts'
import { open } from '../support/opened.ts'
import { Scratch } from '../support/scratch.ts'

test('one that did not tick when others swapped was not held up: no stall is told of it', async () => {
  const scratch = await Scratch.create({ 'counter.ts': counter() })
  open.push(scratch)
  const runtime = await createRuntime({ units: scratch.dir, probation: { ticks: 5, ms: 300 } })
  open.push(runtime)
  const words = new Int32Array(new SharedArrayBuffer(16))
  const workerData = { ticket: runtime.ticket(), words, index: 1, name: 'worker' }
  const worker = new Worker(new URL('../support/free-worker.js', import.meta.url), { workerData })
  onTestFinished(async () => void (await worker.terminate()))
  await expect.poll(() => Atomics.load(words, 1), { timeout: 20_000 }).toBeGreaterThan(10)
  const reportOf = (event: 'swap' | 'permanent') =>
    new Promise<SwapReport>((resolve) => runtime.on(event, resolve))
  const [live, permanent] = [reportOf('swap'), reportOf('permanent')]
  await scratch.write('counter.ts', counter({ by: 2 }))
  await live
  // Comes in time to take part in the probation.
  const loop = setInterval(() => runtime.tick(), 4)
  onTestFinished(() => clearInterval(loop))
  const { participants } = await permanent
  expect(participants.map(({ participant }) => participant)).toEqual(['main', 'worker'])
  expect(participants[0]!.stallMs).toBeLessThan(200)
})
