import { accessSync, constants, mkdtempSync, readFileSync, rmdirSync, statSync } from 'node:fs'
import { createServer } from 'node:net'
import { availableParallelism, freemem, totalmem } from 'node:os'
import { join, resolve } from 'node:path'
import { TickswapError } from '../../errors.ts'
import { addon } from '../../native/addon.ts'

export type Verdict = 'ok' | 'warning' | 'failed'

export interface Check {
  readonly name: string
  readonly verdict: Verdict
  /** what was found */
  readonly found: string
  /** what to do, when something is to be done */
  readonly advice?: string
}

const OLDEST_NODE = [20, 19] as const
const ENOUGH_WATCHES = 8192
const ENOUGH_FILES = 1024
const ENOUGH_BYTES = 256 * 1024 * 1024
const MB = 1024 * 1024

/** Looks at everything that tickswap relies on. Nothing is changed by it. */
export async function examine(what: {
  units: string | undefined
  port: string | undefined
}): Promise<Check[]> {
  const { units, port } = what
  return [
    node(),
    platform(),
    core(),
    cores(),
    memory(),
    ...(process.platform === 'linux' ? [watches(), openFiles()] : []),
    folder(),
    ...(units === undefined ? [] : [unitsFolder(units)]),
    ...(port === undefined ? [] : [await portFree(port)]),
  ]
}

const ok = (name: string, found: string): Check => ({ name, verdict: 'ok', found })
const bad = (name: string, verdict: Verdict, found: string, advice: string): Check => {
  return { name, verdict, found, advice }
}

function node(): Check {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)
  const isOld = major < OLDEST_NODE[0] || (major === OLDEST_NODE[0] && minor < OLDEST_NODE[1])
  if (isOld)
    return bad('node', 'failed', process.versions.node, `install Node ${OLDEST_NODE.join('.')} or later`)
  return ok('node', process.versions.node)
}

function platform(): Check {
  const found = `${process.platform}-${process.arch}`
  const isKnown = /^(?:linux-(?:x64|arm64)|darwin-arm64)$/.test(found)
  if (isKnown) return ok('platform', found)
  return bad(
    'platform',
    'warning',
    found,
    'nobody tests tickswap here; linux and macOS on arm64, and linux on x64, are tested',
  )
}

function core(): Check {
  try {
    return ok('native core', addon().implementation())
  } catch (error) {
    if (!(error instanceof TickswapError)) throw error
    return bad('native core', 'failed', error.finding.message, error.finding.advice)
  }
}

/** One core for the control thread beside those that tick. */
function cores(): Check {
  const count = availableParallelism()
  if (count >= 2) return ok('cores', String(count))
  return bad(
    'cores',
    'warning',
    String(count),
    'staging a swap competes with the ticks: give the process two cores',
  )
}

function memory(): Check {
  const found = `${Math.round(freemem() / MB)} of ${Math.round(totalmem() / MB)} MB free`
  if (freemem() >= ENOUGH_BYTES) return ok('memory', found)
  return bad(
    'memory',
    'warning',
    found,
    'a swap holds state twice and a candidate beside what runs: free some memory',
  )
}

function watches(): Check {
  const limit = number('/proc/sys/fs/inotify/max_user_watches')
  if (limit === undefined || limit >= ENOUGH_WATCHES) return ok('file watches', String(limit ?? 'unknown'))
  const advice = `raise fs.inotify.max_user_watches to ${ENOUGH_WATCHES} or more (sysctl); beyond it edits are found by polling`
  return bad('file watches', 'warning', String(limit), advice)
}

function openFiles(): Check {
  const limits = readFileSync('/proc/self/limits', 'utf8')
  const text = limits.match(/^Max open files\s+(\S+)/m)?.[1] ?? 'unlimited'
  if (text === 'unlimited' || Number(text) >= ENOUGH_FILES) return ok('open files', text)
  return bad('open files', 'warning', text, `raise it with ulimit -n ${ENOUGH_FILES}`)
}

/** Where the socket and the store go. */
function folder(): Check {
  const place = resolve('.')
  try {
    rmdirSync(mkdtempSync(join(place, '.tickswap-doctor-')))
    return ok('working folder', place)
  } catch (error) {
    return bad(
      'working folder',
      'warning',
      `${place}: ${(error as Error).message}`,
      'name a folder that can be written to, with the options socket and store',
    )
  }
}

function unitsFolder(units: string): Check {
  const place = resolve(units)
  try {
    if (!statSync(place).isDirectory())
      return bad('units', 'failed', `${place} is no folder`, 'name the folder of the units')
    accessSync(place, constants.R_OK | constants.X_OK)
    return ok('units', place)
  } catch (error) {
    return bad('units', 'failed', (error as Error).message, 'name a folder that exists and can be read')
  }
}

async function portFree(text: string): Promise<Check> {
  const port = Number(text)
  if (!Number.isInteger(port) || port < 1 || port > 65535)
    return bad('port', 'failed', text, 'name a port from 1 to 65535')
  const server = createServer()
  try {
    await new Promise<void>((done, fail) => server.once('error', fail).listen(port, '127.0.0.1', done))
    return ok('port', `${port} is free`)
  } catch (error) {
    return bad('port', 'failed', (error as Error).message, 'choose another port, or end what listens there')
  } finally {
    server.close()
  }
}

function number(file: string): number | undefined {
  try {
    return Number(readFileSync(file, 'utf8'))
  } catch {
    return undefined
  }
}
