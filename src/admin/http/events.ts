import type { ServerResponse } from 'node:http'
import type { EngineEvent, EngineView } from '../engine-view.ts'

/** events that a client which comes back can be given */
const KEPT = 256
/** bytes that a client may leave unread before it is dropped */
const MOST_UNREAD = 1024 * 1024
const MOST_CLIENTS = 2048
const ALIVE_MS = 15_000
const PACE_MS = 200

interface Client {
  readonly response: ServerResponse
  readonly wantsPace: boolean
}

/** Server-sent events (WHATWG HTML, "Server-sent events"): each is made into text once, for all clients. */
export class EventStream {
  readonly #view: EngineView
  readonly #clients = new Set<Client>()
  readonly #kept: { readonly id: number; readonly text: string }[] = []
  readonly #stops: readonly (() => void)[]
  readonly #timers: NodeJS.Timeout[]
  /** clients that read too slowly and were let go */
  dropped = 0

  constructor(view: EngineView) {
    this.#view = view
    this.#stops = [
      view.on((event) => this.#hear(event)),
      // Without a number: what has passed is of no use to one who comes back.
      view.onProgress((progress) =>
        this.#send(`event: progress\ndata: ${JSON.stringify(progress ?? null)}\n\n`, () => true),
      ),
    ]
    this.#timers = [
      setInterval(() => this.#send(': alive\n\n', () => true), ALIVE_MS),
      setInterval(() => void this.#sendPace(), PACE_MS),
    ]
  }

  get clients(): number {
    return this.#clients.size
  }

  get isFull(): boolean {
    return this.#clients.size >= MOST_CLIENTS
  }

  /** Takes the response over: it stays open until the client goes or reads too slowly. */
  add(response: ServerResponse, options: { since: number | undefined; wantsPace: boolean }): void {
    const client: Client = { response, wantsPace: options.wantsPace }
    response.writeHead(200, {
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
    })
    response.write('retry: 1000\n\n')
    response.on('close', () => this.#clients.delete(client))
    response.on('error', () => this.#clients.delete(client))
    this.#clients.add(client)
    const { since } = options
    if (since !== undefined) for (const { id, text } of this.#kept) if (id > since) response.write(text)
  }

  close(): void {
    for (const stop of this.#stops) stop()
    for (const timer of this.#timers) clearInterval(timer)
    for (const { response } of this.#clients) response.end()
  }

  #hear(event: EngineEvent): void {
    const text = `id: ${event.id}\nevent: ${event.event}\ndata: ${JSON.stringify(event.payload)}\n\n`
    this.#kept.push({ id: event.id, text })
    if (this.#kept.length > KEPT) this.#kept.shift()
    this.#send(text, () => true)
  }

  async #sendPace(): Promise<void> {
    if (![...this.#clients].some(({ wantsPace }) => wantsPace) || this.#view.isClosed) return
    const participants = await this.#view.participants().catch(() => [])
    this.#send(`event: pace\ndata: ${JSON.stringify(participants)}\n\n`, ({ wantsPace }) => wantsPace)
  }

  #send(text: string, wanted: (client: Client) => boolean): void {
    for (const client of this.#clients) {
      if (!wanted(client)) continue
      if (client.response.writableLength > MOST_UNREAD) {
        this.dropped++
        client.response.destroy()
      } else client.response.write(text)
    }
  }
}
