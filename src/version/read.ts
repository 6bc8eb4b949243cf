import { TickswapError } from '../errors.ts'
import { MOST_CHARACTERS, MOST_PART, type VersionParts } from './parts.ts'
import type { Identifier } from './prerelease.ts'

const ZERO = 48
const NINE = 57
const DOT = 46
const HYPHEN = 45
const PLUS = 43

const isDigit = (code: number): boolean => code >= ZERO && code <= NINE
const isLetterOrHyphen = (code: number): boolean =>
  (code >= 97 && code <= 122) || (code >= 65 && code <= 90) || code === HYPHEN

const NO_PRERELEASE: readonly Identifier[] = []

/** Reads one version from front to back, looking at each character once. */
class Reader {
  readonly text: string
  at: number
  readonly end: number

  readonly #what: 'version' | 'prerelease'

  /** White space is allowed around a version, and nowhere else. */
  constructor(text: string, what: 'version' | 'prerelease') {
    const isVersion = what === 'version'
    this.text = text
    this.#what = what
    this.end = isVersion ? text.trimEnd().length : text.length
    this.at = isVersion ? text.length - text.trimStart().length : 0
  }

  fail(expected: string): never {
    const found = this.at < this.end ? `found "${this.text[this.at]}"` : 'the text ends'
    throw new TickswapError(
      'TICKSWAP_E_VERSION_INVALID',
      `"${this.text}" is no ${this.#what}: ${expected} at character ${this.at + 1}, ${found}`,
    )
  }

  peek(): number {
    return this.at < this.end ? this.text.charCodeAt(this.at) : -1
  }

  skip(code: number): boolean {
    if (this.peek() !== code) return false
    this.at++
    return true
  }

  expectDot(): void {
    if (!this.skip(DOT)) this.fail('expected "."')
  }

  /** A number without leading zeros, up to 2^32 - 1. */
  number(): number {
    const start = this.at
    let value = 0
    while (isDigit(this.peek())) {
      value = value * 10 + this.peek() - ZERO
      if (value > MOST_PART || (this.at > start && this.text.charCodeAt(start) === ZERO)) {
        this.at = start
        this.fail(value > MOST_PART ? 'expected a number below 2^32' : 'expected no leading zero')
      }
      this.at++
    }
    if (this.at === start) this.fail('expected a digit')
    return value
  }

  /** Letters, digits and hyphens up to the next dot, plus or end; how far, and whether all are digits. */
  word(): { start: number; isNumeric: boolean } {
    const start = this.at
    let isNumeric = true
    for (; ; this.at++) {
      const code = this.peek()
      if (isDigit(code)) continue
      if (!isLetterOrHyphen(code)) break
      isNumeric = false
    }
    if (this.at === start) this.fail('expected a letter, a digit or "-"')
    return { start, isNumeric }
  }

  identifier(): Identifier {
    const { start, isNumeric } = this.word()
    const word = this.text.slice(start, this.at)
    if (!isNumeric) return word
    if (word.length > 1 && word.charCodeAt(0) === ZERO) {
      this.at = start
      this.fail('expected no leading zero')
    }
    const value = Number(word)
    return value < Number.MAX_SAFE_INTEGER ? value : word
  }

  prerelease(): Identifier[] {
    const identifiers: Identifier[] = []
    do identifiers.push(this.identifier())
    while (this.skip(DOT))
    return identifiers
  }

  metadata(): string {
    const start = this.at
    do this.word()
    while (this.skip(DOT))
    return this.text.slice(start, this.at)
  }
}

/** Takes the build off a prerelease that ends in two numbers, and gives it; 0 when it does not. */
export function takeBuild(identifiers: Identifier[]): number {
  const [last, previous] = [identifiers.at(-1), identifiers.at(-2)]
  if (typeof previous !== 'number' || typeof last !== 'number') return 0
  if (last === 0 || last > MOST_PART) return 0
  identifiers.pop()
  return last
}

/** The identifiers of a prerelease such as `rc.1`; none for empty text. Throws as Version.parse does. */
export function readPrerelease(text: string): readonly Identifier[] {
  if (text === '') return NO_PRERELEASE
  requireText(text)
  const reader = new Reader(text, 'prerelease')
  const identifiers = reader.prerelease()
  if (reader.at < text.length) reader.fail('expected the end')
  return identifiers
}

function requireText(text: unknown): asserts text is string {
  if (typeof text !== 'string')
    throw new TickswapError('TICKSWAP_E_VERSION_INVALID', `a ${typeof text} is no version; a string is`)
  if (text.length > MOST_CHARACTERS)
    throw new TickswapError(
      'TICKSWAP_E_VERSION_INVALID',
      `a version of ${text.length} characters is longer than ${MOST_CHARACTERS}`,
    )
}

/** The parts of a version's text. See Version for the grammar and for what it throws. */
export function readVersion(text: string): VersionParts {
  requireText(text)
  const reader = new Reader(text, 'version')
  reader.skip(118)
  const major = reader.number()
  reader.expectDot()
  const minor = reader.number()
  reader.expectDot()
  const patch = reader.number()
  const written = reader.skip(DOT) ? reader.number() : undefined
  const identifiers = reader.skip(HYPHEN) ? reader.prerelease() : undefined
  const metadata = reader.skip(PLUS) ? reader.metadata() : ''
  if (reader.at < reader.end) reader.fail('expected the end')
  const build = written ?? (identifiers ? takeBuild(identifiers) : 0)
  return { major, minor, patch, build, prerelease: identifiers ?? NO_PRERELEASE, metadata }
}
