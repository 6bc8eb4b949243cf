import { workerData } from 'node:worker_threads'
import { joinRuntime } from '../../dist/index.js'

// A worker that does one thing at a time, when it is told to: word 1 counts orders, word 2 is what to do (1 ticks and
// steps, 2 rests), word 3 the last order that was carried out. The words after it say what it has of its own.
const { ticket, words, unit } = workerData
const runtime = await joinRuntime(ticket, { name: 'worker' })
const handle = runtime.use(unit)
for (let last = 0; Atomics.load(words, 0) === 0; ) {
  Atomics.wait(words, 1, last, 100)
  const order = Atomics.load(words, 1)
  if (order === last) continue
  last = order
  if (words[2] === 1) {
    runtime.tick()
    handle.exports.step()
  } else runtime.pause()
  words[4] = handle.state.columns.mine[0]
  words[5] = handle.state.soft.calls
  words[6] = Number.parseInt(handle.version, 10)
  Atomics.store(words, 3, last)
}
await runtime.close()
