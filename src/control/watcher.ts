import type { Stats } from 'node:fs'
import { resolve } from 'node:path'
import type { Finding } from '../errors.ts'
import { Folders } from './folders.ts'
import { Quiet } from './quiet.ts'
import { look, type Seen, type Stamp, sameStamp, stampOf, stampWithDigest } from './stamp.ts'

/** Files of one burst of edits, absolute, sorted, each in one list only. */
export interface WatchBatch {
  readonly changed: readonly string[]
  /** gone, and not back within the grace of 100 ms */
  readonly removed: readonly string[]
  /** emptied, and not filled within the grace */
  readonly empty: readonly string[]
  /** epoch milliseconds of the first sign: performance.timeOrigin + performance.now() */
  readonly at: number
}

export interface WatcherOptions {
  /** Watched with all folders below them, except `node_modules` and those whose name starts with a dot. */
  readonly directories: readonly string[]
  /** which files count; all by default. Hidden files and editors' leftovers never do. */
  readonly filter?: (file: string) => boolean
  readonly onBatch: (batch: WatchBatch) => void
  /**
   * The only file of a burst so far, in the time until it is known that there is no more: what it says may be
   * half of what is being written, and there may be no report of it.
   */
  readonly onFirst?: (file: string) => void
  /** TICKSWAP_E_WATCH for a path that cannot be read, TICKSWAP_E_WATCH_POLLING when watches run out */
  readonly onWarning?: (finding: Finding) => void
  /** look at all files every so many milliseconds (true: 100) instead of asking the system for events */
  readonly poll?: boolean | number
}

/** From the last sign of a single file to its report; two files that one script writes must be one batch. */
const QUIET_MS = 0.8
/** What a burst of many files waits for at most after each sign. */
const QUIET_LIMIT_MS = 25
const POLLING_QUIET_MS = 10
/** A burst that follows another this soon is taken for more of it, and starts with its patience. */
const ECHO_MS = 30
/** Endless writing is reported this often. */
const BURST_LIMIT_MS = 300
/** How long a commit waits for files that have just been written to be still. */
const STILL_LIMIT_MS = 8
/** How long a file may be empty or gone before it is reported so: a machine under load may take this long to write. */
const GRACE_MS = 250
/** How long the rest of a burst waits for such files. */
const HOLD_LIMIT_MS = 500
/** After a burst all is looked at once more: events may have been lost, and stamps were racy. */
const RESCAN_AFTER_BURST_MS = 60
const RESCAN_MS = 1000
const POLL_MS = 100
/** Looking at all files takes at most this share of the thread. */
const RESCAN_SHARE = 0.02
const POLL_SHARE = 0.1

interface Pending {
  kind: 'changed' | 'empty' | 'gone'
  /** since when it is empty or gone, performance.now() */
  since: number
  /** an event came while the stamp could not tell versions apart */
  touched: boolean
  /** the state to remember once it is reported: the one its reader finds then, or an older one */
  stamp: Stamp | undefined
}

/**
 * Reports bursts of edits below folders. The last write always wins: after the last write to a file there is
 * a report of it, whatever was reported before. It holds because every file is compared with its state as
 * last reported: after each event, after each burst, and every second in case events were lost.
 *
 * Everything is synchronous file system work and short futex sleeps; meant for a thread of its own. Paths are
 * reported as the caller named the folder (made absolute, symlinks not resolved), so one file reached through
 * two names is reported under both. A file that is itself a symlink out of the folder is followed, but an
 * edit of its target is only found by the next look at all files.
 */
export class Watcher {
  readonly #options: WatcherOptions
  readonly #folders: Folders
  readonly #quiet = new Quiet(() => this.#settle())
  readonly #signs = new Set<string>()
  readonly #pending = new Map<string, Pending>()
  readonly #pollMs: number
  #rescanTimer: NodeJS.Timeout | undefined
  #firstSign = Infinity
  #lastReport = -Infinity
  #lastSize = 0
  #closed = false

