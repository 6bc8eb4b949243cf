/**
 * Changes to a source text that keep every line where it is, and every column as far
 * as white space on the same line can pay for what is inserted.
 */

interface Edit {
  readonly start: number
  readonly end: number
  /** undefined: the range may give its spaces away to pay for an insertion before it */
  readonly text: string | undefined
  readonly order: number
  /** spaces at the end of `text` that may go to pay for an insertion before it */
  readonly spare?: number
}

const NEWLINE = /[\n\r\u2028\u2029]/
const LINE_BREAK = /\r\n|[\n\r\u2028\u2029]/g
const WORD = /[\p{ID_Continue}$\u200c\u200d]/u

/**
 * From `column` of `line` on (both from 1, in the printed text), columns are `by`
 * greater than in the source, up to the next shift or the end of the line.
 */
export type Shift = readonly [line: number, column: number, by: number]

/** `text` as white space of the same shape: line breaks stay, the rest becomes spaces. */
export const blank = (text: string): string => text.replace(/[^\n\r\u2028\u2029]/g, ' ')

export class Edits {
  readonly #source: string
  readonly #origin: number
  readonly #edits: Edit[] = []

  /** @param origin the offset that callers give to the first character of `source` */
  constructor(source: string, origin = 0) {
    this.#source = source
    this.#origin = origin
  }

  #add(start: number, end: number, text: string | undefined, order: number, spare?: number): void {
    const edit = { start: start - this.#origin, end: end - this.#origin, text, order }
    this.#edits.push(spare === undefined ? edit : { ...edit, spare })
  }

  /** Replaces a range; a shorter text is padded with spaces, so that what follows keeps its line and column. */
  replace(start: number, end: number, text: string): void {
    const rest = blank(this.#source.slice(start + text.length - this.#origin, end - this.#origin))
    this.#add(start, end, text + rest, this.#edits.length, NEWLINE.test(rest) ? 0 : rest.length)
  }

  /**
   * Puts `text` in the place of a range that may have line breaks, which stay.
   * @param width of what replaces a range of one line
   */
  begin(start: number, end: number, text: string, width = end - start): void {
    const range = this.#source.slice(start - this.#origin, end - this.#origin)
    const firstBreak = range.search(NEWLINE)
    const whole =
      firstBreak < 0 ? text.padEnd(width) : text.padEnd(firstBreak) + blank(range.slice(firstBreak))
    this.#add(start, end, whole, this.#edits.length)
  }

  /** Replaces a range by exactly `text`. */
  swap(start: number, end: number, text: string): void {
    this.#add(start, end, text, this.#edits.length)
  }

  /** Inserts before `at`. Insertions at one place keep the order they were made in. */
  insert(at: number, text: string): void {
    this.#add(at, at, text, this.#edits.length)
  }

  /** Inserts before `at`, in front of what was inserted there already. */
  insertFirst(at: number, text: string): void {
    this.#add(at, at, text, -this.#edits.length)
  }

  /** Marks a range, an operator with spaces around it, that may shrink. */
  slack(start: number, end: number): void {
    this.#add(start, end, undefined, 0)
  }

  /** Turns a whole statement into an empty one. */
  blank(start: number, end: number): void {
    const rest = this.#source.slice(start + 1 - this.#origin, end - this.#origin)
    this.#add(start, end, `;${blank(rest)}`, 0)
  }

  /** The edited text, and the places where columns could not be kept. */
  print(): { text: string; shifts: readonly Shift[] } {
    if (this.#edits.length === 0) return { text: this.#source, shifts: [] }
    this.#edits.sort((a, b) => a.start - b.start || a.end - b.end || a.order - b.order)
    const out = new Output(this.#source)
    for (const [index, edit] of this.#edits.entries())
      out.apply(edit, this.#edits[index + 1]?.start === edit.end)
    return out.finish()
  }
}

class Output {
  readonly #source: string
  #text = ''
  #at = 0
  /** columns by which the text after this point is too far right */
  #debt = 0
  /** the debt at the last entry of `shifts` */
  #noted = 0
  readonly #shifts: Shift[] = []
  /** line and start of line at `#counted` characters of the output */
  #line = 1
  #lineStart = 0
  #counted = 0

  constructor(source: string) {
    this.#source = source
  }

  /** @param isFollowed another edit is at the place where this one ends */
  apply(edit: Edit, isFollowed: boolean): void {
    this.#copy(edit.start)
    if (edit.text === undefined) {
      this.#shrink(edit.end)
      return
    }
    const saved = Math.min(Math.max(this.#debt, 0), edit.spare ?? 0)
    const text = edit.text.slice(0, edit.text.length - saved)
    this.#debt += text.length - (edit.end - edit.start)
    if (this.#debt > 0) this.#payBefore(text)
    this.#text += this.#separator(text) + text
    // White space behind an insertion may have paid for it already.
    this.#at = Math.max(this.#at, edit.end)
    if (NEWLINE.test(text)) this.#debt = 0
    if (this.#debt > 0 && !isFollowed) this.#payAfter()
  }

  finish(): { text: string; shifts: readonly Shift[] } {
    this.#copy(this.#source.length)
    return { text: this.#text, shifts: this.#shifts }
  }

  #copy(to: number): void {
    if (to <= this.#at) return
    const piece = this.#source.slice(this.#at, to)
    if (this.#debt !== this.#noted) this.#note()
    if (NEWLINE.test(piece)) {
      this.#debt = 0
      this.#noted = 0
    }
    this.#text += piece
    this.#at = to
  }

  /** Remembers from where on columns are off; only lines that are edited get here. */
  #note(): void {
    this.#noted = this.#debt
    for (const match of this.#text.slice(this.#counted).matchAll(LINE_BREAK)) {
      this.#line++
      this.#lineStart = this.#counted + match.index + match[0].length
    }
    this.#counted = this.#text.length
    this.#shifts.push([this.#line, this.#text.length - this.#lineStart + 1, this.#debt])
  }

  /** Takes spaces away in front of the insertion, where two words cannot grow together. */
  #payBefore(inserted: string): void {
    while (this.#debt > 0 && this.#text.endsWith(' ')) {
      const before = this.#text.at(-2) ?? '\n'
      if (before !== ' ' && WORD.test(before) && WORD.test(inserted[0] ?? ' ')) return
      if (before !== ' ' && !/[\n\r(){}[\];,=>?:\p{ID_Continue}]/u.test(before)) return
      this.#text = this.#text.slice(0, -1)
      this.#debt--
    }
  }

  #shrink(end: number): void {
    const piece = this.#source.slice(this.#at, end)
    const tight = piece.trim()
    const kept = NEWLINE.test(piece) ? piece.length : Math.max(tight.length, piece.length - this.#debt)
    this.#text += kept === piece.length ? piece : tight.padEnd(kept)
    this.#debt -= piece.length - kept
    this.#at = end
  }

  /** Takes spaces away behind the insertion; what is inserted ends in punctuation. */
  #payAfter(): void {
    if (this.#source.startsWith('; ', this.#at)) {
      this.#text += ';'
      this.#at++
    }
    while (this.#debt > 0 && this.#source[this.#at] === ' ' && /[(){};,]$/.test(this.#text)) {
      this.#at++
      this.#debt--
    }
  }

  #separator(inserted: string): string {
    if (!WORD.test(inserted[0] ?? ' ') || !WORD.test(this.#text.at(-1) ?? ' ')) return ''
    this.#debt++
    return ' '
  }
}
