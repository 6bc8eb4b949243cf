import type { Finding } from '../errors.ts'
import type { Artifact } from '../units/code/artifact.ts'

/** Source texts that are remembered for people to read; those that were read longest ago go first. */
const MOST_BYTES = 16 * 1024 * 1024
/** lines that a frame shows before and after its own */
const AROUND = 2
/** characters of a line in a frame */
const LONGEST_LINE = 160

/** The text of a module as somebody saved it, or, when that is forgotten, as it runs: without its types. */
export interface SourceText {
  readonly file: string
  readonly text: string
  readonly isAsWritten: boolean
}

/** What was staged lately, as it was written: for frames around a finding, and to compare versions. */
export class Sources {
  /** oldest first */
  readonly #texts = new Map<string, { readonly file: string; readonly bytes: Uint8Array }>()
  #bytes = 0

  /** Takes in what was read to be staged. */
  readonly read = (id: string, hash: string, bytes: Uint8Array): void => {
    const key = `${id}\0${hash}`
    this.#bytes += bytes.length - (this.#texts.get(key)?.bytes.length ?? 0)
    this.#texts.delete(key)
    this.#texts.set(key, { file: id, bytes })
    for (const [oldest, { bytes: old }] of this.#texts) {
      if (this.#bytes <= MOST_BYTES) break
      this.#texts.delete(oldest)
      this.#bytes -= old.length
    }
  }

  of({ id, hash, file, code }: Artifact): SourceText {
    const written = this.#texts.get(`${id}\0${hash}`)
    return { file, text: written ? decode(written.bytes) : code, isAsWritten: written !== undefined }
  }

  /** What was read of a file last. */
  latest(file: string): string | undefined {
    let last: Uint8Array | undefined
    for (const each of this.#texts.values()) if (each.file === file) last = each.bytes
    return last && decode(last)
  }

  /** A finding with the lines around its place, out of these artifacts or what was read last. */
  framed(found: Finding, artifacts: readonly Artifact[] = []): Finding {
    const { file, line, column = 1 } = found
    if (file === undefined || line === undefined || found.frame !== undefined) return found
    const artifact = artifacts.find((each) => each.file === file)
    const known = artifact && this.of(artifact)
    const text = known?.isAsWritten ? known.text : this.latest(file)
    const frame = text === undefined ? undefined : frameOf(text, line, column)
    return frame === undefined ? found : { ...found, frame }
  }
}

const decode = (bytes: Uint8Array): string => Buffer.from(bytes).toString('utf8')

/** The lines around a place, numbered, with a caret under it; undefined for a place outside of the text. */
export function frameOf(text: string, line: number, column: number): string | undefined {
  const lines = text.split(/\r?\n/)
  if (!(line >= 1 && line <= lines.length)) return undefined
  const [first, last] = [Math.max(1, line - AROUND), Math.min(lines.length, line + AROUND)]
  const width = String(last).length
  const rows = lines.slice(first - 1, last).flatMap((content, i) => {
    const number = first + i
    const row = `${number === line ? '>' : ' '} ${String(number).padStart(width)} | ${content}`
    const rest = row.trimEnd().slice(0, LONGEST_LINE)
    const isShown = number === line && column <= content.length + 1 && column < LONGEST_LINE
    // Tabs stay tabs, so that the caret stands under its character.
    const indent = content.slice(0, Math.max(0, column - 1)).replace(/[^\t]/g, ' ')
    return isShown ? [rest, `  ${' '.repeat(width)} | ${indent}^`] : [rest]
  })
  return rows.join('\n')
}
