import { workerData } from 'node:worker_threads'
import { joinRuntime } from '../../dist/index.js'

// A worker that works for a part of every tick and blocks for the rest of it.
const { ticket, words, index, name, unit, workMs, restMs } = workerData
const runtime = await joinRuntime(ticket, { name })
const handle = runtime.use(unit)
// Work is counted in turns, not in time: a thread that is not given the core has not worked.
const turn = () => {
  let sum = 0
  for (let i = 0; i < 20_000; i++) sum += Math.sqrt(i)
  return sum
}
let turns = 0
for (const from = performance.now(); performance.now() - from < 200; turns++) turn()
const perTick = Math.max(1, Math.round((turns / 200) * workMs))
while (Atomics.load(words, 0) === 0) {
  runtime.tick()
  handle.exports.step(1 / 60, 0)
  for (let i = 0; i < perTick; i++) turn()
  Atomics.add(words, index, 1)
  Atomics.wait(words, 0, 0, restMs)
}
