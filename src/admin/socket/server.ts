import { createServer, type Server, type Socket } from 'node:net'
import { findingOf, TickswapError } from '../../errors.ts'
import type { EngineView } from '../engine-view.ts'
import { perform } from '../operations.ts'
import { announce, type EngineRecord, type Place, unusable } from './place.ts'
import { LONGEST_LINE, linesOf, type SocketMessage, type SocketRequest } from './wire.ts'

/** clients at the same time; more are turned away */
const MOST_CLIENTS = 64
/** bytes that a client may leave unread before it is dropped */
const MOST_UNREAD = 4 * 1024 * 1024

export interface LocalSocket {
  close(): Promise<void>
}

/** Opens the local socket of this engine. @throws TickswapError SOCKET */
export async function openSocket(
  view: EngineView,
  place: Place,
  { id, units, store }: Pick<EngineRecord, 'id' | 'units' | 'store'>,
): Promise<LocalSocket> {
  const clients = new Set<Socket>()
  const server = createServer((socket) => serve(view, socket, clients))
  server.maxConnections = MOST_CLIENTS
  try {
    await listen(server, place.socket)
    announce(place, { pid: process.pid, id, socket: place.socket, units, store, startedAt: Date.now() })
  } catch (error) {
    throw unusable(place.own, error)
  }
  return {
    close: async () => {
      for (const client of clients) client.destroy()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

function listen(server: Server, path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(path, resolve)
  })
}

function serve(view: EngineView, socket: Socket, clients: Set<Socket>): void {
  clients.add(socket)
  let stop = () => {}
  socket.on('close', () => {
    clients.delete(socket)
    stop()
  })
  socket.on('error', () => socket.destroy())
  const say = (message: SocketMessage): void => {
    socket.write(`${JSON.stringify(message)}\n`)
    if (socket.writableLength > MOST_UNREAD) socket.destroy()
  }
  const take = (line: string): void => {
    const request = parse(line)
    if (!request)
      return say({ id: 0, error: refusal('a line is not a request: {"id": 1, "operation": "status"}') })
    if (request.operation === 'watch') {
      stop()
      stop = watch(view, say, request.params)
      return say({ id: request.id, value: { lastEvent: view.lastEvent } })
    }
    const tell = (progress: unknown) => say({ id: request.id, progress })
    perform(view, request.operation, request.params, 'socket', tell).then(
      (value) => say({ id: request.id, value: value ?? null }),
      (error) => say({ id: request.id, error: findingOf(error) }),
    )
  }
  const overflow = () => {
    say({ id: 0, error: refusal(`a line is longer than ${LONGEST_LINE} bytes`) })
    socket.end()
  }
  linesOf(socket, take, overflow)
}

/** @returns stops it */
function watch(view: EngineView, say: (message: SocketMessage) => void, params: object = {}): () => void {
  const stops = [view.on((event) => say({ event }))]
  const wantsProgress = (params as { progress?: unknown }).progress === true
  if (wantsProgress) stops.push(view.onProgress((progress) => say({ swap: progress ?? null })))
  return () => {
    for (const stop of stops) stop()
  }
}

const refusal = (message: string) => new TickswapError('TICKSWAP_E_REQUEST', message).finding

function parse(line: string): SocketRequest | undefined {
  try {
    const request = JSON.parse(line)
    return Number.isSafeInteger(request?.id) && typeof request.operation === 'string' ? request : undefined
  } catch {
    return undefined
  }
}
