import Table from 'cli-table3'
import { stringify } from 'yaml'

export const FORMATS = ['table', 'json', 'yaml'] as const
export type Format = (typeof FORMATS)[number]

/** Prints a record of facts to standard output. In a table nested facts are dotted: `problem.code`. */
export function print(record: object, format: Format): void {
  console.log(render(record, format))
}

/** Prints records of one shape: in a table a row each, under the names of their fields. */
export function printList(records: readonly object[], format: Format): void {
  if (format !== 'table') return console.log(render(records, format))
  const [first] = records
  const cells = records.map((record) => Object.values(record).map(String))
  if (first) console.log(layOut(cells, Object.keys(first)))
}

function render(record: object, format: Format): string {
  switch (format) {
    case 'json':
      return JSON.stringify(record, undefined, 2)
    case 'yaml':
      return stringify(record).trimEnd()
    case 'table':
      return tableOf(record)
    default:
      return format satisfies never
  }
}

const tableOf = (record: object): string => layOut(rows(record))

/** Rows in columns: with lines around them on a terminal, otherwise one line of words each. */
export function layOut(cells: readonly (readonly string[])[], head: readonly string[] = []): string {
  const isPlain = !process.stdout.isTTY
  const table = new Table({
    ...(isPlain ? { chars: PLAIN } : {}),
    head: [...head],
    style: { head: [], border: [], compact: true, ...(isPlain ? { 'padding-left': 0 } : {}) },
  })
  table.push(...cells.map((row) => [...row]))
  return table.toString().replace(/ +$/gm, '')
}

function rows(record: object, prefix = ''): string[][] {
  return Object.entries(record).flatMap(([key, value]) =>
    typeof value === 'object' && value !== null
      ? rows(value, `${prefix}${key}.`)
      : [[`${prefix}${key}`, String(value)]],
  )
}

/** No lines around cells: for pipes, where each row is one line of words. */
const PLAIN = {
  top: '',
  'top-mid': '',
  'top-left': '',
  'top-right': '',
  bottom: '',
  'bottom-mid': '',
  'bottom-left': '',
  'bottom-right': '',
  left: '',
  'left-mid': '',
  mid: '',
  'mid-mid': '',
  right: '',
  'right-mid': '',
  middle: '  ',
}
