import { workerData } from 'node:worker_threads'
import { joinRuntime } from '../../dist/index.js'

// A worker that ticks at its own pace and rests now and then, blocked or yielding to the event loop. It
// counts its steps by itself: word 3 * index of `words`; the two after it say what its own state holds.
const { ticket, words, index, seed } = workerData
const runtime = await joinRuntime(ticket, { name: `worker-${index}` })
const handle = runtime.use('counter')
const mine = 3 * index
let state = seed
const random = () => {
  state = (Math.imul(state, 1664525) + 1013904223) >>> 0
  return state / 2 ** 32
}
while (Atomics.load(words, 0) === 0) {
  runtime.tick()
  try {
    handle.exports.step(1, index - 1)
  } catch {
    // A version that failed here only after its probation.
  }
  words[mine]++
  Atomics.wait(words, 0, 0, 1)
  if (random() < 0.1) {
    runtime.pause()
    const ms = random() * 30
    if (random() < 0.5) Atomics.wait(words, 0, 0, ms)
    else await new Promise((resolve) => setTimeout(resolve, ms))
  }
}
// Once more, so that an open rollback is carried out; everybody does this at the same time.
for (let i = 0; i < 30; i++) {
  runtime.tick()
  Atomics.wait(words, 1, 0, 2)
}
words[mine + 1] = handle.state.soft.calls
words[mine + 2] = handle.state.columns.mine[0]
runtime.pause()
Atomics.store(words, 2, Atomics.load(words, 2) + 1)
setInterval(() => {}, 1000)
