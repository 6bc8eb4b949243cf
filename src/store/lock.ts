import { randomUUID } from 'node:crypto'
import { linkSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { TickswapError } from '../errors.ts'

/** Who holds a store. */
export interface Holder {
  readonly pid: number
  /** when the process began, in the system's own count: process ids are used again */
  readonly began: string
  readonly host: string
  readonly token: string
  /** epoch milliseconds */
  readonly since: number
}

const NAME = /^lock\.(\d+)$/

/**
 * One writer per store. The holder's file is made by a link, which cannot succeed twice for one name; a stale
 * one is never removed to make room but followed by the next number, so that two processes that find it at the
 * same time cannot both win.
 */
export class StoreLock {
  readonly #file: string
  readonly #token: string
  /** whoever held it before has ended without giving it back */
  readonly isTakenOver: boolean

  private constructor(file: string, token: string, isTakenOver: boolean) {
    this.#file = file
    this.#token = token
    this.isTakenOver = isTakenOver
  }

  /** @throws TickswapError STORE_HELD that names the holder */
  static take(folder: string): StoreLock {
    const token = randomUUID()
    const holder: Holder = {
      pid: process.pid,
      began: beganAt(process.pid),
      host: hostname(),
      token,
      since: Date.now(),
    }
    const draft = join(folder, `lock-${token}`)
    writeFileSync(draft, JSON.stringify(holder))
    try {
      for (;;) {
        const before = files(folder)
        refuseHeld(folder, before, token)
        const number = Math.max(0, ...before.map(numberOf)) + 1
        const file = join(folder, `lock.${number}`)
        if (!tryLink(draft, file)) continue
        const lock = new StoreLock(file, token, before.length > 0)
        try {
          refuseHeld(folder, files(folder), token)
        } catch (error) {
          lock.release()
          throw error
        }
        for (const stale of before) rmSync(join(folder, stale), { force: true })
        return lock
      }
    } finally {
      rmSync(draft, { force: true })
    }
  }

  release(): void {
    if (readHolder(this.#file)?.token === this.#token) rmSync(this.#file, { force: true })
  }
}

/** The living process that holds a store, if there is one. */
export function holderOf(folder: string): Holder | undefined {
  for (const file of files(folder)) {
    const holder = readHolder(join(folder, file))
    if (holder && isAlive(holder)) return holder
  }
  return undefined
}

function refuseHeld(folder: string, names: readonly string[], token: string): void {
  for (const name of names) {
    const holder = readHolder(join(folder, name))
    if (!holder || holder.token === token || !isAlive(holder)) continue
    const who = holder.pid === process.pid ? 'this process' : 'process'
    const since = new Date(holder.since).toISOString()
    const message = `${folder} is held by ${who} ${holder.pid} on ${holder.host} since ${since}`
    throw new TickswapError('TICKSWAP_E_STORE_HELD', message)
  }
}

const files = (folder: string): string[] => readdirSync(folder).filter((name) => NAME.test(name))
const numberOf = (name: string): number => Number(NAME.exec(name)![1])

function tryLink(from: string, to: string): boolean {
  try {
    linkSync(from, to)
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw error
  }
}

/** What is no holder's file any more, or was cut off by a crash, holds nothing. */
function readHolder(file: string): Holder | undefined {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Holder
  } catch {
    return undefined
  }
}

/** A process of another machine cannot be asked: it counts as alive. */
function isAlive({ pid, began, host }: Holder): boolean {
  if (host !== hostname()) return true
  try {
    process.kill(pid, 0)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false
  }
  const now = beganAt(pid)
  return began === '' || now === '' || now === began
}

/** The start time in /proc, in clock ticks since the system came up; '' where there is no /proc. */
function beganAt(pid: number): string {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    // The name, in parentheses, may have spaces and parentheses of its own.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    return fields[0] === 'Z' ? 'dead' : (fields[19] ?? '')
  } catch {
    return ''
  }
}
