/** A worker that times its steps and hands the times of one edit over when it has enough of them. */
import { parentPort, workerData } from 'node:worker_threads'
import { joinRuntime } from '../../dist/index.js'
import { paced, Steps } from './steps.js'

const { ticket, unit } = workerData
const runtime = await joinRuntime(ticket, { name: 'worker' })
const handle = runtime.use(unit)
const steps = new Steps()
parentPort.postMessage('ready')
await paced(() => {
  runtime.tick()
  steps.turn(handle.exports.step)
  for (const [edit, times] of steps.byEdit) {
    if (!steps.isComplete(edit)) continue
    parentPort.postMessage({ edit, times })
    times.push(0)
  }
})
