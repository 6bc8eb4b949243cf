import { resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { TickswapError } from '../errors.ts'

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
  /**
   * The local socket through which `tickswap status`, `top` and the other commands reach this engine: true, or
   * the folder to keep it in instead of './.tickswap'. Only the same user can open it. Default: the
   * environment's TICKSWAP_SOCKET, which `tickswap run` sets; otherwise false
   */
  socket?: boolean | string
  /**
   * The HTTP interface and page: a port (0: any that is free), or more than that. Default: the environment's
   * TICKSWAP_ADMIN, which `tickswap run --admin` sets; otherwise false
   */
  admin?: false | number | AdminOptions
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

export interface AdminOptions {
  /** 0 to 65535; 0 takes any that is free */
  port: number
  /** default 127.0.0.1. Where others can reach it, reading needs the token too */
  host?: string
  /** what changes something is asked for with it, at least 16 characters; default: a new one, in a file */
  token?: string
  /** a picture that the engine paints, for the page to show */
  picture?: Picture
  /** where alerts are sent */
  webhooks?: readonly Webhook[]
}

/** An image in shared memory: 4 bytes a pixel, red, green, blue, alpha, rows from the top. */
export interface Picture {
  width: number
  height: number
  pixels: SharedArrayBuffer
}

export interface Webhook {
  /** http or https */
  url: string
  /** signs the body: HMAC-SHA256 in the header x-tickswap-signature */
  secret: string
}

/** The HTTP interface, checked. */
export interface AdminSettings {
  port: number
  host: string
  token: string | undefined
  picture: Picture | undefined
  webhooks: readonly Webhook[]
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
  evaluateMs: number
  prepareMs: number
  parkMs: number
  probationMs: number
  /** the folder of the local socket, absolute */
  socket: string | undefined
  admin: AdminSettings | undefined
}

const KEYS = [
  'units',
  'watch',
  'name',
  'maxParticipants',
  'probation',
  'backups',
  'deadlines',
  'socket',
  'admin',
]
const FOLDER = '.tickswap'

/** @throws TickswapError OPTION that names the option */
export function settingsOf(options: RuntimeOptions): Settings {
  if (typeof options !== 'object' || options === null) throw bad('createRuntime takes an object of options')
  for (const key of Object.keys(options)) if (!KEYS.includes(key)) throw bad(`there is no option ${key}`)
  const { units = process.env.TICKSWAP_UNITS } = options
  if (typeof units !== 'string' && !(units instanceof URL)) throw bad('units must be the path of a folder')
  const { probation = {}, deadlines = {} } = options
  return {
    units: resolve(units instanceof URL || units.startsWith('file:') ? fileURLToPath(units) : units),
    watch: options.watch ?? true,
    name: options.name ?? 'main',
    maxParticipants: integer('maxParticipants', options.maxParticipants ?? 64, 1, 256),
    ticks: integer('probation.ticks', probation.ticks ?? 60, 1, 1_000_000),
    budgetMs: within('probation.budgetMs', probation.budgetMs ?? 50, 0.001, 60_000),
    backups: integer('backups', options.backups ?? 4, 1, 64),
    evaluateMs: integer('deadlines.evaluateMs', deadlines.evaluateMs ?? 1000, 1, 600_000),
    prepareMs: integer('deadlines.prepareMs', deadlines.prepareMs ?? 2000, 1, 600_000),
    parkMs: integer('deadlines.parkMs', deadlines.parkMs ?? 250, 1, 600_000),
    probationMs: integer('deadlines.probationMs', deadlines.probationMs ?? 1000, 1, 600_000),
    socket: socketFolder(options.socket ?? (process.env.TICKSWAP_SOCKET || false)),
    admin: adminSettings(options.admin ?? portOf(process.env.TICKSWAP_ADMIN)),
  }
}

function socketFolder(socket: unknown): string | undefined {
  if (socket === false) return undefined
  if (socket === true) return resolve(FOLDER)
  if (typeof socket === 'string' && socket !== '') return resolve(socket)
  throw bad('socket must be true, false or the path of a folder')
}

const portOf = (text: string | undefined): number | false => (text ? Number(text) : false)
const LEAST_TOKEN = 16
const MOST_PIXELS = 4096 * 4096

function adminSettings(admin: unknown): AdminSettings | undefined {
  if (admin === false) return undefined
  const given = (typeof admin === 'number' ? { port: admin } : admin) as AdminOptions
  if (typeof given !== 'object' || given === null)
    throw bad('admin must be false, a port or an object with a port')
  const { port, host = '127.0.0.1', token, picture, webhooks = [] } = given
  if (typeof host !== 'string' || host === '') throw bad('admin.host must be an address')
  if (token !== undefined && (typeof token !== 'string' || !/^\S{16,512}$/.test(token)))
    throw bad(`admin.token must have ${LEAST_TOKEN} to 512 characters and no space`)
  if (picture !== undefined) checkPicture(picture)
  for (const webhook of webhooks) checkWebhook(webhook)
  return { port: integer('admin.port', port, 0, 65_535), host, token, picture, webhooks }
}

function checkPicture({ width, height, pixels }: Picture): void {
  integer('admin.picture.width', width, 1, 4096)
  integer('admin.picture.height', height, 1, 4096)
  const isLarge = pixels instanceof SharedArrayBuffer && pixels.byteLength >= width * height * 4
  if (!isLarge || width * height > MOST_PIXELS)
    throw bad(`admin.picture.pixels must be a SharedArrayBuffer of ${width * height * 4} bytes`)
}

function checkWebhook({ url, secret }: Webhook): void {
  const isWeb = typeof url === 'string' && URL.canParse(url) && /^https?:$/.test(new URL(url).protocol)
  if (!isWeb) throw bad(`admin.webhooks: ${String(url)} is no http address`)
  if (typeof secret !== 'string' || secret.length < LEAST_TOKEN)
    throw bad(`admin.webhooks: the secret for ${url} must have ${LEAST_TOKEN} characters or more`)
}

function within(name: string, value: unknown, low: number, high: number): number {
  if (typeof value === 'number' && value >= low && value <= high) return value
  throw bad(`${name} is ${String(value)}; ${low} to ${high} is possible`)
}

function integer(name: string, value: unknown, low: number, high: number): number {
  if (Number.isInteger(value)) return within(name, value, low, high)
  throw bad(`${name} is ${String(value)}; a whole number is needed`)
}

const bad = (message: string) => new TickswapError('TICKSWAP_E_OPTION', message)
