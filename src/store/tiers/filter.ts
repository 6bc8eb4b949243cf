/** 2^23 bits: of a million objects one in thirty is asked for in vain, of a hundred thousand next to none. */
const BITS = 23
const PROBES = 4
const DIGITS = 6

/** Tells of a hash that it has certainly not been seen: a disk that takes long to say so need not be asked. */
export class HashFilter {
  readonly #words = new Uint32Array(2 ** (BITS - 5))

  /** Takes it in; true when it had certainly not been seen. */
  add(hash: string): boolean {
    let isNew = false
    for (let probe = 0; probe < PROBES; probe++) {
      const bit = bitOf(hash, probe)
      const [at, mask] = [bit >>> 5, 1 << (bit & 31)]
      const word = this.#words[at]!
      if ((word & mask) !== 0) continue
      this.#words[at] = word | mask
      isNew = true
    }
    return isNew
  }
}

/** Every digit of a BLAKE3 is as good as any other: each probe has its own. */
function bitOf(hash: string, probe: number): number {
  let bits = 0
  for (let i = probe * DIGITS; i < (probe + 1) * DIGITS; i++) {
    const code = hash.charCodeAt(i)
    bits = (bits << 4) | (code < 58 ? code - 48 : code - 87)
  }
  return bits & (2 ** BITS - 1)
}
