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

/** tsconfig.json files by folder, read once; `forget` when one of them may have changed. */
export class Tsconfigs {
  readonly #known = new Map<string, CompilerOptions>()

  /** The options of the nearest tsconfig.json above a file. */
  optionsFor(file: string): CompilerOptions {
    return this.#optionsIn(dirname(file))
  }

  forget(): void {
    this.#known.clear()
  }

  #optionsIn(folder: string): CompilerOptions {
    const known = this.#known.get(folder)
    if (known) return known
    const file = join(folder, 'tsconfig.json')
    const parent = dirname(folder)
    const options = isFile(file)
      ? readTsconfig(file).options
      : parent === folder
        ? {}
        : this.#optionsIn(parent)
    this.#known.set(folder, options)
    return options
  }
}

/** Whether imports of nothing but types are kept, for what their modules do. */
export const keepsImports = ({ verbatimModuleSyntax, preserveValueImports }: CompilerOptions): boolean =>
  verbatimModuleSyntax === true || preserveValueImports === true

const BEFORE_FIELDS = /^es(?:3|5|6|20(?:1\d|2[01]))$/i

/** Whether fields of classes are assigned in the constructor, as before there were fields. */
export function assignsFields({ useDefineForClassFields: defines, target }: CompilerOptions): boolean {
  return defines === undefined ? BEFORE_FIELDS.test(String(target)) : defines === false
}

/** What of tsconfig.json the text of a module depends on that needs no compiler. */
export const settingsOf = (options: CompilerOptions): string =>
  [keepsImports(options) && 'keepsImports', assignsFields(options) && 'assignsFields']
    .filter(Boolean)
    .join(' ')

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
