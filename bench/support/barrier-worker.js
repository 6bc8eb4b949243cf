/** A plain thread that runs frames, and meets the others in those that say so. */
import { parentPort, workerData } from 'node:worker_threads'
import { arrive, Word } from './barrier-words.js'

const { shared, thread } = workerData
const words = new Int32Array(shared, 0, 16)
const times = new Float64Array(shared, 64)
let frame = Atomics.load(words, Word.FRAME)
parentPort.postMessage('ready')
while (Atomics.load(words, Word.RUNNING)) {
  Atomics.wait(words, Word.FRAME, frame, 100)
  const next = Atomics.load(words, Word.FRAME)
  if (next === frame) continue
  frame = next
  if (Atomics.load(words, Word.MEETING)) times[thread] = arrive(words)
  Atomics.add(words, Word.DONE, 1)
  Atomics.notify(words, Word.DONE)
}
