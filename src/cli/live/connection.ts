import { connect, type Socket } from 'node:net'
import type { EngineEvent } from '../../admin/engine-view.ts'
import type { OperationName } from '../../admin/operations.ts'
import type { EngineRecord } from '../../admin/socket/place.ts'
import { linesOf, type SocketMessage } from '../../admin/socket/wire.ts'
import { TickswapError } from '../../errors.ts'
import type { SwapProgress } from '../../swap/report.ts'
import { type EngineChoice, findEngine } from './find-engine.ts'

interface Waiting {
  tell(progress: unknown): void
  resolve(value: unknown): void
  reject(error: unknown): void
}

/** A connection to the local socket of a running engine. */
export class Connection {
  readonly #socket: Socket
  readonly #waiting = new Map<number, Waiting>()
  readonly #listeners = new Set<(event: EngineEvent) => void>()
  #onProgress = (_: SwapProgress | null) => {}
  #lastId = 0
  /** resolves when the engine has gone, or `close` was called */
  readonly ended: Promise<void>

  private constructor(socket: Socket) {
    this.#socket = socket
    linesOf(
      socket,
      (line) => this.#take(JSON.parse(line)),
      () => socket.destroy(),
      Number.POSITIVE_INFINITY,
    )
    this.ended = new Promise((resolve) => {
      socket.once('close', () => {
        for (const { reject } of this.#waiting.values()) reject(gone('the engine has closed the connection'))
        resolve()
      })
    })
    socket.on('error', () => socket.destroy())
  }

  /** @throws TickswapError NO_ENGINE */
  static open({ socket: path, pid }: EngineRecord): Promise<Connection> {
    return new Promise((resolve, reject) => {
      const socket = connect(path)
      socket.once('error', (error) =>
        reject(gone(`the engine with process id ${pid} does not answer: ${error.message}`)),
      )
      socket.once('connect', () => resolve(new Connection(socket)))
    })
  }

  /** @throws TickswapError of the engine */
  ask(
    operation: OperationName | 'watch',
    params: object = {},
    tell: (progress: unknown) => void = () => {},
  ): Promise<unknown> {
    const id = ++this.#lastId
    this.#socket.write(`${JSON.stringify({ id, operation, params })}\n`)
    return new Promise((resolve, reject) => this.#waiting.set(id, { tell, resolve, reject }))
  }

  /** Hears every event from now on. */
  async watch(listener: (event: EngineEvent) => void): Promise<void> {
    this.#listeners.add(listener)
    await this.ask('watch')
  }

  /** Hears from now on how far swaps have come, and of events too. */
  async follow(
    onProgress: (progress: SwapProgress | null) => void,
    onEvent: (event: EngineEvent) => void,
  ): Promise<void> {
    this.#listeners.add(onEvent)
    this.#onProgress = onProgress
    await this.ask('watch', { progress: true })
  }

  close(): void {
    this.#socket.destroy()
  }

  #take(message: SocketMessage): void {
    if ('event' in message) {
      for (const listener of this.#listeners) listener(message.event)
      return
    }
    if ('swap' in message) return this.#onProgress(message.swap)
    const waiting = this.#waiting.get(message.id)
    if ('progress' in message) return waiting?.tell(message.progress)
    this.#waiting.delete(message.id)
    if ('error' in message)
      waiting?.reject(new TickswapError(message.error.code, message.error.message, message.error))
    else waiting?.resolve(message.value)
  }
}

const gone = (message: string) => new TickswapError('TICKSWAP_E_NO_ENGINE', message)

/** Opens a connection to the engine that is meant, uses it, closes it. */
export const withEngine = <T>(
  choice: EngineChoice,
  use: (connection: Connection) => Promise<T>,
): Promise<T> => connected(findEngine(choice), use)

export async function connected<T>(
  engine: EngineRecord,
  use: (connection: Connection) => Promise<T>,
): Promise<T> {
  const connection = await Connection.open(engine)
  try {
    return await use(connection)
  } finally {
    connection.close()
  }
}
