import { readFileSync, statSync } from 'node:fs'
import { relative, sep } from 'node:path'
import type { Tree } from '../../units/code/surface/unit-reader.ts'
import { git } from './git.ts'

/** The files on disk, but for those that are given. */
export class DiskTree implements Tree {
  readonly #instead: ReadonlyMap<string, Uint8Array | undefined>

  /** @param instead contents to take instead, by path; undefined for a file that is not to be there */
  constructor(instead: ReadonlyMap<string, Uint8Array | undefined> = new Map()) {
    this.#instead = instead
  }

  read(file: string): Uint8Array | undefined {
    if (this.#instead.has(file)) return this.#instead.get(file)
    if (!statSync(file, { throwIfNoEntry: false })?.isFile()) return undefined
    return readFileSync(file)
  }
}

/** Contents by the name that git gives them: what commits share is read once. */
export type Blobs = Map<string, Uint8Array>

/** The files of one commit. */
export class CommitTree implements Tree {
  readonly #repository: string
  readonly #blobs: Blobs
  /** path in the repository to the name of its content */
  readonly #names = new Map<string, string>()

  constructor(repository: string, commit: string, blobs: Blobs) {
    this.#repository = repository
    this.#blobs = blobs
    const listing = git(repository, ['ls-tree', '-r', '-z', '--full-tree', commit])?.toString() ?? ''
    for (const entry of listing.split('\0')) {
      const [about = '', path = ''] = entry.split('\t')
      const [, type, name = ''] = about.split(' ')
      if (type === 'blob') this.#names.set(path, name)
    }
  }

  read(file: string): Uint8Array | undefined {
    const name = this.#names.get(relative(this.#repository, file).split(sep).join('/'))
    if (name === undefined) return undefined
    const known = this.#blobs.get(name)
    if (known) return known
    const bytes = git(this.#repository, ['cat-file', 'blob', name])
    if (bytes) this.#blobs.set(name, bytes)
    return bytes
  }
}
