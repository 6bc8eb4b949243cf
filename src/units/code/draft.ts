import { TickswapError } from '../../errors.ts'
import type { Artifact, Request } from './artifact.ts'
import { compileScript, keepScript } from './compile.ts'
import type { Content } from './content/content.ts'
import { contentOf, decode, fileOf, type ReadContext } from './content/read.ts'
import { SourceError } from './transform/declarations.ts'
import { placeOf } from './transform/parse.ts'

/** A module that is being staged: read and parsed. */
export interface Draft {
  readonly id: string
  readonly file: string
  readonly hash: string
  readonly bytes: Uint8Array
  readonly content: Content
  requests: readonly Request[]
  lazy: readonly Request[]
  /** local names of imports from packages whose values change */
  live: ReadonlySet<string>
  /** lazy specifiers that lead nowhere */
  unresolved: readonly string[]
}

/** Parses what was read. @throws TickswapError TICKSWAP_E_SYNTAX with line and column */
export function draftOf(id: string, bytes: Uint8Array, hash: string, context: ReadContext): Draft {
  const file = fileOf(id)
  try {
    const content = contentOf(id, bytes, context)
    return { id, file, hash, bytes, content, requests: [], lazy: [], live: new Set(), unresolved: [] }
  } catch (cause) {
    if (!(cause instanceof SourceError)) throw cause
    const place = { file, ...placeOf(decode(bytes), cause.offset) }
    throw new TickswapError('TICKSWAP_E_SYNTAX', cause.message, place, { cause })
  }
}

/** Prints a draft whose imports are resolved, and compiles it to see that V8 takes it. */
export function finishDraft(draft: Draft, guarded: ReadonlySet<number>, withCache: boolean): Artifact {
  const { id, file, hash, content } = draft
  const hot = draft.requests.filter((request) => request.kind === 'hot')
  const external = [...draft.requests, ...draft.lazy].filter((request) => request.kind === 'external')
  const printed = content.print(draft.requests, draft.lazy, guarded, draft.live)
  const artifact: Artifact = {
    id,
    file,
    hash,
    kind: content.kind,
    ...printed,
    ...(draft.unresolved.length > 0 && { links: { ...printed.links, unresolved: draft.unresolved } }),
    imports: [...new Set(hot.map((request) => request.id))],
    externals: [...new Set(external.map((request) => request.id))],
    exports: [],
    isUnit: content.kind === 'esm' && printed.links.locals.some((local) => local.name === 'unit'),
    async: content.isAsync,
    ...(content.selfContained && { selfContained: true as const }),
    ...(content.settings && { settings: content.settings }),
  }
  if (!content.isScript) return artifact
  const script = compileChecked(artifact)
  keepScript(artifact, script)
  return withCache ? { ...artifact, cache: script.createCachedData() } : artifact
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
