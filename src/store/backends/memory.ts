import type { Backend, Entry, Op, Range } from './contract.ts'

const byBytes = (a: string, b: string): number => Buffer.compare(Buffer.from(a), Buffer.from(b))

/** Lives as long as the process. */
export class MemoryBackend implements Backend {
  readonly kind = 'memory'
  readonly #values = new Map<string, Uint8Array>()
  #sorted: string[] | undefined
  #bytes = 0

  get(key: string): Uint8Array | undefined {
    return this.#values.get(key)?.slice()
  }

  has(key: string): boolean {
    return this.#values.has(key)
  }

  async page({ from, to, reverse = false, limit }: Range): Promise<Entry[]> {
    this.#sorted ??= [...this.#values.keys()].sort(byBytes)
    const inside = this.#sorted.slice(this.#place(from), this.#place(to))
    const chosen = reverse ? inside.reverse().slice(0, limit) : inside.slice(0, limit)
    return chosen.map((key) => [key, this.#values.get(key)!.slice()] as const)
  }

  async write(ops: readonly Op[]): Promise<void> {
    for (const [key, value] of ops) {
      const before = this.#values.get(key)
      if ((before === undefined) !== (value === undefined)) this.#sorted = undefined
      this.#bytes += (value?.length ?? 0) - (before?.length ?? 0)
      // A slice of a Buffer would be no copy.
      if (value) this.#values.set(key, new Uint8Array(value))
      else this.#values.delete(key)
    }
  }

  bytes(): number {
    return this.#bytes
  }

  async close(): Promise<void> {}

  /** Where `key` is or would be. */
  #place(key: string): number {
    const keys = this.#sorted!
    let [low, high] = [0, keys.length]
    while (low < high) {
      const middle = (low + high) >> 1
      if (byBytes(keys[middle]!, key) < 0) low = middle + 1
      else high = middle
    }
    return low
  }
}
