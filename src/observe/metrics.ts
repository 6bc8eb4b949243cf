import { Counter, Gauge, Histogram, Registry } from 'prom-client'
import type { Finding } from '../errors.ts'
import type { RegistryDiagnostics } from '../registry/diagnostics.ts'
import type { StoreStats } from '../store/store.ts'
import type { SwapReport } from '../swap/report.ts'
import type { Alert } from './alerts.ts'
import { StoreMetrics } from './store-metrics.ts'

/** series per label at most; what comes later is counted as `other` */
const MOST_SERIES = 256
const TICK_SECONDS = [0.001, 0.002, 0.004, 0.008, 0.016, 0.017, 0.02, 0.033, 0.05, 0.1, 0.25, 1]
const STALL_SECONDS = [0.0001, 0.00025, 0.0005, 0.001, 0.002, 0.004, 0.008, 0.016, 0.05, 0.25]
const PHASE_SECONDS = [0.0001, 0.0005, 0.001, 0.002, 0.004, 0.008, 0.016, 0.05, 0.25, 1, 5]
const OUTCOMES = ['refused', 'reversed', 'permanent', 'rolled-back'] as const

/** What a scrape reads from the engine at that moment. */
export interface Snapshot {
  readonly units: readonly {
    unit: string
    version: string
    hash: string
    arenaBytes: number
    backupBytes: number
  }[]
  readonly vitals: { readonly queued: number; readonly store?: StoreStats }
  readonly participants: readonly { name: string; state: string; tick: number }[]
  readonly registry: RegistryDiagnostics
  readonly eventClients: number
  readonly eventClientsDropped: number
  readonly uptimeSeconds: number
}

/** What the registry holds: metric, field, help. */
const REGISTRY_GAUGES = [
  ['bytes', 'bytes', 'Shared memory of the registry.'],
  ['most_bytes', 'mostBytes', 'Shared memory that the registry may grow to.'],
  ['units', 'units', 'Units that are registered.'],
  ['versions', 'versions', 'Records of versions in use, those that wait to be used again among them.'],
  ['version_capacity', 'versionCapacity', 'Records of versions there is room for without growing.'],
  ['most_versions', 'mostVersions', 'Records of versions there can be room for.'],
  ['reclaimable', 'reclaimable', 'Records of retired and quarantined versions, which wait to be used again.'],
  ['participants', 'participants', 'Threads that hold a view of the registry.'],
  ['oldest_view', 'oldestView', 'The oldest generation that a participant views; -1 without any.'],
] as const

/** What has happened in the registry, counted there modulo 2^32. */
const REGISTRY_COUNTERS = [
  ['generations_total', 'generation', 'Generations published.'],
  ['registered_total', 'registered', 'Versions registered.'],
  ['reclaimed_total', 'reclaimed', 'Versions that took the record of a retired one.'],
  ['retired_total', 'retired', 'Versions retired or quarantined.'],
  ['activated_total', 'activated', 'Moves of units to another version that went live.'],
  ['growths_total', 'grown', 'Times that the tables grew.'],
  ['probes_total', 'probes', 'Slots of the table of names looked at to register units.'],
  ['joined_total', 'joined', 'Participants that joined.'],
  ['left_total', 'left', 'Participants that left, or died and were let go of.'],
  ['refused_total', 'refused', 'Writers that found another inside and were turned away.'],
] as const

