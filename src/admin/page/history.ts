import type { HistoryEntry } from '../../swap/protocol.ts'
import type { UnitView } from '../unit-view.ts'
import { ask } from './api.ts'
import { comparison } from './compare.ts'
import { button, byId, make } from './dom.ts'
import { openDetails, report } from './notice.ts'

/** Outcomes of versions that ran, so that their sources may be there. */
const RAN: ReadonlySet<HistoryEntry['outcome']> = new Set(['boot', 'committed', 'permanent', 'rolled-back'])

/** What happened to a unit, newest first, with a way back to each version that is still there. */
export async function showHistory(view: UnitView): Promise<void> {
  const { unit, version, editions } = view
  try {
    const entries = await ask<readonly HistoryEntry[]>(`/api/units/${encodeURIComponent(unit)}/history`)
    const items = entries.toReversed().map((entry) => {
      const isThere = entry.version !== version && editions.includes(entry.version)
      const back = () => void goBack(unit, entry.version)
      return make(
        'tr',
        {},
        make('td', {}, new Date(entry.at).toLocaleString()),
        make('td', {}, make('code', {}, entry.version)),
        make('td', { className: entry.outcome }, entry.outcome),
        make('td', {}, entry.codes.join(' ')),
        make('td', {}, isThere ? button('Roll back', back, `Roll ${unit} back to ${entry.version}`) : ''),
      )
    })
    const table = make('div', { className: 'scroll' }, make('table', {}, ...items))
    openDetails(`History of ${unit}`, chooser(view, entries), table)
  } catch (error) {
    report(error)
  }
}

/** Two versions to choose, and what differs between them. */
function chooser({ unit, version, editions }: UnitView, entries: readonly HistoryEntry[]): HTMLElement {
  const ran = entries.filter(({ outcome }) => RAN.has(outcome)).map((entry) => entry.version)
  const versions = [...new Set([...ran, ...editions, version])]
  const before = versions.filter((each) => each !== version).at(-1) ?? version
  const result = make('div', { 'aria-live': 'polite' })
  const [from, to] = [choice('Compare', versions, before), choice('with', versions, version)]
  const show = async () => {
    try {
      result.replaceChildren(...(await comparison(unit, from.select.value, to.select.value)))
    } catch (error) {
      result.replaceChildren(make('p', { className: 'critical' }, (error as Error).message))
    }
  }
  const compare = button('Show', () => void show(), `Show what differs between two versions of ${unit}`)
  return make('div', { className: 'chooser' }, from.label, to.label, compare, result)
}

function choice(text: string, versions: readonly string[], chosen: string) {
  const select = make('select', {}, ...versions.map((each) => make('option', { value: each }, each)))
  select.value = chosen
  return { select, label: make('label', {}, `${text} `, select) }
}

async function goBack(unit: string, to: string): Promise<void> {
  byId<HTMLDialogElement>('details').close()
  try {
    await ask(`/api/units/${encodeURIComponent(unit)}/rollback`, { to })
  } catch (error) {
    report(error)
  }
}
