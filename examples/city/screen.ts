/** The thread that writes to the terminal: only the characters that changed since the last picture. */
import { writeSync } from 'node:fs'
import { parentPort, workerData } from 'node:worker_threads'
import type { Picture } from './panel.ts'
import { WIDTH } from './systems/city.ts'

interface Drawing extends Picture {
  number: number
  columns: number
  rows: number
  pixels: Uint8Array
}

const { shown, trueColour } = workerData as { shown: Int32Array; trueColour: boolean }
const PAPER = 0x0d1117
const HALF = '▀'
/** bit of a foreground that says bold */
const BOLD = 1 << 24
const RETRY_MS = 4

/** what stands in each character cell */
class Grid {
  readonly columns: number
  readonly rows: number
  readonly glyphs: string[]
  readonly front: Int32Array
  readonly back: Int32Array

  constructor(columns: number, rows: number) {
    this.columns = columns
    this.rows = rows
    this.glyphs = new Array(columns * rows).fill(' ')
    this.front = new Int32Array(columns * rows)
    this.back = new Int32Array(columns * rows).fill(PAPER)
  }

  put(column: number, row: number, glyph: string, front: number, back = PAPER): void {
    if (column < 0 || row < 0 || column >= this.columns || row >= this.rows) return
    const at = row * this.columns + column
    this.glyphs[at] = glyph
    this.front[at] = front
    this.back[at] = back
  }

  differs(other: Grid | undefined, at: number): boolean {
    if (!other) return true
    return (
      this.glyphs[at] !== other.glyphs[at] ||
      this.front[at] !== other.front[at] ||
      this.back[at] !== other.back[at]
    )
  }
}

let before: Grid | undefined

parentPort!.on('message', (message: Drawing | 'forget') => {
  if (message === 'forget') {
    before = undefined
    return
  }
  const grid = new Grid(message.columns, message.rows)
  drawMap(grid, message)
  for (const { column, row, text, colour, bold } of message.spans)
    Array.from(text).forEach((glyph, i) => {
      grid.put(column + i, row, glyph, bold ? colour | BOLD : colour)
    })
  if (before?.columns !== grid.columns || before.rows !== grid.rows) before = undefined
  write(`\x1b[?2026h${before ? '' : '\x1b[0m\x1b[2J'}${difference(grid)}\x1b[?2026l`)
  before = grid
  Atomics.store(shown, 0, message.number)
})

/** Two pixels in each character: the upper in front, the lower behind. */
function drawMap(grid: Grid, { map, pixels }: Drawing): void {
  const across = map.width / map.columns
  const down = map.height / map.rows / 2
  for (let row = 0; row < map.rows; row++)
    for (let column = 0; column < map.columns; column++) {
      const x = map.left + column * across
      const y = map.top + row * 2 * down
      const upper = average(pixels, x, y, across, down)
      const lower = average(pixels, x, y + down, across, down)
      grid.put(column, map.row + row, HALF, upper, lower)
    }
}

/** The mean colour of a part of the map, given in cells. */
function average(pixels: Uint8Array, left: number, top: number, width: number, height: number): number {
  const fromX = Math.floor(left)
  const toX = Math.max(fromX + 1, Math.floor(left + width))
  const fromY = Math.floor(top)
  const toY = Math.max(fromY + 1, Math.floor(top + height))
  const total = [0, 0, 0]
  for (let y = fromY; y < toY; y++)
    for (let x = fromX; x < toX; x++)
      for (let i = 0; i < 3; i++) total[i]! += pixels[(y * WIDTH + x) * 3 + i]!
  const count = (toX - fromX) * (toY - fromY)
  // Steps of four: a colour that moves by less is not worth writing again.
  const [r, g, b] = total.map((sum) => Math.floor(sum / count) & 0xfc)
  return (r! << 16) | (g! << 8) | b!
}

function difference(grid: Grid): string {
  const parts: string[] = []
  let front = -1
  let back = -1
  for (let row = 0; row < grid.rows; row++) {
    let pen = -1
    for (let column = 0; column < grid.columns; column++) {
      const at = row * grid.columns + column
      if (!grid.differs(before, at)) continue
      if (pen !== column) parts.push(`\x1b[${row + 1};${column + 1}H`)
      if (grid.front[at] !== front) {
        front = grid.front[at]!
        parts.push(front & BOLD ? '\x1b[1m' : '\x1b[22m', colour(38, front & 0xffffff))
      }
      if (grid.back[at] !== back) {
        back = grid.back[at]!
        parts.push(colour(48, back))
      }
      parts.push(grid.glyphs[at]!)
      pen = column + 1
    }
  }
  return parts.join('')
}

function colour(plane: 38 | 48, rgb: number): string {
  const [r, g, b] = [rgb >> 16, (rgb >> 8) & 255, rgb & 255]
  if (trueColour) return `\x1b[${plane};2;${r};${g};${b}m`
  const level = (value: number): number => (value < 48 ? 0 : value < 115 ? 1 : Math.floor((value - 35) / 40))
  return `\x1b[${plane};5;${16 + 36 * level(r) + 6 * level(g) + level(b)}m`
}

/** Writes all of it, also where the terminal takes only a part at a time. */
function write(text: string): void {
  let bytes: Uint8Array = Buffer.from(text)
  while (bytes.length > 0)
    try {
      bytes = bytes.subarray(writeSync(1, bytes))
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, RETRY_MS)
    }
}
