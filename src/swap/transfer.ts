/** How state gets from one version to another: what a transition does with it, unit by unit. */
import type { Layout } from '../state/layout.ts'
import { carryOver, type Migrations, migrate, type Stop } from '../state/migrate.ts'
import type { State } from '../units/unit.ts'
import type { Move } from './protocol.ts'
import type { LiveUnit } from './world.ts'

/** Forgets what an earlier attempt wrote: migrations find new memory, whoever wrote to it before. */
export function startOver(move: Move, { state, unit }: LiveUnit, leads: boolean): void {
  state.soft = (unit.definition.state?.soft?.() ?? {}) as Record<string, unknown>
  if (!move.moved) return
  for (const { name } of move.memory.own.slots) state.columns[name]!.fill(0)
  if (leads && !move.sliced && !move.restored) new Uint8Array(move.memory.arena).fill(0)
}

/** The module that holds the migrations is the newer one, whichever way the swap goes. */
export const migrationsOf = (move: Move, running: LiveUnit, next: LiveUnit): Migrations =>
  (move.plan.direction === 'down' ? running : next).unit.definition.migrate

/** Whether the way back would leave out columns that the old version has, because nobody has written how they come back. */
export function losesBack(move: Move, previous: LiveUnit, next: LiveUnit): boolean {
  const { direction, range, ranges } = move.plan
  const migration = range === undefined ? undefined : migrationsOf(move, previous, next)?.[range]
  const isWritten =
    direction === 'up' ? (migration?.down ?? migration?.downRange) : (migration?.up ?? migration?.upRange)
  if (ranges || isWritten) return false
  const [old, now] = [previous.state.columns, next.state.columns]
  return Object.entries(old).some(([name, column]) => {
    const other = now[name]
    return other?.constructor !== column.constructor || other.length < column.length
  })
}

/**
 * Runs a migration. Without `shared`, the target's shared columns are copies that nobody
 * sees: the participant moves only what is its own, in the columns of `targetOwn` and soft state.
 */
export function transfer(
  plan: Move['plan'],
  migrations: Migrations,
  from: State,
  to: State,
  shared: boolean,
  targetOwn: Layout,
  stops?: readonly Stop[],
): void {
  if (shared) return migrate(plan, migrations, from, to, stops)
  const columns: Record<string, unknown> = { ...to.columns }
  const own = new Set(targetOwn.slots.map((slot) => slot.name))
  for (const name of Object.keys(columns))
    if (!own.has(name)) columns[name] = (to.columns as Record<string, { slice(): unknown }>)[name]!.slice()
  const private_ = { columns, soft: to.soft } as State
  try {
    migrate(plan, migrations, from, private_, stops)
  } finally {
    // Somebody who comes late to a swap that is past reversing keeps at least what was carried over.
    to.soft = private_.soft
  }
}

/** What each participant has for itself goes on where the shared columns are those of a backup. */
export function carryOwn({ memory }: Move, from: State, to: State): void {
  const own = new Set(memory.own.slots.map(({ name }) => name))
  const columns = Object.fromEntries(Object.entries(to.columns).filter(([name]) => own.has(name)))
  const mine = { columns, soft: to.soft } as State
  carryOver(from, mine)
  to.soft = mine.soft
}
