import type { Piece } from './pieces.ts'

/** A decimal literal. What is around one does not depend on which number it is. */
const NUMBER = /^(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/

/**
 * A piece in which an edit has put one number in the place of another, as one does who tries out values: all
 * tokens but that one are what they were, so nothing has to be parsed.
 *
 * @returns undefined when the edit was another one
 */
export function withOtherNumber(piece: Piece, source: string): Piece | undefined {
  const { printed: _, ...rest } = piece
  const { text, declared } = rest
  const by = source.length - piece.source.length
  // Where imports stand is what the whole module knows of a piece.
  if (by !== 0 && declared.requests.length > 0) return undefined
  const literal = literalAt(piece, firstDifference(piece.source, source))
  if (!literal) return undefined
  const [start, end] = literal
  const number = source.slice(start, end + by)
  if (!NUMBER.test(number) || source.slice(end + by) !== piece.source.slice(end)) return undefined
  return {
    ...rest,
    source,
    text: text.slice(0, start) + number + text.slice(end),
    ...moved(piece, end + piece.origin, by),
  }
}

/** Start and end, in the piece, of the number that a place is in or next to. */
function literalAt({ source, text, origin, scopes }: Piece, at: number): [number, number] | undefined {
  const { numbers } = scopes
  for (let index = 0; index < numbers.length; index += 2) {
    const start = numbers[index]! - origin
    const end = numbers[index + 1]! - origin
    if (at < start || at > end) continue
    const literal = text.slice(start, end)
    // `1.5.toFixed()` is one thing, `15.toFixed()` another.
    const isPlain = NUMBER.test(literal) && source.startsWith(literal, start) && source[end] !== '.'
    return isPlain ? [start, end] : undefined
  }
  return undefined
}

function firstDifference(a: string, b: string): number {
  let at = 0
  while (at < a.length && a.charCodeAt(at) === b.charCodeAt(at)) at++
  return at
}

/** The same with all offsets from `from` on moved by so many characters. */
function moved({ statements, scopes }: Piece, from: number, by: number): Partial<Piece> {
  if (by === 0) return {}
  const known = new Map<object, object>()
  const shift = (at: number): number => (at >= from ? at + by : at)
  const copy = (value: unknown): unknown => {
    if (typeof value !== 'object' || value === null || value instanceof Set) return value
    const made = known.get(value)
    if (made) return made
    const result: Record<string, unknown> = Array.isArray(value) ? ([] as never) : {}
    // What two nodes share, they go on sharing.
    known.set(value, result)
    for (const [key, field] of Object.entries(value))
      result[key] = key === 'start' || key === 'end' ? shift(field as number) : copy(field)
    return result
  }
  const copied = copy({ statements, scopes }) as Pick<Piece, 'statements' | 'scopes'>
  return { ...copied, scopes: { ...copied.scopes, numbers: scopes.numbers.map(shift) } }
}
