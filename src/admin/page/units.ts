import type { SwapProgress } from '../../swap/report.ts'
import type { UnitView } from '../unit-view.ts'
import { ask } from './api.ts'
import { button, byId, bytes, keepingFocus, make } from './dom.ts'
import { showHistory } from './history.ts'
import { showMemory } from './memory.ts'
import { report } from './notice.ts'

let progress: SwapProgress | undefined

export async function showUnits(): Promise<void> {
  const units = await ask<readonly UnitView[]>('/api/units')
  const body = byId('units').querySelector('tbody')!
  keepingFocus(body, () => body.replaceChildren(...units.map(row)))
  await showMemory(units)
}

/** Says how far the swap at hand has come, and who is waited for; null when there is none any more. */
export function showProgress(next: SwapProgress | null): void {
  const isNews = next?.phase !== progress?.phase || next?.units.join() !== progress?.units.join()
  progress = next ?? undefined
  byId('progress').textContent = next ? sentence(next) : ''
  if (isNews) void showUnits().catch(report)
}

function sentence({ id, units, phase, done, total, waiting }: SwapProgress): string {
  const names = waiting.map(({ participant, tick }) => `${participant} at tick ${tick}`).join(', ')
  const what = units.length > 0 ? ` of ${units.join(', ')}` : ''
  return `Swap ${id}${what}: ${phase}, ${done} of ${total}${names ? `; waits for ${names}` : ''}`
}

function row(unit: UnitView): HTMLTableRowElement {
  const { unit: name, state } = unit
  const shown = state === 'quarantined' ? 'running; its last edit is quarantined' : state
  const waits = state === 'candidate' && progress?.phase === 'confirm' && progress.units.includes(name)
  return make(
    'tr',
    { 'data-unit': name },
    make('th', { scope: 'row' }, name),
    make('td', { className: 'version' }, make('code', {}, unit.version), ` ${unit.flags.join(' ')}`),
    make('td', { className: state }, shown),
    make('td', {}, make('code', {}, unit.hash)),
    make('td', { className: 'number' }, bytes(unit.arenaBytes)),
    make('td', { className: 'number' }, `${unit.backups.length}, ${bytes(unit.backupBytes)}`),
    make(
      'td',
      {},
      ...(waits
        ? [button('Confirm', () => void act(name, 'confirm'), `Confirm the candidate of ${name}`), ' ']
        : []),
      ...(state === 'quarantined'
        ? [button('Lift', () => void act(name, 'quarantine/lift'), `Lift the quarantine of ${name}`), ' ']
        : []),
      button('History', () => void showHistory(unit), `History of ${name}`),
    ),
  )
}

async function act(unit: string, what: 'confirm' | 'quarantine/lift'): Promise<void> {
  try {
    await ask(`/api/units/${encodeURIComponent(unit)}/${what}`, {})
    await showUnits()
  } catch (error) {
    report(error)
  }
}
