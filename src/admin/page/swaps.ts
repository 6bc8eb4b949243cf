import type { Finding } from '../../errors.ts'
import type { SwapReport } from '../../swap/report.ts'
import { byId, keepingFocus, make, ms } from './dom.ts'
import { openDetails } from './notice.ts'

const MOST = 50
/** Phases that share the tick boundary: what they take is the stall. */
const BOUNDARY = new Set(['park', 'backup', 'migrate', 'verify', 'commit'])
/** Phases that are shown, with a hue each. */
const HUES = {
  detect: 210,
  stage: 190,
  check: 170,
  rehearse: 150,
  prepare: 130,
  park: 50,
  backup: 35,
  migrate: 20,
  verify: 5,
  commit: 340,
  rollback: 300,
} as const
type Shown = keyof typeof HUES

const reports = new Map<number, SwapReport>()

export function showLegend(): void {
  const keys = (Object.keys(HUES) as Shown[]).flatMap((phase) => [key(phase), phase])
  byId('legend').replaceChildren(
    'Phases to scale; framed in red is the stall, at the tick boundary:',
    ...keys,
  )
}

const colour = (phase: Shown): string => `hsl(${HUES[phase]} 65% 50%)`

function key(phase: Shown): HTMLElement {
  const made = make('span', { className: 'key', 'aria-hidden': 'true' })
  made.style.background = colour(phase)
  return made
}

/** All there are, anew: an engine that was started again counts from 1. */
export function showAllSwaps(all: readonly SwapReport[]): void {
  reports.clear()
  showSwaps(all)
}

export function showSwaps(all: readonly SwapReport[]): void {
  for (const report of all) reports.set(report.id, report)
  const shown = [...reports.values()].sort((a, b) => b.id - a.id).slice(0, MOST)
  for (const id of reports.keys()) if (id < (shown.at(-1)?.id ?? 0)) reports.delete(id)
  const longest = Math.max(1, ...shown.map(total))
  const list = byId('swaps')
  keepingFocus(list, () => list.replaceChildren(...shown.map((report) => item(report, longest))))
  byId('no-swaps').hidden = shown.length > 0
}

const phasesOf = ({ phases }: SwapReport) =>
  (Object.keys(HUES) as Shown[]).flatMap((phase) => (phases[phase] ? [{ phase, time: phases[phase]! }] : []))

const total = (report: SwapReport): number => phasesOf(report).reduce((sum, { time }) => sum + time, 0)

function item(report: SwapReport, longest: number): HTMLLIElement {
  const open = make(
    'button',
    { type: 'button', 'data-key': `swap ${report.id}` },
    `${new Date(report.at).toLocaleTimeString()} `,
    make('span', { className: report.outcome }, report.outcome),
    ` ${subject(report)} `,
    make('span', { className: 'number' }, `live after ${ms(report.liveMs)}, stall ${ms(report.stallMs)}`),
    bar(report, longest),
  )
  open.addEventListener('click', () => showReport(report))
  return make('li', { 'data-swap': String(report.id) }, open)
}

/** What moved, or the files that were to. */
export function subject({ units, files }: SwapReport): string {
  const moves = units.map(({ unit, from, to }) => `${unit} ${from} → ${to}`).join(', ')
  return moves || files.map((file) => file.split('/').at(-1)).join(', ')
}

/** The phases one after the other; those of the boundary, which are the stall, in a frame. */
function bar(report: SwapReport, longest: number): HTMLElement {
  const made = make('span', { className: 'bar', 'aria-hidden': 'true' })
  const stall = make('span', { className: 'stall', title: `stall ${ms(report.stallMs)}` })
  const phases = phasesOf(report)
  const boundary = phases.filter(({ phase }) => BOUNDARY.has(phase)).reduce((sum, { time }) => sum + time, 0)
  stall.style.width = `${(100 * boundary) / longest}%`
  for (const { phase, time } of phases) {
    const isBoundary = BOUNDARY.has(phase)
    if (isBoundary && !stall.parentNode) made.append(stall)
    const part = piece(phase, time, isBoundary ? boundary : longest)
    if (isBoundary) stall.append(part)
    else made.append(part)
  }
  return made
}

function piece(phase: Shown, time: number, whole: number): HTMLElement {
  const part = make('span', { title: `${phase} ${ms(time)}` })
  part.style.background = colour(phase)
  part.style.width = `${(100 * time) / whole}%`
  return part
}

/** What a tick stood still for, to a scale of its own. */
function boundaryBar(report: SwapReport): HTMLElement[] {
  const phases = phasesOf(report).filter(({ phase }) => BOUNDARY.has(phase))
  const whole = phases.reduce((sum, { time }) => sum + time, 0)
  if (whole === 0) return []
  const made = make('span', { className: 'bar', 'aria-hidden': 'true' })
  made.append(...phases.map(({ phase, time }) => piece(phase, time, whole)))
  return [
    make('p', { className: 'hint' }, `The tick boundary alone, to scale; stall ${ms(report.stallMs)}:`),
    made,
  ]
}

function showReport(report: SwapReport): void {
  const times = phasesOf(report).map(({ phase, time }) =>
    make('tr', {}, make('td', {}, key(phase), phase), make('td', { className: 'number' }, ms(time))),
  )
  const participants = report.participants.map(({ participant, stallMs, tick }) =>
    make(
      'tr',
      {},
      make('td', {}, participant),
      make('td', { className: 'number' }, `stall ${ms(stallMs)} at tick ${tick}`),
    ),
  )
  const { how, ticksLost, at } = report.restored ?? {}
  const run = at === undefined ? '' : `, of an earlier run, ${new Date(at).toLocaleString()}`
  const restored = how ? [make('p', {}, `State: ${how}${run}; ticks lost: ${ticksLost}`)] : []
  openDetails(
    `Swap ${report.id}: ${report.outcome}`,
    make('p', {}, `${report.strategy}, ${report.verdict}: ${report.files.join(', ')}`),
    ...report.findings.map(finding),
    ...restored,
    ...boundaryBar(report),
    make('table', {}, ...times),
    make('table', {}, ...participants),
  )
}

function finding({ severity, code, message, advice, file, line, column, frame }: Finding): HTMLElement {
  const place = file ? `${file}${line ? `:${line}:${column ?? 1}` : ''}` : ''
  return make(
    'div',
    {},
    make('p', { className: severity === 'error' ? 'critical' : 'degraded' }, make('code', {}, code)),
    make('pre', {}, place ? `${message}\n${place}` : message),
    ...(frame ? [make('pre', { className: 'frame', 'aria-label': `the lines around ${place}` }, frame)] : []),
    make('p', {}, advice),
  )
}
