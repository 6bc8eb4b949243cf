import { carryLoose, finishMove, rowMover } from '../state/migrate.ts'
import { inBatches, pagesOfRows, pagesWithoutRows, rowsInPages, strideOf } from '../state/rows.ts'
import { WayBack } from '../state/way-back.ts'
import type { ColumnArray } from '../units/column.ts'
import type { Migration, State } from '../units/unit.ts'
import type { Move } from './protocol.ts'
import type { LiveUnit } from './world.ts'

const PAGE = 4096
/** A thread that goes ahead stops after a few thousand rows; one that does not hangs in a migration. */
const STOP_MS = 500

/** What is left to do at the boundary of a rollback through a `down` whose rows are moved beside what runs. */
export class SlicedBack {
  readonly #wayBack: WayBack
  readonly #migration: Migration
  readonly #next: LiveUnit
  readonly #previous: LiveUnit

  private constructor(wayBack: WayBack, migration: Migration, next: LiveUnit, previous: LiveUnit) {
    this.#wayBack = wayBack
    this.#migration = migration
    this.#next = next
    this.#previous = previous
  }

  /** undefined for a migration that is not written so. */
  static of({ plan, wayBack }: Move, next: LiveUnit, previous: LiveUnit): SlicedBack | undefined {
    const migration = next.unit.definition.migrate?.[plan.range ?? '']
    return wayBack && migration?.downRange
      ? new SlicedBack(new WayBack(wayBack), migration, next, previous)
      : undefined
  }

  /**
   * Completes the old version's state in its spare memory, for all participants. May be done twice.
   * @param target the old version's columns there
   * @returns false when somebody may still write to it
   */
  finish(from: State, target: State): boolean {
    if (!this.#wayBack.stop(STOP_MS)) return false
    const { rows } = this.#migration
    const move = rowMover('down', this.#migration, from, target)
    const { kept, differing, isReady } = this.#wayBack
    if (!isReady) inBatches(0, rows!, move)
    else {
      const { shared, arena } = this.#next.state.memory
      const pages = new Uint32Array(arena.byteLength / PAGE)
      for (const range of rowsInPages(shared, rows!, pages, kept.list(pages))) {
        inBatches(range.from, range.to, move)
        pagesOfRows(this.#previous.state.memory.shared, rows!, range.from, range.to, differing)
      }
    }
    carryLoose(this.#migration, from, target)
    finishMove('down', this.#migration, from, target)
    pagesWithoutRows(this.#previous.state.memory.shared, rows!, differing)
    return true
  }

  /** The part of one participant: soft state. What `down` writes to columns of all goes to copies. */
  finishOwn(from: State, target: State): void {
    const columns: Record<string, ColumnArray> = { ...target.columns }
    for (const [name, column] of Object.entries(columns))
      if (strideOf(column, this.#migration.rows!) === 0) columns[name] = column.slice()
    const own = { columns, soft: target.soft } as State
    carryLoose(this.#migration, from, own)
    finishMove('down', this.#migration, from, own)
    target.soft = own.soft
  }

  /** Makes the completed state the live one: by the pages in which the two may differ, where that is known. */
  restore(): void {
    const { state } = this.#previous
    if (!this.#wayBack.isReady) return state.takeLastGood()
    const pages = new Uint32Array(new SharedArrayBuffer((state.memory.arena.byteLength / PAGE) * 4))
    state.takeLastGood(pages, this.#wayBack.differing.list(pages))
  }
}
