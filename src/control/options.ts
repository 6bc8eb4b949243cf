import { resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { LogLevel, LogOptions } from '../observe/log-level.ts'
import { type StoreOptions, type StoreSettings, storeSettingsOf } from '../store/settings.ts'
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
import { bad, integer, within } from './option-values.ts'
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
  probation?: {
    /** ticks that a new version is watched, 1 to 1,000,000; default 60 */
    ticks?: number
    /** milliseconds that the functions of a unit may take of a tick, per participant; default 50 */
    budgetMs?: number
  }
  /** backups kept per unit, 1 to 64; default 4 */
  backups?: number
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
  backups: number
  rules: RulesOption | undefined
  flags: FlagPolicy
  evaluateMs: number
  prepareMs: number
  parkMs: number
  probationMs: number
  store: StoreSettings | undefined
  /** the folder of the local socket, absolute */
  socket: string | undefined
  admin: AdminSettings | undefined
  log: LogOptions | undefined
}

const KEYS = [
  'units',
  'watch',
  'name',
  'maxParticipants',
  'probation',
  'backups',
  'rules',
  'flags',
  'deadlines',
  'socket',
  'admin',
  'picture',
  'log',
  'store',
]
const FOLDER = '.tickswap'

/** @throws TickswapError OPTION that names the option */
export function settingsOf(options: RuntimeOptions): Settings {
  if (typeof options !== 'object' || options === null) throw bad('createRuntime takes an object of options')
  for (const key of Object.keys(options)) if (!KEYS.includes(key)) throw bad(`there is no option ${key}`)
  const { units = process.env.TICKSWAP_UNITS } = options
  if (typeof units !== 'string' && !(units instanceof URL)) throw bad('units must be the path of a folder')
  const { probation = {}, deadlines = {}, store = process.env.TICKSWAP_STORE || false } = options
  return {
    units: resolve(units instanceof URL || units.startsWith('file:') ? fileURLToPath(units) : units),
    watch: options.watch ?? true,
    name: options.name ?? 'main',
    maxParticipants: integer('maxParticipants', options.maxParticipants ?? 64, 1, 256),
    ticks: integer('probation.ticks', probation.ticks ?? 60, 1, 1_000_000),
    budgetMs: within('probation.budgetMs', probation.budgetMs ?? 50, 0.001, 60_000),
    backups: integer('backups', options.backups ?? 4, 1, 64),
    rules: rulesOption(options.rules),
    flags: readPolicy(options.flags, 'flags'),
    evaluateMs: integer('deadlines.evaluateMs', deadlines.evaluateMs ?? 1000, 1, 600_000),
    prepareMs: integer('deadlines.prepareMs', deadlines.prepareMs ?? 2000, 1, 600_000),
    parkMs: integer('deadlines.parkMs', deadlines.parkMs ?? 250, 1, 600_000),
    probationMs: integer('deadlines.probationMs', deadlines.probationMs ?? 1000, 1, 600_000),
    store: store === false ? undefined : storeSettingsOf(store),
    socket: socketFolder(options.socket ?? (process.env.TICKSWAP_SOCKET || false)),
    admin: adminSettings(options.admin ?? adminOf(process.env), options.picture),
    log: logOptions(options.log ?? (process.env.TICKSWAP_LOG || false)),
  }
}

function socketFolder(socket: unknown): string | undefined {
  if (socket === false) return undefined
  if (socket === true) return resolve(FOLDER)
  if (typeof socket === 'string' && socket !== '') return resolve(socket)
  throw bad('socket must be true, false or the path of a folder')
}
