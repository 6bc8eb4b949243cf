import { readFileSync, writeFileSync } from 'node:fs'
import { TickswapError } from '../../errors.ts'
import type { Declaration } from '../../units/code/surface/declaration.ts'

const BOM_BYTES = 3

/**
 * Writes another number into a unit's file, in place of the literal that declares it. Every other byte stays.
 * @throws TickswapError VERSION_UNWRITABLE, with the place, where the literal does not stand in this file
 */
export function writeVersion(file: string, { version }: Declaration, number: string): void {
  writeFileSync(file, replaced(readFileSync(file), file, version, number))
}

function replaced(bytes: Buffer, file: string, version: Declaration['version'], number: string): Buffer {
  const hasMark = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf
  const text = bytes.toString('utf8').slice(hasMark ? 1 : 0)
  const start = offsetOf(text, version)
  const quote = start === undefined ? undefined : text[start]
  const end = start! + (version?.text.length ?? 0) + 2
  const literal = quote && '\'"`'.includes(quote) ? text.slice(start, end) : ''
  if (start === undefined || literal !== `${quote}${version!.text}${quote}`) {
    const place = { file, ...(version?.line && { line: version.line, column: version.column ?? 1 }) }
    throw new TickswapError(
      'TICKSWAP_E_VERSION_UNWRITABLE',
      'the version is not a plain text in this file',
      place,
    )
  }
  const lead = hasMark ? BOM_BYTES : 0
  const before = Buffer.byteLength(text.slice(0, start)) + lead
  const after = before + Buffer.byteLength(literal)
  return Buffer.concat([
    bytes.subarray(0, before),
    Buffer.from(`${quote}${number}${quote}`),
    bytes.subarray(after),
  ])
}

/** Lines and columns hold for compiled sources too, offsets do not. */
function offsetOf(text: string, version: Declaration['version']): number | undefined {
  if (!version?.line) return undefined
  let at = 0
  let line = 1
  for (const match of text.matchAll(/\r\n|[\n\r\u2028\u2029]/g)) {
    if (line === version.line) break
    at = match.index + match[0].length
    line++
  }
  return line === version.line ? at + (version.column ?? 1) - 1 : undefined
}
