/** What is wrong with a text that is no range, and where. */
export interface Diagnosis {
  /** index of the character */
  readonly at: number
  readonly expected: string
}

const SPACE = /\s/
const OPERATORS = ['>=', '<=', '~>', '>', '<', '=', '~', '^']

const isDigit = (char: string | undefined): boolean => char !== undefined && char >= '0' && char <= '9'
const isWord = (char: string | undefined): boolean =>
  char !== undefined &&
  (isDigit(char) || (char >= 'a' && char <= 'z') || (char >= 'A' && char <= 'Z') || char === '-')

/** Walks over what a plain reader of the grammar would take, up to the first character it would not. */
class Walk {
  readonly text: string
  at = 0

  constructor(text: string) {
    this.text = text
  }

  get char(): string | undefined {
    return this.text[this.at]
  }

  skip(token: string): boolean {
    if (!this.text.startsWith(token, this.at)) return false
    this.at += token.length
    return true
  }

  spaces(): void {
    while (this.char !== undefined && SPACE.test(this.char)) this.at++
  }

  /** @returns what was expected and not found; undefined when a version stands here */
  version(): string | undefined {
    while (this.char === 'v' || this.char === '=') this.at++
    for (let parts = 0; parts < 4; parts++) {
      const wrong = this.part()
      if (wrong) return wrong
      if (this.char !== '.' || parts === 3) break
      this.at++
    }
    for (const mark of ['-', '+'])
      if (this.skip(mark))
        do if (!this.word()) return 'a letter, a digit or "-"'
        while (this.skip('.'))
    return undefined
  }

  part(): string | undefined {
    if (this.skip('x') || this.skip('X') || this.skip('*')) return undefined
    const start = this.at
    while (isDigit(this.char)) this.at++
    const digits = this.text.slice(start, this.at)
    if (digits === '') return 'a digit or "x"'
    const isZeroLed = digits.length > 1 && digits[0] === '0'
    if (!isZeroLed && Number(digits) <= Number.MAX_SAFE_INTEGER) return undefined
    this.at = start
    return isZeroLed ? 'no leading zero' : 'a number that a version can have'
  }

  word(): boolean {
    const start = this.at
    while (isWord(this.char)) this.at++
    return this.at > start
  }

  /** One bound, or the `-` between two versions. */
  bound(): string | undefined {
    if (this.char === '-' && SPACE.test(this.text[this.at + 1] ?? '')) {
      this.at++
      this.spaces()
      return this.version()
    }
    OPERATORS.some((operator) => this.skip(operator))
    this.spaces()
    return this.version()
  }
}

/** The first place where a text is no range; its beginning when each of its parts could be one. */
export function diagnose(text: string): Diagnosis {
  const walk = new Walk(text)
  for (;;) {
    walk.spaces()
    if (walk.char === undefined) return { at: 0, expected: 'parts that make up a range together' }
    if (walk.skip('||')) continue
    const start = walk.at
    const expected = walk.bound()
    if (expected) return { at: walk.at, expected }
    const isEnd = walk.char === undefined || SPACE.test(walk.char) || walk.char === '|'
    if (!isEnd) return { at: walk.at, expected: 'a space, "||" or the end' }
    if (walk.at === start) return { at: start, expected: 'a version' }
  }
}
