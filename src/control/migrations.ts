import { type Finding, finding } from '../errors.ts'
import { addon } from '../native/addon.ts'
import { copyMemory } from '../state/copy.ts'
import { allocate } from '../state/memory.ts'
import { WHOLE_BYTES } from '../state/mirror.ts'
import type { Move } from '../swap/protocol.ts'
import { placeIn } from '../version/compatibility/descriptor.ts'
import { type DryRun, lossyFinding, type Tried } from './dry-run.ts'
import { isMoved, isOneWay, type Passenger, planOf } from './passenger.ts'
import type { Rehearsal } from './rehearsal.ts'
import type { Slice } from './rehearsal-thread.ts'

/** Times that rows which were written meanwhile are moved again before the boundary. */
const MOST_CATCH_UPS = 8

/** The migrations of a swap, to be tried on copies of live state. @throws TickswapError STATE_LIMIT */
export function dryRunsOf(passengers: readonly Passenger[]): DryRun[] {
  return passengers.flatMap(({ entry, contract, candidate, via }) => {
    if (!entry || !isMoved(candidate)) return []
    // Live memory, copied while the engine writes: good enough to see whether the migration throws.
    const arena = allocate(entry.memory.arena.byteLength, contract.name)
    copyMemory(entry.memory.arena, arena)
    const { name: unit, file } = contract
    const { passage } = candidate.transition
    const newer = passage?.direction === 'down' ? candidate.transition.from! : candidate.member.descriptor
    const place = placeIn(newer, `migrate.${passage?.migration?.range}`, 'migrate', 'columns', 'version')
    return [{ unit, file, plan: planOf(candidate), arena, isOneWay: isOneWay(candidate), via, place }]
  })
}

/** What a report says of migrations that have been tried. */
export function aboutMigrations(
  passengers: readonly Passenger[],
  tried: readonly Tried[],
  migrateMs: number,
): Finding[] {
  const found: Finding[] = []
  for (const { contract, candidate } of passengers) {
    const { name: unit, file } = contract
    const { passage } = candidate.transition
    if (!passage?.moved) continue
    if (passage.isLossy && passage.direction === 'up') found.push(lossyFinding(unit, file))
    const ms = tried.find((each) => each.unit === unit)?.ms ?? 0
    if (ms <= migrateMs || rowsOf(candidate) > 0) continue
    const message = `the migration of ${unit} took ${ms.toFixed(1)} ms of a tick, tried on a copy; ${migrateMs} are meant`
    found.push(finding('TICKSWAP_E_MIGRATION_SLOW', message, { unit, file, severity: 'warning' }))
  }
  return found
}

/** Whether the migration is to begin beside what runs. `ms`: what it took on a copy, when it was tried. */
export function isSliced({ entry, contract, candidate }: Passenger, ms: number, migrateMs: number): boolean {
  if (!entry || rowsOf(candidate) === 0 || addon().writeObstacle() !== '') return false
  // Only a participant can move what is its own.
  if (contract.own.bytes + entry.running.contract.own.bytes > 0) return false
  return ms > migrateMs || entry.memory.arena.byteLength > WHOLE_BYTES
}

/** What the rehearsal thread begins with. */
export function slicesOf(passengers: readonly Passenger[], moves: readonly Move[]): Slice[] {
  return moves.flatMap(({ sliced, unit, file, plan, memory }, i) => {
    const old = passengers[i]!.entry?.memory
    return sliced && old ? [{ unit, file, range: plan.range!, old, next: memory }] : []
  })
}

/** Moves again what was written, until few rows are left for the boundary, or the engine writes as fast. */
export async function catchUp(rehearsal: Rehearsal, slices: readonly Slice[]): Promise<void> {
  if (slices.length === 0) return
  let [before, rows] = [Number.POSITIVE_INFINITY, Number.MAX_VALUE]
  for (let i = 0; i < MOST_CATCH_UPS && rows > 0 && rows < before; i++) {
    before = rows
    rows = await rehearsal.catchUp(slices)
  }
}

/** Rows that the migration can move a part at a time; 0 when it cannot. */
export function rowsOf({ transition: { passage } }: Passenger['candidate']): number {
  return passage?.direction === 'up' && !passage.chain ? (passage.migration?.rows ?? 0) : 0
}
