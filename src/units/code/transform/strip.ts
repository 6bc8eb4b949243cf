import { createRequire } from 'node:module'
import { SourceError } from './declarations.ts'

type Swc = typeof import('@swc/wasm-typescript')
const NAME = '@swc/wasm-typescript'
const require = createRequire(import.meta.url)
let loaded: Swc | undefined

/** Loaded when it is needed: a start that finds its modules in the store does without. */
export function swc(): Swc {
  loaded ??= require(NAME) as Swc
  return loaded
}

/** After an error of its own, such as too deep a source, its memory cannot be trusted any more. */
function forgetSwc(): void {
  loaded = undefined
  delete require.cache[require.resolve(NAME)]
}

/**
 * The text of a TypeScript module without its types, every token where it was.
 * @param isModule of a part of a module, which may have neither imports nor exports to tell it by
 */
export function stripTypes(source: string, isModule = false): string {
  try {
    return swc().transformSync(source, { mode: 'strip-only', ...(isModule && { module: true }) }).code
  } catch (error) {
    throw fromSwc(error, source)
  }
}

/** A construct that has to be compiled, and not only blanked out. */
export class UnsupportedByStripping extends SourceError {}

/** A source that swc cannot read. */
export class TooMuchForSwc extends UnsupportedByStripping {}

interface SwcError {
  code: string
  message: string
  startLine: number
  startColumn: number
}

/** What the stripper threw, with its place. */
export function fromSwc(error: unknown, source: string): Error {
  const { code, message, startLine, startColumn } = error as SwcError
  if (typeof startLine !== 'number') {
    forgetSwc()
    return new TooMuchForSwc(String(message ?? error), 0)
  }
  const offset = offsetOf(source, startLine, startColumn)
  return code === 'UnsupportedSyntax'
    ? new UnsupportedByStripping(message, offset)
    : new SourceError(message, offset)
}

/** @param line from 1; @param column from 0 */
function offsetOf(source: string, line: number, column: number): number {
  let at = 0
  for (let n = 1; n < line; n++) {
    const next = source.indexOf('\n', at)
    if (next < 0) break
    at = next + 1
  }
  return at + column
}
