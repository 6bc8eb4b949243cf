import { readFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { isFile } from './package-json.ts'

export interface CompilerOptions {
  readonly baseUrl?: string
  readonly paths?: Readonly<Record<string, readonly string[]>>
  readonly [option: string]: unknown
}

interface Tsconfig {
  readonly extends?: string | readonly string[]
  readonly compilerOptions?: CompilerOptions
}

const EXTENDS_LIMIT = 16

/** `compilerOptions` of a tsconfig.json with what it extends, and the file that `paths` stands in. */
export function readTsconfig(file: string, depth = 0): { options: CompilerOptions; pathsFile?: string } {
  const config = readJsonc(file)
  let result: { options: CompilerOptions; pathsFile?: string } = { options: {} }
  for (const parent of depth < EXTENDS_LIMIT ? [config?.extends ?? []].flat() : []) {
    const path = resolve(dirname(file), parent.endsWith('.json') ? parent : `${parent}.json`)
    if (!isFile(path)) continue
    const inherited = readTsconfig(path, depth + 1)
    result = { ...result, ...inherited, options: { ...result.options, ...inherited.options } }
  }
  const own = config?.compilerOptions ?? {}
  return { ...result, options: { ...result.options, ...own }, ...(own.paths && { pathsFile: file }) }
}

/** The options of the nearest tsconfig.json above a folder. */
export function compilerOptionsFor(folder: string): CompilerOptions {
  for (let at = folder; ; at = dirname(at)) {
    const file = join(at, 'tsconfig.json')
    if (isFile(file)) return readTsconfig(file).options
    if (at === dirname(at)) return {}
  }
}

/** JSON with comments and trailing commas. */
function readJsonc(file: string): Tsconfig | undefined {
  const text = readFileSync(file, 'utf8').replace(/^\ufeff/, '')
  const plain = text
    .replace(/("(?:[^"\\]|\\.)*")|\/\/[^\n]*|\/\*[\s\S]*?\*\//g, (_, string) => string ?? '')
    .replace(/("(?:[^"\\]|\\.)*")|,(?=\s*[}\]])/g, (_, string) => string ?? '')
  try {
    return JSON.parse(plain)
  } catch {
    return undefined
  }
}
