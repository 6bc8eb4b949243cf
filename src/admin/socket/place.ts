import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { TickswapError } from '../../errors.ts'
import { makeFolders } from '../../store/files.ts'

/** What a running engine writes beside its socket, for commands to find it. */
export interface EngineRecord {
  readonly pid: number
  readonly id: string
  /** absolute path of the socket */
  readonly socket: string
  /** absolute path of the folder of the units */
  readonly units: string
  /** absolute path of its store, if it has one on disk */
  readonly store?: string | undefined
  /** epoch milliseconds */
  readonly startedAt: number
}

/** The private folder of one engine, and where its socket is to be: beside it where the path would be too long. */
export interface Place {
  readonly own: string
  readonly socket: string
  /** the folder in the store, where that is elsewhere: commands that know only the store look there */
  readonly beside?: string | undefined
}

const PREFIX = 'engine-'
const RECORD = 'engine.json'
/** A socket's path must fit 108 bytes on Linux, 104 on macOS, the final zero included. */
const LONGEST_PATH = 103

/**
 * Makes the private folder of this engine below `folder` and says where its socket is to be.
 * Only the same user may enter it, so that nobody can connect before the socket's own mode is set.
 * @throws TickswapError SOCKET
 */
export function claimPlace(folder: string, id: string, store?: string): Place {
  try {
    const beside = store === undefined || store === folder ? undefined : ownIn(store, id)
    return { ...make(folder, id), beside }
  } catch (error) {
    throw unusable(folder, error)
  }
}

export const unusable = (folder: string, error: unknown): TickswapError =>
  new TickswapError('TICKSWAP_E_SOCKET', `nothing can be opened in ${folder}: ${(error as Error).message}`)

function make(folder: string, id: string): Place {
  const own = ownIn(folder, id)
  const socket = join(own, 'socket')
  if (Buffer.byteLength(socket) <= LONGEST_PATH) return { own, socket }
  const short = join(tmpdir(), `tickswap-${process.pid}-${id.slice(0, 8)}`)
  mkdirSync(short, { mode: 0o700 })
  return { own, socket: join(short, 'socket') }
}

function ownIn(folder: string, id: string): string {
  makeFolders(folder, 0o700)
  sweep(folder)
  const own = join(folder, `${PREFIX}${process.pid}-${id.slice(0, 8)}`)
  mkdirSync(own, { mode: 0o700 })
  return own
}

/** Lets commands find the engine, once the socket is open. */
export function announce({ own, beside }: Place, record: EngineRecord): void {
  chmodSync(record.socket, 0o600)
  for (const folder of beside ? [own, beside] : [own])
    writeFileSync(join(folder, RECORD), JSON.stringify(record), { mode: 0o600 })
}

export function leavePlace({ own, beside, socket }: Place): void {
  rmSync(own, { recursive: true, force: true })
  if (beside) rmSync(beside, { recursive: true, force: true })
  if (!socket.startsWith(own)) rmSync(join(socket, '..'), { recursive: true, force: true })
}

/** The engines that run below `folder`, the newest first. */
export function enginesIn(folder: string): EngineRecord[] {
  if (!existsSync(folder)) return []
  return readdirSync(folder)
    .filter((name) => name.startsWith(PREFIX))
    .map((name) => recordIn(join(folder, name)))
    .filter((record) => record !== undefined && isAlive(record.pid))
    .sort((a, b) => b!.startedAt - a!.startedAt) as EngineRecord[]
}

/** Removes what engines left that ended without a chance to. */
function sweep(folder: string): void {
  for (const name of readdirSync(folder)) {
    const pid = Number(name.match(/^engine-(\d+)-/)?.[1])
    if (pid && !isAlive(pid)) rmSync(join(folder, name), { recursive: true, force: true })
  }
}

function recordIn(own: string): EngineRecord | undefined {
  try {
    return JSON.parse(readFileSync(join(own, RECORD), 'utf8'))
  } catch {
    // It is about to open, or has just been closed.
    return undefined
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}
