/** Pages of 4 KB by their index, in memory that threads share: one bit each. */
export class PageSet {
  readonly #words: Int32Array<SharedArrayBuffer>

  constructor(shared: SharedArrayBuffer) {
    this.#words = new Int32Array(shared)
  }

  static room(pages: number): SharedArrayBuffer {
    return new SharedArrayBuffer(Math.ceil(pages / 32) * 4)
  }

  add(page: number): void {
    Atomics.or(this.#words, page >>> 5, 1 << (page & 31))
  }

  /** From one page to another, without the last. */
  addRange(from: number, to: number): void {
    for (let page = from; page < to; page++) this.add(page)
  }

  addAll(pages: Uint32Array, count: number): void {
    for (let i = 0; i < count; i++) this.add(pages[i]!)
  }

  clear(): void {
    for (let i = 0; i < this.#words.length; i++) Atomics.store(this.#words, i, 0)
  }

  /** Writes what is in it to `out`, which has room for all, and gives how many; `take`: they are in it no longer. */
  list(out: Uint32Array, take = false): number {
    let count = 0
    for (let i = 0; i < this.#words.length; i++) {
      let bits = take ? Atomics.exchange(this.#words, i, 0) : Atomics.load(this.#words, i)
      for (; bits !== 0; bits &= bits - 1) out[count++] = i * 32 + (31 - Math.clz32(bits & -bits))
    }
    return count
  }
}