  constructor(options: WatcherOptions) {
    this.#options = options
    this.#pollMs = typeof options.poll === 'number' ? options.poll : POLL_MS
    this.#folders = new Folders({
      filter: options.filter ?? (() => true),
      polling: Boolean(options.poll),
      onSign: (path) => this.#sign(path),
      onPolling: () => this.#scheduleRescan(this.#pollMs),
      onWarning: (warning) => queueMicrotask(() => options.onWarning?.(warning)),
    })
    this.add(options.directories)
    this.#scheduleRescan(this.#folders.polling ? this.#pollMs : RESCAN_AFTER_BURST_MS)
  }

  /** Resolves once edits are seen. (They are from the constructor on; this is for callers across threads.) */
  ready(): Promise<void> {
    return Promise.resolve()
  }

  /** Watches more folders. What is in them now is not reported, only what changes from here on. */
  add(directories: readonly string[]): void {
    for (const directory of directories) {
      for (const file of this.#folders.add(resolve(directory))) {
        const seen = look(file)
        if (seen.kind === 'file') this.#folders.learn(file, this.#stampOf(file, seen.stats))
      }
    }
  }

  get mode(): 'notify' | 'polling' {
    return this.#folders.polling ? 'polling' : 'notify'
  }

  /** Resolves when nothing is under way that a burst may bring, or after a few milliseconds. */
  async still(): Promise<void> {
    const end = performance.now() + STILL_LIMIT_MS
    do await new Promise((turned) => setImmediate(turned))
    while (this.#signs.size > 0 && !this.#closed && performance.now() < end)
  }

  /** Nothing is reported afterwards, not even a burst under way. */
  close(): Promise<void> {
    this.#closed = true
    this.#quiet.stop()
    clearTimeout(this.#rescanTimer)
    this.#folders.close()
    return Promise.resolve()
  }

  #sign(path: string): void {
    if (this.#closed) return
    const now = performance.now()
    this.#firstSign = Math.min(this.#firstSign, now)
    this.#signs.add(path)
    const isEcho = now - this.#lastReport < ECHO_MS
    const size = this.#signs.size + this.#pending.size + (isEcho ? this.#lastSize : 0)
    const quietMs = this.#folders.polling ? POLLING_QUIET_MS : Math.min(QUIET_LIMIT_MS, QUIET_MS * size)
    const { onFirst } = this.#options
    const isFirst = size === 1 && !this.#folders.polling
    this.#quiet.until(
      Math.min(now + quietMs, this.#firstSign + BURST_LIMIT_MS),
      isFirst && onFirst ? () => onFirst(path) : undefined,
    )
  }

  #settle(): void {
    const isNews = this.#folders.polling && this.#signsOfPolling()
    if (isNews && performance.now() - this.#firstSign < BURST_LIMIT_MS) return
    const suspects = new Set([...this.#signs].flatMap((path) => this.#folders.survey(path)))
    this.#signs.clear()
    for (const file of suspects) this.#judge(file, true)
    for (const file of this.#pending.keys()) if (!suspects.has(file)) this.#judge(file, false)
    const wakeAt = this.#wakeAt()
    const isHeld = wakeAt && performance.now() - this.#firstSign < HOLD_LIMIT_MS
    if (!isHeld) this.#report()
    if (wakeAt && !this.#closed) this.#quiet.until(wakeAt)
  }

  /** While polling, the rest of a burst shows only when one looks again. */
  #signsOfPolling(): boolean {
    const news = this.#folders.rescan().filter((file) => !this.#signs.has(file) && !this.#pending.has(file))
    for (const file of news) this.#sign(file)
    return news.length > 0
  }

  /** Compares a file on disk with its state as last reported, and notes what there is to report. */
  #judge(file: string, isSigned: boolean): void {
    const seen = look(file)
    if (seen.kind === 'unreadable') return
    const known = this.#folders.known(file)
    const before = this.#pending.get(file)
    const touched = before?.touched || (isSigned && known?.racy === true)
    const kind = kindOf(seen, known, touched)
    const stamp =
      seen.kind === 'file' && (kind || seen.stats.size === 0) ? this.#stampOf(file, seen.stats) : undefined
    if (kind) {
      const since = before?.kind === kind ? before.since : performance.now()
      this.#pending.set(file, { kind, since, touched, stamp })
      return
    }
    this.#pending.delete(file)
    // Empty before and empty now: no news, but its new times must not raise suspicion again and again.
    if (stamp) this.#folders.learn(file, stamp)
  }

  #stampOf(file: string, stats: Stats): Stamp {
    return this.#folders.polling ? stampWithDigest(file, stats) : stampOf(stats)
  }

  /** When the first of the files that are empty or gone runs out of grace; undefined if none waits. */
  #wakeAt(): number | undefined {
    const waiting = [...this.#pending.values()].filter((pending) => !isRipe(pending))
    return waiting.length > 0 ? Math.min(...waiting.map(({ since }) => since + GRACE_MS)) : undefined
  }

  #report(): void {
    const lists: Record<Pending['kind'], string[]> = { changed: [], gone: [], empty: [] }
    for (const [file, pending] of this.#pending) {
      if (!isRipe(pending)) continue
      this.#pending.delete(file)
      this.#folders.learn(file, pending.stamp)
      lists[pending.kind].push(file)
    }
    const at = performance.timeOrigin + this.#firstSign
    this.#firstSign = Math.min(...[...this.#pending.values()].map(({ since }) => since), Infinity)
    const size = lists.changed.length + lists.gone.length + lists.empty.length
    if (size === 0) return
    this.#lastReport = performance.now()
    this.#lastSize = size
    this.#scheduleRescan(this.#folders.polling ? this.#pollMs : RESCAN_AFTER_BURST_MS)
    for (const list of Object.values(lists)) list.sort()
    this.#options.onBatch({ changed: lists.changed, removed: lists.gone, empty: lists.empty, at })
  }

  #scheduleRescan(delayMs: number): void {
    clearTimeout(this.#rescanTimer)
    if (this.#closed) return
    // By way of an immediate: events that are waiting are taken before stamps are confirmed.
    this.#rescanTimer = setTimeout(() => setImmediate(() => this.#rescan()), delayMs)
    if (!this.#folders.polling) this.#rescanTimer.unref()
  }

  #rescan(): void {
    if (this.#closed) return
    const start = performance.now()
    for (const file of this.#folders.rescan()) if (!this.#pending.has(file)) this.#sign(file)
    const tookMs = performance.now() - start
    const polling = this.#folders.polling
    this.#scheduleRescan(
      polling ? Math.max(this.#pollMs, tookMs / POLL_SHARE) : Math.max(RESCAN_MS, tookMs / RESCAN_SHARE),
    )
  }
}

function isRipe({ kind, since }: Pending): boolean {
  return kind === 'changed' || performance.now() - since >= GRACE_MS
}

/** What to report of a file; nothing if it is as last reported. */
function kindOf(seen: Seen, known: Stamp | undefined, touched: boolean): Pending['kind'] | undefined {
  if (seen.kind !== 'file') return known && 'gone'
  if (seen.stats.size === 0) return known?.size === 0 ? undefined : 'empty'
  return known && !touched && sameStamp(known, seen.stats) ? undefined : 'changed'
}
