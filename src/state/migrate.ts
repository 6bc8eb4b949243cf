import type { ColumnArray } from '../units/column.ts'
import type { Migration, OldState, State } from '../units/unit.ts'
import { copySoft } from './soft.ts'

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

/**
 * Copies the soft keys that both versions have, and those that came while the old one ran. One
 * that the old version declares and the new one does not is left behind. The old object is never shared.
 */
export function carrySoft(from: State & { declaredSoft?: readonly string[] }, to: State): void {
  const declared = new Set(from.declaredSoft ?? Object.keys(from.soft))
  const kept = Object.entries(from.soft).filter(([key]) => Object.hasOwn(to.soft, key) || !declared.has(key))
  to.soft = copySoft({ ...to.soft, ...Object.fromEntries(kept) })
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
