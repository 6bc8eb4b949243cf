import { BroadcastChannel } from 'node:worker_threads'
import type { BackupStatus } from './control/backup-list.ts'
import { oneOf } from './control/option-values.ts'
import { finding, TickswapError } from './errors.ts'
import { addon } from './native/addon.ts'
import { nativeDiagnostics } from './native/diagnostics.ts'
import { traceSwap } from './observe/traces.ts'
import { Registry } from './registry/registry.ts'
import { type Events, News } from './runtime/news.ts'
import type { Handle, RuntimeDiagnostics, UnitStatus } from './runtime/shapes.ts'
import { Staff, type Threads } from './runtime/staff.ts'
import { type Quarantine, type SwapOptions, termsOf, wishOf } from './runtime/terms.ts'
import { Board, ParticipantState, SlotWord, Word } from './swap/board.ts'
import { Checkpoint } from './swap/checkpoint.ts'
import { drain } from './swap/drain.ts'
import { versionsIn } from './swap/frames.ts'
import type { HealthCheck } from './swap/inspect.ts'
import { Participant } from './swap/participant.ts'
import {
  type BootMessage,
  controlChannel,
  type HistoryEntry,
  participantChannel,
  type QuarantineEntry,
  type RequestName,
  type Requests,
  type RuntimeEvent,
  type Ticket,
  type ToControl,
  type ToParticipant,
} from './swap/protocol.ts'
import { ROLLBACK_STATES, type RollbackState, type SwapReport } from './swap/report.ts'
import { Constraint } from './version/constraint.ts'
import { satisfies } from './version/resolve/domain.ts'
import { Version } from './version/version.ts'

/** A joiner looks this often whether there is still somebody to answer it. */
const CLOSED_MS = 20
/** Boundaries of which one takes what is meant for the control thread off the channel. */
const DRAIN_EVERY = 8

interface Waiting {
  readonly name: RequestName
  readonly stop?: () => void
  resolve(value: unknown): void
  reject(error: unknown): void
}

