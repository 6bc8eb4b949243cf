import { BroadcastChannel } from 'node:worker_threads'
import { type Finding, findingOf } from '../errors.ts'
import { hashHex } from '../native/addon.ts'
import type { Registry } from '../registry/registry.ts'
import { type Board, Word } from '../swap/board.ts'
import {
  controlChannel,
  type HistoryEntry,
  type PrepareMessage,
  type RequestMessage,
  type RuntimeEvent,
  type ToControl,
} from '../swap/protocol.ts'
import type { SwapProgress, SwapReport } from '../swap/report.ts'
import type { GraphUpdate, Stage } from '../units/code/artifact.ts'
import { Graph } from '../units/code/graph.ts'
import { planUpdate } from '../units/code/plan.ts'
import { Stager } from '../units/code/stager.ts'
import { keepOutline } from '../units/code/surface/cache.ts'
import type { Contract } from '../units/contract.ts'
import type { Version } from '../version/version.ts'
import { admit, bootMessage } from './admission.ts'
import type { Ask, Consent } from './ask.ts'
import { Barrier } from './barrier.ts'
import { Behind } from './behind.ts'
import { Catalog, contentHash, newMemory, type UnitEntry } from './catalog.ts'
import { declaredBy, sidesOf } from './check.ts'
import { Compatibility } from './compatibility.ts'
import { Crew } from './crew.ts'
import { Desk, LATER } from './desk.ts'
import { EVENTS } from './events.ts'
import { Failures, isHopeless, withoutBlamed } from './failures.ts'
import { Flapping } from './flapping.ts'
import { isModuleFile, requireFolder } from './folder.ts'
import { groupsOf } from './groups.ts'
import { History } from './history.ts'
import { Library } from './library.ts'
import type { Settings } from './options.ts'
import { Persistence } from './persistence.ts'
import { Practice } from './practice.ts'
import { Quarantine } from './quarantine.ts'
import { Queue, type Waiting } from './queue.ts'
import { Rehearsal } from './rehearsal.ts'
import { Requests } from './requests.ts'
import { isAbsence, Retries } from './retries.ts'
import { Road } from './road.ts'
import { Samples } from './samples.ts'
import { Saving } from './saving.ts'
import { Waits } from './waits.ts'
import { type WatchBatch, Watcher } from './watcher.ts'

const BURY_EVERY_MS = 250
const REHEARSAL_AFTER_MS = 500
/** Edits that come without end are not waited for without end. */
const MOST_MERGES = 16

/** The control thread: watches, stages, checks, decides, records. */
export class Control {
  readonly board: Board
  readonly registry: Registry
  readonly settings: Settings
  readonly crew: Crew
  readonly barrier: Barrier
  readonly catalog = new Catalog()
  readonly rehearsal: Rehearsal
  readonly samples: Samples
  readonly #saving = new Saving(this)
  readonly stager: Stager
  readonly #desk: Desk
  readonly quarantine = new Quarantine()
  readonly failures: Failures
  readonly flapping: Flapping
  readonly persistence: Persistence
  readonly compatibility: Compatibility
  /** the candidate that the participants have, while its fate is open */
  offer: PrepareMessage | undefined
  closed = false
  readonly #channel: BroadcastChannel
  readonly #history = new History()
  readonly #queue = new Queue()
  /** files whose last edit was refused: they are tried again with the next edit */
  readonly #refused = new Set<string>()
  /** files that may differ from what runs since their units went back to older content: file to units */
  readonly #behind = new Behind(this.catalog)
  #missed: Ask[] = []
  readonly #waits: Waits
  /** the swap that is on its way to the boundary */
  #current: { readonly road: Road | undefined; readonly consent: Consent; readonly key: string } | undefined
  readonly #retries = new Retries()
  readonly #requests: Requests
  #watcher: Watcher | undefined
  readonly #practice = new Practice(() => this.#driving)
  #bury: NodeJS.Timeout | undefined
  #driving = false
  #booted = 0
  #lastId = 0

