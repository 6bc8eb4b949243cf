import { workerData } from 'node:worker_threads'
import { joinRuntime } from '../../dist/index.js'

// A worker that ticks at its own pace, counts its turns, and never yields to the event loop.
const { ticket, words, index, name } = workerData
const runtime = await joinRuntime(ticket, { name })
while (Atomics.load(words, 0) === 0) {
  runtime.tick()
  Atomics.add(words, index, 1)
  Atomics.wait(words, 0, 0, 1)
}
