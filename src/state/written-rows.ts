import { addon, type Handle } from '../native/addon.ts'
import type { Layout } from './layout.ts'
import { rowsInPages } from './rows.ts'

const PAGE = 4096

/** The pages of a memory that were written, as a thread may ask for them. */
export class WrittenRows {
  readonly #layout: Layout
  readonly #rows: number
  readonly #pages: Uint32Array<SharedArrayBuffer>
  readonly #indices: Handle
  readonly #handle: Handle

  /** `handle`: the arena, attached; it stays the caller's. */
  constructor(memory: { shared: Layout; arena: SharedArrayBuffer }, handle: Handle, rows: number) {
    this.#layout = memory.shared
    this.#rows = rows
    this.#handle = handle
    this.#pages = new Uint32Array(new SharedArrayBuffer((memory.arena.byteLength / PAGE) * 4))
    this.#indices = addon().attach(this.#pages)
  }

  /** Rows written since the last `take`, by whichever thread; undefined when nobody can tell. */
  ask(how: 'take' | 'peek'): { readonly from: number; readonly to: number }[] | undefined {
    const ask = how === 'take' ? 'takeWritten' : 'peekWritten'
    const count = addon()[ask](this.#handle, this.#indices)
    return count < 0 ? undefined : rowsInPages(this.#layout, this.#rows, this.#pages, count)
  }

  release(): void {
    addon().detach(this.#indices)
  }
}