/** The runtime as one participant has it. Made by createRuntime and joinRuntime. */
export class Runtime {
  readonly #ticket: Ticket
  readonly #board: Board
  readonly #registry: Registry
  readonly #participant: Participant
  readonly #channel: BroadcastChannel
  readonly #control: BroadcastChannel
  readonly #news = new News()
  readonly #waiting = new Map<number, Waiting>()
  readonly #checkpoint: Checkpoint
  #boot: { resolve(): void; reject(error: unknown): void } | undefined
  #name = ''
  #lastRequest = 0
  #received = 0
  #closed = false
  #closing: Promise<void> | undefined
  readonly #taken: number
  #watch: NodeJS.Timeout | undefined
  /** What makes the addon mark the slot when this thread ends without leaving. */
  readonly #deathNote: number
  /** @internal */
  constructor(ticket: Ticket, slot: number) {
    this.#ticket = ticket
    const board = new Board(ticket.board)
    this.#board = board
    this.#deathNote = addon().storeOnExit(board.words, board.at(slot, SlotWord.STATE), ParticipantState.DEAD)
    this.#registry = Registry.attach(ticket.registry).open()
    this.#channel = new BroadcastChannel(participantChannel(ticket.id, slot))
    this.#control = new BroadcastChannel(controlChannel(ticket.id))
    this.#taken = board.at(slot, SlotWord.TAKEN)
    this.#channel.onmessage = (event) => {
      this.#take((event as { data: ToParticipant }).data)
      this.#participant.loadAhead()
    }
    this.#participant = new Participant(board, slot, this.#registry, {
      receive: () => {
        // The engine ticks: whoever wanted to listen does.
        this.#news.open()
        this.#receive()
      },
      failure: (message) => this.#send({ type: 'failure', slot, ...message }),
      invalidated: (body) => this.#send({ type: 'request', slot, request: 0, name: 'invalidate', body }),
      sampled: (message) => this.#send(message),
      saved: (message) => this.#send(message),
      resume: () => this.#send({ type: 'request', slot, request: 0, name: 'resume', body: {} }),
    })
    this.tick = this.#participant.tick
    this.#checkpoint = new Checkpoint(this.#participant, (units) =>
      this.#request('checkpoint', units ? { units } : {}),
    )
    this.#unref()
  }

  /** @internal Loads what runs. */
  async join(name: string | undefined): Promise<void> {
    const booted = new Promise<void>((resolve, reject) => {
      this.#boot = { resolve, reject }
    })
    this.#ref()
    // Nobody answers any more once the runtime has been closed.
    const watch = setInterval(() => this.#board.load(Word.CLOSED) && this.#boot?.reject(closed()), CLOSED_MS)
    this.#send({ type: 'request', slot: this.#participant.slot, request: 0, name: 'join', body: { name } })
    try {
      await booted
      this.#unref()
      // Whoever awaits this has not had the time to listen yet. A loop that never yields opens it by its first tick.
      setImmediate(() => this.#news.open())
    } catch (error) {
      this.#leave()
      throw error
    } finally {
      clearInterval(watch)
    }
  }

  /**
   * The tick boundary: call it once at the start of every turn of the loop. Swaps happen
   * here and nowhere else. It works in loops that never yield to the event loop.
   *
   * @param frame the engine's frame number, when its participants share one: all of them
   *   then change at the same frame. Without it the runtime counts.
   */
  readonly tick: (frame?: number) => void

  /**
   * The handle of a unit. `range` is a requirement of the engine: a swap that would break it is refused.
   * @throws TickswapError UNIT_UNKNOWN, REQUIREMENT, CONSTRAINT_INVALID
   */
  use<T extends object = Record<string, never>>(name: string, range?: string): Handle<T> {
    this.#assertOpen()
    const participant = this.#participant
    const live = participant.unit(name)
    if (range !== undefined) {
      const { provides = {} } = live.unit.definition
      const running = { version: Version.parse(live.version), provides }
      if (!satisfies(running, name, name, Constraint.parse(range)))
        throw new TickswapError('TICKSWAP_E_REQUIREMENT', `unit ${name} is ${live.version}, not ${range}`, {
          unit: name,
        })
      this.#request('use', { unit: name, range }).catch(() => {})
    }
    return {
      name,
      get exports() {
        return participant.surface(participant.unit(name)) as T
      },
      get version() {
        return participant.unit(name).version
      },
      get state() {
        return participant.unit(name).state
      },
    }
  }

  /**
   * Reads the files of the named units, and of those in their consistency groups, from disk and swaps what
   * changed. Resolves once the new version is live or the old one has been kept; the report says which. One
   * that waits behind another swap is replaced by the next of the same units. Options come last:
   * `swap('traffic', { strategy: 'dry-run' })`.
   * @throws TickswapError UNIT_UNKNOWN, OPTION, CLOSED
   */
  async swap(...args: [...units: string[], options: SwapOptions] | string[]): Promise<SwapReport> {
    const { units, options } = wishOf(args)
    return (await this.#ask('swap', { units, terms: termsOf(options) }, options.signal)) as SwapReport
  }

  /**
   * Goes back to a version that ran before, be it in an earlier run of the engine whose store is the same. `to`: a
   * version, or a range such as `^2.0.0`, for the highest in it. Without `to`: to the one before. `state`: 'down' takes the present state
   * along, 'restore' goes back to the backup of that version, 'replay' makes all calls since then again, of units that
   * are deterministic. Default: the runtime's `rollback.state`. Units that required the version go back with it.
   * @throws TickswapError UNIT_UNKNOWN, NO_SUCH_VERSION, VERSION_INVALID, OPTION, CLOSED
   */
  async rollback(
    unit: string,
    options: SwapOptions & { to?: string; state?: RollbackState } = {},
  ): Promise<SwapReport> {
    const terms = termsOf(options, ['to', 'state'])
    const { to, state } = options
    if (state !== undefined) oneOf('state', state, ROLLBACK_STATES)
    const body = { unit, to, ...(state && { state }), terms }
    return (await this.#ask('rollback', body, options.signal)) as SwapReport
  }

  /**
   * Lets a manual swap pass that waits for it: by its id, or by a unit of it.
   * @returns false when no such swap waits
   */
  confirm(swap: number | string): Promise<boolean> {
    return this.#request('confirm', { swap }) as Promise<boolean>
  }

  /** Contents that failed, why, and the way to have one tried again. */
  readonly quarantine: Quarantine = {
    list: () => this.#request('quarantine', {}) as Promise<QuarantineEntry[]>,
    lift: (unitOrHash) => this.#request('lift', { what: unitOrHash }) as Promise<number>,
  }

  /**
   * Has a check of the engine asked in this participant after every tick of a probation: false, a text, or a
   * throw takes the new version back. @returns stops it
   */
  health(check: HealthCheck): () => void {
    this.#assertOpen()
    if (typeof check !== 'function') throw new TickswapError('TICKSWAP_E_OPTION', 'health takes a function')
    return this.#participant.check(check)
  }

  /**
   * Saves the state of all units in the store, for `store.resume`; resolves when it is on disk. Call it at the engine's
   * own barrier: between ticks, while no participant runs units. @throws TickswapError OPTION without a store, CLOSED
   */
  checkpoint(): Promise<void> {
    return this.#checkpoint.save()
  }

  /** What happened to a unit, oldest first, as far as this participant has heard. */
  history(unit: string): HistoryEntry[] {
    return this.#news.history.filter((entry) => entry.unit === unit)
  }

  /** The units that run, each after those it requires. */
  units(): Promise<UnitStatus[]> {
    return this.#request('units', {}) as Promise<UnitStatus[]>
  }

  /**
   * The states kept from before swaps, oldest first: each holds the units of one group as they all were at one tick. With
   * a store those of earlier runs are among them; `rollback` restores any that `isUsable`.
   */
  backups(): Promise<BackupStatus[]> {
    return this.#request('backups', {}) as Promise<BackupStatus[]>
  }

  /**
   * `swap`: a new version is live. `reject`: an edit was refused or reversed, the old version
   * never stopped. `rollback`: a new version failed in probation. `permanent`: it passed. `progress`: how far
   * a swap has come, and who is waited for; sent only to participants that listen to it.
   * Listeners run between ticks, or inside tick() in a loop that never yields: keep them short.
   */
  on<E extends RuntimeEvent>(event: E, listener: (...args: Events[E]) => void): this {
    this.#news.on(event, listener)
    if (event === 'progress') this.#request('listen', {}).catch(() => {})
    return this
  }

  off<E extends RuntimeEvent>(event: E, listener: (...args: Events[E]) => void): this {
    this.#news.off(event, listener)
    return this
  }

  /** What a worker passes to joinRuntime. Structured-cloneable: `workerData: { tickswap: runtime.ticket() }`. */
  ticket(): Ticket {
    this.#assertOpen()
    return this.#ticket
  }

  /** What reports call this participant. */
  get name(): string {
    return this.#name
  }

  /** Where the HTTP interface is, in the participant that created the runtime with one. */
  get address(): string | undefined {
    return this.#staff?.address
  }

  /** Ticks of this participant, or the engine's last frame number. */
  get ticks(): number {
    return this.#participant.ticks
  }

  /** Swaps do not wait for this participant until it calls tick() again: for loops that rest. */
  pause(): void {
    this.#participant.pause()
  }

  /**
   * An error's stack for a log. Frames of a version that does not run name it, and the one that does:
   * `at step (…/traffic.ts:12:7) [traffic 1.0.0.1; 1.0.0.2 runs]`. Plain when `error.stack` was read before.
   */
  explain(error: unknown): string {
    versionsIn(error)
    return error instanceof Error ? (error.stack ?? String(error)) : String(error)
  }

  /** What runs where, for reports of trouble and for metrics. */
  diagnostics(): RuntimeDiagnostics {
    const { version: node, platform, arch } = process
    return {
      node,
      platform: `${platform}-${arch}`,
      participant: this.#name,
      ...nativeDiagnostics(),
      registry: this.#registry.diagnostics(),
    }
  }

  /** Leaves; the participant that created the runtime ends it. Calls `dispose` of every unit here. */
  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  async #close(): Promise<void> {
    // Whoever joined has left when close() returns, also from a loop that never yields: only the owner saves.
    if (this.#staff) await this.#checkpoint.end(() => this.pause())
    // A control thread that is gone has nothing left to close.
    if (this.#staff) await this.#request('close', {}).catch(() => {})
    this.#leave()
    await this.#staff?.end()
  }

  #leave(): void {
    this.#closed = true
    // An engine may go on ticking, and its tick's word will be somebody else's.
    ;(this as { tick: Runtime['tick'] }).tick = () => {}
    // The slot is given to others once it is left.
    addon().cancelStoreOnExit(this.#deathNote)
    for (const warning of this.#participant.leave()) this.#news.emit('warning', warning)
    this.#registry.close()
    this.#refuse(() => true)
    this.#channel.close()
    this.#control.close()
  }

  #staff: Staff | undefined
  /** @internal The control thread belongs to the participant that started it, and so does the admin thread. */
  own(threads: Threads, saveEveryMs: number): void {
    this.#staff = new Staff(
      threads,
      (why) => this.#lose(why),
      (why) => this.#warn(why),
    )
    this.#checkpoint.every(saveEveryMs)
    for (const event of ['reject', 'rollback', 'permanent'] as const)
      this.on(event, (report) => void traceSwap(report).catch(() => {}))
  }

  #warn(why: string): void {
    this.#news.emit('warning', finding('TICKSWAP_E_INTERNAL', why, { severity: 'warning' }))
  }

  /** The control thread has ended: what runs runs on, but nothing is swapped any more. */
  #lose(why: string): void {
    if (this.#closed) return
    this.#board.store(Word.CLOSED, 1)
    this.#board.wake()
    this.#refuse(() => true)
    if (!this.#closing) this.#warn(`the control thread ended${why}`)
  }

  /** Nobody will answer these. */
  #refuse(which: (waiting: Waiting) => boolean): void {
    for (const [request, waiting] of this.#waiting) {
      if (!which(waiting)) continue
      this.#waiting.delete(request)
      waiting.reject(closed())
    }
    if (this.#waiting.size === 0) this.#unref()
  }

  #assertOpen(): void {
    if (this.#closed) throw closed()
  }

  async #request<N extends RequestName>(name: N, body: Requests[N], stop?: () => void): Promise<unknown> {
    if (this.#closed || this.#board.load(Word.CLOSED)) throw closed()
    const request = ++this.#lastRequest
    this.#send({ type: 'request', slot: this.#participant.slot, request, name, body })
    this.#ref()
    return new Promise((resolve, reject) =>
      this.#waiting.set(request, { name, resolve, reject, ...(stop && { stop }) }),
    )
  }

  /** A request that a signal may take back. */
  #ask<N extends RequestName>(name: N, body: Requests[N], signal?: AbortSignal): Promise<unknown> {
    if (!signal) return this.#request(name, body)
    const request = this.#lastRequest + 1
    const cancel = () => void this.#request('cancel', { request }).catch(() => {})
    const asked = this.#request(name, body, () => signal.removeEventListener('abort', cancel))
    if (signal.aborted) cancel()
    else signal.addEventListener('abort', cancel, { once: true })
    return asked
  }

  #send(message: ToControl): void {
    this.#control.postMessage(message)
  }

  /** Takes what has arrived without yielding. A listener may close the runtime in the middle of it. */
  #receive(): void {
    drain(
      this.#channel,
      (message) => this.#take(message as ToParticipant),
      () => !this.#closed,
    )
    // What others tell the control thread arrives here too, and would pile up in a loop that never yields.
    if (this.#received++ % DRAIN_EVERY > 0) return
    drain(
      this.#control,
      () => {},
      () => !this.#closed,
    )
  }

  #take(message: ToParticipant): void {
    this.#board.add(this.#taken, 1)
    switch (message.type) {
      case 'boot':
        return this.#start(message)
      case 'prepare':
      case 'outcome':
      case 'sample':
        return this.#participant.order(message)
      case 'event':
        return this.#news.hear(message)
      case 'closed':
        return this.#refuse(({ name }) => name !== 'close')
      case 'reply': {
        const waiting = this.#waiting.get(message.request)
        this.#waiting.delete(message.request)
        waiting?.stop?.()
        if (this.#waiting.size === 0) this.#unref()
        if (message.error)
          waiting?.reject(new TickswapError(message.error.code, message.error.message, message.error))
        else waiting?.resolve(message.value)
      }
    }
  }

  #start(message: BootMessage): void {
    this.#name = message.name
    this.#news.history.push(...message.history)
    this.#participant.boot(message).then(
      () => this.#boot?.resolve(),
      (error) => this.#boot?.reject(error),
    )
  }

  /** A control thread that has ended answers nobody: whoever waits looks for that now and then. */
  #lookOut(): void {
    this.#watch ??= setInterval(() => {
      if (this.#board.load(Word.CLOSED)) this.#refuse(({ name }) => name !== 'close')
    }, CLOSED_MS).unref()
  }

  #ref(): void {
    this.#channel.ref()
    this.#lookOut()
  }

  /** The engine's own loop keeps the process alive, not the runtime. */
  #unref(): void {
    this.#channel.unref()
    this.#control.unref()
    clearInterval(this.#watch)
    this.#watch = undefined
  }
}

const closed = () => new TickswapError('TICKSWAP_E_CLOSED', 'the runtime is closed')
