import { resolve } from 'node:path'
import type { LogLevel, LogOptions } from '../observe/log-level.ts'
import { type StoreOptions, type StoreSettings, storeSettingsOf } from '../store/settings.ts'
import type { SyncWish } from '../swap/protocol.ts'
import { ROLLBACK_STATES, type RollbackState, type Strategy } from '../swap/report.ts'
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
import type { FlapLimit } from './flapping.ts'
import type { BackupLimits } from './group-ring.ts'
import { checkShape } from './option-shape.ts'
import { bad, flag, integer, oneOf, participantName, pathOf, within } from './option-values.ts'
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
   * How candidates that give a `rehearse` are tried on copies before anybody runs them; false: not at all.
   */
  rehearsal?:
    | false
    | {
        /** ticks, 1 to 10,000; default 8 */
        ticks?: number
        /** the heap of the thread in which modules are tried, 16 to 65,536 MB; default 512 */
        memoryMb?: number
        /** ticks that each participant then runs on a copy of its own, to be fast at once, 0 to 10,000; default 24 */
        warmTicks?: number
        /**
         * milliseconds of a tick that a participant spends on that at the most, unless one call takes longer, and
         * never more than a quarter of what its thread has to spare of a tick; default 0.5: V8 compiles
         * what runs often beside it, from tick to tick, and longer slices leave it no time for that
         */
        warmSliceMs?: number
      }
  /**
   * Runs every tick twice and compares, to find units that are not deterministic: all of them, or those named.
   * For the time of a test; with `mode: 'lockstep'`. What differs is a `warning`, TICKSWAP_E_SYNC_TEST. Default: the
   * environment's TICKSWAP_SYNC_TEST, which `tickswap run --sync-test` sets; otherwise false
   */
  syncTest?: boolean | { units: readonly string[] }
  /**
   * backups kept of each group of units that swap together: how many, 1 to 64, default 4; or with more limits: none
   * older than `ageMs`, and no more than `bytes` of them in memory. The newest is kept in any case
   */
  backups?: number | { count?: number; ageMs?: number; bytes?: number }
  /**
   * How state goes back. `state`: what is tried first, of a version that fails in probation and by `rollback` alike;
   * default 'auto'. `log`: the calls of deterministic units that are kept in each participant since the last swaps,
   * to be made again with the old code: up to so many ticks (600), bytes (4 MB) and milliseconds that they have taken
   * (100); false: none are
   */
  rollback?: { state?: RollbackState; log?: false | { ticks?: number; bytes?: number; ms?: number } }
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
   * environment's TICKSWAP_SOCKET, which `tickswap run` sets; otherwise false: then only a store on disk opens one,
   * in its own folder
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
    /** that a swap which was asked for may wait for its turn; default 60,000. Edits wait as long as it takes */
    queueMs?: number
    /** for reading, transforming and compiling what changed; default 5000 */
    stageMs?: number
    /** for the verdict, and what it needs of the store; default 2000 */
    checkMs?: number
    /** that the disk may take to note what is tried, or what became of it; then a warning, and on; default 2000 */
    storeMs?: number
    /** for the body of a module in rehearsal; default 1000 */
    evaluateMs?: number
    /** for the whole rehearsal of a candidate on copies of the state; default 1000 */
    rehearseMs?: number
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
  rollback: {
    state: RollbackState
    log: { readonly ticks: number; readonly bytes: number; readonly ms: number } | undefined
  }
  rules: RulesOption | undefined
  flags: FlagPolicy
  syncTest: SyncWish | undefined
  queueMs: number
  stageMs: number
  checkMs: number
  storeMs: number
  evaluateMs: number
  rehearseMs: number
  /** ticks of a rehearsal, 0: none is held */
  rehearsalTicks: number
  memoryMb: number
  /** ticks that each participant runs on a copy before the commit */
  warmTicks: number
  /** milliseconds of a tick that these may take */
  warmSliceMs: number
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
  ...['units', 'watch', 'name', 'maxParticipants', 'mode', 'strategy', 'flapping', 'rehearsal', 'syncTest'],
  ...[
    'probation',
    'backups',
    'rollback',
    'rules',
    'flags',
    'deadlines',
    'socket',
    'admin',
    'picture',
    'log',
    'store',
  ],
]
export const STRATEGIES: readonly Strategy[] = ['auto', 'manual', 'force', 'dry-run']
const MODES = ['lockstep', 'independent'] as const
const HOUR_MS = 3_600_000
const FOLDER = '.tickswap'

