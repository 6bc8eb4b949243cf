import type { Vitals } from '../../control/library.ts'
import type { RegistryDiagnostics } from '../../registry/diagnostics.ts'
import type { UnitView } from '../unit-view.ts'
import { ask } from './api.ts'
import { byId, bytes, make } from './dom.ts'

interface EngineVitals extends Vitals {
  readonly residentBytes: number
  readonly registry: RegistryDiagnostics
}

/** What the arenas, the backups, the registry and the tiers of the store hold. */
export async function showMemory(units: readonly UnitView[]): Promise<void> {
  const { residentBytes, registry, store, queued } = await ask<EngineVitals>('/api/vitals')
  const sum = (of: (unit: UnitView) => number) => units.reduce((total, unit) => total + of(unit), 0)
  const backups = units.reduce((total, unit) => total + unit.backups.length, 0)
  const rows: [string, string, string][] = [
    ['process', bytes(residentBytes), `${queued} swaps wait`],
    ['arenas', bytes(sum(({ arenaBytes }) => arenaBytes)), `${units.length} units`],
    ['backups', bytes(sum(({ backupBytes }) => backupBytes)), `${backups} kept`],
    ['registry', bytes(registry.bytes), `${registry.versions} versions, generation ${registry.generation}`],
  ]
  for (const tier of ['hot', 'warm', 'cold'] as const) {
    if (!store) break
    const { objects, bytes: packed, ratio, hits } = store.tiers[tier]
    const about = `${objects} objects, ${Math.round(ratio * 100)} % of their size, ${hits} hits`
    rows.push([`store: ${tier}`, bytes(packed), about])
  }
  if (store) rows.push(['store: on disk', bytes(store.diskBytes), `${store.entries} entries of the journal`])
  byId('memory')
    .querySelector('tbody')!
    .replaceChildren(
      ...rows.map(([what, size, about]) =>
        make(
          'tr',
          {},
          make('th', { scope: 'row' }, what),
          make('td', { className: 'number' }, size),
          make('td', {}, about),
        ),
      ),
    )
}
