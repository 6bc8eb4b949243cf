import { Session } from 'node:inspector'
import { parentPort, workerData } from 'node:worker_threads'
import { joinRuntime } from '../../dist/index.js'

/** A worker of an engine that calls units when it is told to, and has a debugger of its own. */
const runtime = await joinRuntime(workerData.ticket)
const session = new Session()
session.connect()
const urls = new Map()
let paused = []
session.on('Debugger.scriptParsed', ({ params }) => urls.set(params.scriptId, params.url))
session.on('Debugger.paused', ({ params }) => {
  const { scriptId, lineNumber, columnNumber } = params.callFrames[0].location
  paused.push({ url: urls.get(scriptId), line: lineNumber + 1, column: columnNumber + 1 })
})
const kept = new Map()

const acts = {
  /** calls a function that throws, of the version that runs or of one that was kept */
  async call({ unit, name, of }) {
    try {
      await (of ? kept.get(of) : runtime.use(unit).exports)[name]()
      return { stack: '' }
    } catch (error) {
      return { stack: runtime.explain(error) }
    }
  },
  keep: ({ unit, as }) => void kept.set(as, { ...runtime.use(unit).exports }),
  version: ({ unit }) => runtime.use(unit).version,
  debug() {
    session.post('Debugger.enable')
  },
  break: ({ url, line, column }) =>
    session.post('Debugger.setBreakpointByUrl', { url, lineNumber: line - 1, columnNumber: column - 1 }),
  paused() {
    const seen = paused
    paused = []
    return seen
  },
}

setInterval(() => runtime.tick(), 1)
parentPort.on('message', async ({ act, ...args }) => parentPort.postMessage(await acts[act](args)))
parentPort.postMessage('ready')
