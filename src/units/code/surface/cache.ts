import { decode } from '../content/read.ts'
import { SourceError } from '../transform/declarations.ts'
import { astOf, hasAst } from './ast.ts'
import { type Outline, outline } from './outline.ts'

/** Versions of one file, each a few kilobytes: as many as there are editions of a unit to go back to. */
const MOST_VERSIONS = 64
/** Modules of a start; of more, the first ones are outlined at once. */
const MOST_WAITING = 1024

/** Outlines by file and content hash; undefined where there is none to be had. The oldest of a file go first. */
const outlines = new Map<string, Map<string, Outline | undefined>>()

interface Waiting {
  readonly file: string
  readonly hash: string
  readonly bytes: Uint8Array
}

/** Modules whose outline nobody has needed yet: an edit is not kept waiting for it. */
const waiting = new Set<Waiting>()

/** Takes what an outline is made of; it is made when it is asked for, or when the thread has nothing else to do. */
export function keepSource(file: string, hash: string, bytes: Uint8Array): void {
  if (!hasAst(file)) return
  if (waiting.size === 0) setImmediate(settleNext).unref()
  waiting.add({ file, hash, bytes })
  const [oldest] = waiting
  if (waiting.size > MOST_WAITING) settle(oldest!)
}

export function outlineFor(file: string, hash: string): Outline | undefined {
  for (const each of waiting) if (each.hash === hash && each.file === file) settle(each)
  return outlines.get(file)?.get(hash)
}

function settle(each: Waiting): void {
  waiting.delete(each)
  const versions = outlines.get(each.file) ?? new Map<string, Outline | undefined>()
  outlines.set(each.file, versions)
  const known = versions.get(each.hash)
  versions.delete(each.hash)
  versions.set(each.hash, known ?? make(each))
  const [oldest] = versions.keys()
  if (versions.size > MOST_VERSIONS) versions.delete(oldest!)
}

/** One at a time: what comes to the thread meanwhile goes first. */
function settleNext(): void {
  const [next] = waiting
  if (next) settle(next)
  if (waiting.size > 0) setImmediate(settleNext).unref()
}

/** CommonJS, and what the loader refuses for another reason, has no outline. */
function make({ file, bytes }: Waiting): Outline | undefined {
  const source = decode(bytes)
  try {
    return outline(file, source, astOf(file, source))
  } catch (error) {
    if (error instanceof SourceError) return undefined
    throw error
  }
}
