import { heldBytes, isEarlier, type UnitBackups } from './backups.ts'
import { type StoredBackups, setOf } from './stored-backups.ts'

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
  /** of an earlier run of the engine */
  readonly isEarlier: boolean
  /**
   * false: `rollback` does not go to it. It lacks a unit of its group, which does not run any more or was not written
   * before the process died, or it is from a tickswap that did not write down the layout of its columns
   */
  readonly isUsable: boolean
}

interface Found {
  readonly units: { unit: string; version: string; bytes: number }[]
  readonly swap: number
  readonly tick: number
  readonly at: number
  readonly isEarlier: boolean
  readonly isUsable: boolean
  memoryBytes: number
  storedBytes: number
}

/** All backups, oldest first: those that can be gone back to, and what else the store has. */
export async function listBackups(
  units: Iterable<{ readonly name: string; readonly backups: UnitBackups }>,
  groups: ReadonlyMap<string, readonly string[]>,
  store: StoredBackups | undefined,
): Promise<BackupStatus[]> {
  const found = new Map<string, Found>()
  const known = (key: string, about: Omit<Found, 'units' | 'memoryBytes' | 'storedBytes'>): Found => {
    const each = found.get(key) ?? { units: [], memoryBytes: 0, storedBytes: 0, ...about }
    found.set(key, each)
    return each
  }
  const stored = new Map((await store?.parts())?.map((part) => [part.owner, part]))
  for (const { name: unit, backups } of units)
    for (const backup of backups.all) {
      const { swap, earlierSwap, tick, at, version, bytes, owner = '' } = backup
      const part = stored.get(owner)
      stored.delete(owner)
      const group = part?.about.group ?? groups.get(unit) ?? [unit]
      const about = { swap: earlierSwap ?? swap, tick, at, isEarlier: isEarlier(backup), isUsable: true }
      const entry = known(`${swap} ${group}`, about)
      entry.units.push({ unit, version, bytes })
      entry.memoryBytes += heldBytes(backup)
      entry.storedBytes += part?.stored ?? 0
    }
  for (const part of stored.values()) {
    // Of this run it is one that is about to be forgotten.
    if (!store!.isEarlier(part)) continue
    const { unit, version, size, stored: bytes, at } = part
    const { swap, tick } = part.about
    const entry = known(setOf(part), { swap, tick, at, isEarlier: true, isUsable: false })
    entry.units.push({ unit, version, bytes: size })
    entry.storedBytes += bytes
  }
  return [...found.values()].sort((a, b) => a.at - b.at)
}
