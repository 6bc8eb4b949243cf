/** A worker that ticks at 240 Hz with tickswap. */
import { parentPort, workerData } from 'node:worker_threads'
import { joinRuntime } from '../../dist/index.js'
import { Log, Ticker } from './clock.js'

const { ticket, shared, workers, index, unit } = workerData
const runtime = await joinRuntime(ticket, { name: `worker-${index}` })
const handle = runtime.use(unit)
const ticker = new Ticker(new Log(shared, workers), index)
parentPort.postMessage('ready')
await ticker.run((frame) => {
  runtime.tick(frame)
  return handle.exports.step(1 / 240)
})
