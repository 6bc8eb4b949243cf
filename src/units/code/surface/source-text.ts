import type { Place } from '../../../errors.ts'
import type { Node } from '../transform/nodes.ts'

const QUESTION_MARK = 63

/** The text that was parsed, beside the file's own, which has the types too. */
export class SourceText {
  readonly file: string
  readonly #parsed: string
  readonly #original: string
  #lines: number[] | undefined

  /** @param parsed what the nodes' offsets count in @param original the file's text */
  constructor(file: string, parsed: string, original: string) {
    this.file = file
    this.#parsed = parsed
    this.#original = original
  }

  /** Compiled text keeps lines and columns of its source; stripped text its offsets too. */
  place({ start }: Node): Place {
    const lines = this.#lineStarts()
    let [low, high] = [0, lines.length - 1]
    while (low < high) {
      const middle = (low + high + 1) >> 1
      if (lines[middle]! <= start) low = middle
      else high = middle - 1
    }
    return { file: this.file, line: low + 1, column: start - lines[low]! + 1 }
  }

  text({ start, end }: Node): string {
    return this.#parsed.slice(start, end)
  }

  /** Whether a parameter is `name?: Type` in the file; undefined where that cannot be told. */
  isOptional(node: Node): boolean | undefined {
    const name = this.#original.slice(node.start, node.end)
    if (node.type === 'Identifier' && name !== node.name) return undefined
    if (this.#original.length !== this.#parsed.length) return undefined
    let at = node.end
    while (at < this.#original.length && this.#original.charCodeAt(at) <= 32) at++
    return this.#original.charCodeAt(at) === QUESTION_MARK
  }

  #lineStarts(): readonly number[] {
    this.#lines ??= OTHER_ENDS.test(this.#parsed) ? lineStarts(this.#parsed) : newlineStarts(this.#parsed)
    return this.#lines
  }
}

const OTHER_ENDS = /[\r\u2028\u2029]/

function lineStarts(text: string): number[] {
  const starts = [0]
  for (const match of text.matchAll(/\r\n|[\n\r\u2028\u2029]/g)) starts.push(match.index + match[0].length)
  return starts
}

/** The same for text that has no other line ends, several times as fast. */
function newlineStarts(text: string): number[] {
  const starts = [0]
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) starts.push(at + 1)
  return starts
}
