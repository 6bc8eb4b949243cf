import type { ColumnArray } from '../units/column.ts'
import type { Migration, OldState, State } from '../units/unit.ts'

/** How state gets from the running version to the next. `range` names the newer module's migration. */
export interface MigrationPlan {
  /** none: the memory stays as it is. up, down: which way the versions go */
  readonly direction: 'none' | 'up' | 'down'
  readonly range?: string
}

type Columns = Record<string, ColumnArray>

/** Copies every column and soft key that keeps its name and type. */
function carryOver(from: State, to: State): void {
  const target = to.columns as Columns
  for (const [name, column] of Object.entries(from.columns as Columns)) {
    const next = target[name]
    if (!next || next.constructor !== column.constructor) continue
    next.set(column.length > next.length ? column.subarray(0, next.length) : column)
  }
  carrySoft(from, to)
}

/** Copies the soft keys that both versions have. The old object is never shared. */
export function carrySoft(from: State, to: State): void {
  const soft: Record<string, unknown> = { ...to.soft }
  for (const key of Object.keys(soft)) if (Object.hasOwn(from.soft, key)) soft[key] = from.soft[key]
  to.soft = structuredClone(soft)
}

/** Moves state along `plan`; `newer` holds the migrations. Throws what the migration throws. */
export function migrate(
  plan: MigrationPlan,
  newer: Readonly<Record<string, Migration>> | undefined,
  from: State,
  to: State,
): void {
  carryOver(from, to)
  const migration = plan.range === undefined ? undefined : newer?.[plan.range]
  if (plan.direction === 'up') migration?.up?.(from as OldState, to)
  else if (plan.direction === 'down') migration?.down?.(from, to as OldState)
}

/** The same way back. */
export const reverse = (plan: MigrationPlan): MigrationPlan => ({
  ...plan,
  direction: plan.direction === 'up' ? 'down' : plan.direction === 'down' ? 'up' : 'none',
})
