import { type Dialect, ModuleText } from './module-text.ts'
import { withOtherNumber } from './other-number.ts'
import { parseStatements } from './parse.ts'
import { cut, declaredBy, finishPiece, namesOf, type Piece, type RawPiece } from './pieces.ts'
import { stripTypes } from './strip.ts'

/** Characters of source that are remembered at most; what is known of one takes some 14 bytes. */
const LIMIT_CHARACTERS = 1024 * 1024

/** Pieces that are parsed again on each side of those that changed: one to say where it ends, one for its neighbour. */
const MARGIN = 2

/**
 * Remembers modules as they were parsed last, so that an edit costs what it touches: the
 * pieces that changed are parsed again together with their neighbours, and the others are
 * kept. The text is read from left to right and a piece begins with a statement of the top
 * level, so when the last neighbour comes out as it was, all behind it would as well.
 */
export class RecentSources {
  readonly #modules = new Map<string, ModuleText>()
  #characters = 0

  /** Remembers a module whose text has every token where its source has it. */
  keep(id: string, text: ModuleText): void {
    this.#forget(id)
    this.#modules.set(id, text)
    this.#characters += text.text.length
    for (const oldest of this.#modules.keys()) {
      if (this.#characters <= LIMIT_CHARACTERS) return
      this.#forget(oldest)
    }
  }

  /**
   * The module as edited, or undefined where it has to be parsed as a whole: it is not
   * known, its top level has other names now, or it has an error, which the whole tells of.
   */
  edited(id: string, source: string, dialect: Dialect): ModuleText | undefined {
    const known = this.#modules.get(id)
    if (!known) return undefined
    try {
      return this.#edited(known, source, dialect)
    } catch {
      return undefined
    }
  }

  #edited(module: ModuleText, source: string, dialect: Dialect): ModuleText | undefined {
    const known = module.pieces
    const changed = changedRange(known, source)
    const same = changed.last - changed.first === 1 && this.#tuned(module, source, changed, dialect)
    if (same) return same
    const { first, last, from, to } = withMargin(known, changed)
    if (first === 0 && last === known.length) return undefined
    const region = source.slice(from, to)
    const text = dialect === 'javascript' ? region : stripTypes(region, true)
    if (text.length !== region.length) return undefined
    const again: RawPiece[] = cut(region, text, parseStatements(text))
    const before = known.slice(0, first)
    const after = known.slice(last)
    if (first > 0 && !takeOver(again, 0, known[first]!)) return undefined
    if (last < known.length && !takeOver(again, again.length - 1, known[last - 1]!)) return undefined
    const declarations = declaredBy([...before, ...again, ...after])
    const names = namesOf(declarations)
    if (!sameNames(names, module.names)) return undefined
    const fresh = again.map((raw) => (isFinished(raw) ? raw : finishPiece(raw, names)))
    return new ModuleText([...before, ...fresh, ...after], declarations, dialect)
  }

  /** The module when all of the edit is that one number is another one. */
  #tuned(
    { pieces, written }: ModuleText,
    source: string,
    { first, from, to }: ChangedRange,
    dialect: Dialect,
  ): ModuleText | undefined {
    const piece = withOtherNumber(pieces[first]!, source.slice(from, to))
    if (!piece) return undefined
    const edited = pieces.with(first, piece)
    const isMoved = piece.source.length !== pieces[first]!.source.length
    return new ModuleText(edited, isMoved ? declaredBy(edited) : written, dialect)
  }

  #forget(id: string): void {
    this.#characters -= this.#modules.get(id)?.text.length ?? 0
    this.#modules.delete(id)
  }
}

interface ChangedRange {
  /** pieces that differ, from `first` up to `last` */
  readonly first: number
  readonly last: number
  /** their offsets in the edited source */
  readonly from: number
  readonly to: number
}

function changedRange(known: readonly Piece[], source: string): ChangedRange {
  let from = 0
  let first = 0
  for (; first < known.length; first++) {
    const { source: piece } = known[first]!
    // Two texts are compared as blocks of memory, the beginning of one character by character.
    if (source.slice(from, from + piece.length) !== piece) break
    from += piece.length
  }
  let to = source.length
  let last = known.length
  while (last > first) {
    const { source: piece } = known[last - 1]!
    if (to - piece.length < from || source.slice(to - piece.length, to) !== piece) break
    to -= piece.length
    last--
  }
  return { first, last, from, to }
}

/** The pieces to parse again. */
function withMargin(known: readonly Piece[], changed: ChangedRange): ChangedRange {
  let { first, last, from, to } = changed
  for (let step = 0; step < MARGIN && first > 0; step++) from -= known[--first]!.source.length
  for (let step = 0; step < MARGIN && last < known.length; step++) to += known[last++]!.source.length
  return { first, last, from, to }
}

/** Puts the piece that was known in the place of the one that was parsed without one of its neighbours. */
function takeOver(again: RawPiece[], index: number, known: Piece): boolean {
  const found = again[index]
  if (found?.source !== known.source || found.text !== known.text) return false
  if (shapeOf(found) !== shapeOf(known)) return false
  again[index] = known
  return true
}

/** Where the statements of a piece begin and end, and what they are. */
const shapeOf = ({ statements, origin }: RawPiece): string =>
  statements.map(({ type, start, end }) => `${type} ${start - origin} ${end - origin}`).join()

const isFinished = (piece: RawPiece): piece is Piece => 'scopes' in piece

const sameNames = (a: ReadonlySet<string>, b: ReadonlySet<string>): boolean =>
  a.size === b.size && [...a].every((name) => b.has(name))
