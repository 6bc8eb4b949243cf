import { addon, type Handle } from '../native/addon.ts'

const PAGE = 4096
/** A memory up to this size is copied whole: that takes as long as finding out what to copy. */
export const WHOLE_BYTES = 8 * 2 ** 20
/**
 * The first write to a page that is tracked costs a microsecond, copying it a fraction of one. When more than
 * this share of the pages was written since the last time, twice in a row, copying them all is cheaper.
 */
const MOST_WRITTEN = 1 / 8
/** Copies that are made whole after that, before tracking is tried again. */
const RESTED_COPIES = 256

/** Hears which pages of the copy have been written. */
export interface Noted {
  notePages(pages: Uint32Array, count: number): void
  noteAll(): void
}

/** Indices of 4 KB pages in attached memory, until the mirror that gave them is asked again. */
export interface WrittenPages {
  readonly indices: Handle
  readonly count: number
}

/**
 * A memory and its copy, brought to agree again and again. Of a large memory only the pages that were written
 * since the last time are copied, where the kernel tells them. Every thread may have its own object for the same
 * two memories; one of them works at a time, and nobody else writes to the copy without `forget`.
 */
export class Mirror {
  readonly #memory: Handle
  readonly #copy: Handle
  readonly #bytes: number
  /** room for the index of every page; absent for memory that is copied whole */
  readonly #indices: Handle | undefined
  readonly #pages: Uint32Array = new Uint32Array(0)
  /** told whenever the copy has been brought up to date */
  noted: Noted | undefined

  /** `memory` and `copy`: attached, of `bytes` bytes, a multiple of 4096; they stay the caller's. */
  constructor(memory: Handle, copy: Handle, bytes: number) {
    this.#memory = memory
    this.#copy = copy
    this.#bytes = bytes
    if (bytes <= WHOLE_BYTES || addon().writeObstacle() !== '') return
    const pages = new Uint32Array(new SharedArrayBuffer((bytes / PAGE) * 4))
    this.#indices = addon().attach(pages)
    this.#pages = pages
  }

  /** Brings the copy up to date and gives how many bytes that took. */
  keep(): number {
    const bytes = this.#transfer(0)
    if (bytes === this.#bytes) this.noted?.noteAll()
    else this.noted?.notePages(this.#pages, bytes / PAGE)
    return bytes
  }

  /** Brings the memory back to the copy and gives how many bytes that took. */
  restore(): number {
    return this.#transfer(1)
  }

  /** The pages in which the memory may differ from the copy; undefined when nobody can tell. */
  written(): WrittenPages | undefined {
    if (this.#indices === undefined) return undefined
    const count = addon().peekWritten(this.#memory, this.#indices)
    return count < 0 ? undefined : { indices: this.#indices, count }
  }

  /** To be called before the copy is written to by anybody else: the next copies are whole. */
  forget(): void {
    if (this.#indices !== undefined) addon().restWrites(this.#memory, 0)
  }

  release(): void {
    if (this.#indices !== undefined) addon().detach(this.#indices)
  }

  #transfer(isBack: 0 | 1): number {
    if (this.#indices !== undefined) {
      const most = Math.floor((this.#bytes / PAGE) * MOST_WRITTEN)
      return addon().mirrorMemory(this.#memory, this.#copy, this.#indices, isBack, most, RESTED_COPIES)
    }
    const [to, from] = isBack ? [this.#memory, this.#copy] : [this.#copy, this.#memory]
    addon().copyRange(to, 0, from, 0, this.#bytes)
    return this.#bytes
  }
}
