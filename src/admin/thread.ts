import { parentPort, workerData } from 'node:worker_threads'
import { type Finding, findingOf } from '../errors.ts'
import type { Ticket } from '../swap/protocol.ts'
import { EngineView } from './engine-view.ts'
import { type LocalSocket, openSocket } from './socket/server.ts'

/** What the admin thread is started with. */
export interface AdminData {
  readonly ticket: Ticket
  /** absolute path of the folder of the units */
  readonly units: string
  /** the folder of the local socket, absolute */
  readonly socket: string | undefined
}
export type AdminStarted = { ready: true; socket?: string } | { ready: false; finding: Finding }

/** Where the admin thread begins: what is asked from outside never runs where something ticks. */
const { ticket, units, socket: folder } = workerData as AdminData
const view = new EngineView(ticket)
let socket: LocalSocket | undefined
try {
  await view.open()
  if (folder) socket = await openSocket(view, { folder, id: ticket.id, units })
  parentPort!.on('message', () => void close())
  parentPort!.postMessage({ ready: true, ...(socket && { socket: socket.path }) } satisfies AdminStarted)
} catch (error) {
  parentPort!.postMessage({ ready: false, finding: findingOf(error) } satisfies AdminStarted)
  view.close()
}

async function close(): Promise<void> {
  await socket?.close()
  view.close()
  parentPort!.close()
}
