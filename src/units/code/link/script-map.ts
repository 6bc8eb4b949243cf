import { readFileSync } from 'node:fs'
import type { Artifact } from '../artifact.ts'

const LINE_BREAK = /\r\n|[\n\r\u2028\u2029]/g

/** Offsets of a script and of the file it was made from: lines are the same, columns nearly all. */
export class ScriptMap {
  readonly #artifact: Artifact
  readonly #scriptLines: readonly number[]
  readonly #fileLines: readonly number[]
  readonly #fileText: string
  /** where the loader's own text behind the file's begins */
  readonly #end: number

  constructor(artifact: Artifact) {
    const { code, file } = artifact
    const text = readFileSync(file, 'utf8').replace(/^\ufeff/, ' ')
    this.#artifact = artifact
    this.#scriptLines = lineStarts(code)
    this.#fileLines = lineStarts(text)
    this.#fileText = text
    this.#end = code.lastIndexOf('\n')
  }

  /** Whether a range holds all of the file's text. */
  isAround(start: number, end: number): boolean {
    return start < this.#artifact.columnOffset && end > this.#end
  }

  /** Whether a range lies within the file's text. */
  isInside(start: number, end: number): boolean {
    return start >= this.#artifact.columnOffset && end <= this.#end
  }

  toFile(offset: number): number {
    if (offset <= this.#artifact.columnOffset) return 0
    if (offset >= this.#end) return this.#fileText.length
    const index = lineAt(this.#scriptLines, offset)
    const from = this.#fileLines[index]
    if (from === undefined) return this.#fileText.length
    const line = this.#fileText.slice(from, this.#fileLines[index + 1]).trimEnd()
    return from + Math.min(this.#column(index, offset - this.#scriptLines[index]!), line.length)
  }

  /** @param index of the line; @param column in the script; both from 0 */
  #column(index: number, column: number): number {
    const own = index === 0 ? column - this.#artifact.columnOffset : column
    let by = 0
    for (const [line, from, shift] of this.#artifact.shifts ?? []) {
      if (line === index + 1 && from <= own + 1) by = shift
    }
    return Math.max(0, own - by)
  }
}

function lineStarts(text: string): number[] {
  return [0, ...Array.from(text.matchAll(LINE_BREAK), (match) => match.index + match[0].length)]
}

/** The last line that begins at or before an offset. */
function lineAt(starts: readonly number[], offset: number): number {
  let low = 0
  let high = starts.length - 1
  while (low < high) {
    const middle = (low + high + 1) >> 1
    if (starts[middle]! <= offset) low = middle
    else high = middle - 1
  }
  return low
}
