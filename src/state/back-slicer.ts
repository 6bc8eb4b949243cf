import { addon, type Handle } from '../native/addon.ts'
import type { Migration, State, UnitDefinition } from '../units/unit.ts'
import { ScannedMemory } from './finite.ts'
import { type Layout, viewsOf } from './layout.ts'
import type { UnitMemory } from './memory.ts'
import { rowMover } from './migrate.ts'
import { BATCH_ROWS, pagesOfRows, rowsInPages } from './rows.ts'
import { WayBack, type WayBackMemory } from './way-back.ts'

const PAGE = 4096
/** An engine that writes all of its state in every tick is not caught up with. */
const MOST_WHOLE = 3

/** One side of a migration. */
interface Side {
  readonly definition: UnitDefinition
  readonly memory: UnitMemory
}

/**
 * Moves the last good state of a version in probation the way back, in a thread that is no participant, so that a
 * rollback finds it done but for what the last ticks have written.
 */
export class BackSlicer {
  readonly #wayBack: WayBack
  readonly #rows: number
  readonly #from: Layout
  readonly #to: Layout
  readonly #pages: Uint32Array
  readonly #target: ScannedMemory
  readonly #before: ScannedMemory
  readonly #indices: Uint32Array<SharedArrayBuffer>
  readonly #indicesHandle: Handle
  readonly #move: (from: number, to: number) => void
  #wholes = 0

  constructor(old: Side, next: Side, migration: Migration, memory: WayBackMemory) {
    this.#wayBack = new WayBack(memory)
    this.#rows = migration.rows!
    this.#from = next.memory.shared
    this.#to = old.memory.shared
    this.#pages = new Uint32Array(next.memory.lastGood.byteLength / PAGE)
    this.#target = new ScannedMemory(old.memory.lastGood)
    this.#before = new ScannedMemory(old.memory.arena)
    this.#indices = new Uint32Array(new SharedArrayBuffer((old.memory.arena.byteLength / PAGE) * 4))
    this.#indicesHandle = addon().attach(this.#indices)
    const state = ({ definition, memory: { shared, lastGood } }: Side): State =>
      ({ columns: viewsOf(shared, lastGood), soft: definition.state?.soft?.() ?? {} }) as State
    this.#move = rowMover('down', migration, state(next), state(old))
    this.#wayBack.noteAll()
  }

  /** Moves what was written since the last time, the first time everything. */
  pass(): void {
    if (this.#wayBack.isBroken || !this.#wayBack.begin()) return
    try {
      if (this.#wayBack.takeAll()) this.#passWhole()
      else this.#passWritten()
    } catch {
      // It is tried again at the rollback itself, which says what it threw.
      this.#wayBack.become('broken')
    } finally {
      this.#wayBack.pause()
    }
  }

  #passWhole(): void {
    this.#wayBack.become('none')
    if (++this.#wholes > MOST_WHOLE) return this.#wayBack.become('broken')
    if (!this.#moveRows(0, this.#rows)) return this.#wayBack.noteAll()
    this.#wayBack.differing.clear()
    const { handle } = this.#target
    const pages = this.#indices.length
    const count = addon().changedPages(handle, 0, this.#before.handle, 0, pages, this.#indicesHandle, 0)
    this.#wayBack.differing.addAll(this.#indices, count)
    this.#wayBack.become('ready')
  }

  #passWritten(): void {
    const count = this.#wayBack.kept.list(this.#pages, true)
    for (const { from, to } of rowsInPages(this.#from, this.#rows, this.#pages, count)) {
      // Noted before it is so: whoever goes back in between copies too much, and never too little.
      pagesOfRows(this.#to, this.#rows, from, to, this.#wayBack.differing)
      if (this.#moveRows(from, to)) continue
      this.#wayBack.kept.addAll(this.#pages, count)
      return
    }
  }

  /** @returns false when somebody goes back: the rest is his to do */
  #moveRows(from: number, to: number): boolean {
    for (let at = from; at < to; at += BATCH_ROWS) {
      if (this.#wayBack.isStopped) return false
      this.#move(at, Math.min(to, at + BATCH_ROWS))
    }
    return true
  }

  end(): void {
    addon().detach(this.#indicesHandle)
    this.#target.release()
    this.#before.release()
  }
}
