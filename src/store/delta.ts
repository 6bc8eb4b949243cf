/** `next` XOR `base`, as long as `next`: mostly zeros where little has changed. */
export function difference(base: Uint8Array, next: Uint8Array): Uint8Array {
  const result = Uint8Array.from(next)
  xorInto(result, base)
  return result
}

/** XORs the bytes that both have into `target`. */
export function xorInto(target: Uint8Array, base: Uint8Array): void {
  const length = Math.min(target.length, base.length)
  const words = length >>> 2
  const [a, b] = [wordsOf(target, words), wordsOf(base, words)]
  if (a && b) for (let i = 0; i < words; i++) a[i]! ^= b[i]!
  for (let i = a && b ? words * 4 : 0; i < length; i++) target[i]! ^= base[i]!
}

function wordsOf(bytes: Uint8Array, words: number): Uint32Array | undefined {
  return bytes.byteOffset % 4 === 0 ? new Uint32Array(bytes.buffer, bytes.byteOffset, words) : undefined
}
