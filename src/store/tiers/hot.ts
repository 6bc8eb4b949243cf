/** Objects in memory, bounded by bytes; what was used the longest ago goes first. */
export class HotTier {
  readonly #budget: number
  readonly #objects = new Map<string, Uint8Array>()
  #bytes = 0
  hits = 0

  constructor(budgetBytes: number) {
    this.#budget = budgetBytes
  }

  get(hash: string): Uint8Array | undefined {
    const bytes = this.#objects.get(hash)
    if (bytes === undefined) return undefined
    this.hits++
    this.#objects.delete(hash)
    this.#objects.set(hash, bytes)
    return bytes
  }

  /** What is larger than the whole budget stays out. */
  put(hash: string, bytes: Uint8Array): void {
    if (this.#objects.size > 0) this.drop(hash)
    if (bytes.length > this.#budget) return
    this.#objects.set(hash, bytes)
    this.#bytes += bytes.length
    for (const [oldest, { length }] of this.#objects) {
      if (this.#bytes <= this.#budget) return
      this.#objects.delete(oldest)
      this.#bytes -= length
    }
  }

  drop(hash: string): void {
    this.#bytes -= this.#objects.get(hash)?.length ?? 0
    this.#objects.delete(hash)
  }

  clear(): void {
    this.#objects.clear()
    this.#bytes = 0
  }

  get bytes(): number {
    return this.#bytes
  }

  get objects(): number {
    return this.#objects.size
  }
}
