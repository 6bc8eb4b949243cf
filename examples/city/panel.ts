/** Composes what stands around the map: text with colours, at places that fit the terminal. */
import type { Headline } from './city-state.ts'
import { SYSTEMS, type SystemName } from './crew.ts'
import type { Engine } from './engine.ts'
import { line, type Mood, type News } from './news.ts'
import { clamp, dayAt, daylightAt, HEIGHT, hourAt, WIDTH } from './systems/city.ts'
import { CENTRE_X, CENTRE_Y } from './systems/network.ts'

/** what lately happened to a unit */
export interface UnitMark {
  readonly state: 'probation' | 'steady' | 'reject' | 'rollback'
  readonly frame: number
}

/** A run of text in one colour. Column and row count from 0. */
export interface Span {
  column: number
  row: number
  text: string
  colour: number
  bold?: boolean
}

export interface Picture {
  spans: Span[]
  map: MapView
}

/** Which part of the map is shown, in cells, and where, in characters; each is two pixels high. */
export interface MapView {
  left: number
  top: number
  width: number
  height: number
  row: number
  columns: number
  rows: number
}

export interface Scene {
  engine: Engine
  frame: number
  headline: Headline
  news: readonly News[]
  marks: ReadonlyMap<string, UnitMark>
  said: string
}

const TEXT = 0xc9d1d9
const DIM = 0x6e7681
const HEAD = 0x7ee0ff
const MOODS: Record<Mood, number> = { good: 0x56d364, bad: 0xff7b72, back: 0xe3b341, plain: TEXT }
const SMALL = 100
/** the least scale at which streets can still be told apart */
const SHARP = 0.85
/** frames for which a mishap is marked on its unit */
const MARKED_FRAMES = 240
const BARS = ' ▁▂▃▄▅▆▇█'

class Pen {
  readonly spans: Span[] = []

  at(column: number, row: number, text: string, colour = TEXT, bold = false): void {
    this.spans.push({ column, row, text, colour, bold })
  }
}

/** Lays out the picture for a terminal of the given size. */
export function compose(scene: Scene, columns: number, rows: number): Picture {
  const side = columns < SMALL ? 27 : Math.min(46, Math.max(38, columns - WIDTH - 2))
  const footer = Math.max(5, Math.min(12, rows - HEIGHT / 2 - 2))
  const map = mapView(Math.max(1, columns - side - 2), Math.max(1, rows - 1 - footer), scene.frame)
  const pen = new Pen()
  header(pen, scene, columns)
  const end = panel(pen, scene, map.columns + 2, rows - 1 - footer, columns < SMALL)
  foot(pen, scene, Math.max(map.row + map.rows, end), columns, rows)
  return { spans: pen.spans, map }
}

/** The whole map where that is still sharp; otherwise as much of it as fits, seen by a camera that drifts. */
function mapView(columns: number, rows: number, frame: number): MapView {
  const scale = Math.min(1, columns / WIDTH, (rows * 2) / HEIGHT)
  if (scale >= SHARP) {
    const size = { columns: Math.floor(WIDTH * scale), rows: Math.floor((HEIGHT * scale) / 2) }
    return { left: 0, top: 0, width: WIDTH, height: HEIGHT, row: 1, ...size }
  }
  const width = Math.min(columns, WIDTH)
  const height = Math.min(rows * 2, HEIGHT)
  const left = Math.round(CENTRE_X - width / 2 + 20 * Math.sin(frame / 450))
  const top = Math.round(CENTRE_Y - height / 2 + 8 * Math.sin(frame / 330))
  return {
    left: clamp(left, 0, WIDTH - width),
    top: clamp(top, 0, HEIGHT - height),
    width,
    height,
    row: 1,
    columns: width,
    rows: height >> 1,
  }
}

function header(pen: Pen, { engine, frame }: Scene, columns: number): void {
  const hour = hourAt(frame)
  const clock = `${String(Math.floor(hour)).padStart(2, '0')}:${String(Math.floor((hour % 1) * 6) * 10).padStart(2, '0')}`
  const sky = daylightAt(frame) > 0.5 ? '☀' : '☾'
  pen.at(1, 0, 'tickswap', HEAD, true)
  pen.at(10, 0, `city  ${sky} day ${dayAt(frame)}, ${clock}`, 0xf2cc60, true)
  const { ledger, crew } = engine
  const books = `${crew.members().length} participants  frame ${frame}  lost ${ledger.lost}  mixed ${ledger.mixed}`
  pen.at(Math.max(36, columns - books.length - 1), 0, books, ledger.lost + ledger.mixed > 0 ? MOODS.bad : DIM)
}

/** @returns the row below it */
function panel(pen: Pen, scene: Scene, column: number, height: number, small: boolean): number {
  const sections = [cityLines, unitLines, crewLines].map((lines) => lines(scene, small))
  const roomy = sections.flat().length + sections.length <= height
  if (roomy && sections.flat().length + LEGEND.length + 5 <= height) sections.push([...LEGEND])
  let row = 1
  for (const lines of sections) {
    for (const spans of lines) {
      if (row > height) return row
      let at = column
      for (const [text, colour] of spans) {
        pen.at(at, row, text, colour)
        at += text.length
      }
      row++
    }
    if (roomy) row++
  }
  return row
}

type Line = [text: string, colour: number][]

