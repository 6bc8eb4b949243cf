import type { Node } from '../transform/nodes.ts'
import { parseStatements } from '../transform/parse.ts'
import { type Piece, startsOf } from '../transform/pieces.ts'
import { topLevelOf } from './shapes.ts'

/** The nodes behind the names of a module's top level. */
export interface TopLevel {
  get(name: string): Node | undefined
}

/** Each piece is parsed behind as many spaces as it has text before it: of more of them the whole is parsed, once. */
const FEW = 8

/** The same of a module in pieces, of which only those are parsed that declare a name which is asked for. */
export class PiecedTopLevel implements TopLevel {
  readonly #pieces: readonly Piece[]
  readonly #starts: readonly number[]
  readonly #parsed = new Map<number, ReadonlyMap<string, Node>>()
  #whole: ReadonlyMap<string, Node> | undefined

  constructor(pieces: readonly Piece[]) {
    this.#pieces = pieces
    this.#starts = startsOf(pieces)
  }

  get(name: string): Node | undefined {
    if (this.#parsed.size >= FEW) return this.#all().get(name)
    // Of several declarations by `var` the last one counts.
    for (let index = this.#pieces.length - 1; index >= 0; index--) {
      const { names, exports } = this.#pieces[index]!.declared
      const isHere = name === '*default*' ? exports.some(({ local }) => local === name) : names.has(name)
      const node = isHere ? this.#namesOf(index).get(name) : undefined
      if (node) return node
    }
    return undefined
  }

  #all(): ReadonlyMap<string, Node> {
    this.#whole ??= topLevelOf(parseStatements(this.#pieces.map(({ text }) => text).join('')))
    return this.#whole
  }

  #namesOf(index: number): ReadonlyMap<string, Node> {
    let known = this.#parsed.get(index)
    if (!known) {
      // Spaces in front, so that offsets are those of the module.
      const text = ' '.repeat(this.#starts[index]!) + this.#pieces[index]!.text
      known = topLevelOf(parseStatements(text))
      this.#parsed.set(index, known)
    }
    return known
  }
}
