import type { HistoryEntry } from '../../swap/protocol.ts'
import type { UnitView } from '../unit-view.ts'
import { ask } from './api.ts'
import { button, byId, bytes, make } from './dom.ts'
import { openDetails, report } from './notice.ts'

export async function showUnits(): Promise<void> {
  const units = await ask<readonly UnitView[]>('/api/units')
  byId('units')
    .querySelector('tbody')!
    .replaceChildren(...units.map(row))
}

function row(unit: UnitView): HTMLTableRowElement {
  const { state } = unit
  const shown = state === 'quarantined' ? 'running; its last edit is quarantined' : state
  return make(
    'tr',
    { 'data-unit': unit.unit },
    make('th', { scope: 'row' }, unit.unit),
    make('td', { className: 'version' }, make('code', {}, unit.version), ` ${unit.flags.join(' ')}`),
    make('td', { className: state }, shown),
    make('td', {}, make('code', {}, unit.hash)),
    make('td', { className: 'number' }, bytes(unit.arenaBytes)),
    make('td', { className: 'number' }, String(unit.backups.length)),
    make(
      'td',
      {},
      button('History', () => void history(unit), `History of ${unit.unit}`),
    ),
  )
}

/** What happened to a unit, newest first, with a way back to each version that is still there. */
async function history({ unit, version, editions }: UnitView): Promise<void> {
  try {
    const entries = await ask<readonly HistoryEntry[]>(`/api/units/${encodeURIComponent(unit)}/history`)
    const items = entries.toReversed().map((entry) => {
      const isThere = entry.version !== version && editions.includes(entry.version)
      const back = () => void goBack(unit, entry.version)
      return make(
        'tr',
        {},
        make('td', {}, new Date(entry.at).toLocaleTimeString()),
        make('td', {}, make('code', {}, entry.version)),
        make('td', { className: entry.outcome }, entry.outcome),
        make('td', {}, entry.codes.join(' ')),
        make('td', {}, isThere ? button('Roll back', back, `Roll ${unit} back to ${entry.version}`) : ''),
      )
    })
    openDetails(`History of ${unit}`, make('div', { className: 'scroll' }, make('table', {}, ...items)))
  } catch (error) {
    report(error)
  }
}

async function goBack(unit: string, to: string): Promise<void> {
  byId<HTMLDialogElement>('details').close()
  try {
    await ask(`/api/units/${encodeURIComponent(unit)}/rollback`, { to })
  } catch (error) {
    report(error)
  }
}
