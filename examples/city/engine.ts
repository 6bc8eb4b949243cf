/**
 * The city's engine: 60 frames a second on the main thread and some workers, which share
 * the districts out. Run it with `tickswap run examples/city/engine.ts`.
 *
 *   --units DIR    the folder of the systems (default: systems, beside this file)
 *   --workers N    threads besides the main one (default: 4)
 *   --seconds N    end by itself
 *   --plain        lines of text, also on a terminal
 */
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { Worker } from 'node:worker_threads'
import { createRuntime, type Handle } from 'tickswap'
import type { CityState } from './city-state.ts'
import { Crew, SYSTEMS, type System, type SystemName } from './crew.ts'
import { Ledger } from './ledger.ts'
import { Portrait } from './portrait.ts'
import { obey } from './remote.ts'
import { openView } from './view.ts'

const { values: options } = parseArgs({
  strict: false,
  options: {
    units: { type: 'string' },
    workers: { type: 'string', default: '4' },
    seconds: { type: 'string' },
    plain: { type: 'boolean', default: false },
  },
})

const FRAME_MS = 1000 / 60
/** a participant that has not done its share by then has lost the frame */
const FRAME_DEADLINE_MS = 2000
/** the clock starts anew when the engine has fallen behind by more */
const CATCH_UP_MS = 250
/** time that a worker has to leave at the end */
const LEAVE_MS = 1000
const MAIN = 0

const folder =
  typeof options.units === 'string' ? resolve(options.units) : join(import.meta.dirname, 'systems')
const portrait = new Portrait()
const runtime = await createRuntime({ units: folder, picture: portrait.picture })
const handles = new Map<SystemName, Handle<System['exports']>>(
  SYSTEMS.map((name) => [name, runtime.use<System['exports']>(name)]),
)
const systems = [...handles.values()]
const crew = new Crew()
const ledger = new Ledger(crew)
const workers: Worker[] = []
let frame = -1
let due = 0
let closing = false

/** Starts a worker, which takes its share of the districts as soon as it has joined. */
function hire(): Promise<void> {
  const member = workers.length + 1
  const worker = new Worker(new URL('./worker.ts', import.meta.url), {
    workerData: { ticket: runtime.ticket(), member, buffer: crew.buffer },
  })
  workers.push(worker)
  return new Promise((resolve, reject) => {
    worker.once('message', () => resolve())
    worker.once('error', (error) => {
      crew.dismiss(member)
      reject(error)
    })
  })
}

/** The columns of all systems, as they are bound at the moment. */
const city = (): CityState =>
  Object.fromEntries(
    Array.from(handles, ([name, { state }]) => [name, state.columns]),
  ) as unknown as CityState

function turn(): void {
  if (closing) return
  frame++
  const members = crew.members()
  crew.begin(frame, members)
  crew.work(MAIN, frame, runtime, systems)
  ledger.enter(frame, members, crew.finish(frame, members, FRAME_DEADLINE_MS))
  view.frame(frame)
  // Nobody looks at it where there is no page.
  if (runtime.address) portrait.frame(frame, city())
  const now = performance.now()
  due = now - due > CATCH_UP_MS ? now : due + FRAME_MS
  if (due - now < 1) setImmediate(turn)
  else setTimeout(turn, due - now)
}

/** Resolves when a worker has left, by itself or not. */
function ended(worker: Worker): Promise<unknown> {
  const late = setTimeout(() => worker.terminate(), LEAVE_MS)
  return new Promise((resolve) => {
    worker.once('exit', resolve)
    if (worker.threadId === -1) resolve(undefined)
  }).finally(() => clearTimeout(late))
}

async function close(code = 0): Promise<never> {
  if (!closing) {
    closing = true
    crew.stop()
    await view.close()
    await Promise.all(workers.map(ended))
    await runtime.close()
  }
  process.exit(code)
}

const engine = { runtime, crew, ledger, handles, city, hire, close, frame: () => frame }
export type Engine = typeof engine

const view = openView(engine, options.plain === true)
for (const event of ['swap', 'reject', 'rollback', 'permanent'] as const)
  runtime.on(event, (report) => view.event(event, report))
process.on('SIGINT', () => close())
process.on('SIGTERM', () => close())

await Promise.all(Array.from({ length: Number(options.workers) }, hire))
crew.enlist(MAIN)
due = performance.now()
turn()
view.say(`edit a file in ${folder}, and save it`)
obey(engine, view)
if (typeof options.seconds === 'string') setTimeout(() => close(), Number(options.seconds) * 1000)
