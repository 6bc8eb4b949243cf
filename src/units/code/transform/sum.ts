import type { Node } from './nodes.ts'
import type { Piece } from './pieces.ts'
import type { Mention, Syntax } from './scopes.ts'

/** What the pieces of a module say together of the code in them. */
export interface Sum {
  readonly text: string
  readonly hasAwait: boolean
  readonly hasStrayArguments: boolean
  /** direct `eval` sees, and writes, names that the text does not mention */
  readonly hasEval: boolean
  readonly hasMeta: boolean
  readonly syntax: ReadonlySet<Syntax>
  readonly dynamicImports: readonly Node[]
  /** names that are written to */
  readonly written: ReadonlySet<string>
  /** by owner, the names that its code mentions */
  readonly uses: ReadonlyMap<string, readonly string[]>
}

/** One walk for all: an edit is one of few things that this thread does, and nothing of it is at hand. */
export function sumOf(pieces: readonly Piece[]): Sum {
  let text = ''
  let [hasAwait, hasStrayArguments, hasEval, hasMeta] = [false, false, false, false]
  const syntax = new Set<Syntax>()
  const dynamicImports: Node[] = []
  const written = new Set<string>()
  const uses = new Map<string, readonly string[]>()
  for (const { text: own, scopes, written: names, uses: usesOfPiece } of pieces) {
    text += own
    hasAwait ||= scopes.topLevelAwait !== undefined
    hasStrayArguments ||= scopes.strayArguments.length > 0
    hasEval ||= scopes.evals.length > 0
    hasMeta ||= scopes.metas.length > 0
    for (const each of scopes.syntax) syntax.add(each)
    if (scopes.dynamicImports.length > 0) dynamicImports.push(...scopes.dynamicImports)
    for (const name of names) written.add(name)
    for (const [owner, mentioned] of usesOfPiece) {
      const known = uses.get(owner)
      uses.set(owner, known ? [...new Set([...known, ...mentioned])] : mentioned)
    }
  }
  return { text, hasAwait, hasStrayArguments, hasEval, hasMeta, syntax, dynamicImports, written, uses }
}

/** The same of one piece's mentions. */
export function usesIn(mentions: readonly Mention[]): Map<string, readonly string[]> {
  const uses = new Map<string, Set<string>>()
  for (const { owner, name } of mentions) {
    const names = uses.get(owner)
    if (names) names.add(name)
    else uses.set(owner, new Set([name]))
  }
  return new Map([...uses].map(([owner, names]) => [owner, [...names]]))
}
