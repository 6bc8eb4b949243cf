import type { UnitMemory } from '../state/memory.ts'
import type { MigrationPlan } from '../state/migrate.ts'
import type { Move } from '../swap/protocol.ts'
import type { UnitMove } from '../swap/report.ts'
import type { Stopover } from '../swap/stopover.ts'
import type { Contract } from '../units/contract.ts'
import type { Candidate } from '../version/compatibility/check.ts'
import type { Version } from '../version/version.ts'
import type { Restored } from './backups.ts'
import { type Catalog, newMemory, type UnitEntry } from './catalog.ts'
import { wayBackOf } from './going-ahead.ts'
import { memoryOf } from './restores.ts'

/** One unit's way through a swap. */
export interface Passenger {
  readonly entry: UnitEntry | undefined
  readonly contract: Contract
  readonly from: string | undefined
  readonly version: Version
  readonly hash: string
  readonly evaluated: boolean
  readonly candidate: Candidate
  /** versions that a chain of migrations passes through, in the order of the way */
  readonly via: readonly Stopover[]
}

/** What is known of the way of its state. */
export interface Carriage {
  /** its rows are moved beside what runs */
  readonly isSliced: boolean
  /** the backup that it goes back to */
  readonly restored: Restored | undefined
  /** with room for the test of ticks */
  readonly hasSpare: boolean
  /** the inputs since are logged: the old arena may be needed more than once */
  readonly isLogged: boolean
}

/** What the participants are told of it; allocates its memory. @throws TickswapError STATE_LIMIT, BACKUP_CORRUPT */
export function moveOf(passenger: Passenger, { isSliced, restored, hasSpare, isLogged }: Carriage): Move {
  const { entry, contract, from, version, evaluated, candidate, via } = passenger
  const moved = isMoved(candidate) || restored !== undefined
  const carried = { plan: planOf(candidate), via }
  const memory = memoryFor(passenger, moved, restored, hasSpare)
  const sliced = isSliced && !restored
  return {
    unit: contract.name,
    file: contract.file,
    from,
    to: version.toString(),
    evaluated,
    moved: !entry || moved,
    ...(restored ? ({ plan: { direction: 'none' }, via: [] } as const) : carried),
    sliced,
    ...(sliced && entry && { wayBack: wayBackOf(entry.memory.arena, memory.arena) }),
    restored: restored !== undefined,
    memory,
    // A migration leaves the old arena behind as it was: that is the backup.
    backup: entry && (!moved || isLogged) ? entry.backups.room(entry.memory.arena.byteLength) : undefined,
  }
}

function memoryFor(
  passenger: Passenger,
  moved: boolean,
  restored: Restored | undefined,
  hasSpare: boolean,
): UnitMemory {
  const { entry, contract } = passenger
  if (restored) return memoryOf(restored, contract, hasSpare)
  return entry && !moved ? { ...entry.memory, shared: contract.shared } : newMemory(contract, hasSpare)
}

export const unitMove = ({ from, contract, version, hash, via }: Passenger): UnitMove => ({
  unit: contract.name,
  from: from ?? 'none',
  to: version.toString(),
  hash,
  ...(via.length > 0 && { via: via.map((stop) => stop.version) }),
})

/** Whether a unit has memory that participants share, before or after the swap. */
export const sharesMemory = ({ entry, contract }: Passenger): boolean =>
  contract.shared.bytes > 0 || (entry?.running.contract.shared.bytes ?? 0) > 0

export const isMoved = ({ transition }: Candidate): boolean => transition.passage?.moved === true

export function planOf({ transition: { passage } }: Candidate): MigrationPlan {
  if (!passage) return { direction: 'none' }
  const { direction, migration, chain } = passage
  if (chain) return { direction, ranges: chain.ranges }
  return migration ? { direction, range: migration.range } : { direction }
}

/** Whether the way back is to be tried before the swap: it is written, and says that it loses nothing. */
export function isOneWay({ transition: { passage } }: Candidate): boolean {
  return passage?.isReversible !== true || passage.isLossy
}

/** The units of each group that a swap is about, as they run. */
export function groupsAmong(
  floor: { readonly catalog: Catalog; groups(): ReadonlyMap<string, readonly string[]> },
  passengers: readonly Passenger[],
): UnitEntry[][] {
  const all = floor.groups()
  const among = new Set(passengers.flatMap(({ contract: { name } }) => [all.get(name) ?? []]))
  return [...among].map((group) => group.map((name) => floor.catalog.units.get(name)!))
}
