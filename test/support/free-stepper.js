import { workerData } from 'node:worker_threads'
import { joinRuntime } from '../../dist/index.js'

// A worker that ticks and steps at its own pace, without frame numbers, and never yields to the event loop.
const { ticket, words, index, unit } = workerData
const runtime = await joinRuntime(ticket, { name: `stepper-${index}` })
const handle = runtime.use(unit)
while (Atomics.load(words, 0) === 0) {
  runtime.tick()
  handle.exports.step(1 / 60, index)
  Atomics.add(words, index + 1, 1)
  Atomics.wait(words, 0, 0, 1 + 2 * index)
}