const LEGEND: readonly Line[] = [
  [
    ['▪ ', 0xd2b09a],
    ['homes  ', DIM],
    ['▪ ', 0xaad6f0],
    ['shops  ', DIM],
    ['▪ ', 0xd0ba70],
    ['works  ', DIM],
    ['▪ ', 0x60a854],
    ['parks', DIM],
  ],
  [
    ['▪ ', 0x6ebe5a],
    ['busy   ', DIM],
    ['▪ ', 0xf0be3c],
    ['slow   ', DIM],
    ['▪ ', 0xe23226],
    ['jam', DIM],
  ],
  [
    ['▪ ', 0x463e40],
    ['coal   ', DIM],
    ['▪ ', 0xf4f6fa],
    ['wind   ', DIM],
    ['▪ ', 0x3c60c8],
    ['sun', DIM],
  ],
]

function cityLines({ headline: city }: Scene, small: boolean): Line[] {
  const wide = small ? 6 : 12
  return [
    [
      ['people  ', DIM],
      [number(city.people).padEnd(8), TEXT],
      [small ? '' : `${number(city.idle)} look for work`, DIM],
    ],
    [
      ['mood    ', DIM],
      [bar(city.mood, wide), tint(city.mood)],
      [` ${Math.round(city.mood * 100)} %`, TEXT],
    ],
    [
      ['grid    ', DIM],
      [bar(city.load / Math.max(1, city.output), wide), tint(1.35 - city.load / Math.max(1, city.output))],
      [` ${city.load.toFixed(0)}/${city.output.toFixed(0)} MW`, city.load > city.output ? MOODS.bad : TEXT],
    ],
    [
      ['chest   ', DIM],
      [`€ ${number(city.treasury)}`.padEnd(small ? 9 : 12), TEXT],
      [small ? '' : `${number(city.cars)} cars out`, DIM],
    ],
  ]
}

function unitLines({ engine, frame, marks }: Scene, small: boolean): Line[] {
  return SYSTEMS.map((name): Line => {
    const version = engine.handles.get(name)!.version
    const [text, colour] = stateOf(name, frame, marks)
    return [
      [name.padEnd(small ? 9 : 10), TEXT],
      [version.padEnd(small ? 8 : 11), HEAD],
      [small ? text.slice(0, 1) : text, colour],
    ]
  })
}

function stateOf(name: SystemName, frame: number, marks: UnitMarks): [string, number] {
  const mark = marks.get(name)
  const recent = mark && frame - mark.frame < MARKED_FRAMES
  if (mark?.state === 'probation') return ['◐ probation', MOODS.back]
  if (recent && mark.state === 'reject') return ['✘ kept the old', MOODS.bad]
  if (recent && mark.state === 'rollback') return ['↶ rolled back', MOODS.back]
  if (recent) return ['● permanent', MOODS.good]
  return ['● runs', DIM]
}
type UnitMarks = ReadonlyMap<string, UnitMark>

function crewLines({ engine }: Scene, small: boolean): Line[] {
  return engine.crew.members().map((member): Line => {
    const { tickMs, workMs } = engine.crew.times(member)
    const name = member === 0 ? 'main' : `worker ${member}`
    return [
      [name.padEnd(small ? 9 : 10), TEXT],
      [`${workMs.toFixed(1).padStart(4)} ms `, DIM],
      [bar(workMs / 3, small ? 4 : 8), 0x58a6ff],
      [small ? '' : ` tick ${tickMs.toFixed(2)}`, DIM],
    ]
  })
}

/** What is being done, the curve of boundaries with the swaps on it, and the latest news. */
function foot(pen: Pen, scene: Scene, row: number, columns: number, rows: number): void {
  pen.at(1, row, scene.said.slice(0, columns - 2), 0xffffff, true)
  curve(pen, scene, row + 1, columns)
  const room = rows - row - 3
  const latest = scene.news.slice(-Math.max(0, room))
  for (const [i, item] of latest.entries())
    pen.at(1, row + 3 + i, line(item).slice(0, columns - 2), MOODS[item.mood])
}

/** The slowest boundary over time, on a scale of powers of ten; below it the swaps, where they happened. */
function curve(pen: Pen, { engine, frame, news }: Scene, row: number, columns: number): void {
  const label = 'boundary '
  const width = Math.min(columns - label.length - 10, 160)
  const each = Math.max(1, Math.floor(1100 / width))
  const end = frame - (frame % each)
  let bars = ''
  for (let i = width - 1; i >= 0; i--) {
    const slowest = engine.ledger.slowest(end - i * each, each)
    bars += BARS[slowest <= 0 ? 0 : Math.max(1, Math.min(8, Math.round((Math.log10(slowest) + 2) * 2.3)))]
  }
  pen.at(1, row, label, DIM)
  pen.at(1 + label.length, row, bars, 0x58a6ff)
  pen.at(1 + label.length + width, row, ` ${engine.ledger.slowest(frame, 60).toFixed(2)} ms`, TEXT)
  for (const item of news) {
    const back = Math.floor((end - item.frame) / each)
    if (back >= 0 && back < width)
      pen.at(label.length + width - back, row + 1, line(item).slice(0, 1), MOODS[item.mood], true)
  }
}

function bar(part: number, width: number): string {
  const eighths = Math.round(Math.max(0, Math.min(1, part)) * width * 8)
  const full = '█'.repeat(eighths >> 3)
  const rest = eighths & 7 ? '▏▎▍▌▋▊▉'[(eighths & 7) - 1]! : ''
  return (full + rest).padEnd(width, '·')
}

const tint = (good: number): number => (good > 0.6 ? MOODS.good : good > 0.35 ? MOODS.back : MOODS.bad)
const number = (value: number): string => Math.round(value).toLocaleString('en')
