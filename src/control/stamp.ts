import { hash } from 'node:crypto'
import { readFileSync, type Stats, statSync } from 'node:fs'

/**
 * How a file looked. Two writes within one turn of the kernel's coarse clock leave the same times, so a
 * stamp taken that close to the last write is `racy`: it cannot prove by itself that nothing changed since.
 * Where events come, one that names the file settles it; while polling, a digest of the content does.
 */
export interface Stamp {
  readonly ino: number
  readonly dev: number
  readonly size: number
  readonly mtimeMs: number
  readonly ctimeMs: number
  readonly racy: boolean
  readonly digest?: string | undefined
}

export type Seen =
  | { readonly kind: 'file'; readonly stats: Stats }
  | { readonly kind: 'folder'; readonly stats: Stats }
  | { readonly kind: 'gone' }
  | { readonly kind: 'unreadable'; readonly error: NodeJS.ErrnoException }

/** five turns of the slowest kernel clock in use (100 Hz) */
const CLOCK_MS = 50
/** FAT keeps two seconds, old ext3 and HFS+ one */
const COARSE_CLOCK_MS = 2500
/** Larger files have no digest; while racy they count as changed once more. */
const DIGEST_LIMIT_BYTES = 4 << 20

/** Follows symlinks; never throws. Sockets, pipes and devices are `gone`. */
export function look(path: string): Seen {
  try {
    const stats = statSync(path, { throwIfNoEntry: false })
    if (stats?.isFile()) return { kind: 'file', stats }
    if (stats?.isDirectory()) return { kind: 'folder', stats }
    return { kind: 'gone' }
  } catch (cause) {
    const error = cause as NodeJS.ErrnoException
    return isAbsence(error) ? { kind: 'gone' } : { kind: 'unreadable', error }
  }
}

export function isAbsence(error: NodeJS.ErrnoException): boolean {
  return error.code === 'ENOENT' || error.code === 'ENOTDIR' || error.code === 'ELOOP'
}

export function stampOf(stats: Stats): Stamp {
  const { ino, dev, size, mtimeMs, ctimeMs } = stats
  const clockMs = ctimeMs % 1000 === 0 ? COARSE_CLOCK_MS : CLOCK_MS
  return { ino, dev, size, mtimeMs, ctimeMs, racy: Date.now() - ctimeMs < clockMs }
}

/** The content is read after the times, so a write in between shows in the times that are read next. */
export function stampWithDigest(path: string, stats: Stats): Stamp {
  const stamp = stampOf(stats)
  return stamp.racy ? { ...stamp, digest: digestOf(path, stats.size) } : stamp
}

export function sameStamp(stamp: Stamp, stats: Stats): boolean {
  return (
    stamp.mtimeMs === stats.mtimeMs &&
    stamp.ctimeMs === stats.ctimeMs &&
    stamp.size === stats.size &&
    stamp.ino === stats.ino &&
    stamp.dev === stats.dev
  )
}

/** Whether the content is still the one of the stamp; not if there is no digest to tell by. */
export function sameDigest(path: string, stamp: Stamp): boolean {
  return stamp.digest !== undefined && stamp.digest === digestOf(path, stamp.size)
}

function digestOf(path: string, size: number): string | undefined {
  if (size > DIGEST_LIMIT_BYTES) return undefined
  try {
    return hash('sha1', readFileSync(path))
  } catch {
    return undefined
  }
}
