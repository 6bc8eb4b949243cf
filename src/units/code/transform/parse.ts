import swc from '@swc/wasm-typescript'
import * as acorn from 'acorn'
import { parseModule } from 'meriyah'
import { Declarations, SourceError } from './declarations.ts'
import { ModuleText } from './module-text.ts'
import type { Node } from './nodes.ts'
import { ScopeWalker } from './scopes.ts'

/** The text of a TypeScript module without its types, every token where it was. */
export function stripTypes(_file: string, source: string): string {
  try {
    return swc.transformSync(source, { mode: 'strip-only' }).code
  } catch (error) {
    throw fromSwc(error, source)
  }
}

/** Parses a module. @throws SourceError with the offset */
export function parseText(source: string, lenient: boolean): ModuleText {
  const program = parseProgram(source)
  const declarations = new Declarations(program)
  const names = new Set([...declarations.names.keys(), ...declarations.imports.keys()])
  return new ModuleText(source, program, declarations, new ScopeWalker(names).walk(program), lenient)
}

/** The fast parser decides nearly always; what it does not take, the thorough one decides. */
function parseProgram(source: string): Node {
  try {
    return parseModule(source, { next: true, ranges: true }) as unknown as Node
  } catch {
    return parseThoroughly(source)
  }
}

function parseThoroughly(source: string): Node {
  try {
    return acorn.parse(source, { ecmaVersion: 'latest', sourceType: 'module' }) as unknown as Node
  } catch (error) {
    const { pos, message } = error as { pos?: number; message: string }
    if (typeof pos !== 'number') throw error
    throw new SourceError(message.replace(/ \(\d+:\d+\)$/, ''), pos)
  }
}

/** A construct that has to be compiled, and not only blanked out. */
export class UnsupportedByStripping extends SourceError {}

interface SwcError {
  code: string
  message: string
  startLine: number
  startColumn: number
}

function fromSwc(error: unknown, source: string): Error {
  const { code, message, startLine, startColumn } = error as SwcError
  if (typeof startLine !== 'number') return error instanceof Error ? error : new Error(String(error))
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

/** Line and column, from 1, of an offset. */
export function placeOf(source: string, offset: number): { line: number; column: number } {
  const before = source.slice(0, offset).split(/\r\n|[\n\r\u2028\u2029]/)
  return { line: before.length, column: before.at(-1)!.length + 1 }
}
