import { readFileSync, type Stats, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { ResolveError } from './resolve-error.ts'

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
  } catch (cause) {
    const message = `${file} is not JSON: ${(cause as Error).message}`
    throw new ResolveError('ERR_INVALID_PACKAGE_CONFIG', message, { file })
  }
}

export const isFile = (path: string): boolean => stats(path)?.isFile() === true

export const isFolder = (path: string): boolean => stats(path)?.isDirectory() === true

/** Of a path through a file, and of one that nobody may look at, there is nothing to be had. */
function stats(path: string): Stats | undefined {
  try {
    return statSync(path, { throwIfNoEntry: false })
  } catch {
    return undefined
  }
}
