import { resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { LogLevel, LogOptions } from '../observe/log-level.ts'
import { type StoreOptions, type StoreSettings, storeSettingsOf } from '../store/settings.ts'
import type { Strategy } from '../swap/report.ts'
import { type FlagPolicy, readPolicy } from '../version/compatibility/flag-policy.ts'
import type { Rule } from '../version/compatibility/rules.ts'
import {
  type AdminOptions,
  type AdminSettings,
  adminOf,
  adminSettings,
  logOptions,
  type Picture,
} from './admin-options.ts'
import type { BackupLimits } from './backups.ts'
import type { FlapLimit } from './flapping.ts'
import { bad, integer, oneOf, within } from './option-values.ts'
import { type RulesOption, rulesOption } from './rules-option.ts'

export interface RuntimeOptions {
  /**
   * folder of the units, searched with its subfolders; relative to the working directory.
   * Default: the environment's TICKSWAP_UNITS, which `tickswap run --units` sets
   */
  units?: string | URL
  /** watch the folder for edits; default true */
  watch?: boolean
  /** what reports call the participant that creates the runtime; default 'main' */
  name?: string
  /** participants at the same time, 1 to 256; default 64 */
  maxParticipants?: number
  /**
   * `lockstep`, the default: all participants change at one boundary. `independent`: units without shared
   * columns change in each participant at its own next boundary; others still wait for each other.
   */
  mode?: 'lockstep' | 'independent'
  /** how edits are gone about; default 'auto' */
  strategy?: Strategy
  /** a unit that was rolled back `times` within `withinMs` is left alone; default 20 in 60,000 */
  flapping?: { times?: number; withinMs?: number }
  probation?: {
    /** ticks that a new version is watched, 1 to 1,000,000; default 60 */
    ticks?: number
    /** milliseconds that the functions of a unit may take of a tick, per participant; default 50 */
    budgetMs?: number
    /** the same as a multiple of what the version before took; from 1 */
    budgetRatio?: number
    /** milliseconds that a new version is watched at least; default 0: the ticks decide */
    ms?: number
    /** bytes by which the heap of a participant may grow and stay grown */
    heapBytes?: number
    /** ticks after which a version gives way to the next swap that waits; default 10, at most `ticks` */
    leastTicks?: number
  }
  /**
   * backups kept per unit: how many, 1 to 64, default 4; or with more limits: none older than `ageMs`, and no more
   * than `bytes` of them in memory. The newest is kept in any case
   */
  backups?: number | { count?: number; ageMs?: number; bytes?: number }
  /** what is decided about certain transitions: a list, or the path of a YAML or JSON file; docs/compatibility.md */
  rules?: readonly Rule[] | string | URL
  /** flags that versions must and must not have; default: `{ excluded: ['yanked', 'quarantined'] }` */
  flags?: FlagPolicy
  /**
   * where the journal, the artifacts and the states are kept: a folder, or more about it; `false` keeps all in
   * memory. Default: the environment's TICKSWAP_STORE, which `tickswap run --store` sets, or `false`: nothing is
   * written to disk that nobody asked for
   */
  store?: string | StoreOptions | false
  /**
   * The local socket through which `tickswap status`, `top` and the other commands reach this engine: true, or
   * the folder to keep it in instead of './.tickswap'. Only the same user can open it. Default: the
   * environment's TICKSWAP_SOCKET, which `tickswap run` sets; otherwise false
   */
  socket?: boolean | string
  /**
   * The HTTP interface and page: a port (0: any that is free), or more than that. Default: the environment's
   * TICKSWAP_ADMIN, which `tickswap run --admin` sets, with TICKSWAP_ADMIN_HOST and TICKSWAP_ADMIN_TOKEN; otherwise false
   */
  admin?: false | number | AdminOptions
  /** a picture that the engine paints, for the page to show */
  picture?: Picture
  /** lines of JSON about what happens; default: the environment's TICKSWAP_LOG, a level; otherwise false */
  log?: false | LogLevel | LogOptions
  deadlines?: {
    /** for the body of a module in rehearsal; default 1000 */
    evaluateMs?: number
    /** until every participant has loaded the candidate; default 2000 */
    prepareMs?: number
    /** that a participant waits at the boundary for the others; default 250 */
    parkMs?: number
    /** that the participant which moves the state may take; default 1000 */
    leadMs?: number
    /** that a migration should take at the boundary; one that takes longer is sliced, or warned of; default 8 */
    migrateMs?: number
    /** until a manual swap is confirmed; default 600,000 */
    confirmMs?: number
    /** the same in probation; default 1000 */
    probationMs?: number
  }
}

/** The same, complete and checked. Structured-cloneable. */
export interface Settings {
  units: string
  watch: boolean
  name: string
  maxParticipants: number
  ticks: number
  budgetMs: number
  backups: BackupLimits
  rules: RulesOption | undefined
  flags: FlagPolicy
  evaluateMs: number
  prepareMs: number
  parkMs: number
  leadMs: number
  migrateMs: number
  confirmMs: number
  probationMs: number
  mode: 'lockstep' | 'independent'
  strategy: Strategy
  flapping: FlapLimit
  budgetRatio: number | undefined
  heapBytes: number | undefined
  /** milliseconds of probation, at least */
  lastsMs: number
  leastTicks: number
  store: StoreSettings | undefined
  /** the folder of the local socket, absolute */
  socket: string | undefined
  admin: AdminSettings | undefined
  log: LogOptions | undefined
}

const KEYS = [
  ...['units', 'watch', 'name', 'maxParticipants', 'mode', 'strategy', 'flapping'],
  ...['probation', 'backups', 'rules', 'flags', 'deadlines', 'socket', 'admin', 'picture', 'log', 'store'],
]
export const STRATEGIES: readonly Strategy[] = ['auto', 'manual', 'force', 'dry-run']
const MODES = ['lockstep', 'independent'] as const
const HOUR_MS = 3_600_000
const FOLDER = '.tickswap'

/** @throws TickswapError OPTION that names the option */
export function settingsOf(options: RuntimeOptions): Settings {
  if (typeof options !== 'object' || options === null) throw bad('createRuntime takes an object of options')
  for (const key of Object.keys(options)) if (!KEYS.includes(key)) throw bad(`there is no option ${key}`)
  const { units = process.env.TICKSWAP_UNITS } = options
  if (typeof units !== 'string' && !(units instanceof URL)) throw bad('units must be the path of a folder')
  const { probation = {}, deadlines = {}, flapping = {} } = options
  const { store = process.env.TICKSWAP_STORE || false } = options
  const ticks = integer('probation.ticks', probation.ticks ?? 60, 1, 1_000_000)
  const { budgetRatio, heapBytes } = probation
  return {
    units: resolve(units instanceof URL || units.startsWith('file:') ? fileURLToPath(units) : units),
    watch: options.watch ?? true,
    name: options.name ?? 'main',
    maxParticipants: integer('maxParticipants', options.maxParticipants ?? 64, 1, 256),
    ticks,
    lastsMs: integer('probation.ms', probation.ms ?? 0, 0, HOUR_MS),
    leastTicks: Math.min(ticks, integer('probation.leastTicks', probation.leastTicks ?? 10, 1, 1_000_000)),
    budgetRatio: budgetRatio && within('probation.budgetRatio', budgetRatio, 1, 1_000_000),
    heapBytes: heapBytes && integer('probation.heapBytes', heapBytes, 1, 2 ** 40),
    mode: oneOf('mode', options.mode ?? 'lockstep', MODES),
    strategy: oneOf('strategy', options.strategy ?? 'auto', STRATEGIES),
    flapping: {
      times: integer('flapping.times', flapping.times ?? 20, 1, 1_000_000),
      withinMs: integer('flapping.withinMs', flapping.withinMs ?? 60_000, 1, HOUR_MS),
    },
    budgetMs: within('probation.budgetMs', probation.budgetMs ?? 50, 0.001, 60_000),
    backups: backupLimits(options.backups ?? 4),
    rules: rulesOption(options.rules),
    flags: readPolicy(options.flags, 'flags'),
    evaluateMs: integer('deadlines.evaluateMs', deadlines.evaluateMs ?? 1000, 1, 600_000),
    prepareMs: integer('deadlines.prepareMs', deadlines.prepareMs ?? 2000, 1, 600_000),
    parkMs: integer('deadlines.parkMs', deadlines.parkMs ?? 250, 1, 600_000),
    leadMs: integer('deadlines.leadMs', deadlines.leadMs ?? 1000, 1, 600_000),
    migrateMs: within('deadlines.migrateMs', deadlines.migrateMs ?? 8, 0, 600_000),
    confirmMs: integer('deadlines.confirmMs', deadlines.confirmMs ?? 600_000, 1, HOUR_MS * 24),
    probationMs: integer('deadlines.probationMs', deadlines.probationMs ?? 1000, 1, 600_000),
    store: store === false ? undefined : storeSettingsOf(store),
    socket: socketFolder(options.socket ?? (process.env.TICKSWAP_SOCKET || false)),
    admin: adminSettings(options.admin ?? adminOf(process.env), options.picture),
    log: logOptions(options.log ?? (process.env.TICKSWAP_LOG || false)),
  }
}

function backupLimits(backups: NonNullable<RuntimeOptions['backups']>): BackupLimits {
  const { count = 4, ageMs, bytes } = typeof backups === 'object' ? backups : { count: backups }
  return {
    count: integer(typeof backups === 'object' ? 'backups.count' : 'backups', count, 1, 64),
    ageMs: ageMs === undefined ? Number.POSITIVE_INFINITY : within('backups.ageMs', ageMs, 1, 2 ** 53),
    bytes: bytes === undefined ? Number.POSITIVE_INFINITY : within('backups.bytes', bytes, 1, 2 ** 53),
  }
}

function socketFolder(socket: unknown): string | undefined {
  if (socket === false) return undefined
  if (socket === true) return resolve(FOLDER)
  if (typeof socket === 'string' && socket !== '') return resolve(socket)
  throw bad('socket must be true, false or the path of a folder')
}
