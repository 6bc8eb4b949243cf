import { EventEmitter } from 'node:events'
import { BroadcastChannel } from 'node:worker_threads'
import type { Vitals } from '../control/library.ts'
import { type Finding, TickswapError } from '../errors.ts'
import type { Alert } from '../observe/alerts.ts'
import type { RegistryDiagnostics } from '../registry/diagnostics.ts'
import type { RegistryReader } from '../registry/reader.ts'
import { Registry } from '../registry/registry.ts'
import type { UnitStatus } from '../runtime/shapes.ts'
import { Board, ParticipantState, Word } from '../swap/board.ts'
import {
  controlChannel,
  type HistoryEntry,
  OBSERVER,
  participantChannel,
  type QuarantineEntry,
  type RequestName,
  type Requests,
  type RuntimeEvent,
  type Ticket,
  type ToControl,
  type ToParticipant,
} from '../swap/protocol.ts'
import type { SwapProgress, SwapReport } from '../swap/report.ts'
import { PaceSampler, type PaceSummary } from './pace-sampler.ts'
import { versionsIn } from './participant-view.ts'
import { type UnitView, unitViews } from './unit-view.ts'

/** reports, warnings and history entries that are kept; the oldest go */
const REPORTS = 256
const WARNINGS = 256
const ALERTS = 256
const HISTORY = 4096
/** a list of participants this old is good enough */
const FRESH_MS = 200

export type TickState = 'ticking' | 'paused' | 'dead'

/** A participant as the board shows it. */
export interface ParticipantStatus {
  readonly slot: number
  readonly name: string
  readonly state: TickState
  /** its last tick, or the engine's last frame number */
  readonly tick: number
  /** over the last second */
  readonly ticksPerSecond: number
  /** it should tick, and has not for a second */
  readonly standsStill: boolean
  /** times between ticks over the last second, when the runtime notes them */
  readonly interval?: PaceSummary
  /** unit to the version that it runs; absent while it rests, and where nobody asked */
  readonly versions?: Readonly<Record<string, string>>
}

/** An event as it goes to whoever watches. */
export interface EngineEvent {
  /** counts from 1 */
  readonly id: number
  readonly event: Exclude<RuntimeEvent, 'progress'> | 'alert'
  readonly payload: SwapReport | Finding | Alert
}

/** Hears how far something has come that takes long. */
export type Tell = (progress: unknown) => void

interface Hand {
  readonly slot: number
  readonly name: string
}

interface Waiting {
  tell(progress: unknown): void
  resolve(value: unknown): void
  reject(error: unknown): void
}

/**
 * The running engine as the admin thread sees it: what it was told, and what it reads from the
 * board. Asking it costs no participant anything.
 */
export class EngineView {
  /** one per swap, in its latest state, oldest first */
  readonly reports: SwapReport[] = []
  readonly alerts: Alert[] = []
  readonly warnings: (Finding & { readonly at: number })[] = []
  readonly history: HistoryEntry[] = []
  /** epoch milliseconds */
  readonly startedAt = Date.now()
  readonly #board: Board
  readonly #registry: RegistryReader
  readonly #control: BroadcastChannel
  readonly #channel: BroadcastChannel
  readonly #events = new EventEmitter().setMaxListeners(0)
  readonly #waiting = new Map<number, Waiting>()
  readonly pace: PaceSampler
  /** how far the swap at hand has come */
  progress: SwapProgress | undefined
  #statuses: Promise<readonly [readonly UnitStatus[], readonly QuarantineEntry[]]> | undefined
  #units: Promise<readonly UnitView[]> | undefined
  #hands: { readonly at: number; readonly list: Promise<readonly Hand[]> } | undefined
  readonly #names = new Map<number, string>()
  #lastRequest = 0
  #lastEvent = 0

  constructor(ticket: Ticket) {
    this.#board = new Board(ticket.board)
    this.#registry = Registry.attach(ticket.registry)
    this.#control = new BroadcastChannel(controlChannel(ticket.id))
    // What participants tell the control thread arrives here too, and would pile up unread.
    this.#control.onmessage = () => {}
    this.#channel = new BroadcastChannel(participantChannel(ticket.id, OBSERVER))
    this.#channel.onmessage = (event) => this.#take((event as { data: ToParticipant }).data)
    this.pace = new PaceSampler(this.#board)
  }

  /** Asks to hear everything from now on. */
  async open(): Promise<void> {
    this.history.push(...((await this.request('observe', {})) as HistoryEntry[]))
  }

  get isClosed(): boolean {
    return this.#board.load(Word.CLOSED) !== 0
  }

  get uptimeMs(): number {
    return Date.now() - this.startedAt
  }

  get lastEvent(): number {
    return this.#lastEvent
  }

  /** @throws TickswapError of the control thread, or CLOSED */
  request<N extends RequestName>(name: N, body: Requests[N], tell: Tell = () => {}): Promise<unknown> {
    if (this.isClosed) return Promise.reject(closed())
    const request = ++this.#lastRequest
    this.#control.postMessage({ type: 'request', slot: OBSERVER, request, name, body } satisfies ToControl)
    return new Promise((resolve, reject) => this.#waiting.set(request, { tell, resolve, reject }))
  }

  /** Tells the control thread to lift a quarantine. @returns how many combinations of contents it was in */
  async lift(what: string): Promise<number> {
    const lifted = (await this.request('lift', { what })) as number
    this.#forgetUnits()
    return lifted
  }

  /** Asks for a swap. The answer is known here as soon as whoever asked has it: its event may come later. */
  async change<N extends 'swap' | 'rollback'>(name: N, body: Requests[N]): Promise<SwapReport> {
    const report = (await this.request(name, body)) as SwapReport
    if (report.outcome !== 'unchanged') this.#keep(report)
    return report
  }

  /** The units, each after those it requires. Asked for once after each change. */
  units(): Promise<readonly UnitView[]> {
    if (!this.#units) {
      this.#statuses ??= this.#askForUnits()
      const units = this.#statuses.then(([all, held]) =>
        unitViews(all, held, this.reports, this.progress?.units),
      )
      this.#units = units
      units.catch(() => {
        if (this.#units === units) this.#forgetUnits()
      })
    }
    return this.#units
  }

  async #askForUnits(): Promise<readonly [readonly UnitStatus[], readonly QuarantineEntry[]]> {
    const both = await Promise.all([this.request('units', {}), this.request('quarantine', {})])
    return both as [UnitStatus[], QuarantineEntry[]]
  }

  #forgetUnits(): void {
    this.#statuses = undefined
    this.#units = undefined
  }

