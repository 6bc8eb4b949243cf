import { type FSWatcher, readdirSync, watch } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { type Finding, finding } from '../errors.ts'
import { isIgnoredName } from './names.ts'
import { isAbsence, look, type Stamp, sameDigest, sameStamp, stampOf } from './stamp.ts'

interface Folder {
  readonly path: string
  readonly parent: Folder | undefined
  /** by name, as last reported */
  readonly files: Map<string, Stamp>
  readonly folders: Map<string, Folder>
  /** what is on disk under the path; empty while nothing is */
  identity: string
  watcher: FSWatcher | undefined
}

export interface FoldersOptions {
  readonly filter: (file: string) => boolean
  /** something happened at this path, a file's or a folder's */
  readonly onSign: (path: string) => void
  readonly onWarning: (finding: Finding) => void
  /** the system gives no more watches: from now on only `survey` and `rescan` find edits */
  readonly onPolling: () => void
  readonly polling: boolean
}

/**
 * The watched folders, each with its own `fs.watch` and the stamps of its files as last reported. A folder
 * is watched before it is read, so that nothing falls between the two, and is known by its identity on disk:
 * one that was renamed away and back, or a symlink that points elsewhere now, gets a new watch. Paths are
 * the caller's; symlinks are followed, never resolved.
 */
export class Folders {
  readonly #options: FoldersOptions
  readonly #roots = new Set<string>()
  readonly #folders = new Map<string, Folder>()
  /** watches on the parents of roots, which see a root renamed or a symlinked one switched */
  readonly #anchors = new Map<string, FSWatcher>()
  readonly #warned = new Set<string>()
  #polling: boolean

  constructor(options: FoldersOptions) {
    this.#options = options
    this.#polling = options.polling
  }

  get polling(): boolean {
    return this.#polling
  }

  /** @returns the files found, for the caller to `learn`: what is there now is no news */
  add(path: string): string[] {
    if (this.#folders.has(path)) return []
    this.#roots.add(path)
    this.#anchor(dirname(path))
    const root = this.#create(path, undefined)
    if (look(path).kind !== 'folder') this.#warn(path, 'there is no such folder')
    return this.#suspects(root)
  }

  /** The files anywhere that may differ from what is known. */
  rescan(): string[] {
    return [...this.#roots].flatMap((root) => this.survey(root))
  }

  /**
   * The same for one path: a folder with all below it, or a file, which is always suspect. Folders that
   * appeared are taken in.
   */
  survey(path: string): string[] {
    const folder = this.#folders.get(path)
    if (folder) return this.#suspects(folder)
    const parent = this.#folders.get(dirname(path))
    if (!parent || isIgnoredName(basename(path))) return []
    const suspects = this.#options.filter(path) ? [path] : []
    if (look(path).kind === 'folder') this.#adopt(parent, path, suspects)
    return suspects
  }

  known(file: string): Stamp | undefined {
    return this.#folders.get(dirname(file))?.files.get(basename(file))
  }

  learn(file: string, stamp: Stamp | undefined): void {
    const files = this.#folders.get(dirname(file))?.files
    if (stamp) files?.set(basename(file), stamp)
    else files?.delete(basename(file))
  }

  close(): void {
    this.#unwatchAll()
    this.#folders.clear()
    this.#roots.clear()
  }

  #create(path: string, parent: Folder | undefined): Folder {
    const folder: Folder = {
      path,
      parent,
      files: new Map(),
      folders: new Map(),
      identity: '',
      watcher: undefined,
    }
    this.#folders.set(path, folder)
    parent?.folders.set(basename(path), folder)
    return folder
  }

  #suspects(folder: Folder): string[] {
    const suspects: string[] = []
    this.#visit(folder, suspects)
    return suspects
  }

  #visit(folder: Folder, suspects: string[]): void {
    const isSeamless = this.#open(folder)
    const names = new Set([...this.#list(folder), ...folder.files.keys(), ...folder.folders.keys()])
    for (const name of names) this.#visitName(folder, name, isSeamless, suspects)
    const isLeft = !folder.identity && folder.files.size === 0 && folder.folders.size === 0
    if (isLeft && folder.parent) {
      folder.parent.folders.delete(basename(folder.path))
      this.#folders.delete(folder.path)
    }
  }

  #visitName(folder: Folder, name: string, isSeamless: boolean, suspects: string[]): void {
    const path = join(folder.path, name)
    const below = folder.folders.get(name)
    if (below) {
      this.#visit(below, suspects)
      return
    }
    const stamp = folder.files.get(name)
    const seen = look(path)
    if (seen.kind === 'unreadable') this.#warn(path, seen.error.message)
    if (seen.kind === 'folder') this.#adopt(folder, path, suspects)
    if (seen.kind === 'file' && this.#options.filter(path)) {
      if (!stamp || !sameStamp(stamp, seen.stats)) suspects.push(path)
      else if (stamp.racy) this.#confirm(folder, path, stamp, stampOf(seen.stats), isSeamless, suspects)
    } else if (stamp && seen.kind !== 'unreadable') {
      suspects.push(path)
    }
  }

