import { addon } from '../native/addon.ts'

/** Hex digits of a hash. */
export const HASH_LENGTH = 64

/** BLAKE3 of some bytes, 64 hex digits: what objects are named by. */
export const blake3Hex = (bytes: Uint8Array): string => addon().blake3(bytes)

/** The same of each of them; small ones side by side, which takes less time. */
export function blake3HexOfEach(each: readonly Uint8Array[]): string[] {
  if (each.length === 1) return [blake3Hex(each[0]!)]
  // Parts of a string keep all of it in memory, and these live as long as objects do.
  const all = Buffer.from(addon().blake3Many(each), 'latin1')
  return each.map((_, i) => all.toString('latin1', i * HASH_LENGTH, (i + 1) * HASH_LENGTH))
}

/** The same, one after the other in one string. */
export const blake3HexOfAll = (each: readonly Uint8Array[]): string =>
  each.length === 1 ? blake3Hex(each[0]!) : addon().blake3Many(each)

export const isHash = (text: unknown): text is string =>
  typeof text === 'string' && /^[0-9a-f]{64}$/.test(text)