/** @throws TickswapError OPTION that names the option */
export function settingsOf(options: RuntimeOptions): Settings {
  if (typeof options !== 'object' || options === null) throw bad('createRuntime takes an object of options')
  for (const key of Object.keys(options)) if (!KEYS.includes(key)) throw bad(`there is no option ${key}`)
  checkShape(options)
  const { units = process.env.TICKSWAP_UNITS } = options
  const { probation = {}, deadlines = {}, flapping = {} } = options
  const { store = process.env.TICKSWAP_STORE || false } = options
  const ticks = integer('probation.ticks', probation.ticks ?? 60, 1, 1_000_000)
  const { budgetRatio, heapBytes } = probation
  return {
    units: pathOf('units', units, 'folder'),
    watch: flag('watch', options.watch ?? true),
    name: participantName(options.name ?? 'main'),
    maxParticipants: integer('maxParticipants', options.maxParticipants ?? 64, 1, 256),
    ticks,
    lastsMs: integer('probation.ms', probation.ms ?? 0, 0, HOUR_MS),
    leastTicks: Math.min(ticks, integer('probation.leastTicks', probation.leastTicks ?? 10, 1, 1_000_000)),
    budgetRatio:
      budgetRatio === undefined ? undefined : within('probation.budgetRatio', budgetRatio, 1, 1_000_000),
    heapBytes: heapBytes === undefined ? undefined : integer('probation.heapBytes', heapBytes, 1, 2 ** 40),
    mode: oneOf('mode', options.mode ?? 'lockstep', MODES),
    strategy: oneOf('strategy', options.strategy ?? 'auto', STRATEGIES),
    flapping: {
      times: integer('flapping.times', flapping.times ?? 20, 1, 1_000_000),
      withinMs: integer('flapping.withinMs', flapping.withinMs ?? 60_000, 1, HOUR_MS),
    },
    budgetMs: within('probation.budgetMs', probation.budgetMs ?? 50, 0.001, 60_000),
    backups: backupLimits(options.backups ?? 4),
    rollback: rollbackSettings(options.rollback ?? {}),
    rules: rulesOption(options.rules),
    flags: readPolicy(options.flags, 'flags'),
    queueMs: integer('deadlines.queueMs', deadlines.queueMs ?? 60_000, 1, HOUR_MS * 24),
    stageMs: integer('deadlines.stageMs', deadlines.stageMs ?? 5000, 1, 600_000),
    checkMs: integer('deadlines.checkMs', deadlines.checkMs ?? 2000, 1, 600_000),
    storeMs: integer('deadlines.storeMs', deadlines.storeMs ?? 2000, 1, 600_000),
    evaluateMs: integer('deadlines.evaluateMs', deadlines.evaluateMs ?? 1000, 1, 600_000),
    rehearseMs: integer('deadlines.rehearseMs', deadlines.rehearseMs ?? 1000, 1, 600_000),
    syncTest: syncWish(options.syncTest ?? process.env.TICKSWAP_SYNC_TEST, options.mode),
    ...rehearsalSettings(options.rehearsal ?? {}),
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

function rollbackSettings({ state = 'auto', log = {} }: NonNullable<RuntimeOptions['rollback']>) {
  const { ticks = 600, bytes = 4 * 2 ** 20, ms = 100 } = log || {}
  const limits = {
    ticks: integer('rollback.log.ticks', ticks, 1, 1_000_000),
    bytes: integer('rollback.log.bytes', bytes, 1, 2 ** 32),
    ms: within('rollback.log.ms', ms, 0, 60_000),
  }
  return { state: oneOf('rollback.state', state, ROLLBACK_STATES), log: log ? limits : undefined }
}

/** The environment's is a list of names, or empty for all units. */
function syncWish(wanted: unknown, mode: unknown): SyncWish | undefined {
  if (wanted === undefined || wanted === false) return undefined
  if (mode === 'independent') throw bad("syncTest needs mode: 'lockstep'")
  if (wanted === true || wanted === '') return {}
  const { units } =
    typeof wanted === 'string' ? { units: wanted.split(',') } : (wanted as { units?: readonly unknown[] })
  if (!Array.isArray(units) || units.some((unit) => typeof unit !== 'string' || unit === ''))
    throw bad('syncTest must be true, false or { units: [...] } with names of units')
  return { units }
}

function rehearsalSettings(rehearsal: false | Exclude<RuntimeOptions['rehearsal'], false | undefined>) {
  const { ticks = 8, memoryMb = 512, warmTicks = 24, warmSliceMs = 0.5 } = rehearsal || {}
  return {
    rehearsalTicks: rehearsal === false ? 0 : integer('rehearsal.ticks', ticks, 1, 10_000),
    memoryMb: integer('rehearsal.memoryMb', memoryMb, 16, 65_536),
    warmTicks: integer('rehearsal.warmTicks', warmTicks, 0, 10_000),
    warmSliceMs: within('rehearsal.warmSliceMs', warmSliceMs, 0.01, 1000),
  }
}

function socketFolder(socket: unknown): string | undefined {
  if (socket === false) return undefined
  if (socket === true) return resolve(FOLDER)
  if (typeof socket === 'string' && socket !== '') return resolve(socket)
  throw bad('socket must be true, false or the path of a folder')
}
