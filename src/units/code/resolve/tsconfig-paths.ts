import { realpathSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import type { Request } from '../artifact.ts'
import { isFile } from './package-json.ts'
import { readTsconfig } from './tsconfig.ts'

interface PathMap {
  /** folder that targets are relative to */
  readonly base: string
  readonly paths: Readonly<Record<string, readonly string[]>>
}

/** `compilerOptions.paths` of the nearest tsconfig.json, with `extends`. */
export class TsconfigPaths {
  readonly #byFolder = new Map<string, PathMap | undefined>()

  /** @param existing the file that a path stands for, if there is one */
  match(
    specifier: string,
    from: string,
    existing: (path: string) => string | undefined,
  ): Request | undefined {
    const map = this.#mapFor(dirname(from))
    if (!map) return undefined
    for (const [pattern, targets] of Object.entries(map.paths)) {
      const match = matchPattern(pattern, specifier)
      if (match === undefined) continue
      for (const target of targets) {
        const path = resolve(map.base, target.replace('*', match))
        const found = existing(path) ?? withExtension(path)
        if (found) return { specifier, kind: 'hot', id: realpathSync(found) }
      }
    }
    return undefined
  }

  forget(): void {
    this.#byFolder.clear()
  }

  #mapFor(folder: string): PathMap | undefined {
    if (this.#byFolder.has(folder)) return this.#byFolder.get(folder)
    const file = join(folder, 'tsconfig.json')
    const parent = dirname(folder)
    const map = isFile(file) ? readPaths(file) : parent === folder ? undefined : this.#mapFor(parent)
    this.#byFolder.set(folder, map)
    return map
  }
}

function readPaths(file: string): PathMap | undefined {
  const { options, pathsFile } = readTsconfig(file)
  if (!options.paths || !pathsFile) return undefined
  return { base: resolve(dirname(pathsFile), options.baseUrl ?? '.'), paths: options.paths }
}

function matchPattern(pattern: string, specifier: string): string | undefined {
  const star = pattern.indexOf('*')
  if (star < 0) return pattern === specifier ? '' : undefined
  const head = pattern.slice(0, star)
  const tail = pattern.slice(star + 1)
  if (specifier.length < head.length + tail.length) return undefined
  if (!specifier.startsWith(head) || !specifier.endsWith(tail)) return undefined
  return specifier.slice(head.length, specifier.length - tail.length)
}

function withExtension(path: string): string | undefined {
  return ['.ts', '.tsx', '.mts', '.js', '.mjs', '.json', '/index.ts', '/index.js']
    .map((extension) => path + extension)
    .find(isFile)
}
