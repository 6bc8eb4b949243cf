import { blank } from './edits.ts'
import { acorn } from './parsers.ts'
import { decodeMappings } from './source-map.ts'

/** JavaScript whose tokens stand where the source has them. */
export interface Compiled {
  readonly code: string
  /** characters of helpers in front of the first line */
  readonly lead: number
}

interface Piece {
  readonly text: string
  readonly line: number
  readonly column: number
}

/** A line break after one of these, or in front of these, would end or change the statement. */
const BINDS_RIGHT = /(?:^|[^.\w$])(?:return|throw|break|continue|yield|async|static|get|set|accessor)\s*$/
const BINDS_LEFT = /^\s*(?:=>|\+\+|--)/

/**
 * Prints a compiler's output with the line breaks and columns of its source, after
 * its source map, so that no map is needed to read a stack. Columns can be off behind
 * a construct that grew on its own line.
 */
export function relayout(printed: string, mappings: string): Compiled {
  const { code, templates } = scan(printed)
  const out = new Layout()
  for (const piece of pieces(code, mappings, templates)) out.add(piece)
  return out.finish()
}

type Range = readonly [start: number, end: number]

/** Blanks comments out, and finds where a line break is a character of a template. @throws SyntaxError */
function scan(printed: string): { code: string; templates: readonly Range[] } {
  const templates: Range[] = []
  let code = printed
  acorn().parse(printed, {
    ecmaVersion: 'latest',
    sourceType: 'module',
    onToken: ({ type, start, end }) => {
      if (type.label === 'template') templates.push([start, end])
    },
    onComment: (_block, _text, start, end) => {
      code = code.slice(0, start) + blank(code.slice(start, end)) + code.slice(end)
    },
  })
  return { code, templates }
}

class Layout {
  #text = ''
  #line = 0
  #column = 0
  #lead = -1

  add({ text, line, column }: Piece): void {
    if (line >= 0) this.#moveTo(line, column, text)
    this.#append(text)
  }

  finish(): Compiled {
    return { code: this.#text, lead: Math.max(0, this.#lead) }
  }

  #moveTo(line: number, column: number, text: string): void {
    if (this.#lead < 0) {
      // What stands in front of the first mapped token is the compiler's own: helpers and imports.
      this.#lead = line === 0 ? Math.max(0, this.#column - column) : 0
      this.#column -= this.#lead
    }
    if (line > this.#line && !BINDS_RIGHT.test(this.#text.slice(-12)) && !BINDS_LEFT.test(text)) {
      this.#text = this.#text.trimEnd()
      this.#append('\n'.repeat(line - this.#line))
    }
    if (line === this.#line && column > this.#column) this.#append(' '.repeat(column - this.#column))
  }

  #append(text: string): void {
    this.#text += text
    const last = text.lastIndexOf('\n')
    if (last < 0) {
      this.#column += text.length
      return
    }
    for (const character of text) if (character === '\n') this.#line++
    this.#column = text.length - last - 1
  }
}

/** The output cut at its mappings; line breaks outside of templates become spaces. */
function* pieces(code: string, mappings: string, templates: readonly Range[]): Generator<Piece> {
  let start = 0
  let pending: { text: string; line: number; column: number } | undefined
  let inside = false
  const mapped = decodeMappings(mappings)
  for (let number = 0; start <= code.length; number++) {
    const line = mapped[number] ?? []
    const end = (code.indexOf('\n', start) + 1 || code.length + 1) - 1
    const steps = [...line, { column: end - start, sourceLine: -1, sourceColumn: -1 }]
    let from = 0
    let place = { sourceLine: -1, sourceColumn: -1 }
    for (const step of steps) {
      const text = code.slice(start + from, start + step.column)
      const isIndent = from === 0 && !inside && text.trim() === ''
      if (text && !isIndent) {
        if (pending) yield pending
        pending = { text, line: place.sourceLine, column: place.sourceColumn }
      }
      from = Math.max(from, step.column)
      place = step
    }
    inside = templates.some(([a, b]) => a <= end && end < b)
    if (pending) pending.text += inside ? '\n' : ' '
    start = end + 1
  }
  if (pending) yield pending
}
