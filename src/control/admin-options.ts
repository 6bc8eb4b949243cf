import { totalmem } from 'node:os'
import { resolve } from 'node:path'
import type { Limits } from '../observe/alerts.ts'
import { LOG_LEVELS, type LogLevel, type LogOptions } from '../observe/log-level.ts'
import { bad, integer, within } from './option-values.ts'

export interface AdminOptions {
  /** 0 to 65535; 0 takes any that is free */
  port: number
  /** default 127.0.0.1. Where others can reach it, reading needs the token too */
  host?: string
  /** what changes something is asked for with it, at least 16 characters; default: a new one, in a file */
  token?: string
  /** where alerts are sent */
  webhooks?: readonly Webhook[]
  alerts?: {
    /** a commit that holds a participant for longer raises one; milliseconds, default 16 */
    stallMs?: number
    /** resident memory of the process that raises one; default 90 % of the machine's, or of its container's */
    memoryBytes?: number
  }
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
  limits: Limits
}

/** The interface as the environment asks for it. */
export function adminOf(env: NodeJS.ProcessEnv): AdminOptions | false {
  const { TICKSWAP_ADMIN: port, TICKSWAP_ADMIN_HOST: host, TICKSWAP_ADMIN_TOKEN: token } = env
  return port ? { port: Number(port), ...(host && { host }), ...(token && { token }) } : false
}
const LEAST_TOKEN = 16
const MOST_PIXELS = 4096 * 4096

const mostMemory = (): number =>
  0.9 * Math.min(totalmem(), process.constrainedMemory() || Number.POSITIVE_INFINITY)

/** @throws TickswapError OPTION */
export function adminSettings(admin: unknown, picture: Picture | undefined): AdminSettings | undefined {
  if (picture !== undefined) checkPicture(picture)
  if (admin === false) return undefined
  const given = (typeof admin === 'number' ? { port: admin } : admin) as AdminOptions
  if (typeof given !== 'object' || given === null)
    throw bad('admin must be false, a port or an object with a port')
  const { port, host = '127.0.0.1', token, webhooks = [], alerts = {} } = given
  if (typeof host !== 'string' || host === '') throw bad('admin.host must be an address')
  if (token !== undefined && (typeof token !== 'string' || !/^\S{16,512}$/.test(token)))
    throw bad(`admin.token must have ${LEAST_TOKEN} to 512 characters and no space`)
  if (!Array.isArray(webhooks)) throw bad('admin.webhooks must be a list')
  for (const webhook of webhooks) checkWebhook(webhook)
  const limits = {
    stallMs: within('admin.alerts.stallMs', alerts.stallMs ?? 16, 0, 600_000),
    memoryBytes: within(
      'admin.alerts.memoryBytes',
      alerts.memoryBytes ?? mostMemory(),
      1,
      Number.MAX_SAFE_INTEGER,
    ),
  }
  return { port: integer('admin.port', port, 0, 65_535), host, token, picture, webhooks, limits }
}

/** @throws TickswapError OPTION */
export function logOptions(log: unknown): LogOptions | undefined {
  if (log === false) return undefined
  const given = (typeof log === 'string' ? { level: log } : log) as LogOptions | null
  if (!LOG_LEVELS.includes(given?.level as LogLevel)) throw bad(`log must be one of ${LOG_LEVELS.join(', ')}`)
  if (given!.file !== undefined && typeof given!.file !== 'string') throw bad('log.file must be a path')
  return { level: given!.level, ...(given!.file && { file: resolve(given!.file) }) }
}

function checkPicture({ width, height, pixels }: Picture): void {
  integer('picture.width', width, 1, 4096)
  integer('picture.height', height, 1, 4096)
  const isLarge = pixels instanceof SharedArrayBuffer && pixels.byteLength >= width * height * 4
  if (!isLarge || width * height > MOST_PIXELS)
    throw bad(`picture.pixels must be a SharedArrayBuffer of ${width * height * 4} bytes`)
}

function checkWebhook({ url, secret }: Webhook): void {
  const isWeb = typeof url === 'string' && URL.canParse(url) && /^https?:$/.test(new URL(url).protocol)
  if (!isWeb) throw bad(`admin.webhooks: ${String(url)} is no http address`)
  if (typeof secret !== 'string' || secret.length < LEAST_TOKEN)
    throw bad(`admin.webhooks: the secret for ${url} must have ${LEAST_TOKEN} characters or more`)
}
