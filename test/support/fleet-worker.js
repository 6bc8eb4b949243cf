import { workerData } from 'node:worker_threads'
import { joinRuntime } from '../../dist/index.js'
import { FRAME, RUNNING, SLOT, SLOT_WORDS, versionCode } from './fleet-words.js'

// An engine's worker whose loop never yields to the event loop.
const { ticket, words, index, unit, call } = workerData
// Units of tests know by this where they run; with fleetThrow they ask for an exception that nobody catches.
globalThis.fleetIndex = index
const runtime = await joinRuntime(ticket, { name: `worker-${index}` })
const handle = runtime.use(unit)
const mine = SLOT + index * SLOT_WORDS
runtime.on('permanent', () => {
  words[mine + 4]++
  words[mine + 5] = runtime.history(unit).length
})
let frame = Atomics.load(words, FRAME)
Atomics.store(words, mine + 2, 1)
Atomics.notify(words, mine + 2)
while (Atomics.load(words, RUNNING)) {
  Atomics.wait(words, FRAME, frame, 100)
  const next = Atomics.load(words, FRAME)
  if (next === frame) continue
  frame = next
  runtime.tick(frame >>> 0)
  words[mine + 1] = versionCode(handle.version)
  try {
    handle.exports[call]?.(1 / 60, index)
  } catch {
    Atomics.add(words, mine + 3, 1)
  }
  if (globalThis.fleetThrow) throw new Error('a unit asked for it')
  Atomics.store(words, mine, frame)
  Atomics.notify(words, mine)
}