  /** How the control thread and its store are doing. */
  vitals(): Promise<Vitals> {
    return this.request('vitals', {}) as Promise<Vitals>
  }

  /** What the registry holds, and what has happened in it. */
  registry(): RegistryDiagnostics {
    return this.#registry.diagnostics()
  }

  async participants(): Promise<ParticipantStatus[]> {
    const states = { [ParticipantState.ONLINE]: 'ticking', [ParticipantState.DEAD]: 'dead' } as const
    return (await this.#crew()).map(({ slot, name }) => ({
      slot,
      name,
      state: (states as Record<number, TickState>)[this.#board.state(slot)] ?? 'paused',
      tick: this.#board.tick(slot),
      ...this.pace.of(slot),
    }))
  }

  /** The same, each with the versions that it runs. */
  async participantsInFull(): Promise<ParticipantStatus[]> {
    return (await this.participants()).map((each) => {
      const versions = versionsIn(this.#registry, each.slot)
      return versions ? { ...each, versions } : each
    })
  }

  /** What reports call the participant; undefined until the control thread has said so. */
  nameOf(slot: number): string | undefined {
    if (!this.#names.has(slot) && !this.isClosed) this.#crew().catch(() => {})
    return this.#names.get(slot)
  }

  #crew(): Promise<readonly Hand[]> {
    const now = performance.now()
    if (this.#hands && now - this.#hands.at <= FRESH_MS) return this.#hands.list
    const list = this.request('participants', {}) as Promise<readonly Hand[]>
    this.#hands = { at: now, list }
    return list.then((hands) => {
      this.#names.clear()
      for (const { slot, name } of hands) this.#names.set(slot, name)
      return hands
    })
  }

  on(listener: (event: EngineEvent) => void): () => void {
    this.#events.on('event', listener)
    return () => this.#events.off('event', listener)
  }

  /** Hears how far swaps have come; undefined when there is none any more. */
  onProgress(listener: (progress: SwapProgress | undefined) => void): () => void {
    this.#events.on('progress', listener)
    return () => this.#events.off('progress', listener)
  }

  /** Notes that a change was asked for, for the log. */
  asked(operation: string, params: unknown, from: string): void {
    this.#events.emit('asked', operation, params, from)
  }

  onAsked(listener: (operation: string, params: unknown, from: string) => void): void {
    this.#events.on('asked', listener)
  }

  /** Tells everybody who watches. */
  raise(alert: Alert): void {
    this.alerts.push(alert)
    this.alerts.splice(0, this.alerts.length - ALERTS)
    this.#emit('alert', alert)
  }

  close(): void {
    this.pace.close()
    this.#channel.close()
    this.#control.close()
    this.#refuse()
  }

  #take(message: ToParticipant): void {
    if (message.type === 'closed') this.#refuse()
    else if (message.type === 'reply') {
      const waiting = this.#waiting.get(message.request)
      if ('progress' in message) return waiting?.tell(message.progress)
      this.#waiting.delete(message.request)
      if (message.error)
        waiting?.reject(new TickswapError(message.error.code, message.error.message, message.error))
      else waiting?.resolve(message.value)
    } else if (message.type === 'event') {
      this.history.push(...message.history)
      this.history.splice(0, this.history.length - HISTORY)
      if (message.event === 'progress') this.#advance(message.payload as SwapProgress)
      else this.#hear(message.event, message.payload as SwapReport | Finding)
    }
  }

  #advance(progress: SwapProgress | undefined): void {
    const next = progress?.phase === 'over' ? undefined : progress
    if (next?.units.join() !== this.progress?.units.join()) this.#units = undefined
    this.progress = next
    this.#events.emit('progress', next)
  }

  #keep(report: SwapReport): void {
    this.#forgetUnits()
    if (this.progress?.id === report.id) this.#advance(undefined)
    const known = this.reports.findIndex(({ id }) => id === report.id)
    if (known >= 0) this.reports[known] = report
    else this.reports.push(report)
    this.reports.splice(0, this.reports.length - REPORTS)
  }

  #hear(event: EngineEvent['event'], payload: SwapReport | Finding): void {
    this.#forgetUnits()
    if ('outcome' in payload) {
      this.#keep(payload)
    } else {
      this.warnings.push({ ...payload, at: Date.now() })
      this.warnings.splice(0, this.warnings.length - WARNINGS)
    }
    this.#emit(event, payload)
  }

  #emit(event: EngineEvent['event'], payload: EngineEvent['payload']): void {
    this.#events.emit('event', { id: ++this.#lastEvent, event, payload } satisfies EngineEvent)
  }

  #refuse(): void {
    for (const { reject } of this.#waiting.values()) reject(closed())
    this.#waiting.clear()
  }
}

const closed = () => new TickswapError('TICKSWAP_E_CLOSED', 'the runtime is closed')
