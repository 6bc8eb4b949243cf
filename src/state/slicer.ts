import { addon, type Handle } from '../native/addon.ts'
import type { Migration, State, UnitDefinition } from '../units/unit.ts'
import { ScannedMemory } from './finite.ts'
import { viewsOf } from './layout.ts'
import type { UnitMemory } from './memory.ts'
import { rowMover } from './migrate.ts'
import { WHOLE_BYTES } from './mirror.ts'
import { inBatches } from './rows.ts'
import { WrittenRows } from './written-rows.ts'

const PAGE = 4096

/**
 * Moves the rows of large state while the old version still runs on it, in a thread that is no participant; and
 * again those that were written meanwhile, until few are left for the boundary.
 */
export class Slicer {
  readonly #old: ScannedMemory
  readonly #next: ScannedMemory
  readonly #lastGood: ScannedMemory
  readonly #room: Handle
  readonly #written: WrittenRows
  readonly #migration: Migration
  readonly #memory: UnitMemory
  readonly #oldLayout: UnitMemory['shared']
  readonly #move: (from: number, to: number) => void

  constructor(
    old: { readonly definition: UnitDefinition; readonly memory: UnitMemory },
    next: { readonly definition: UnitDefinition; readonly memory: UnitMemory },
    migration: Migration,
  ) {
    this.#memory = next.memory
    this.#oldLayout = old.memory.shared
    this.#migration = migration
    const { arena, lastGood } = next.memory
    this.#old = new ScannedMemory(old.memory.arena)
    this.#next = new ScannedMemory(arena)
    this.#lastGood = new ScannedMemory(lastGood)
    this.#room = addon().attach(new Uint32Array(new SharedArrayBuffer((arena.byteLength / PAGE) * 4)))
    this.#written = new WrittenRows(old.memory, this.#old.handle, migration.rows!)
    const state = ({ definition, memory }: typeof old): State =>
      ({ columns: viewsOf(memory.shared, memory.arena), soft: definition.state?.soft?.() ?? {} }) as State
    this.#move = rowMover('up', migration, state(old), state(next))
  }

  /** Moves all rows, once. @returns a column and index that came out not finite, in words */
  begin(): string | undefined {
    // What others knew of the pages of the old memory is forgotten: from here on they tell this one.
    addon().restWrites(this.#old.handle, 0)
    addon().trackWrites(this.#old.handle)
    inBatches(0, this.#migration.rows!, this.#move)
    this.#mirror()
    return this.#nonFinite()
  }

  /** Moves again what was written since. @returns rows, of which the boundary has about as many to do */
  catchUp(): number {
    const ranges = this.#written.ask('take') ?? []
    let rows = 0
    for (const { from, to } of ranges) {
      this.#move(from, to)
      rows += to - from
    }
    if (rows > 0) this.#mirror()
    return rows
  }

  /** The copy that a rollback needs: at the boundary only what was written since is copied. */
  #mirror(): void {
    const pages = this.#memory.arena.byteLength / PAGE
    if (pages * PAGE <= WHOLE_BYTES) return
    addon().mirrorMemory(this.#next.handle, this.#lastGood.handle, this.#room, 0, pages, 0)
  }

  #nonFinite(): string | undefined {
    for (const slot of this.#memory.shared.slots) {
      const index = slot.nonFinite ? -1 : this.#next.firstNonFinite(slot)
      const before = this.#oldLayout.slots.find(({ name }) => name === slot.name)
      const isNew = index >= 0 && !(before && this.#old.firstNonFinite(before) >= 0)
      if (isNew) return `column ${slot.name}[${index}]`
    }
    return undefined
  }

  /** Whoever copies the old state the next time copies all of it. */
  end(): void {
    addon().restWrites(this.#old.handle, 0)
    this.#written.release()
    addon().detach(this.#room)
    for (const memory of [this.#old, this.#next, this.#lastGood]) memory.release()
  }
}
