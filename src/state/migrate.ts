import { TickswapError } from '../errors.ts'
import type { ColumnArray } from '../units/column.ts'
import type { Migration, OldState, State } from '../units/unit.ts'
import { copyColumns } from './copy.ts'
import { carryRows, inBatches, strideOf } from './rows.ts'
import { copySoft } from './soft.ts'

/** How state gets from the running version to the next. `range` names the newer module's migration. */
export interface MigrationPlan {
  /** none: the memory stays as it is. up, down: which way the versions go */
  readonly direction: 'none' | 'up' | 'down'
  readonly range?: string
  /** of a chain: the range of each step, in the order of the way; each is a migration of the step's newer version */
  readonly ranges?: readonly (string | undefined)[]
}

export type Migrations = Readonly<Record<string, Migration>> | undefined

/** A version that a chain passes through: its migrations, and memory of its layout. */
export interface Stop {
  readonly migrations: Migrations
  readonly state: State
}

type Columns = Record<string, ColumnArray>

/** Copies every column and soft key that keeps its name and type. `only`: of these columns. */
export function carryOver(from: State, to: State, only: (column: ColumnArray) => boolean = () => true): void {
  const target = to.columns as Columns
  const pairs: [ColumnArray, ColumnArray][] = []
  for (const [name, column] of Object.entries(from.columns as Columns)) {
    const next = target[name]
    if (!next || next.constructor !== column.constructor || !only(next)) continue
    pairs.push([column, next])
  }
  copyColumns(pairs)
  carrySoft(from, to)
}

/**
 * Copies the soft keys that both versions have, and those that came while the old one ran. One
 * that the old version declares and the new one does not is left behind. The old object is never shared.
 */
export function carrySoft(from: State & { declaredSoft?: readonly string[] }, to: State): void {
  const declared = new Set(from.declaredSoft ?? Object.keys(from.soft))
  const kept = Object.entries(from.soft).filter(([key]) => Object.hasOwn(to.soft, key) || !declared.has(key))
  to.soft = copySoft({ ...to.soft, ...Object.fromEntries(kept) })
}

/**
 * Moves state along `plan`; `newer` holds the migrations of the newest version, `stops` the versions between, in
 * the order of the way, with empty memory. Throws what a migration throws.
 */
export function migrate(
  plan: MigrationPlan,
  newer: Migrations,
  from: State,
  to: State,
  stops: readonly Stop[] = [],
): void {
  const ranges = plan.ranges ?? [plan.range]
  const isDown = plan.direction === 'down'
  const states = [from, ...stops.map(({ state }) => state), to]
  const sources = stops.map(({ migrations }) => migrations)
  const migrations = isDown ? [newer, ...sources] : [...sources, newer]
  for (const [i, range] of ranges.entries()) {
    const migration = range === undefined ? undefined : migrations[i]?.[range]
    moveOnce(plan.direction, migration, states[i]!, states[i + 1]!)
  }
}

function moveOnce(
  direction: MigrationPlan['direction'],
  migration: Migration | undefined,
  from: State,
  to: State,
): void {
  const byRange = migration && rangeOf(direction, migration)
  if (!byRange) carryOver(from, to)
  else moveRows(direction, migration, from, to)
  if (migration) finishMove(direction, migration, from, to)
}

/** Moves the rows, as many at a time as `size` says, and carries over what has none. */
export function moveRows(
  direction: MigrationPlan['direction'],
  migration: Migration,
  from: State,
  to: State,
  size?: number,
): void {
  const mover = rowMover(direction, migration, from, to)
  inBatches(0, migration.rows!, mover, size)
  carryLoose(migration, from, to)
}

/** Moves a range of rows, be it once more: what was there before does not matter. */
export function rowMover(
  direction: MigrationPlan['direction'],
  migration: Migration,
  from: State,
  to: State,
): (first: number, end: number) => void {
  const byRange = rangeOf(direction, migration)
  const [old, next] = [from.columns as Columns, to.columns as Columns]
  return (first, end) => {
    carryRows(old, next, migration.rows!, first, end)
    byRange?.(from, to, first, end)
  }
}

/** Carries over the columns that have no rows, and soft state. */
export function carryLoose({ rows }: Migration, from: State, to: State): void {
  carryOver(from, to, (column) => strideOf(column, rows!) === 0)
}

/** What a migration does to a range of rows, when it is written so. */
function rangeOf(direction: MigrationPlan['direction'], migration: Migration) {
  const { upRange, downRange } = migration
  if (direction === 'up' && upRange)
    return (from: State, to: State, first: number, end: number) =>
      settled(upRange.call(migration, from as OldState, to, first, end))
  if (direction === 'down' && downRange)
    return (from: State, to: State, first: number, end: number) =>
      settled(downRange.call(migration, from, to as OldState, first, end))
  return undefined
}

/** What a migration does to the state as a whole, after its rows. */
export function finishMove(
  direction: MigrationPlan['direction'],
  migration: Migration,
  from: State,
  to: State,
): void {
  if (direction === 'up') settled(migration.up?.(from as OldState, to))
  else if (direction === 'down') settled(migration.down?.(from, to as OldState))
}

/** A tick boundary waits for nothing: what a promise would write later would be written into a world that runs. */
function settled(returned: unknown): void {
  if (typeof (returned as PromiseLike<unknown> | undefined)?.then !== 'function') return
  throw new TickswapError('TICKSWAP_E_MIGRATION_FAILED', 'the migration returned a promise; it must be done')
}

/** The same way back; `stops` have to be given in the other order. */
export const reverse = (plan: MigrationPlan): MigrationPlan => ({
  ...plan,
  ...(plan.ranges && { ranges: plan.ranges.toReversed() }),
  direction: plan.direction === 'up' ? 'down' : plan.direction === 'down' ? 'up' : 'none',
})
