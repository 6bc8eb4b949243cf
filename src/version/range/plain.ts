import { MOST_PART } from '../parts.ts'
import type { Identifier } from '../prerelease.ts'

/** A version of which parts may be missing, or an `x`, as it stands in a range. */
export interface Plain {
  /** `v`, `=` and spaces in front of it */
  readonly prefix: string
  /** undefined: missing or an `x` */
  readonly major: number | undefined
  readonly minor: number | undefined
  readonly patch: number | undefined
  readonly build: number | undefined
  /** a fourth part is there, if only as an `x` */
  readonly isFour: boolean
  readonly prerelease: readonly Identifier[]
  /** a part is given after one that is not */
  readonly hasGap: boolean
  /** where it ends in the text */
  readonly end: number
}

const ZERO = 48
const DOT = 46
const HYPHEN = 45

const isDigit = (code: number): boolean => code >= ZERO && code <= 57
const isWord = (code: number): boolean =>
  isDigit(code) || (code >= 97 && code <= 122) || (code >= 65 && code <= 90) || code === HYPHEN
const isPrefix = (code: number): boolean => code === 118 || code === 61 || code === 32
const isWildcard = (code: number): boolean => code === 120 || code === 88 || code === 42

const MOST_DIGITS = 257

/** Reads from one place of a text onwards; every method moves on over what it read. */
class Cursor {
  readonly text: string
  at: number

  constructor(text: string, at: number) {
    this.text = text
    this.at = at
  }

  prefix(): string {
    const start = this.at
    while (isPrefix(this.text.charCodeAt(this.at))) this.at++
    return this.text.slice(start, this.at)
  }

  /** A number without leading zeros, or `undefined` for an x; false when there is neither. */
  part(): number | undefined | false {
    const start = this.at
    if (isWildcard(this.text.charCodeAt(start))) {
      this.at++
      return undefined
    }
    if (this.text.charCodeAt(start) === ZERO) {
      this.at++
      return 0
    }
    while (isDigit(this.text.charCodeAt(this.at)) && this.at - start < MOST_DIGITS) this.at++
    return this.at > start && Number(this.text.slice(start, this.at))
  }

  /** `.` and a part; false, and nothing read, when they are not there. */
  dottedPart(): number | undefined | false {
    const start = this.at
    if (this.text.charCodeAt(start) !== DOT) return false
    this.at++
    const part = this.part()
    if (part === false) this.at = start
    return part
  }

  /** `-` and identifiers; none, and nothing read, when they are not there. */
  prerelease(): Identifier[] {
    const identifiers: Identifier[] = []
    if (this.text.charCodeAt(this.at) !== HYPHEN) return identifiers
    for (let from = this.at + 1; ; from = this.at + 1) {
      let end = from
      while (isWord(this.text.charCodeAt(end))) end++
      const word = identifierOf(this.text.slice(from, end))
      if (word === undefined) return identifiers
      identifiers.push(word)
      this.at = end
      if (this.text.charCodeAt(end) !== DOT) return identifiers
    }
  }
}

const DIGITS = /^[0-9]+$/

/** An identifier as versions hold it; undefined for no word, or a number with leading zeros. */
function identifierOf(word: string): Identifier | undefined {
  if (!DIGITS.test(word)) return word || undefined
  if (word.length > 1 && word.charCodeAt(0) === ZERO) return undefined
  const value = Number(word)
  return value < Number.MAX_SAFE_INTEGER ? value : word
}

/** Reads a plain at `at`; undefined when there is none. */
export function readPlain(text: string, at: number): Plain | undefined {
  const cursor = new Cursor(text, at)
  const prefix = cursor.prefix()
  const major = cursor.part()
  if (major === false) return undefined
  const minor = cursor.dottedPart()
  const patch = minor === false ? false : cursor.dottedPart()
  const build = patch === false ? false : cursor.dottedPart()
  const prerelease = patch === false ? [] : cursor.prerelease()
  if (build !== false && build !== undefined && build > MOST_PART) return undefined
  const parts = [major, minor || (minor === 0 ? 0 : undefined), patch || (patch === 0 ? 0 : undefined)]
  const given = build === false ? undefined : build
  const hasGap = hasPartAfterGap([...parts, given])
  return {
    prefix,
    major,
    minor: parts[1],
    patch: parts[2],
    build: given,
    isFour: build !== false,
    prerelease,
    hasGap,
    end: cursor.at,
  }
}

function hasPartAfterGap(parts: readonly (number | undefined)[]): boolean {
  const gap = parts.indexOf(undefined)
  return gap >= 0 && parts.slice(gap).some((part) => part !== undefined)
}
