import type { Token } from 'acorn'
import { SourceError } from './declarations.ts'
import { type Dialect, ModuleText } from './module-text.ts'
import type { Node } from './nodes.ts'
import { acorn, meriyah } from './parsers.ts'
import { cut, declaredBy, finishPiece, namesOf } from './pieces.ts'

/**
 * Parses a module.
 *
 * @param text the source without types, every token where the source has it
 * @throws SourceError with the offset
 */
export function parseText(source: string, text: string, dialect: Dialect): ModuleText {
  const raw = cut(source, text, parseStatements(text))
  const declarations = declaredBy(raw)
  const names = namesOf(declarations)
  const pieces = raw.map((piece) => finishPiece(piece, names))
  return new ModuleText(pieces, declarations, dialect)
}

/** Statements of a module's top level. The fast parser decides nearly always; what it does not take, the thorough one decides. */
export function parseStatements(text: string): readonly Node[] {
  // In a script, which is what V8 is given, and for the fast parser this begins a comment. Modules have none.
  if (text.includes('<!--')) return parseThoroughly(text)
  try {
    return meriyah().parseModule(text, { next: true, ranges: true }).body as unknown as readonly Node[]
  } catch {
    return parseThoroughly(text)
  }
}

function parseThoroughly(text: string): readonly Node[] {
  /** Leaves it to ModuleText whether an export that nothing declares is an error: in TypeScript it may be a type. */
  class Thorough extends acorn().Parser {
    checkLocalExport(): void {}
  }
  try {
    const { relational } = acorn().tokTypes
    const onToken = (token: Token) => {
      if (token.type === relational && text.startsWith('<!--', token.start))
        throw new SourceError('HTML comments are not allowed in modules', token.start)
    }
    return Thorough.parse(text, { ecmaVersion: 'latest', sourceType: 'module', onToken })
      .body as unknown as readonly Node[]
  } catch (error) {
    const { pos, message } = error as { pos?: number; message: string }
    if (typeof pos !== 'number') throw error
    throw new SourceError(message.replace(/ \(\d+:\d+\)$/, ''), pos)
  }
}

/** Line and column, from 1, of an offset. */
export function placeOf(source: string, offset: number): { line: number; column: number } {
  const before = source.slice(0, offset).split(/\r\n|[\n\r\u2028\u2029]/)
  return { line: before.length, column: before.at(-1)!.length + 1 }
}