  constructor(id: string, board: Board, registry: Registry, settings: Settings) {
    this.board = board
    this.registry = registry
    this.settings = settings
    this.crew = new Crew(board, id, (slot) => registry.leave(slot))
    this.persistence = new Persistence(settings)
    this.compatibility = new Compatibility(this.catalog, settings, this.persistence.kept)
    this.barrier = new Barrier(board, this.crew)
    this.failures = new Failures(this.barrier)
    this.#waits = new Waits(board, this.crew)
    this.samples = new Samples(board, this.crew)
    this.flapping = new Flapping(settings.flapping)
    this.rehearsal = new Rehearsal(() => this.graph(), settings)
    const staging = { root: settings.units, hash: hashHex, outlined: keepOutline }
    this.stager = new Stager({ ...staging, ...this.persistence.staging })
    this.#requests = new Requests(this.#queue, this.#retries, {
      queueMs: settings.queueMs,
      enqueue: (request) => this.#enqueue(request),
      decline: (ask, why) => this.#road(ask).decline(why),
    })
    this.#desk = new Desk(this.catalog, this.crew, registry, this.quarantine, {
      library: new Library(this.catalog, this.persistence, this.#queue),
      stored: this.persistence.stored,
      groups: () => this.groups(),
      edit: (ask) => this.#enqueue({ ask }),
      request: (wanted) => this.#requests.add(wanted),
      cancel: (key) => this.#cancel(key),
      confirm: (swap) => this.#confirm(swap),
      lift: (what) => this.flapping.lift(what),
    })
    this.#channel = new BroadcastChannel(controlChannel(id))
    this.#channel.onmessage = (event) => this.#take((event as { data: ToControl }).data)
  }

  // ---- start ------------------------------------------------------------------------

  /** Loads the folder. @throws TickswapError when the units in it cannot run */
  async boot(): Promise<void> {
    const { board, settings } = this
    board.store(Word.PARK_DEADLINE_MS, settings.parkMs)
    board.store(Word.PROBATION_DEADLINE_MS, settings.probationMs)
    board.store(Word.LEAD_DEADLINE_MS, settings.leadMs)
    await requireFolder(settings.units)
    const { persistence } = this
    const opened = persistence.open((warning) => this.#publish('warning', warning, []))
    await Promise.all([opened, settings.watch && this.#watch()])
    const stage = await this.stager.boot(await persistence.entries())
    const known = persistence.contractsOf(stage)
    this.#populate(stage, known ?? (await this.rehearsal.load(stage.update, stage.units)))
    await persistence.resume(this.catalog)
    persistence.booted(this.catalog, () => this.groups())
    this.#bury = setInterval(() => this.#tidy(), BURY_EVERY_MS)
    if (known) this.#warmUp()
    else this.#practise()
  }

  #practise(): void {
    if (this.settings.watch) this.#practice.start(this.stager.graph)
  }

  /** A warm start is over before what makes the first edit fast takes its share of the machine. */
  #warmUp(): void {
    this.#retries.after(REHEARSAL_AFTER_MS, () => {
      this.rehearsal.warm().catch(() => {})
      this.#practise()
    })
  }

  async #watch(): Promise<void> {
    this.#watcher = new Watcher({
      directories: [this.settings.units],
      filter: isModuleFile,
      onBatch: (batch) => this.#edited(batch),
      onFirst: (file) => this.#driving || this.stager.anticipate(file),
      onWarning: (warning) => this.#publish('warning', warning, []),
    })
    await this.#watcher.ready()
  }

  #populate(stage: Stage, contracts: readonly Contract[]): void {
    const sides = sidesOf(contracts, (contract) =>
      this.persistence.versionOf(
        contract.name,
        declaredBy(contract),
        this.hashOf(contract.file, stage.update),
      ),
    )
    this.stager.accept(stage)
    this.catalog.accept(stage.update)
    const timestamp = Date.now()
    const moves = contracts.map((contract) => {
      const { version } = sides.get(contract.name)!
      const hash = this.hashOf(contract.file)
      const unit = this.registry.registerUnit(contract.name)
      const record = this.registry.registerVersion({ unit, version, hash, timestamp })
      const artifacts = this.catalog.closure(contract.file)
      this.catalog.add(unit, newMemory(contract, this.settings.syncTest !== undefined), {
        version,
        contract,
        hash,
        artifacts,
        record,
        at: timestamp,
      })
      this.registry.setState(record, 'permanent')
      this.#history.boot(contract.name, version, hash, timestamp)
      return { unit, record }
    })
    this.registry.publish(this.registry.stage(moves))
    for (const { unit, files } of this.persistence.takenBack) this.#behind.addFor(unit, files)
    this.persistence.quarantineFailed(this.quarantine, this.catalog)
  }

  /** The whole graph as one update: what a joining participant loads. */
  graph(): GraphUpdate {
    const { graph } = this.stager
    return planUpdate(new Graph(new Map(), new Set()), graph, [...graph.modules.values()])
  }

  // ---- what the road asks -----------------------------------------------------------

  /** Hash over a unit's own files, as they are or as an update makes them. */
  hashOf(file: string, update?: GraphUpdate): string {
    return contentHash(this.catalog.closure(file, update))
  }

  isUnitFile(id: string, stage: Stage): boolean {
    const artifact = stage.update.artifacts.find((candidate) => candidate.id === id)
    return artifact ? artifact.isUnit : this.catalog.byFile(id) !== undefined
  }

  usedVersions(entry: UnitEntry | undefined): Version[] {
    if (!entry) return []
    const { name, running } = entry
    return [running.version, ...this.#history.versions(name), ...this.persistence.taken(name)]
  }

  /** Consistency groups: unit to the units that swap with it. */
  groups(): Map<string, string[]> {
    return groupsOf(this.catalog, (id) => this.catalog.artifact(id))
  }

  /** Whether another swap waits for the present one's probation to end. */
  get isAwaited(): boolean {
    return !this.#queue.isEmpty
  }

  /** Tells those who asked for it how far a swap has come. `waiting`: slots. */
  progress(
    { id, strategy, units }: Road,
    phase: SwapProgress['phase'],
    done: number,
    total: number,
    waiting: readonly number[],
  ): void {
    const since = this.#waits.since(waiting)
    const payload: SwapProgress = { id, phase, strategy, units, done, total, waiting: since }
    this.crew.tell({ type: 'event', event: 'progress', payload, history: [] })
  }

  /** Keeps an edit that came while nobody ticked. */
  retryWhenOnline(ask: Ask): void {
    if (ask.trigger === 'edit') this.#missed.push(ask)
  }

  // ---- the queue of swaps -----------------------------------------------------------

  #edited({ changed, removed, empty, at }: WatchBatch): void {
    const files = [...changed, ...removed]
    if (files.length + empty.length > 0)
      this.#enqueue({ ask: { trigger: 'edit', files, removed, empty, at } })
  }

  #cancel(key: string): boolean {
    if (this.#requests.cancel(key)) return true
    if (this.#current?.key !== key) return false
    this.#current.consent.cancelled = true
    this.board.ring()
    return true
  }

  #confirm(swap: number | string): boolean {
    const { road, consent } = this.#current ?? {}
    if (!road || !consent || (road.id !== swap && !road.units.includes(String(swap)))) return false
    consent.confirmed = true
    this.board.ring()
    return true
  }

  #enqueue(waiting: Waiting): void {
    this.#queue.push(waiting)
    void this.#drive()
  }

  /** One transition at a time. Edits that arrive meanwhile become one swap. */
  async #drive(): Promise<void> {
    if (this.#driving) return
    this.#driving = true
    for (let next = this.#queue.next(); next && !this.closed; next = this.#queue.next()) {
      try {
        await this.#swap(next)
      } catch (error) {
        this.#current = undefined
        if ('reject' in next) next.reject(error)
        else this.#publish('warning', { ...findingOf(error), severity: 'warning' }, [])
      }
    }
    this.#driving = false
  }

  /** Does something between two swaps; while one is under way, nothing. It is told a number of its own. */
  async between<T>(act: (id: number) => Promise<T>): Promise<T | undefined> {
    if (this.#driving || this.closed) return undefined
    this.#driving = true
    return act(++this.#lastId).finally(() => {
      this.#driving = false
      void this.#drive()
    })
  }

  async #swap(waiting: Waiting): Promise<void> {
    const consent = 'find' in waiting ? waiting.consent : { cancelled: false, confirmed: false }
    const key = 'find' in waiting ? waiting.key : ''
    this.#current = { road: undefined, consent, key }
    const ask = { ...('find' in waiting ? await waiting.find() : waiting.ask), consent }
    let earlier = [...this.#refused, ...this.#behind.with(ask)].filter((file) => !ask.files.includes(file))
    if (ask.edition) earlier = []
    let { road, report } = await this.#travel(ask, earlier, consent, key)
    // Earlier refused files may still be broken: they must not hold up this edit, nor each other.
    while (report.outcome === 'refused' && earlier.length > 0 && !consent.cancelled) {
      earlier = withoutBlamed(earlier, report)
      ;({ road, report } = await this.#travel(ask, earlier, consent, key))
    }
    this.#current = undefined
    // More of the same burst has come: one swap, and no word of this one.
    if (report.outcome !== 'committed' && this.hasMore(ask)) return this.#queue.putBack(ask)
    if (this.#retries.postpone(waiting, ask, report, (again) => this.#enqueue(again))) return
    this.#remember(ask, report)
    // By the time it is on disk there may be a later report.
    const live = report
    const told = this.#announce(live, () => 'resolve' in waiting && waiting.resolve(live))
    if (report.outcome !== 'committed') return told
    if (ask.edition) this.#behind.add(this.#behind.filesOf(report), report)
    report = await road.outlive()
    if (report.outcome === 'rolled-back') this.#behind.add(report.files, report)
    else if (!ask.edition) for (const file of report.files) this.#behind.delete(file)
    await this.#announce(report)
  }

  async #travel(ask: Ask, earlier: readonly string[], consent: Consent, key: string) {
    const road = this.#road({ ...ask, files: [...ask.files, ...earlier] })
    this.#current = { road, consent, key }
    return { road, report: await road.travel() }
  }

  /** A burst of saves may not be over: what has been seen of it is taken in before a boundary is set. */
  async takeIn(): Promise<void> {
    await this.#watcher?.still()
  }

  /** Whether another edit waits that belongs together with this one. */
  hasMore(ask: Ask): boolean {
    return ask.trigger === 'edit' && (ask.merged ?? 0) < MOST_MERGES && this.#queue.hasEdit
  }

  #road(ask: Ask): Road {
    return new Road(++this.#lastId, this, ask)
  }

  #remember(ask: Ask, report: SwapReport): void {
    const { outcome, files, findings } = report
    if (outcome === 'dry-run') return
    for (const file of ask.removed) this.#refused.delete(file)
    // What was reversed, or is in quarantine, is read again with the next edit of its units.
    if (outcome === 'reversed' && !ask.edition) this.#behind.add(files, report)
    const absent = isAbsence(report) || findings.some(({ code }) => code === 'TICKSWAP_E_FLAPPING')
    const isMissed = this.#missed.some(({ at }) => at === ask.at)
    if (absent && ask.trigger === 'edit' && !isMissed)
      this.#retries.again(ask, report, (again) => this.#enqueue(again))
    const hopeless = findings.some(isHopeless)
    if (outcome !== 'refused') for (const file of files) this.#refused.delete(file)
    else if (!absent && !hopeless)
      for (const file of ask.files) if (!ask.removed.includes(file)) this.#refused.add(file)
  }

  /** Answers who asked, and tells everybody: with a store once it is on disk, in the order of the outcomes. */
  #announce(report: SwapReport, answer: () => unknown = () => {}): Promise<void> | undefined {
    const { outcome } = report
    if (outcome === 'unchanged' || outcome === 'dry-run') return void answer()
    if (outcome !== 'committed') this.failures.forget(report.id)
    return this.persistence.whenKept(report, this.catalog, () => {
      answer()
      this.#publish(EVENTS[outcome], report, this.#history.record(report))
    })
  }

  #publish(event: RuntimeEvent, payload: SwapReport | Finding, history: readonly HistoryEntry[]): void {
    this.crew.broadcast({ type: 'event', event, payload, history })
  }

  // ---- messages ---------------------------------------------------------------------

  #take(message: ToControl): void {
    if (message.type === 'sampled') return this.samples.take(message)
    if (message.type === 'saved') return this.#saving.take(message)
    if (message.type === 'failure') {
      const { id, slot, finding: found } = message
      const named = this.crew.named(found, slot)
      this.catalog.claims.hear(found, (unit) => this.catalog.units.get(unit)?.running)
      if (id !== this.#lastId || found.severity === 'warning') this.#publish('warning', named, [])
      else this.failures.add(id, named)
      this.board.ring()
      return
    }
    Promise.resolve()
      .then(() => this.#answer(message))
      .then(
        (value) => value !== LATER && this.#reply(message, { value }),
        (error) => this.#reply(message, { error: findingOf(error) }),
      )
  }

  #reply({ slot, request }: RequestMessage, reply: { value?: unknown; error?: Finding }): void {
    this.crew.send(slot, { type: 'reply', request, ...reply })
    this.board.attend()
  }

  #answer(message: RequestMessage): unknown {
    switch (message.name) {
      case 'join':
        return this.#join(message as RequestMessage<'join'>)
      case 'close':
        return this.close()
      case 'checkpoint':
        return this.#saving.answer(message as RequestMessage<'checkpoint'>)
      case 'storage':
        return this.persistence.command(message as RequestMessage<'storage'>, this.crew)
      case 'observe':
        this.crew.observe()
        return this.#history.entries
      default:
        return this.#desk.answer(message)
    }
  }

  #join({ slot, body }: RequestMessage<'join'>): typeof LATER {
    const first = this.#booted++ === 0
    const name = body.name ?? (first ? this.settings.name : `worker-${slot}`)
    const boot = bootMessage(this, { name, first, history: this.#history.entries })
    admit(this.board, this.crew, slot, boot, this.offer)
    for (const payload of first ? this.persistence.warnings() : [])
      this.crew.send(slot, { type: 'event', event: 'warning', payload, history: [] })
    return LATER
  }

  // ---- housekeeping -----------------------------------------------------------------

  #tidy(): void {
    this.crew.catchUp()
    if (this.#driving) return
    this.crew.bury()
    if (this.#missed.length === 0 || this.crew.online().length === 0) return
    for (const ask of this.#missed.splice(0)) this.#enqueue({ ask })
  }

  async close(): Promise<void> {
    this.closed = true
    clearInterval(this.#bury)
    this.#practice.stop()
    this.#retries.close()
    this.board.store(Word.CLOSED, 1)
    this.board.wake()
    this.crew.broadcast({ type: 'closed' })
    await Promise.all([this.#watcher?.close(), this.rehearsal.close(), this.persistence.recorder?.close()])
    setImmediate(() => {
      this.crew.close()
      this.#channel.close()
    })
  }
}
