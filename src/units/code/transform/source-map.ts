/** One step of a source map: a place in the output that stands for a place in the source. */
export interface Mapping {
  /** column in the output line, from 0 */
  readonly column: number
  /** line and column in the source, from 0; -1 where the output stands for nothing */
  readonly sourceLine: number
  readonly sourceColumn: number
}

const DIGITS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'
const VALUES = new Map([...DIGITS].map((digit, value) => [digit, value]))

/** Decodes the `mappings` of a source map with one source, line by line. */
export function decodeMappings(mappings: string): Mapping[][] {
  let sourceLine = 0
  let sourceColumn = 0
  return mappings.split(';').map((line) => {
    let column = 0
    if (line === '') return []
    return line.split(',').map((segment) => {
      const [columns = 0, , lines, sourceColumns = 0] = decodeVlq(segment)
      column += columns
      if (lines === undefined) return { column, sourceLine: -1, sourceColumn: -1 }
      sourceLine += lines
      sourceColumn += sourceColumns
      return { column, sourceLine, sourceColumn }
    })
  })
}

function decodeVlq(segment: string): number[] {
  const numbers: number[] = []
  let shift = 0
  let value = 0
  for (const digit of segment) {
    const bits = VALUES.get(digit)!
    value += (bits & 31) << shift
    shift += 5
    if (bits & 32) continue
    numbers.push(value & 1 ? -(value >>> 1) : value >>> 1)
    shift = 0
    value = 0
  }
  return numbers
}
