// A worker whose loop never yields: it takes updates with receiveMessageOnPort and answers on the same port.
import { receiveMessageOnPort, workerData } from 'node:worker_threads'
import { Linker } from '../../dist/units/code/linker.js'

const { port, signal, main } = workerData
const linker = new Linker()
const flag = new Int32Array(signal)
for (;;) {
  Atomics.wait(flag, 0, 0, 50)
  Atomics.store(flag, 0, 0)
  const received = receiveMessageOnPort(port)
  if (!received) continue
  const { update, stop } = received.message
  if (stop) break
  try {
    const prepared = linker.prepare(update)
    prepared.commit()
    prepared.settle()
    port.postMessage({ result: linker.namespace(main).run() })
  } catch (error) {
    port.postMessage({ error: { name: error.name, code: error.code, message: error.message } })
  }
}
process.exit(0)
