import { Declarations } from './declarations.ts'
import type { Node } from './nodes.ts'
import { type ScopeReport, ScopeWalker } from './scopes.ts'
import { slimReport, slimStatement } from './slim.ts'
import { usesIn } from './sum.ts'

/**
 * A run of whole statements of a module's top level that begins at the start of a line,
 * and all that is known of it. What one piece says does not depend on the others, except
 * for the names it looks for; so an edit leaves the pieces it does not touch as they are.
 */
export interface Piece {
  /** as it stands in the file */
  readonly source: string
  /** the same without types */
  readonly text: string
  /** the offset that nodes give to the first character */
  readonly origin: number
  readonly statements: readonly Node[]
  readonly declared: Declarations
  readonly scopes: ScopeReport
  /** by owner, the names that its code mentions */
  readonly uses: ReadonlyMap<string, readonly string[]>
  /** names that it writes to */
  readonly written: ReadonlySet<string>
  /** line breaks in it */
  readonly breaks: number
  /** how it was printed last, and for which names */
  printed?: PrintedPiece
}

export interface PrintedPiece {
  readonly key: string
  readonly text: string
  readonly shifts: readonly (readonly [line: number, column: number, by: number])[]
}

/** A piece that has been parsed, before it is known which names the module has. */
export interface RawPiece extends Pick<Piece, 'source' | 'text' | 'origin' | 'statements' | 'declared'> {}

const LINE_BREAK = /\r\n|[\n\r\u2028\u2029]/g

/**
 * Cuts a parsed text into pieces. A piece begins where a statement is the first thing on
 * its line, in the file as well: nothing of what is in front of it reaches into that line.
 */
export function cut(source: string, text: string, statements: readonly Node[]): RawPiece[] {
  const pieces: RawPiece[] = []
  let from = 0
  let first = 0
  const end = (to: number, next: number) => {
    const own = statements.slice(first, next)
    pieces.push({
      source: source.slice(from, to),
      text: text.slice(from, to),
      origin: from,
      statements: own,
      declared: new Declarations(own, text),
    })
    from = to
    first = next
  }
  for (let index = 1; index < statements.length; index++) {
    const { start } = statements[index]!
    const line = source.lastIndexOf('\n', start - 1) + 1
    if (line >= statements[index - 1]!.end && source.slice(line, start).trim() === '') end(line, index)
  }
  end(source.length, statements.length)
  return pieces
}

/** @param names of the top level of the whole module */
export function finishPiece(raw: RawPiece, names: ReadonlySet<string>): Piece {
  const report = new ScopeWalker(names).walk(raw.statements)
  return {
    ...raw,
    statements: raw.statements.map(slimStatement),
    scopes: slimReport(report),
    uses: usesIn(report.mentions),
    written: new Set(report.mentions.flatMap(({ kind, name }) => (kind === 'write' ? name : []))),
    breaks: raw.text.match(LINE_BREAK)?.length ?? 0,
  }
}

/** Offsets in the module of pieces that stand one after the other. */
export function startsOf(pieces: readonly { readonly source: string }[]): number[] {
  let at = 0
  return pieces.map(({ source }) => {
    at += source.length
    return at - source.length
  })
}

/** What pieces say together. @throws SourceError for a name that is imported or exported twice */
export function declaredBy(pieces: readonly RawPiece[]): Declarations {
  const starts = startsOf(pieces)
  return Declarations.merge(
    pieces.map(({ declared, origin }, index) => ({ declared, shift: starts[index]! - origin })),
  )
}

/** Names that mentions are looked for of. */
export const namesOf = (declarations: Declarations): Set<string> =>
  new Set([...declarations.names.keys(), ...declarations.imports.keys()])
