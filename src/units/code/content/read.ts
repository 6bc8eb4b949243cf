import { closeSync, constants, fstatSync, openSync, readFileSync } from 'node:fs'
import { extname } from 'node:path'
import { TickswapError } from '../../../errors.ts'
import { isFile, type PackageJsons } from '../resolve/package-json.ts'
import { ResolveError } from '../resolve/resolve-error.ts'
import { compileAll, compileSyntax, type JsxOptions } from '../transform/fallback.ts'
import { parseText } from '../transform/parse.ts'
import type { RecentSources } from '../transform/recent.ts'
import type { Compiled } from '../transform/relayout.ts'
import { stripTypes, UnsupportedByStripping } from '../transform/strip.ts'
import { commonJsContent } from './commonjs.ts'
import type { Content } from './content.ts'
import { scriptContent } from './script.ts'
import { bytesContent, jsonContent, rawContent, wasmContent } from './values.ts'

/** Opening a pipe that nobody writes to would otherwise wait for somebody who does. */
const OPEN_FLAGS = constants.O_RDONLY | (constants.O_NONBLOCK ?? 0)

/** Reads a file. @throws TickswapError TICKSWAP_E_FILE_MISSING, TICKSWAP_E_FILE_KIND */
export function readSource(id: string): Uint8Array {
  const file = fileOf(id)
  let opened: number | undefined
  try {
    opened = openSync(file, OPEN_FLAGS)
    const stats = fstatSync(opened)
    if (stats.isFile()) return readFileSync(opened)
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException
    const message = `the file cannot be read${code === undefined || code === 'ENOENT' ? '' : `: ${code}`}`
    throw new TickswapError('TICKSWAP_E_FILE_MISSING', message, { file }, { cause })
  } finally {
    if (opened !== undefined) closeSync(opened)
  }
  throw new TickswapError('TICKSWAP_E_FILE_KIND', 'this is a pipe, a device or a folder', { file })
}

/** The file of a module id, which is a path with the query and the fragment it was imported with. */
export function fileOf(id: string): string {
  if (!/[?#]/.test(id)) return id
  // Folders may be named C#: the first part that is a file is it.
  for (const { index } of id.matchAll(/[?#]/g)) if (isFile(id.slice(0, index))) return id.slice(0, index)
  const name = id.lastIndexOf('/') + 1
  const end = id.slice(name).search(/[?#]/)
  return end < 0 || isFile(id) ? id : id.slice(0, name + end)
}

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
  const message = `files of the type '${extension}' cannot be imported`
  throw new ResolveError('ERR_UNKNOWN_FILE_EXTENSION', message, { file })
}

function scriptOf(file: string, extension: string, source: string, context: ReadContext): Content {
  const typed = TYPESCRIPT.has(extension)
  const known = context.recent.edited(file, source, typed)
  const { code, lead, inPlace } = known
    ? { code: known.text, lead: 0, inPlace: true }
    : toJavaScript(file, extension, source, context.jsx)
  if (extension === '.cjs' || extension === '.cts') return commonJsContent(file, code)
  const { type } = context.packages.scopeOf(file) ?? {}
  if (extension === '.js' && type === 'commonjs') return commonJsContent(file, code)
  const certain = extension === '.mjs' || extension === '.mts' || type === 'module'
  try {
    const text = known ?? parseText(inPlace ? source : code, code, typed)
    if (typed && text.hasDecorators) return decorated(file, source, context.jsx)
    if (certain || text.hasModuleSyntax || (typed && !looksLikeCommonJs(code))) {
      if (inPlace) context.recent.keep(file, text)
      return scriptContent(text, { file, source, lead, selfContained: inPlace })
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
    return {
      ...(compileSyntax(extension === '.cts' ? source : withRequire(source)) ??
        compileAll(file, source, jsx)),
      inPlace: false,
    }
  }
}

function decorated(file: string, source: string, jsx: JsxOptions | undefined): Content {
  const { code, lead } = compileAll(file, source, jsx)
  return scriptContent(parseText(code, code, true), { file, source, lead, selfContained: false })
}

const IMPORT_EQUALS = /^(\s*(?:export\s+)?)import(\s+[\p{ID_Continue}$]+\s*=\s*)require(?=\s*\()/gmu

/** `import x = require('y')` of an ES module, as TypeScript compiles it. */
const withRequire = (source: string): string =>
  source.replace(
    IMPORT_EQUALS,
    "$1const$2process.getBuiltinModule('node:module').createRequire(import.meta.url)",
  )

const looksLikeCommonJs = (code: string): boolean => /\b(?:module\.exports|exports\.|require\s*\()/.test(code)
