import { createConnection } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { TickswapError } from '../errors.ts'
import type { Command } from './commands.ts'
import { blake3Hex } from './hash.ts'
import type { Reply } from './server.ts'

/** Names of sockets have room for about a hundred bytes. */
const MAX_SOCKET_BYTES = 100

export function socketOf(store: string): string {
  const inside = join(store, 'commands.sock')
  if (Buffer.byteLength(inside) <= MAX_SOCKET_BYTES) return inside
  return join(tmpdir(), `tickswap-${blake3Hex(Buffer.from(store)).slice(0, 16)}.sock`)
}

/**
 * Has the process that holds a store do something.
 * @returns undefined when nobody listens
 * @throws TickswapError that the other process answered with
 */
export function askHolder(
  store: string,
  command: Command,
  tell: (progress: unknown) => void,
): Promise<{ result: unknown } | undefined> {
  return new Promise((resolve, reject) => {
    const connection = createConnection(socketOf(store))
    let isConnected = false
    connection.once('connect', () => {
      isConnected = true
      connection.write(`${JSON.stringify(command)}\n`)
    })
    const gone = () =>
      isConnected
        ? reject(new TickswapError('TICKSWAP_E_CLOSED', 'the engine ended before it had answered'))
        : resolve(undefined)
    connection.once('error', gone)
    connection.once('close', gone)
    const lines = createInterface({ input: connection })
    // It repeats the errors of the connection.
    lines.on('error', () => {})
    lines.on('line', (line) => {
      const reply = JSON.parse(line) as Reply
      if ('progress' in reply) tell(reply.progress)
      else if ('result' in reply) resolve({ result: reply.result })
      else reject(new TickswapError(reply.error.code, reply.error.message))
    })
  })
}
