/** What is kept for the next one. */
const MOST_KEPT_BYTES = 2 ** 20
const SMALLEST_BYTES = 2 ** 18

/** Memory for the records of one transaction. */
export interface Slab {
  readonly bytes: Uint8Array<ArrayBuffer>
  /** Nobody has any use for what is in it. */
  release(): void
}

/** Memory that is filled, written and filled again: new memory for each would take longer than filling it. */
export class Slabs {
  #spare: ArrayBuffer | undefined

  /** Of so many bytes in all. */
  take(bytes: number): Slab {
    const spare = this.#spare
    this.#spare = undefined
    const size = Math.max(bytes, SMALLEST_BYTES)
    const memory = spare && spare.byteLength >= bytes ? spare : Buffer.allocUnsafeSlow(size).buffer
    return {
      bytes: new Uint8Array(memory as ArrayBuffer, 0, bytes),
      release: () => {
        if (memory.byteLength <= MOST_KEPT_BYTES) this.#spare = memory as ArrayBuffer
      },
    }
  }
}
