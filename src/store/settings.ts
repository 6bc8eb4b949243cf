import { isAbsolute, resolve } from 'node:path'
import { TickswapError } from '../errors.ts'
import { BACKENDS, type BackendKind } from './backends/contract.ts'
import { isBackend } from './backends/open.ts'

const MB = 2 ** 20

export interface StoreOptions {
  /** folder of the store, made when it is not there; relative to the working directory */
  path: string
  /** of a new store; an old one stays what it is until it is migrated. Default 'lmdb' */
  backend?: BackendKind
  budgets?: {
    /** bytes of objects kept in memory; default 32 MB */
    hotBytes?: number
    /** bytes of objects in the data folder; what has not been used the longest goes to the archive. Default 512 MB */
    warmBytes?: number
    /** bytes in the archive; when it is full writes that need room are refused. Default 8 GB */
    coldBytes?: number
  }
  ages?: {
    /** milliseconds after which an object that nobody used is compressed with LZ4; default 5 seconds */
    warmMs?: number
    /** milliseconds after which it goes to the archive; default one hour */
    coldMs?: number
    /** milliseconds for which an object that nothing refers to is kept; default 10 minutes */
    graceMs?: number
  }
  keep?: {
    /** versions of a unit besides those that the pointers name; default 64 */
    versions?: number
    /** saved states of a unit; default 8 */
    states?: number
    /** entries of the journal; default 1,000,000 */
    entries?: number
  }
  /** the largest object; default 256 MB */
  maxObjectBytes?: number
  /**
   * what a start runs. 'auto' (default): the files, but where they are what did not survive its probation, what was
   * permanent. 'permanent': always what was permanent. 'files': always the files
   */
  boot?: 'auto' | 'permanent' | 'files'
  /**
   * start with the state as it was last saved; default false, and true where `tickswap run` starts an engine
   * again that died
   */
  resume?: boolean
  /** milliseconds between saves of the state; 0: none. Default 10 seconds */
  saveEveryMs?: number
}

export interface StoreSettings {
  path: string
  backend: BackendKind
  hotBytes: number
  warmBytes: number
  coldBytes: number
  warmMs: number
  coldMs: number
  graceMs: number
  versions: number
  states: number
  entries: number
  maxObjectBytes: number
  boot: 'auto' | 'permanent' | 'files'
  resume: boolean
  saveEveryMs: number
}

/** A limit of the decoder: an object is one buffer. */
const MOST_OBJECT_BYTES = 1024 * MB
const MOST_MS = 2 ** 31 - 1

const GROUPS = {
  budgets: ['hotBytes', 'warmBytes', 'coldBytes'],
  ages: ['warmMs', 'coldMs', 'graceMs'],
  keep: ['versions', 'states', 'entries'],
} as const
const KEYS = ['path', 'backend', 'budgets', 'ages', 'keep', 'maxObjectBytes', 'boot', 'resume', 'saveEveryMs']

/** @throws TickswapError OPTION that names the option */
export function storeSettingsOf(options: string | StoreOptions): StoreSettings {
  const given = typeof options === 'string' ? { path: options } : options
  if (typeof given !== 'object' || given === null) throw bad('store must be a path, an object or false')
  checkNames(given, KEYS, 'store')
  const { path, backend = 'lmdb', boot = 'auto', budgets = {}, ages = {}, keep = {} } = given
  if (typeof path !== 'string' || path === '' || path.includes('\0'))
    throw bad('store.path must be the path of a folder')
  if (!isBackend(backend)) throw bad(`store.backend is ${String(backend)}; there are: ${BACKENDS.join(', ')}`)
  if (!['auto', 'permanent', 'files'].includes(boot))
    throw bad(`store.boot is ${String(boot)}; there are: auto, permanent, files`)
  const resume = given.resume ?? process.env.TICKSWAP_RESUME === '1'
  if (typeof resume !== 'boolean') throw bad(`store.resume is ${String(resume)}; true or false is needed`)
  for (const [group, names] of Object.entries(GROUPS))
    checkNames(given[group as keyof typeof GROUPS] ?? {}, names, `store.${group}`)
  return {
    path: isAbsolute(path) ? path : resolve(path),
    backend,
    boot,
    hotBytes: whole('store.budgets.hotBytes', budgets.hotBytes ?? 32 * MB, 0),
    warmBytes: whole('store.budgets.warmBytes', budgets.warmBytes ?? 512 * MB, 1),
    coldBytes: whole('store.budgets.coldBytes', budgets.coldBytes ?? 8192 * MB, 1),
    warmMs: whole('store.ages.warmMs', ages.warmMs ?? 5000, 0),
    coldMs: whole('store.ages.coldMs', ages.coldMs ?? 3_600_000, 0),
    graceMs: whole('store.ages.graceMs', ages.graceMs ?? 600_000, 0),
    versions: whole('store.keep.versions', keep.versions ?? 64, 0),
    states: whole('store.keep.states', keep.states ?? 8, 1),
    entries: whole('store.keep.entries', keep.entries ?? 1_000_000, 1),
    maxObjectBytes: whole('store.maxObjectBytes', given.maxObjectBytes ?? 256 * MB, 1, MOST_OBJECT_BYTES),
    resume,
    saveEveryMs: whole('store.saveEveryMs', given.saveEveryMs ?? 10_000, 0, MOST_MS),
  }
}

function checkNames(given: object, known: readonly string[], where: string): void {
  for (const key of Object.keys(given))
    if (!known.includes(key)) throw bad(`there is no option ${where}.${key}`)
}

function whole(name: string, value: unknown, low: number, high = Number.MAX_SAFE_INTEGER): number {
  if (Number.isSafeInteger(value) && (value as number) >= low && (value as number) <= high)
    return value as number
  throw bad(`${name} is ${String(value)}; a whole number from ${low} to ${high} is needed`)
}

const bad = (message: string) => new TickswapError('TICKSWAP_E_OPTION', message)
