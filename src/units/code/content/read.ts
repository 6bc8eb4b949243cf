import { isAscii } from 'node:buffer'
import { closeSync, constants, fstatSync, openSync, readFileSync, readSync } from 'node:fs'
import { extname } from 'node:path'
import { Script } from 'node:vm'
import { TickswapError } from '../../../errors.ts'
import { isFile, type PackageJsons } from '../resolve/package-json.ts'
import { ResolveError } from '../resolve/resolve-error.ts'
import {
  assignsFields,
  type CompilerOptions,
  keepsImports,
  settingsOf,
  type Tsconfigs,
} from '../resolve/tsconfig.ts'
import { SourceError } from '../transform/declarations.ts'
import { compileAll, compileSyntax, type JsxOptions } from '../transform/fallback.ts'
import type { Dialect, ModuleText } from '../transform/module-text.ts'
import { parseText } from '../transform/parse.ts'
import type { RecentSources } from '../transform/recent.ts'
import type { Compiled } from '../transform/relayout.ts'
import { stripTypes, TooMuchForSwc, UnsupportedByStripping } from '../transform/strip.ts'
import { commonJsContent } from './commonjs.ts'
import type { Content } from './content.ts'
import { isTyped, scriptContent } from './script.ts'
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
    if (stats.isFile()) return readAll(opened, stats.size)
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException
    const message = `the file cannot be read${code === undefined || code === 'ENOENT' ? '' : `: ${code}`}`
    throw new TickswapError('TICKSWAP_E_FILE_MISSING', message, { file }, { cause })
  } finally {
    if (opened !== undefined) closeSync(opened)
  }
  throw new TickswapError('TICKSWAP_E_FILE_KIND', 'this is a pipe, a device or a folder', { file })
}

/** Whoever has just asked how long it is need not be asked again, as `readFileSync` does. */
function readAll(opened: number, size: number): Uint8Array {
  // What the system makes up when it is read has no length.
  if (size === 0) return readFileSync(opened)
  const bytes = Buffer.allocUnsafeSlow(size)
  let read = 0
  for (let more = -1; more !== 0 && read < size; read += more)
    more = readSync(opened, bytes, read, size - read, null)
  return bytes.subarray(0, read)
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
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
  if (isAscii(buffer)) return buffer.toString('latin1')
  const text = buffer.toString('utf8')
  return text.charCodeAt(0) === 0xfeff ? text.slice(1) : text
}

const SCRIPTS = new Set(['', '.js', '.mjs', '.cjs', '.jsx'])

/** What reading a file needs besides the file. */
export interface ReadContext {
  readonly packages: PackageJsons
  readonly tsconfigs: Tsconfigs
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
  if (SCRIPTS.has(extension) || isTyped(file)) return scriptOf(file, extension, decode(bytes), context)
  const message = `files of the type '${extension}' cannot be imported`
  throw new ResolveError('ERR_UNKNOWN_FILE_EXTENSION', message, { file })
}

function scriptOf(file: string, extension: string, source: string, context: ReadContext): Content {
  const typed = isTyped(file)
  const options = typed || extension === '.jsx' ? context.tsconfigs.optionsFor(file) : {}
  const dialect = dialectOf(typed, options)
  const known = context.recent.edited(file, source, dialect)
  const { code, lead, inPlace } = known
    ? { code: known.text, lead: 0, inPlace: true }
    : toJavaScript(file, extension, source, options, context.jsx)
  if (extension === '.cjs' || extension === '.cts') return commonJsContent(file, code)
  const { type } = context.packages.scopeOf(file) ?? {}
  if (/^(?:\.js)?$/.test(extension) && type === 'commonjs') return commonJsContent(file, code)
  const certain = extension === '.mjs' || extension === '.mts' || type === 'module'
  try {
    const text = known ?? parseText(inPlace ? source : code, code, dialect)
    const origin = { file, source, settings: typed ? settingsOf(options) : '' }
    if (typed && needsCompiler(text, options)) {
      const whole = compileAll(file, withRequire(source), options, context.jsx)
      const compiled = parseText(whole.code, whole.code, dialect)
      return scriptContent(compiled, { ...origin, lead: whole.lead, selfContained: false })
    }
    if (certain || text.hasModuleSyntax || (typed ? !looksLikeCommonJs(code) : hidesCommonJs(text))) {
      if (inPlace) context.recent.keep(file, text)
      return scriptContent(text, { ...origin, lead, selfContained: inPlace })
    }
  } catch (error) {
    if (certain || !(looksLikeCommonJs(code) || v8Compiles(asCommonJs(code)))) throw error
  }
  return commonJsContent(file, code)
}

