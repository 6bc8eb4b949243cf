import { type Alternative, type Bound, boundOf, NOTHING, type Operator } from './bound.ts'
import { type Plain, readPlain } from './plain.ts'

/**
 * Reads a range as node-semver does, in strict mode, step by step, and with a fourth number where
 * it has three; undefined for what is no range. Its oddities are its users' habits by now: `=1.2`, `~>1`, `1.2.3*` mean something.
 */
export function readRange(text: string, includePrerelease: boolean): readonly Alternative[] | undefined {
  const read: Alternative[] = []
  const pieces = text.trim().replace(/\s+/g, ' ').split('||')
  for (const piece of pieces) {
    const alternative = readAlternative(piece.trim(), includePrerelease)
    if (!alternative) return undefined
    read.push(alternative)
  }
  return withoutNeedless(read)
}

/** What allows nothing goes, unless it is all there is; what allows all leaves nothing else to say. */
function withoutNeedless(read: readonly Alternative[]): readonly Alternative[] {
  if (read.length === 1) return read
  const some = read.filter(({ bounds }) => bounds[0]?.text !== NOTHING)
  if (some.length === 0) return [read[0]!]
  const any = some.find(({ bounds }) => bounds.length === 0)
  return any ? [any] : some
}

function readAlternative(written: string, includePrerelease: boolean): Alternative | undefined {
  const text = stripMetadata(written).trim()
  const words = hyphenRange(text, includePrerelease) ?? joinOperators(text).split(' ')
  const bounds = new Map<string, Bound>()
  for (const word of words) {
    const read = typeof word === 'string' ? readWord(word, includePrerelease) : word
    if (!read) return undefined
    for (const bound of read) bounds.set(bound.text, bound)
  }
  const nothing = bounds.get(NOTHING)
  return { text, bounds: nothing ? [nothing] : [...bounds.values()] }
}

/** Takes out every `+` with the words after it. */
function stripMetadata(text: string): string {
  if (!text.includes('+')) return text
  return text.replace(/\+[a-zA-Z0-9-]+(?:\.[a-zA-Z0-9-]+)*/g, '')
}

/** `1.2.3 - 2.4`, at its two ends; undefined when the text is no such range. */
function hyphenRange(text: string, incPre: boolean): (string | readonly Bound[] | undefined)[] | undefined {
  const from = readPlain(text, 0)
  if (!from || text.slice(from.end, from.end + 3) !== ' - ') return undefined
  const to = readPlain(text, from.end + 3)
  if (!to || to.end < text.length - 1 || text.slice(to.end).trim() !== '') return undefined
  if (isBeyond(from) || isBeyond(to)) return undefined
  return [hyphenFrom(from, incPre), hyphenTo(to, incPre)]
}

/** A fourth number after a part that is not given: not to be read as if it were not there. */
const isBeyond = ({ major, minor, patch, isFour }: Plain): boolean =>
  isFour && [major, minor, patch].includes(undefined)

const LOWEST = [0] as const

function hyphenFrom(from: Plain, incPre: boolean): readonly Bound[] | undefined {
  const { major, minor, patch, build, prerelease } = from
  const least = incPre ? LOWEST : []
  if (major === undefined) return []
  if (minor === undefined) return bounds(boundOf('>=', [major, 0, 0], least), incPre)
  if (patch === undefined) return bounds(boundOf('>=', [major, minor, 0], least), incPre)
  if (!isPlainPrefix(from)) return undefined
  const given = prerelease.length > 0 || build !== undefined ? prerelease : least
  return bounds(boundOf('>=', [major, minor, patch], given, build), incPre, from.prefix !== '')
}

function hyphenTo(to: Plain, incPre: boolean): readonly Bound[] | undefined {
  const { major, minor, patch, build, prerelease } = to
  if (major === undefined) return []
  if (minor === undefined) return bounds(boundOf('<', [major + 1, 0, 0], LOWEST), incPre)
  if (patch === undefined) return bounds(boundOf('<', [major, minor + 1, 0], LOWEST), incPre)
  const main = [major, minor, patch] as const
  if (prerelease.length > 0) return bounds(boundOf('<=', main, prerelease, build), incPre)
  if (incPre && build === undefined) return bounds(boundOf('<', [major, minor, patch + 1], LOWEST), incPre)
  return isPlainPrefix(to) ? bounds(boundOf('<=', main, prerelease, build), incPre) : undefined
}

/** A whole version may have one `v` in front; a partial one, anything. */
const isPlainPrefix = ({ prefix }: Plain): boolean => prefix === '' || prefix === 'v'

/** Takes away the space between an operator and its version. */
function joinOperators(text: string): string {
  let joined = ''
  for (let at = 0; at < text.length; ) {
    const start = at
    const isOperator = text[at] === '<' || text[at] === '>'
    if (isOperator) at++
    while (at < text.length && 'v= '.includes(text[at]!)) at++
    if (at === start) {
      joined += text[at++]
      continue
    }
    const piece = text.slice(start, at)
    const space = operatorLength(piece)
    const isBeforeVersion = at < text.length && '0123456789xX*'.includes(text[at]!)
    joined += isBeforeVersion && piece[space] === ' ' ? piece.slice(0, space) + piece.slice(space + 1) : piece
  }
  return joined.replace(/~>? /g, '~').replaceAll('^ ', '^')
}

/** How far a space in front and an operator reach. */
function operatorLength(piece: string): number {
  let at = piece[0] === ' ' ? 1 : 0
  if (piece[at] === '<' || piece[at] === '>') at++
  return piece[at] === '=' ? at + 1 : at
}

