import { arrayType, type ColumnArray } from '../units/column.ts'
import type { Layout } from './layout.ts'
import type { PageSet } from './page-set.ts'

/** Rows that a ranged migration is given at once when nothing else decides: what fits a core's cache. */
export const BATCH_ROWS = 4096

/** Elements that each of `rows` rows has in a column; 0 for a column that has nothing to do with them. */
export const strideOf = (column: { readonly length: number }, rows: number): number =>
  column.length % rows === 0 ? column.length / rows : 0

/** Calls `act` for rows `from` to `to`, at most `size` at a time. */
export function inBatches(
  from: number,
  to: number,
  act: (from: number, to: number) => void,
  size: number = BATCH_ROWS,
): void {
  for (let at = from; at < to; at += size) act(at, Math.min(to, at + size))
}

type Views = Readonly<Record<string, ColumnArray>>

/** Brings rows to what they are before a migration's own function runs: carried over by name, or zero. */
export function carryRows(old: Views, next: Views, rows: number, from: number, to: number): void {
  for (const [name, column] of Object.entries(next)) {
    const stride = strideOf(column, rows)
    if (stride === 0) continue
    const before = old[name]
    const part = column.subarray(from * stride, to * stride)
    const isCarried = before?.constructor === column.constructor && strideOf(before, rows) === stride
    if (isCarried) part.set(before.subarray(from * stride, to * stride))
    else part.fill(0)
  }
}

/** Rows that are moved again together: a page holds more rows of one column than of another. */
const BLOCK_ROWS = 64
const PAGE = 4096

/** Ranges of rows that lie, in any column, in one of the first `count` pages that `pages` names. */
export function rowsInPages(
  layout: Layout,
  rows: number,
  pages: Uint32Array,
  count: number,
): { readonly from: number; readonly to: number }[] {
  const blocks = new Uint8Array(Math.ceil(rows / BLOCK_ROWS))
  const slots = layout.slots.flatMap(({ type, length, offset }) => {
    const stride = strideOf({ length }, rows)
    const bytes = arrayType(type).BYTES_PER_ELEMENT
    return stride === 0 ? [] : [{ offset, end: offset + length * bytes, rowBytes: stride * bytes }]
  })
  for (let i = 0; i < count; i++) {
    const first = pages[i]! * PAGE
    for (const { offset, end, rowBytes } of slots) {
      if (offset >= first + PAGE || end <= first) continue
      const from = Math.floor((Math.max(first, offset) - offset) / rowBytes / BLOCK_ROWS)
      const to = Math.ceil((Math.min(first + PAGE, end) - offset) / rowBytes / BLOCK_ROWS)
      blocks.fill(1, from, to)
    }
  }
  const ranges: { from: number; to: number }[] = []
  for (let at = blocks.indexOf(1); at >= 0; ) {
    const off = blocks.indexOf(0, at)
    const end = off < 0 ? blocks.length : off
    ranges.push({ from: at * BLOCK_ROWS, to: Math.min(rows, end * BLOCK_ROWS) })
    at = blocks.indexOf(1, end)
  }
  return ranges
}

/** The pages in which rows lie, in any column. */
export function pagesOfRows(layout: Layout, rows: number, from: number, to: number, pages: PageSet): void {
  for (const { type, length, offset } of layout.slots) {
    const rowBytes = strideOf({ length }, rows) * arrayType(type).BYTES_PER_ELEMENT
    if (rowBytes === 0 || to <= from) continue
    const last = offset + to * rowBytes - 1
    pages.addRange(Math.floor((offset + from * rowBytes) / PAGE), Math.floor(last / PAGE) + 1)
  }
}

/** The pages of the columns that have no rows. */
export function pagesWithoutRows(layout: Layout, rows: number, pages: PageSet): void {
  for (const { type, length, offset } of layout.slots) {
    if (strideOf({ length }, rows) > 0) continue
    const end = offset + length * arrayType(type).BYTES_PER_ELEMENT
    pages.addRange(Math.floor(offset / PAGE), Math.ceil(end / PAGE))
  }
}
