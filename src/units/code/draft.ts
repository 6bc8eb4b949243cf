import { readFileSync } from 'node:fs'
import { extname } from 'node:path'
import { type Finding, TickswapError } from '../../errors.ts'
import type { Artifact, ModuleKind, Request } from './artifact.ts'
import { compileScript } from './compile.ts'
import { SourceError } from './transform/declarations.ts'
import type { ModuleText } from './transform/module-text.ts'
import { parseText, placeOf, stripTypes } from './transform/parse.ts'

const NO_REQUESTS: ReadonlySet<number> = new Set()

/** A module that is being staged: read and parsed, its imports not yet resolved. */
export interface Draft {
  readonly id: string
  readonly file: string
  readonly hash: string
  readonly kind: ModuleKind
  readonly source: string
  readonly bytes: Uint8Array
  readonly text: ModuleText | undefined
  requests: readonly Request[]
  lazy: readonly Request[]
}

export const fileOf = (id: string): string => id.replace(/\?(?:raw|bytes)$/, '')

const TYPESCRIPT = new Set(['.ts', '.mts', '.cts', '.tsx'])
const TEXT = new Set(['.js', '.mjs', '.cjs', '.jsx', ...TYPESCRIPT])

function kindOf(id: string, file: string): ModuleKind {
  if (id.endsWith('?raw')) return 'raw'
  if (id.endsWith('?bytes')) return 'bytes'
  const extension = extname(file)
  if (extension === '.json') return 'json'
  if (extension === '.wasm') return 'wasm'
  if (TEXT.has(extension)) return 'esm'
  throw new TickswapError('TICKSWAP_E_RESOLVE', `files of the type '${extension}' cannot be imported`, {
    file,
  })
}

/** Reads a file. @throws TickswapError TICKSWAP_E_FILE_MISSING, TICKSWAP_E_FILE_EMPTY */
export function readSource(id: string): Uint8Array {
  const file = fileOf(id)
  let bytes: Uint8Array
  try {
    bytes = readFileSync(file)
  } catch (cause) {
    const more: Partial<Finding> = { file }
    throw new TickswapError('TICKSWAP_E_FILE_MISSING', 'the file cannot be read', more, { cause })
  }
  if (bytes.length === 0 && file === id)
    throw new TickswapError('TICKSWAP_E_FILE_EMPTY', 'the file is empty', { file })
  return bytes
}

/** Parses what was read. @throws TickswapError TICKSWAP_E_SYNTAX with line and column */
export function draftOf(id: string, bytes: Uint8Array, hash: string): Draft {
  const file = fileOf(id)
  const kind = kindOf(id, file)
  const binary = kind === 'wasm' || kind === 'bytes'
  const source = binary ? '' : decode(bytes)
  const base = { id, file, hash, kind, source, bytes, requests: [], lazy: [] }
  if (kind === 'json') checkJson(file, source)
  if (kind !== 'esm') return { ...base, text: undefined }
  return { ...base, text: atPlace(file, source, () => parse(file, source)) }
}

function decode(bytes: Uint8Array): string {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('utf8')
  return text.charCodeAt(0) === 0xfeff ? text.slice(1) : text
}

function parse(file: string, source: string): ModuleText {
  const typed = TYPESCRIPT.has(extname(file))
  return parseText(typed ? stripTypes(source) : source, typed)
}

function checkJson(file: string, source: string): void {
  try {
    JSON.parse(source)
  } catch (cause) {
    const message = (cause as Error).message
    const offset = Number(/position (\d+)/.exec(message)?.[1])
    const place = { file, ...(Number.isNaN(offset) ? {} : placeOf(source, offset)) }
    throw new TickswapError('TICKSWAP_E_SYNTAX', message, place, { cause })
  }
}

/** Runs a step of the transform, and gives its errors their place in the file. */
export function atPlace<T>(file: string, source: string, step: () => T): T {
  try {
    return step()
  } catch (cause) {
    if (!(cause instanceof SourceError)) throw cause
    const place = { file, ...placeOf(source, cause.offset) }
    throw new TickswapError('TICKSWAP_E_SYNTAX', cause.message, place, { cause })
  }
}

/** Prints a draft whose imports are resolved, and compiles it to see that V8 takes it. */
export function finishDraft(draft: Draft, guarded: ReadonlySet<number>, withCache: boolean): Artifact {
  const { id, file, hash, kind, text } = draft
  const hot = draft.requests.filter((request) => request.kind === 'hot')
  const external = [...draft.requests, ...draft.lazy].filter((request) => request.kind === 'external')
  const common = {
    id,
    file,
    hash,
    kind,
    imports: [...new Set(hot.map((request) => request.id))],
    externals: [...new Set(external.map((request) => request.id))],
    async: text?.isAsync ?? false,
  }
  if (!text) return { ...common, ...plainModule(draft), isUnit: false }
  const links = text.links(draft.requests, draft.lazy, guarded)
  const artifact: Artifact = {
    ...common,
    ...text.print(guarded, guarded.size > 0),
    links,
    exports: [],
    isUnit: links.locals.some((local) => local.name === 'unit'),
  }
  const script = compileChecked(artifact)
  return withCache ? { ...artifact, cache: script.createCachedData() } : artifact
}

function plainModule(draft: Draft): Pick<Artifact, 'code' | 'columnOffset' | 'links' | 'exports' | 'bytes'> {
  const binary = draft.kind === 'wasm' || draft.kind === 'bytes'
  return {
    code: draft.source,
    columnOffset: 0,
    exports: ['default'],
    links: {
      requests: draft.requests,
      lazy: [],
      slots: [],
      locals: [{ name: 'default', local: '*default*', hoisted: false, live: false }],
      indirect: [],
      stars: [],
      uses: {},
      imported: {},
      hot: false,
    },
    ...(binary && { bytes: draft.bytes }),
  }
}

function compileChecked(artifact: Artifact) {
  try {
    return compileScript(artifact)
  } catch (cause) {
    if (!(cause instanceof SyntaxError)) throw cause
    const place = { file: artifact.file, ...placeInStack(cause.stack ?? '', artifact.columnOffset) }
    throw new TickswapError('TICKSWAP_E_SYNTAX', cause.message, place, { cause })
  }
}

/** V8 puts `url:line`, the line and carets under the error in front of a syntax error's stack. */
function placeInStack(stack: string, columnOffset: number): { line?: number; column?: number } {
  const [head, , carets] = stack.split('\n')
  const line = Number(/:(\d+)$/.exec(head ?? '')?.[1])
  if (!line) return {}
  const caret = carets?.indexOf('^') ?? -1
  const column = caret + 1 - (line === 1 ? columnOffset : 0)
  return caret >= 0 && column > 0 ? { line, column } : { line }
}

export { NO_REQUESTS }
