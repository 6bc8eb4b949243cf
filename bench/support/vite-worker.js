/** A worker that ticks at 240 Hz with Vite's module runner; updates come over its message port. */
import { parentPort, workerData } from 'node:worker_threads'
import { ESModulesEvaluator, ModuleRunner } from 'vite/module-runner'
import { Log, Ticker } from './clock.js'

const { entry, shared, workers, index } = workerData
const transport = {
  connect: ({ onMessage }) => void parentPort.on('message', onMessage),
  send: (data) => {
    parentPort.postMessage(data)
  },
}
const options = { transport, hmr: { logger: false }, sourcemapInterceptor: false }
const runner = new ModuleRunner(options, new ESModulesEvaluator())
const ticker = new Ticker(new Log(shared, workers), index)
const { live } = await runner.import(entry)
live.onUpdate = (module) => ticker.loaded(module.mark)
parentPort.postMessage('ready')
await ticker.run(() => live.module.step(1 / 240))
