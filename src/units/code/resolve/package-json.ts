import { readFileSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'

export interface PackageJson {
  readonly folder: string
  readonly name?: string
  readonly type?: string
  readonly main?: string
  readonly exports?: unknown
  readonly imports?: unknown
}

/** package.json files by folder, read once; `forget` when one of them changed. */
export class PackageJsons {
  readonly #known = new Map<string, PackageJson | undefined>()

  read(folder: string): PackageJson | undefined {
    if (!this.#known.has(folder)) this.#known.set(folder, load(folder))
    return this.#known.get(folder)
  }

  /** The package that a file belongs to. */
  scopeOf(file: string): PackageJson | undefined {
    for (let folder = dirname(file); ; folder = dirname(folder)) {
      if (folder.endsWith('/node_modules')) return undefined
      const found = this.read(folder)
      if (found || folder === dirname(folder)) return found
    }
  }

  forget(): void {
    this.#known.clear()
  }
}

function load(folder: string): PackageJson | undefined {
  const file = join(folder, 'package.json')
  if (!isFile(file)) return undefined
  try {
    return { ...JSON.parse(readFileSync(file, 'utf8')), folder }
  } catch {
    return undefined
  }
}

export function isFile(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFile() === true
}

export function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true
}