/** The bounds that one word stands for; undefined when it means nothing. */
function readWord(word: string, incPre: boolean): readonly Bound[] | undefined {
  if (word[0] === '^') return readCaret(word, incPre)
  if (word[0] === '~') return readTilde(word, incPre)
  const operator = operatorOf(word)
  const plain = readPlain(word, operator.length)
  if (!plain || plain.end < word.length || plain.hasGap) return readWithoutStar(word, incPre)
  const { major, minor, patch } = plain
  if (major === undefined) return operator === '<' || operator === '>' ? NONE : []
  if (minor === undefined || patch === undefined) return readPartial(operator, major, minor, incPre)
  return readWhole(word, operator, plain, incPre)
}

const NONE: readonly Bound[] = [boundOf('<', [0, 0, 0], LOWEST)!]

function operatorOf(word: string): string {
  const first = word[0] === '<' || word[0] === '>' ? word[0] : ''
  return word[first.length] === '=' ? `${first}=` : first
}

/** A star anywhere, with an operator in front, says nothing: once. */
function readWithoutStar(word: string, incPre: boolean): readonly Bound[] | undefined {
  const star = word.indexOf('*')
  let from = star
  if (from > 0 && word[from - 1] === '=') from--
  if (from > 0 && (word[from - 1] === '<' || word[from - 1] === '>')) from--
  const rest = star < 0 ? word : withoutMetadata(word.slice(0, from) + word.slice(star + 1))
  if (rest === '') return []
  const operator = operatorOf(rest)
  const plain = readPlain(rest, operator.length)
  if (!plain || plain.end < rest.length || plain.isFour) return undefined
  return readWhole(rest, operator, plain, incPre)
}

/** A `+` that had no words before its star went. */
function withoutMetadata(word: string): string {
  const plus = word.indexOf('+')
  return plus > 0 && stripMetadata(word.slice(plus)) === '' ? word.slice(0, plus) : word
}

/** A version with all of its numbers. */
function readWhole(
  word: string,
  operator: string,
  plain: Plain,
  incPre: boolean,
): readonly Bound[] | undefined {
  const { major, minor, patch, prerelease, build } = plain
  if (major === undefined || minor === undefined || patch === undefined) return undefined
  if (!isPlainPrefix(plain) || word.length - operator.length > 256) return undefined
  const bound = boundOf((operator || '=') as Operator, [major, minor, patch], prerelease, build)
  // Not written with a `v`, the lowest version of all is every version.
  return bounds(bound, incPre, plain.prefix !== '')
}

/** `>1`, `<=1.2`, `1.x`: every version that begins like this. */
function readPartial(
  operator: string,
  major: number,
  minor: number | undefined,
  incPre: boolean,
): readonly Bound[] | undefined {
  const least = incPre ? LOWEST : []
  const first = [major, minor ?? 0, 0] as const
  const next = minor === undefined ? ([major + 1, 0, 0] as const) : ([major, minor + 1, 0] as const)
  switch (operator) {
    case '>':
      return bounds(boundOf('>=', next, least), incPre)
    case '>=':
      return bounds(boundOf('>=', first, least), incPre)
    case '<':
      return bounds(boundOf('<', first, LOWEST), incPre)
    case '<=':
      return bounds(boundOf('<', next, LOWEST), incPre)
    default:
      return between(boundOf('>=', first, least), next, incPre)
  }
}

/** `^1.2.3`: up to the next version that may break. */
function readCaret(word: string, incPre: boolean): readonly Bound[] | undefined {
  const plain = readPlain(word, 1)
  if (!plain || plain.end < word.length) return undefined
  const { major, minor, patch, prerelease, build } = plain
  const least = incPre ? LOWEST : []
  if (isBeyond(plain)) return undefined
  if (major === undefined) return []
  const nextMajor = [major + 1, 0, 0] as const
  if (minor === undefined) return between(boundOf('>=', [major, 0, 0], least), nextMajor, incPre)
  const nextMinor = [major, minor + 1, 0] as const
  if (patch === undefined)
    return between(boundOf('>=', [major, minor, 0], least), major === 0 ? nextMinor : nextMajor, incPre)
  const from = boundOf('>=', [major, minor, patch], prerelease, build)
  if (major > 0) return between(from, nextMajor, incPre)
  return between(from, minor > 0 ? nextMinor : [0, 0, patch + 1], incPre)
}

/** `~1.2.3`, `~>1.2`: up to the next minor, or major where no minor is given. */
function readTilde(word: string, incPre: boolean): readonly Bound[] | undefined {
  const plain = readPlain(word, word[1] === '>' ? 2 : 1)
  if (!plain || plain.end < word.length) return undefined
  const { major, minor, patch, prerelease, build } = plain
  const least = incPre ? LOWEST : []
  if (isBeyond(plain)) return undefined
  if (major === undefined) return []
  if (minor === undefined) return between(boundOf('>=', [major, 0, 0], least), [major + 1, 0, 0], incPre)
  const next = [major, minor + 1, 0] as const
  if (patch === undefined) return between(boundOf('>=', [major, minor, 0], least), next, incPre)
  return between(boundOf('>=', [major, minor, patch], prerelease, build), next, incPre)
}

/** From a bound to before the first prerelease of a version. */
function between(
  from: Bound | undefined,
  next: readonly [number, number, number],
  incPre: boolean,
): readonly Bound[] | undefined {
  const to = boundOf('<', next, LOWEST)
  const low = bounds(from, incPre)
  return low && to ? [...low, to] : undefined
}

/** A bound, left out when it allows all there is. */
function bounds(bound: Bound | undefined, incPre: boolean, isKept = false): readonly Bound[] | undefined {
  if (!bound) return undefined
  const isAll = !isKept && bound.text === (incPre ? '>=0.0.0-0' : '>=0.0.0')
  return isAll ? [] : [bound]
}
