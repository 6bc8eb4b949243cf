import { chmodSync, rmSync } from 'node:fs'
import { createServer, type Server, type Socket } from 'node:net'
import { createInterface } from 'node:readline'
import { type Finding, findingOf } from '../errors.ts'
import { type Command, execute } from './commands.ts'
import { socketOf } from './socket.ts'
import type { Store } from './store.ts'

export type Reply =
  | { readonly progress: unknown }
  | { readonly result: unknown }
  | { readonly error: Pick<Finding, 'code' | 'message'> }

/** Takes commands for a store from other processes of the same user, on a socket in its folder. */
export class CommandServer {
  readonly #server: Server
  readonly #socket: string
  readonly #connections = new Set<Socket>()

  private constructor(server: Server, socket: string) {
    this.#server = server
    this.#socket = socket
    server.on('connection', (connection) => {
      this.#connections.add(connection)
      connection.once('close', () => this.#connections.delete(connection))
    })
  }

  /** Whoever holds the store's lock may replace a socket that another process left behind. */
  static listen(store: Store): Promise<CommandServer> {
    const socket = socketOf(store.settings.path)
    rmSync(socket, { force: true })
    const server = createServer((connection) => serve(connection, store))
    server.unref()
    return new Promise((resolve, reject) => {
      server.once('error', reject)
      server.listen(socket, () => {
        chmodSync(socket, 0o600)
        resolve(new CommandServer(server, socket))
      })
    })
  }

  async close(): Promise<void> {
    for (const connection of this.#connections) connection.destroy()
    await new Promise((resolve) => this.#server.close(resolve))
    rmSync(this.#socket, { force: true })
  }
}

function serve(connection: Socket, store: Store): void {
  const send = (reply: Reply) => connection.writable && connection.write(`${JSON.stringify(reply)}\n`)
  connection.on('error', () => connection.destroy())
  const lines = createInterface({ input: connection })
  lines.on('error', () => {})
  lines.once('line', async (line) => {
    try {
      const command = JSON.parse(line) as Command
      send({ result: await execute(store, command, (progress) => send({ progress })) })
    } catch (error) {
      const { code, message } = findingOf(error)
      send({ error: { code, message } })
    }
    connection.end()
  })
}
