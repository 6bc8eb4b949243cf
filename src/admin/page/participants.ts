import type { ParticipantStatus } from '../engine-view.ts'
import { ask } from './api.ts'
import { byId, isCalm, make, ms } from './dom.ts'
import { report } from './notice.ts'

/** bars of a strip */
const BARS = 150
/** a strip reaches to so many times its median */
const REACH = 3
/** units whose versions are shown beside a participant */
const MOST_SHOWN = 6
/** between two drawings, for those who asked for less movement */
const CALM_MS = 2000

interface Row {
  readonly item: HTMLLIElement
  readonly canvas: HTMLCanvasElement
  readonly text: HTMLElement
  readonly state: HTMLElement
  readonly versions: HTMLElement
  drawnAt: number
  readonly bars: { readonly median: number; readonly worst: number }[]
}

const rows = new Map<number, Row>()

/** Takes what the event stream says of the participants five times a second. */
export function showParticipants(participants: readonly ParticipantStatus[]): void {
  const seen = new Set<number>()
  for (const participant of participants) {
    seen.add(participant.slot)
    const row = rows.get(participant.slot) ?? newRow(participant)
    update(row, participant)
  }
  for (const [slot, { item }] of rows) {
    if (seen.has(slot)) continue
    item.remove()
    rows.delete(slot)
  }
}

function newRow({ slot, name }: ParticipantStatus): Row {
  const canvas = make('canvas', { role: 'img' })
  const [text, state] = [make('span', { className: 'number' }), make('span')]
  const versions = make('span', { className: 'versions' })
  const item = make('li', {}, make('span', {}, make('strong', {}, name), ' ', state), canvas, text, versions)
  const row: Row = { item, canvas, text, state, versions, drawnAt: 0, bars: [] }
  rows.set(slot, row)
  byId('participants').append(item)
  void showVersions().catch(report)
  return row
}

/** Asks which versions each of them runs: when there is somebody new, and after every change. */
export async function showVersions(): Promise<void> {
  for (const { slot, versions, state } of await ask<readonly ParticipantStatus[]>('/api/participants')) {
    const row = rows.get(slot)
    if (!row) continue
    const all = Object.entries(versions ?? {}).map(([unit, version]) => `${unit} ${version}`)
    const more = all.length > MOST_SHOWN ? `, and ${all.length - MOST_SHOWN} more` : ''
    row.versions.textContent =
      all.slice(0, MOST_SHOWN).join(', ') + more || `${state}: runs nothing at the moment`
    row.versions.title = all.join('\n')
  }
}

function update(row: Row, { name, state, tick, ticksPerSecond, interval }: ParticipantStatus): void {
  row.state.textContent = state
  row.state.className = state
  row.text.textContent = `tick ${tick}, ${ticksPerSecond.toFixed(0)}/s`
  if (!interval) return
  row.bars.push(interval)
  if (row.bars.length > BARS) row.bars.shift()
  const label = `${name}: median ${ms(interval.median)}, worst ${ms(interval.worst)} between ticks`
  row.canvas.setAttribute('aria-label', label)
  row.canvas.title = label
  if (isCalm() && performance.now() - row.drawnAt < CALM_MS) return
  row.drawnAt = performance.now()
  draw(row)
}

function draw({ canvas, bars }: Row): void {
  const scale = devicePixelRatio || 1
  canvas.width = canvas.clientWidth * scale
  canvas.height = canvas.clientHeight * scale
  const context = canvas.getContext('2d')!
  const style = getComputedStyle(canvas)
  const [good, bad] = [style.getPropertyValue('--good'), style.getPropertyValue('--bad')]
  const median = bars.at(-1)!.median
  const width = canvas.width / BARS
  const height = (time: number) => Math.min(1, time / (median * REACH)) * canvas.height
  bars.forEach(({ worst }, i) => {
    context.fillStyle = worst > median * 2 ? bad : good
    context.fillRect(i * width, canvas.height - height(worst), Math.max(1, width - scale), height(worst))
  })
  context.fillStyle = style.color
  context.fillRect(0, canvas.height - height(median), canvas.width, scale)
}
