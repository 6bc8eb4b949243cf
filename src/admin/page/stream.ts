import { token, whenToken } from './api.ts'

const FIRST_WAIT_MS = 250
const LONGEST_WAIT_MS = 4000

export interface StreamHandlers {
  open(): void
  /** the connection is gone, or was refused; it is tried again */
  lost(status: number | undefined): void
  event(name: string, data: string): void
}

/**
 * Server-sent events over fetch: EventSource cannot send the token, which an engine that others can reach asks for.
 * A connection that ends is opened again, with the number of the last event, so that nothing is missed.
 */
export async function followEvents(path: string, handlers: StreamHandlers): Promise<never> {
  let lastId = ''
  for (let wait = FIRST_WAIT_MS; ; wait = Math.min(wait * 2, LONGEST_WAIT_MS)) {
    let status: number | undefined
    try {
      const response = await fetch(path, {
        headers: { ...token(), ...(lastId && { 'last-event-id': lastId }) },
      })
      status = response.status
      if (response.ok && response.body) {
        wait = FIRST_WAIT_MS
        handlers.open()
        await read(response.body, (name, data, id) => {
          if (id) lastId = id
          handlers.event(name, data)
        })
      }
    } catch {
      // Gone in the middle: the same as an end.
    }
    handlers.lost(status)
    await Promise.race([new Promise((resolve) => setTimeout(resolve, wait)), whenToken()])
  }
}

async function read(
  body: ReadableStream<Uint8Array>,
  take: (name: string, data: string, id: string) => void,
): Promise<void> {
  const reader = body
    .pipeThrough(new TextDecoderStream() as ReadableWritablePair<string, Uint8Array>)
    .getReader()
  for (let rest = ''; ; ) {
    const { value, done } = await reader.read()
    if (done) return
    const parts = (rest + value).split('\n\n')
    rest = parts.pop()!
    for (const part of parts) {
      const fields = new Map(part.split('\n').map((line) => pair(line)))
      const data = fields.get('data')
      if (data !== undefined) take(fields.get('event') ?? 'message', data, fields.get('id') ?? '')
    }
  }
}

/** `name: value`; a comment has no name. */
function pair(line: string): [string, string] {
  const at = line.indexOf(': ')
  return at < 0 ? [line, ''] : [line.slice(0, at), line.slice(at + 2)]
}
