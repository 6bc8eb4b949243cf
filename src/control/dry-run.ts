import { isDeepStrictEqual } from 'node:util'
import { type ErrorCode, type Finding, finding, type Place, TickswapError } from '../errors.ts'
import { freshState as stateOf } from '../state/fresh.ts'
import { finishMove, type MigrationPlan, migrate, moveRows, reverse, type Stop } from '../state/migrate.ts'
import { copySoft } from '../state/soft.ts'
import type { Stopover } from '../swap/stopover.ts'
import { placeOf } from '../units/code/place.ts'
import type { ColumnArray } from '../units/column.ts'
import type { State, UnitDefinition } from '../units/unit.ts'
import { within } from './fenced.ts'

/** Milliseconds that looking for writes out of bounds may take: every access is watched, which is slow. */
const FENCED_MS = 150
/** A cut that falls together with no other. */
const ODD_ROWS = 2731

/** One migration to be tried on a copy of live state. Structured-cloneable. */
export interface DryRun {
  readonly unit: string
  readonly file: string
  readonly plan: MigrationPlan
  /** a copy of the running arena; the rehearsal may write to it */
  readonly arena: SharedArrayBuffer
  /** what the way back does not bring is declared, or there is no way back */
  readonly isOneWay: boolean
  /** versions that a chain passes through */
  readonly via: readonly Stopover[]
  /** where the migration stands */
  readonly place: Place
}

/** The versions that a dry run is about; `stops` gives the ones between anew each time, with empty memory. */
export interface Cast {
  readonly old: UnitDefinition
  readonly next: UnitDefinition
  stops(): Stop[]
}

/** What a dry run came to. */
export interface Tried {
  readonly unit: string
  /** milliseconds of the migration alone, the first time it ran */
  readonly ms: number
}

/**
 * Migrates a copy of live state, as the participants will at the boundary, and looks at what the migration did.
 * @throws TickswapError MIGRATION_FAILED, _OLD_STATE, _EMPTY, _BOUNDS, _RANGES or _ROUND_TRIP
 */
export function dryRun(run: DryRun, cast: Cast): Tried {
  const { plan, arena } = run
  const { old, next } = cast
  const before = stateOf(old, arena.slice(0))
  const from = stateOf(old, arena)
  from.soft = copySoft(before.soft)
  const to = stateOf(next)
  const newer = (plan.direction === 'down' ? old : next).migrate
  const start = performance.now()
  attempt(run, 'the migration threw', () => migrate(plan, newer, from, to, cast.stops()))
  const ms = performance.now() - start
  assertUntouched(run, before, from)
  assertFilled(run, before, to)
  attempt(run, 'the migration threw', () => {
    const spare = stateOf(next)
    const { columns, leave } = within(spare.columns as Views, FENCED_MS)
    leave(() => migrate(plan, newer, from, { columns, soft: spare.soft } as State, cast.stops()))
  })
  const migration = plan.range === undefined ? undefined : newer?.[plan.range]
  if (plan.direction === 'up' && migration?.upRange) {
    const cut = stateOf(next)
    attempt(run, 'the migration threw', () => {
      moveRows('up', migration, from, cut, ODD_ROWS)
      finishMove('up', migration, from, cut)
    })
    const place = firstDifference(to, cut)
    const message = `upRange came to other values when the rows were cut otherwise: ${place}`
    if (place) throw refusal('TICKSWAP_E_MIGRATION_RANGES', message, run)
  }
  if (plan.direction === 'up' && !run.isOneWay) {
    const back = stateOf(old)
    const way = reverse(plan)
    attempt(run, '`down` threw, tried on what `up` had made of a copy', () =>
      migrate(way, newer, to, back, cast.stops().reverse()),
    )
    assertSame(run, before, back)
  }
  return { unit: run.unit, ms }
}

/** The old version's state after a migration that was only to read it. */
function assertUntouched(run: DryRun, before: State, after: State): void {
  const place = firstDifference(before, after)
  if (place) throw refusal('TICKSWAP_E_MIGRATION_OLD_STATE', `the migration changed the old ${place}`, run)
}

/** `down(up(S)) == S`, to the last bit. */
function assertSame(run: DryRun, before: State, back: State): void {
  const place = firstDifference(before, back)
  if (!place) return
  const message = `down does not bring back what up was given: first in ${place}`
  throw refusal('TICKSWAP_E_MIGRATION_ROUND_TRIP', message, run)
}

/** A column that changed its type, or its scope, had values, and has none: nothing was written to it. */
function assertFilled(run: DryRun, before: State, to: State): void {
  if (run.isOneWay && run.plan.direction === 'down') return
  const [old, next] = [before.columns as Views, to.columns as Views]
  for (const [name, column] of Object.entries(old)) {
    const now = next[name]
    if (!now || now.constructor === column.constructor) continue
    if (isZero(column) || !isZero(now)) continue
    const message = `the migration wrote nothing to column ${name}, which had values before its type changed`
    throw refusal('TICKSWAP_E_MIGRATION_EMPTY', message, run)
  }
}

type Views = Readonly<Record<string, ColumnArray>>

const isZero = (column: ColumnArray): boolean => (column as Uint8Array).every((value) => value === 0)

/** Where two states of one version differ first, in words. */
function firstDifference(a: State, b: State): string | undefined {
  for (const [name, column] of Object.entries(a.columns as Views)) {
    const other = (b.columns as Views)[name]!
    if (Buffer.compare(bytesOf(column), bytesOf(other)) === 0) continue
    const index = (column as Float64Array).findIndex((value, i) => !Object.is(value, other[i]))
    return `column ${name}[${index}]: ${column[index]} became ${other[index]}`
  }
  for (const key of Object.keys(a.soft))
    if (!isDeepStrictEqual(a.soft[key], b.soft[key])) return `soft state: ${key}`
  return undefined
}

const bytesOf = ({ buffer, byteOffset, byteLength }: ColumnArray): Buffer =>
  Buffer.from(buffer as ArrayBuffer, byteOffset, byteLength)

function attempt(run: DryRun, what: string, act: () => void): void {
  try {
    act()
  } catch (error) {
    const { unit, file, place } = run
    const about = { unit, file, ...place, ...placeOf(error, [file]) }
    if (error instanceof TickswapError) throw new TickswapError(error.code, error.finding.message, about)
    const text = error instanceof Error ? error.message : String(error)
    throw new TickswapError('TICKSWAP_E_MIGRATION_FAILED', `${what}: ${text}`, about)
  }
}

const refusal = (code: ErrorCode, message: string, { unit, file, place }: DryRun): TickswapError =>
  new TickswapError(code, message, { unit, file, ...place })

/** What a report says of a migration whose way back was not tried. */
export function lossyFinding(unit: string, file: string): Finding {
  const code = 'TICKSWAP_E_MIGRATION_LOSSY'
  const message = `the migration of ${unit} is declared lossy: that down brings back what was has not been tried`
  return finding(code, message, { unit, file, severity: 'info' })
}
