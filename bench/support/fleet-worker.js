/** A worker of a lockstep fleet: its loop never yields to the event loop. */
import { parentPort, workerData } from 'node:worker_threads'
import { joinRuntime } from '../../dist/index.js'
import { Slot, Word } from './fleet-words.js'

const { ticket, words, index, unit } = workerData
const runtime = await joinRuntime(ticket, { name: `worker-${index}` })
const handle = runtime.use(unit)
const mine = Slot.FIRST + index * Slot.WORDS
let frame = Atomics.load(words, Word.FRAME)
parentPort.postMessage('ready')
while (Atomics.load(words, Word.RUNNING)) {
  Atomics.wait(words, Word.FRAME, frame, 100)
  const next = Atomics.load(words, Word.FRAME)
  if (next === frame) continue
  frame = next
  runtime.tick(frame)
  words[mine + Slot.EDIT] = handle.exports.step(1 / 60, index + 1)
  Atomics.add(words, Word.DONE, 1)
  Atomics.notify(words, Word.DONE)
}