  /** Times and size of a racy stamp are unchanged: had there been a write, an event would have told. */
  #confirm(
    folder: Folder,
    path: string,
    stamp: Stamp,
    fresh: Stamp,
    isSeamless: boolean,
    suspects: string[],
  ): void {
    const isSame = isSeamless || sameDigest(path, stamp)
    if (isSame) folder.files.set(basename(path), { ...stamp, racy: fresh.racy })
    else suspects.push(path)
  }

  #adopt(parent: Folder, path: string, suspects: string[]): void {
    if (!isAbove(parent, identityOf(path))) this.#visit(this.#create(path, parent), suspects)
  }

  /**
   * Sees to it that the folder on disk is the one that is watched.
   * @returns whether it has been all the time since the last visit
   */
  #open(folder: Folder): boolean {
    const identity = identityOf(folder.path)
    if (identity !== folder.identity) unwatch(folder)
    folder.identity = identity
    if (!identity || this.#polling) return false
    if (folder.watcher) return true
    folder.watcher = this.#watch(folder.path, (event, name) => this.#onEvent(folder, event, name))
    return false
  }

  #list(folder: Folder): string[] {
    if (!folder.identity) return []
    try {
      return readdirSync(folder.path).filter((name) => !isIgnoredName(name))
    } catch (cause) {
      const error = cause as NodeJS.ErrnoException
      if (!isAbsence(error)) this.#warn(folder.path, error.message)
      return []
    }
  }

  #onEvent(folder: Folder, event: string, name: string | null): void {
    // The folder itself was moved or deleted, perhaps to come back with the same inode: its watch is stale.
    if (event === 'rename' && name === basename(folder.path)) unwatch(folder)
    // `..data` is how Kubernetes switches all files of a mounted folder at once.
    const isWhole = name === null || name === basename(folder.path) || name.startsWith('..')
    if (isWhole) this.#options.onSign(folder.path)
    if (name === null || isIgnoredName(name)) return
    const path = join(folder.path, name)
    // Only a 'rename' can be a folder that appeared; mere writes to a file that does not count are no sign.
    if (event === 'rename' || this.#options.filter(path)) this.#options.onSign(path)
  }

  #anchor(parent: string): void {
    if (this.#polling || this.#anchors.has(parent)) return
    const watcher = this.#watch(parent, (_event, name) => {
      const path = join(parent, name ?? '')
      if (this.#roots.has(path)) this.#options.onSign(path)
    })
    if (watcher) this.#anchors.set(parent, watcher)
  }

  #watch(path: string, onEvent: (event: string, name: string | null) => void): FSWatcher | undefined {
    try {
      const watcher = watch(path, onEvent)
      watcher.on('error', (error) => {
        const folder = this.#folders.get(path)
        if (folder?.watcher === watcher) unwatch(folder)
        else watcher.close()
        this.#cannotWatch(path, error)
      })
      return watcher
    } catch (error) {
      this.#cannotWatch(path, error as NodeJS.ErrnoException)
      return undefined
    }
  }

  #cannotWatch(path: string, error: NodeJS.ErrnoException): void {
    if (this.#polling || isAbsence(error)) return
    if (error.code === 'EACCES' || error.code === 'EPERM') {
      if (this.#folders.has(path)) this.#warn(path, error.message)
      return
    }
    this.#polling = true
    this.#unwatchAll()
    const message = `the system gives no more file watches (${error.code ?? error.message}); polling instead`
    this.#options.onWarning(finding('TICKSWAP_E_WATCH_POLLING', message, { severity: 'warning', file: path }))
    this.#options.onPolling()
  }

  #unwatchAll(): void {
    for (const watcher of this.#anchors.values()) watcher.close()
    this.#anchors.clear()
    for (const folder of this.#folders.values()) unwatch(folder)
  }

  #warn(path: string, message: string): void {
    if (this.#warned.has(path)) return
    this.#warned.add(path)
    this.#options.onWarning(finding('TICKSWAP_E_WATCH', message, { severity: 'warning', file: path }))
  }
}

function unwatch(folder: Folder): void {
  folder.watcher?.close()
  folder.watcher = undefined
}

/** Inode numbers are used again soon, so the time of birth belongs to it; empty if there is no folder. */
function identityOf(path: string): string {
  const seen = look(path)
  return seen.kind === 'folder' ? `${seen.stats.dev}:${seen.stats.ino}:${seen.stats.birthtimeMs}` : ''
}

/** Whether a folder is its own ancestor by way of a symlink. */
function isAbove(folder: Folder | undefined, identity: string): boolean {
  for (let above = folder; above; above = above.parent) if (above.identity === identity) return true
  return false
}