/** Keeps a label's values few. */
class Few {
  readonly #known = new Set<string>()
  of(value: string): string {
    if (this.#known.has(value)) return value
    if (this.#known.size >= MOST_SERIES) return 'other'
    this.#known.add(value)
    return value
  }
}

/** The metrics of one engine, in the admin thread: participants neither know nor wait. */
export class Metrics {
  readonly #registry = new Registry()
  readonly #names = new Few()
  readonly #swaps = this.#counter('swaps_total', 'Swaps by outcome.', ['outcome'])
  readonly #rollbacks = this.#counter('rollbacks_total', 'Automatic rollbacks by what triggered them.', [
    'trigger',
  ])
  readonly #warnings = this.#counter('warnings_total', 'Warnings by code.', ['code'])
  readonly #alerts = this.#counter('alerts_total', 'Alerts by rule.', ['rule', 'severity'])
  readonly #deliveries = this.#counter('webhook_deliveries_total', 'Alerts sent to webhooks, by outcome.', [
    'outcome',
  ])
  readonly #ticks = this.#counter('ticks_total', 'Ticks that were timed.', ['participant'])
  readonly #phases = this.#histogram('swap_phase_seconds', 'Time of each phase of a swap.', PHASE_SECONDS, [
    'phase',
  ])
  readonly #stalls = this.#histogram(
    'swap_stall_seconds',
    'Time inside the tick() that committed, per participant.',
    STALL_SECONDS,
  )
  readonly #live = this.#histogram(
    'swap_live_seconds',
    'From the first sign of an edit to the commit.',
    PHASE_SECONDS,
  )
  readonly #intervals = this.#histogram(
    'tick_interval_seconds',
    'Time from one tick() to the next.',
    TICK_SECONDS,
    ['participant'],
  )
  readonly #unitInfo = this.#gauge('unit_info', 'The version of each unit that runs; always 1.', [
    'unit',
    'version',
    'hash',
  ])
  readonly #arenas = this.#gauge('unit_arena_bytes', 'Shared memory of the state of each unit.', ['unit'])
  readonly #backups = this.#gauge('unit_backup_bytes', 'Memory of the backups of each unit.', ['unit'])
  readonly #queue = this.#gauge('control_queue_length', 'Swaps that wait for their turn.')
  readonly #store = new StoreMetrics(this.#registry)
  readonly #participants = this.#gauge('participants', 'Participants by state.', ['state'])
  readonly #held = REGISTRY_GAUGES.map(([name, field, help]) => ({
    metric: this.#gauge(`registry_${name}`, help),
    field,
  }))
  readonly #happened = REGISTRY_COUNTERS.map(([name, field, help]) => ({
    metric: this.#counter(`registry_${name}`, help),
    field,
  }))
  readonly #clients = this.#gauge('event_clients', 'Clients that listen to the event stream.')
  readonly #dropped = this.#counter(
    'event_clients_dropped_total',
    'Clients dropped because they read too slowly.',
  )
  readonly #uptime = this.#gauge('uptime_seconds', 'Time since the engine was started.')

  constructor() {
    // So that a rate over them is right from the first one on.
    for (const outcome of OUTCOMES) this.#swaps.inc({ outcome }, 0)
  }

  /** A swap in its final state, or when it was committed. */
  report(report: SwapReport): void {
    if (report.outcome === 'committed') return this.#committed(report)
    this.#swaps.inc({ outcome: report.outcome })
    if (report.outcome !== 'rolled-back') return
    const cause = report.findings.find(({ severity }) => severity === 'error')
    this.#rollbacks.inc({ trigger: cause ? triggerOf(cause) : 'unknown' })
    this.#phases.observe({ phase: 'rollback' }, (report.phases.rollback ?? 0) / 1000)
  }

  #committed(report: SwapReport): void {
    for (const [phase, ms] of Object.entries(report.phases)) this.#phases.observe({ phase }, ms / 1000)
    for (const { stallMs } of report.participants) this.#stalls.observe(stallMs / 1000)
    if (report.liveMs !== undefined) this.#live.observe(report.liveMs / 1000)
  }

  alert({ rule, severity }: Alert): void {
    this.#alerts.inc({ rule, severity })
  }

  delivery(outcome: string): void {
    this.#deliveries.inc({ outcome })
  }

  warning({ code }: Finding): void {
    this.#warnings.inc({ code })
  }

  /** Times between ticks, microseconds. */
  intervals(participant: string, microseconds: readonly number[]): void {
    const labels = { participant: this.#names.of(participant) }
    this.#ticks.inc(labels, microseconds.length)
    for (const us of microseconds) this.#intervals.observe(labels, us / 1e6)
  }

  /** The text format of Prometheus. */
  text(snapshot: Snapshot): Promise<string> {
    this.#unitInfo.reset()
    this.#arenas.reset()
    this.#backups.reset()
    for (const { unit, version, hash, arenaBytes, backupBytes } of snapshot.units.slice(0, MOST_SERIES)) {
      this.#unitInfo.set({ unit, version, hash }, 1)
      this.#arenas.set({ unit }, arenaBytes)
      this.#backups.set({ unit }, backupBytes)
    }
    for (const state of ['ticking', 'paused', 'dead'])
      this.#participants.set({ state }, snapshot.participants.filter((one) => one.state === state).length)
    for (const { metric, field } of this.#held) metric.set(snapshot.registry[field])
    for (const { metric, field } of this.#happened) {
      metric.reset()
      metric.inc(snapshot.registry[field])
    }
    this.#queue.set(snapshot.vitals.queued)
    if (snapshot.vitals.store) this.#store.set(snapshot.vitals.store)
    this.#clients.set(snapshot.eventClients)
    this.#dropped.reset()
    this.#dropped.inc(snapshot.eventClientsDropped)
    this.#uptime.set(snapshot.uptimeSeconds)
    return this.#registry.metrics()
  }

  #counter(name: string, help: string, labelNames: string[] = []): Counter {
    return new Counter({ name: `tickswap_${name}`, help, labelNames, registers: [this.#registry] })
  }
  #gauge(name: string, help: string, labelNames: string[] = []): Gauge {
    return new Gauge({ name: `tickswap_${name}`, help, labelNames, registers: [this.#registry] })
  }
  #histogram(name: string, help: string, buckets: number[], labelNames: string[] = []): Histogram {
    return new Histogram({ name: `tickswap_${name}`, help, buckets, labelNames, registers: [this.#registry] })
  }
}

/** `exception`, `budget`, `non-finite`, … */
function triggerOf({ code }: Finding): string {
  return code
    .replace(/^TICKSWAP_E_(?:PROBATION_)?/, '')
    .toLowerCase()
    .replaceAll('_', '-')
}
