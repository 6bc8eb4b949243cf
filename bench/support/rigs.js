import { EventEmitter } from 'node:events'
import { join } from 'node:path'
import { DevEnvironment } from 'vite'
import { createRuntime } from '../../dist/index.js'
import { ClockFleet } from './clock-fleet.js'
import { folder } from './scratch.js'
import { moduleSource } from './source.js'
import { viteServer } from './vite.js'

const FILE = 'traffic.ts'
const UNIT = 'traffic'
/** The same text for both: a module of 10 KB that is a unit. */
export const source = (edit) => moduleSource({ edit, kind: 'unit' })

/** Four workers with tickswap. The main thread creates the runtime and does not tick. */
export async function tickswapRig(root, { workers }) {
  const dir = folder(root, 'tickswap', { [`units/${FILE}`]: source(0) })
  const units = join(dir, 'units')
  const runtime = await createRuntime({ units, probation: { ticks: 4 } })
  const reports = []
  for (const event of ['swap', 'reject', 'rollback', 'permanent'])
    runtime.on(event, (report) => reports.push(report))
  const data = { ticket: runtime.ticket(), unit: UNIT }
  const fleet = await ClockFleet.start({
    file: join(units, FILE),
    script: './clock-worker.js',
    workers,
    data,
  })
  const close = async () => {
    await fleet.close()
    await runtime.close()
  }
  return { fleet, reports, close }
}

/** Passes the module's updates on, as a Vite application does that accepts a dependency. */
const ENTRY = `import * as traffic from './${FILE}'
export const live = { module: traffic, onUpdate(module) {} }
import.meta.hot.accept('./${FILE}', (next) => {
  live.module = next
  live.onUpdate(next)
})
`

/**
 * Four workers with Vite: one server in the main thread, whose watcher sees the edit, and an
 * environment for each worker, because Vite keeps one module graph for each module runner.
 */
export async function viteRig(root, { workers }) {
  const dir = folder(root, 'vite', { [FILE]: source(0), 'entry.ts': ENTRY })
  const lines = Array.from({ length: workers }, () => new Line())
  const environments = Object.fromEntries(lines.map((line, i) => [`worker${i}`, environmentOver(line)]))
  const server = await viteServer(dir, {
    environments,
    server: { watch: { ignored: ['**/node_modules/**'] } },
  })
  const connect = (worker, index) => lines[index].connect(worker)
  const data = { entry: join(dir, 'entry.ts') }
  const start = { file: join(dir, FILE), script: './vite-worker.js', workers, data, connect }
  const fleet = await ClockFleet.start(start)
  const close = async () => {
    await fleet.close()
    await server.close()
  }
  return { fleet, close }
}

const environmentOver = (transport) => ({
  consumer: 'server',
  dev: {
    createEnvironment: (name, config) => new DevEnvironment(name, config, { hot: true, transport }),
  },
})

/** A worker's message port as Vite's hot channel. */
class Line {
  skipFsCheck = true
  #events = new EventEmitter()
  #worker

  connect(worker) {
    this.#worker = worker
    worker.on('message', (message) => {
      if (message?.type === 'custom') this.#events.emit(message.event, message.data, this)
    })
  }

  send = (payload) => this.#worker?.postMessage(payload)
  on = (event, listener) => this.#events.on(event, listener)
  off = (event, listener) => this.#events.off(event, listener)
}
