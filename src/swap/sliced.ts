import { carryLoose, finishMove, rowMover } from '../state/migrate.ts'
import { inBatches, strideOf } from '../state/rows.ts'
import type { WrittenRows } from '../state/written-rows.ts'
import type { ColumnArray } from '../units/column.ts'
import type { Migration, State } from '../units/unit.ts'
import type { Move } from './protocol.ts'
import type { LiveUnit } from './world.ts'

/** What is left to do at the boundary of a migration whose rows have been moved beside what runs. */
export class SlicedMove {
  /** nobody could tell which rows were written: all of them were moved again */
  isWhole = false
  readonly #migration: Migration
  readonly #written: WrittenRows
  readonly #running: LiveUnit
  readonly #next: LiveUnit

  constructor({ plan }: Move, running: LiveUnit, next: LiveUnit) {
    this.#migration = next.unit.definition.migrate![plan.range!]!
    this.#written = running.state.writtenRows(this.#migration.rows!)
    this.#running = running
    this.#next = next
  }

  /** @param leads moves the shared columns, for all; otherwise only what is this participant's own */
  finish(leads: boolean): void {
    const [from, to] = [this.#running.state, this.#next.state]
    if (!leads) return this.#finishOwn(from, to)
    const move = rowMover('up', this.#migration, from, to)
    // Looked at, not taken: another attempt finds them again.
    const ranges = this.#written.ask('peek')
    this.isWhole = ranges === undefined
    if (ranges) for (const range of ranges) inBatches(range.from, range.to, move)
    else inBatches(0, this.#migration.rows!, move)
    carryLoose(this.#migration, from, to)
    finishMove('up', this.#migration, from, to)
  }

  /** On copies of the columns that `up` may write; those with rows are not its to write. */
  #finishOwn(from: State, to: State): void {
    const columns: Record<string, ColumnArray> = { ...to.columns }
    for (const [name, column] of Object.entries(columns))
      if (strideOf(column, this.#migration.rows!) === 0) columns[name] = column.slice()
    const own = { columns, soft: to.soft } as State
    try {
      carryLoose(this.#migration, from, own)
      finishMove('up', this.#migration, from, own)
    } finally {
      to.soft = own.soft
    }
  }

  release(): void {
    this.#written.release()
  }
}
