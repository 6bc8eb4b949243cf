import { type ChildProcess, fork } from 'node:child_process'
import { EventEmitter, once } from 'node:events'
import type { SwapReport } from '../../swap/report.ts'

/** What the city's engine tells when it is asked how it stands. */
export interface Look {
  /** the last frame */
  frame: number
  participants: number
  lost: number
  mixed: number
  /** exceptions that reached the engine */
  errors: number
  worstTickMs: number
  people: number
  treasury: number
  odometer: number
  trafficAge: number
  peopleAge: number
  versions: Record<string, string>
  columns: Record<string, string[]>
  constants: Record<string, Record<string, number>>
}

export type EventName = 'swap' | 'reject' | 'rollback' | 'permanent'

interface EventMessage {
  type: 'event'
  event: EventName
  report: SwapReport
}
type Message =
  | { type: 'ready' }
  | EventMessage
  | { type: 'reply'; id: number; value?: unknown; error?: string }

/** The city's engine in a process of its own, watched and steered over IPC. */
export class CityEngine {
  readonly #child: ChildProcess
  readonly #events = new EventEmitter()
  readonly #heard: EventMessage[] = []
  /** rejects when the process has ended */
  readonly #gone: Promise<never>
  #lastId = 0

  /** Starts `entry` with `tickswap run`. `main` is the file of the command itself. */
  constructor(main: string, entry: string, args: { run: readonly string[]; engine: readonly string[] }) {
    this.#child = fork(main, ['run', ...args.run, entry, ...args.engine], {
      stdio: ['inherit', 'inherit', 'inherit', 'ipc'],
    })
    this.#child.on('message', (message: Message) => this.#take(message))
    this.#gone = once(this.#child, 'exit').then(() => {
      throw new Error('the engine of the city has ended')
    })
    this.#gone.catch(() => {})
  }

  /** Resolves when the city is running. @throws Error when the engine ends first */
  async ready(): Promise<void> {
    await Promise.race([once(this.#events, 'ready'), this.#gone])
  }

  look(restart = false): Promise<Look> {
    return this.#ask({ name: 'look', restart }) as Promise<Look>
  }

  /** Adds a worker, which takes a share of the districts. */
  async hire(): Promise<void> {
    await this.#ask({ name: 'hire' })
  }

  rollback(unit: string, to: string): Promise<SwapReport> {
    return this.#ask({ name: 'rollback', unit, to }) as Promise<SwapReport>
  }

  async say(text: string): Promise<void> {
    await this.#ask({ name: 'say', text })
  }

  /** Forgets what was heard so far. */
  forget(): void {
    this.#heard.length = 0
  }

  /** The first event heard since `forget` that `wanted` accepts; undefined when there is none in time. */
  async heard(wanted: (event: EventName) => boolean, deadlineMs: number): Promise<EventMessage | undefined> {
    const end = AbortSignal.timeout(deadlineMs)
    for (;;) {
      const found = this.#heard.find(({ event }) => wanted(event))
      if (found || end.aborted) return found
      await Promise.race([once(this.#events, 'event', { signal: end }).catch(() => {}), this.#gone])
    }
  }

  /** Ends the engine, and resolves when it has put the terminal back. */
  async close(): Promise<void> {
    if (this.#child.connected) this.#child.send({ id: 0, name: 'close' })
    await this.ended()
  }

  /** Resolves when the engine has ended. */
  async ended(): Promise<void> {
    await this.#gone.catch(() => {})
  }

  async #ask(command: object): Promise<unknown> {
    const id = ++this.#lastId
    const reply = once(this.#events, `reply ${id}`)
    this.#child.send({ id, ...command })
    const [{ value, error }] = await Promise.race([reply, this.#gone])
    if (error) throw new Error(error)
    return value
  }

  #take(message: Message): void {
    if (message.type === 'reply') this.#events.emit(`reply ${message.id}`, message)
    else if (message.type === 'ready') this.#events.emit('ready')
    else {
      this.#heard.push(message)
      this.#events.emit('event')
    }
  }
}
