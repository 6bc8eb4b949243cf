import { resolve } from 'node:path'
import { parentPort, workerData } from 'node:worker_threads'
import type { AdminSettings } from '../control/admin-options.ts'
import { type Finding, findingOf } from '../errors.ts'
import { Log } from '../observe/log.ts'
import type { LogOptions } from '../observe/log-level.ts'
import type { Ticket } from '../swap/protocol.ts'
import { EngineView } from './engine-view.ts'
import { claimPlace, leavePlace } from './socket/place.ts'
import { openSocket } from './socket/server.ts'

/** What the admin thread is started with. */
export interface AdminData {
  readonly ticket: Ticket
  /** absolute path of the folder of the units */
  readonly units: string
  /** the folder of the local socket, absolute */
  readonly socket: string | undefined
  /** the store's folder, absolute */
  readonly store: string | undefined
  readonly http: AdminSettings | undefined
  readonly log: LogOptions | undefined
}
export type AdminStarted = { ready: true; address: string | undefined } | { ready: false; finding: Finding }

/** Where the admin thread begins: what is asked from outside never runs where something ticks. */
const { ticket, units, socket: folder, store, http: settings, log: logOptions } = workerData as AdminData
const view = new EngineView(ticket)
const open: { close(): Promise<void> }[] = []
try {
  await view.open()
  const address = await start()
  parentPort!.on('message', () => void close())
  parentPort!.postMessage({ ready: true, address } satisfies AdminStarted)
} catch (error) {
  parentPort!.postMessage({ ready: false, finding: findingOf(error) } satisfies AdminStarted)
  await close()
}

async function start(): Promise<string | undefined> {
  const log = logOptions && openLog(logOptions)
  const isTokenKept = settings !== undefined && settings.token === undefined
  const { id } = ticket
  const place = folder || isTokenKept ? claimPlace(folder ?? resolve('.tickswap'), id, store) : undefined
  if (place) open.push({ close: async () => leavePlace(place) })
  if (folder) open.push(await openSocket(view, place!, { id, units, store }))
  if (!settings) return undefined
  // Who only has a local socket does not load a web server.
  const { openInterface } = await import('./http/interface.ts')
  const http = await openInterface(view, settings, { own: place?.own, log })
  open.push(http)
  return http.address
}

function openLog(options: LogOptions): Log {
  const log = new Log(options)
  open.push({ close: async () => log.close() })
  view.onAsked((operation, params, from) => log.asked(operation, params, from))
  view.on(({ event, payload }) => {
    if ('outcome' in payload) log.report(payload)
    else if (event === 'warning') log.warning(payload as Finding)
  })
  return log
}

/** What was opened last is closed first. */
async function close(): Promise<void> {
  for (const each of open.splice(0).reverse()) await each.close()
  view.close()
  parentPort!.close()
}
