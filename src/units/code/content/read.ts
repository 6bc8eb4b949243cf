import { readFileSync } from 'node:fs'
import { extname } from 'node:path'
import { TickswapError } from '../../../errors.ts'
import type { PackageJsons } from '../resolve/package-json.ts'
import { compileAll, compileSyntax, type JsxOptions } from '../transform/fallback.ts'
import { parseText } from '../transform/parse.ts'
import type { RecentSources } from '../transform/recent.ts'
import type { Compiled } from '../transform/relayout.ts'
import { stripTypes, UnsupportedByStripping } from '../transform/strip.ts'
import { commonJsContent } from './commonjs.ts'
import type { Content } from './content.ts'
import { scriptContent } from './script.ts'
import { bytesContent, jsonContent, rawContent, wasmContent } from './values.ts'

/** Reads a file. @throws TickswapError TICKSWAP_E_FILE_MISSING */
export function readSource(id: string): Uint8Array {
  const file = fileOf(id)
  try {
    return readFileSync(file)
  } catch (cause) {
    throw new TickswapError('TICKSWAP_E_FILE_MISSING', 'the file cannot be read', { file }, { cause })
  }
}

/** The file of a module id. */
export const fileOf = (id: string): string => id.replace(/\?(?:raw|bytes)$/, '')

export function decode(bytes: Uint8Array): string {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('utf8')
  return text.charCodeAt(0) === 0xfeff ? text.slice(1) : text
}

const TYPESCRIPT = new Set(['.ts', '.mts', '.cts', '.tsx'])
const SCRIPTS = new Set(['.js', '.mjs', '.cjs', '.jsx', ...TYPESCRIPT])

/** What reading a file needs besides the file. */
export interface ReadContext {
  readonly packages: PackageJsons
  readonly recent: RecentSources
  readonly jsx: JsxOptions | undefined
}

/** @throws SourceError; TickswapError TICKSWAP_E_RESOLVE for a type of file that is no module */
export function contentOf(id: string, bytes: Uint8Array, context: ReadContext): Content {
  const file = fileOf(id)
  if (id.endsWith('?bytes')) return bytesContent(bytes)
  if (id.endsWith('?raw')) return rawContent(decode(bytes))
  const extension = extname(file)
  if (extension === '.json') return jsonContent(decode(bytes))
  if (extension === '.wasm') return wasmContent(bytes)
  if (SCRIPTS.has(extension)) return scriptOf(file, extension, decode(bytes), context)
  throw new TickswapError('TICKSWAP_E_RESOLVE', `files of the type '${extension}' cannot be imported`, {
    file,
  })
}

function scriptOf(file: string, extension: string, source: string, context: ReadContext): Content {
  const typed = TYPESCRIPT.has(extension)
  const known = context.recent.edited(file, source, typed)
  const { code, lead, inPlace } = known
    ? { code: known.text, lead: 0, inPlace: true }
    : toJavaScript(file, extension, source, context.jsx)
  if (extension === '.cjs' || extension === '.cts') return commonJsContent(file, code)
  const certain =
    extension === '.mjs' || extension === '.mts' || context.packages.scopeOf(file)?.type === 'module'
  try {
    const text = known ?? parseText(inPlace ? source : code, code, typed)
    if (typed && text.hasDecorators) return decorated(file, source, context.jsx)
    if (certain || text.hasModuleSyntax || (typed && !looksLikeCommonJs(code))) {
      if (inPlace) context.recent.keep(file, text)
      return scriptContent(text, lead, inPlace)
    }
  } catch (error) {
    if (certain || !looksLikeCommonJs(code)) throw error
  }
  return commonJsContent(file, code)
}

/** JavaScript, and whether every token of it stands where the source has it. */
interface JavaScript extends Compiled {
  readonly inPlace: boolean
}

function toJavaScript(
  file: string,
  extension: string,
  source: string,
  jsx: JsxOptions | undefined,
): JavaScript {
  if (extension.endsWith('x')) return { ...compileAll(file, source, jsx), inPlace: false }
  if (!TYPESCRIPT.has(extension)) return { code: source, lead: 0, inPlace: true }
  try {
    const code = stripTypes(source)
    return { code, lead: 0, inPlace: code.length === source.length }
  } catch (error) {
    if (!(error instanceof UnsupportedByStripping)) throw error
    return { ...(compileSyntax(source) ?? compileAll(file, source, jsx)), inPlace: false }
  }
}

function decorated(file: string, source: string, jsx: JsxOptions | undefined): Content {
  const { code, lead } = compileAll(file, source, jsx)
  return scriptContent(parseText(code, code, true), lead)
}

const looksLikeCommonJs = (code: string): boolean => /\b(?:module\.exports|exports\.|require\s*\()/.test(code)
