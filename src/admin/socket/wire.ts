import type { Socket } from 'node:net'
import { StringDecoder } from 'node:string_decoder'
import type { Finding } from '../../errors.ts'
import type { SwapProgress } from '../../swap/report.ts'
import type { EngineEvent } from '../engine-view.ts'

/** Over the local socket go lines of JSON, one message each. */

/**
 * `operation` is a name of OPERATIONS, or `watch`: from then on events are sent too, and with `{"progress": true}` how
 * far swaps have come.
 */
export interface SocketRequest {
  /** repeated by the answer; a whole number */
  readonly id: number
  readonly operation: string
  readonly params?: object
}

export type SocketMessage =
  /** none or several of them, before the answer */
  | { readonly id: number; readonly progress: unknown }
  | { readonly id: number; readonly value: unknown }
  | { readonly id: number; readonly error: Finding }
  | { readonly event: EngineEvent }
  | { readonly swap: SwapProgress | null }

/** characters of a request */
export const LONGEST_LINE = 64 * 1024

/** Calls `take` with each line; `overflow`, once, when one is too long. */
export function linesOf(
  socket: Socket,
  take: (line: string) => void,
  overflow: () => void,
  longest = LONGEST_LINE,
): void {
  const decoder = new StringDecoder('utf8')
  let rest = ''
  let isOver = false
  socket.on('data', (data: Buffer) => {
    if (isOver) return
    const lines = (rest + decoder.write(data)).split('\n')
    rest = lines.pop()!
    for (const line of lines) if (line.trim() && line.length <= longest) take(line)
    if (rest.length <= longest && lines.every((line) => line.length <= longest)) return
    isOver = true
    overflow()
  })
}
