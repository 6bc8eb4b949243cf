import type { Backups as StoredBackups } from '../store/backups.ts'
import { heldBytes, type UnitBackups } from './backups.ts'
import type { AboutBackup } from './group-ring.ts'

/** A backup of the units that swap together, as they all were at one tick. */
export interface BackupStatus {
  readonly units: readonly { readonly unit: string; readonly version: string; readonly bytes: number }[]
  /** id of the swap, in the run of the engine that made it */
  readonly swap: number
  /** the participants' tick at the swap */
  readonly tick: number
  /** epoch milliseconds */
  readonly at: number
  /** bytes that it takes in memory, and in the store: packed, as a difference to another one, where that helps */
  readonly memoryBytes: number
  readonly storedBytes: number
  /** of an earlier run: `rollback` goes to those of this run only */
  readonly isEarlier: boolean
}

/** Units of swaps keep their backups in the store apart from the states that a start may resume. */
export const OF_SWAPS = '@backup'

/** What the store knows of one unit's part. */
export interface StoredAbout extends AboutBackup {
  /** tells the runs of an engine apart */
  readonly run: string
}

interface Found {
  readonly units: { unit: string; version: string; bytes: number }[]
  readonly swap: number
  readonly tick: number
  readonly isEarlier: boolean
  at: number
  memoryBytes: number
  storedBytes: number
}

/** All backups, oldest first: those in memory, and those that this run and earlier ones have written to the store. */
export async function listBackups(
  units: Iterable<{ readonly name: string; readonly backups: UnitBackups }>,
  groups: ReadonlyMap<string, readonly string[]>,
  store: { readonly backups: StoredBackups; readonly run: string } | undefined,
): Promise<BackupStatus[]> {
  const found = new Map<string, Found>()
  const known = (key: string, about: Pick<Found, 'swap' | 'tick' | 'isEarlier'>, at: number): Found => {
    const each = found.get(key) ?? { units: [], memoryBytes: 0, storedBytes: 0, at, ...about }
    found.set(key, each)
    return each
  }
  const stored = await storedParts(store)
  for (const { name: unit, backups } of units)
    for (const backup of backups.all) {
      const { swap, tick, at, version, bytes } = backup
      const part = stored.find((each) => each.unit === unit && each.run === store?.run && each.swap === swap)
      const group = part?.group ?? groups.get(unit) ?? [unit]
      const entry = known(`${swap} ${group}`, { swap, tick, isEarlier: false }, at)
      entry.units.push({ unit, version, bytes })
      entry.memoryBytes += heldBytes(backup)
      entry.storedBytes += part?.stored ?? 0
    }
  for (const { unit, version, size, stored: bytes, at, run, swap, tick, group } of stored) {
    if (run === store?.run) continue
    const entry = known(`${run} ${swap} ${group}`, { swap, tick, isEarlier: true }, at)
    entry.units.push({ unit, version, bytes: size })
    entry.storedBytes += bytes
  }
  return [...found.values()].sort((a, b) => a.at - b.at)
}

async function storedParts(store: { readonly backups: StoredBackups } | undefined) {
  const owners = (await store?.backups.all()) ?? []
  const names = new Set(owners.map((owner) => owner.split('/')[1]!).filter((name) => name.endsWith(OF_SWAPS)))
  const lists = await Promise.all([...names].map((name) => store!.backups.list(name)))
  return lists.flat().flatMap(({ unit, version, size, stored, at, more }) => {
    const about = more as Partial<StoredAbout>
    if (about.swap === undefined || about.run === undefined) return []
    return { ...(about as StoredAbout), unit: unit.slice(0, -OF_SWAPS.length), version, size, stored, at }
  })
}