function dialectOf(typed: boolean, options: CompilerOptions): Dialect {
  if (!typed) return 'javascript'
  return keepsImports(options) ? 'verbatim' : 'typescript'
}

/** Whether V8 does not know some of the syntax, or means something else by it than tsconfig.json. */
const needsCompiler = (text: ModuleText, options: CompilerOptions): boolean =>
  text.has('decorators') ||
  text.has('accessors') ||
  (text.has('using') && !v8Compiles('{ using x = null }')) ||
  (text.has('fields') && assignsFields(options))

const COMMON_JS = ['exports', 'require', 'module', '__filename', '__dirname']

const asCommonJs = (code: string): string => `(function(${COMMON_JS}){${code.replace(/^#!/, '//')}\n})`

/** Whether it declares what a CommonJS module has already, which is an error in one. */
const hidesCommonJs = ({ declarations: { names } }: ModuleText): boolean =>
  COMMON_JS.some((name) => /^(?:lexical|class)$/.test(names.get(name)?.kind ?? ''))

function v8Compiles(text: string): boolean {
  try {
    new Script(text)
    return true
  } catch {
    return false
  }
}

/** JavaScript, and whether every token of it stands where the source has it. */
interface JavaScript extends Compiled {
  readonly inPlace: boolean
}

function toJavaScript(
  file: string,
  extension: string,
  source: string,
  options: CompilerOptions,
  jsx: JsxOptions | undefined,
): JavaScript {
  if (extension.endsWith('x')) return { ...compileAll(file, source, options, jsx), inPlace: false }
  if (!isTyped(file)) return { code: source, lead: 0, inPlace: true }
  try {
    const code = stripTypes(source)
    return { code, lead: 0, inPlace: code.length === source.length }
  } catch (error) {
    if (!(error instanceof UnsupportedByStripping || isDoubtful(error))) throw error
    const required = extension === '.cts' ? source : withRequire(source)
    const isForSwc = !(error instanceof TooMuchForSwc) && !isDoubtful(error) && !NAMESPACE.test(source)
    const compiled = isForSwc ? compileSyntax(required) : undefined
    return { ...(compiled ?? compileAll(file, required, options, jsx)), inPlace: false }
  }
}

/** What swc says of modifiers, TypeScript takes some of: it has the last word. */
const isDoubtful = (error: unknown): boolean =>
  error instanceof SourceError && /modifier|decorator|'(?:abstract|namespace)'/.test(error.message)

/** Those that are written in parts share names, which only TypeScript itself finds. */
const NAMESPACE = /\b(?:namespace|module)\s+[\p{ID_Continue}$.]+\s*\{/u

const IMPORT_EQUALS = /^(\s*(?:export\s+)?)import(\s+[\p{ID_Continue}$]+\s*=\s*)require(?=\s*\()/gmu

/** `import x = require('y')` of an ES module, as TypeScript compiles it. */
const withRequire = (source: string): string =>
  source.replace(
    IMPORT_EQUALS,
    "$1const$2process.getBuiltinModule('node:module').createRequire(import.meta.url)",
  )

const looksLikeCommonJs = (code: string): boolean => /\b(?:module\.exports|exports\.|require\s*\()/.test(code)
