import { addon } from '../native/addon.ts'

/** Hex digits of a hash. */
export const HASH_LENGTH = 64

/** BLAKE3 of some bytes, 64 hex digits: what objects are named by. */
export const blake3Hex = (bytes: Uint8Array): string => addon().blake3(bytes)

/** The same, one after the other in one string. */
export const blake3HexOfAll = (each: readonly Uint8Array[]): string =>
  each.length === 1 ? blake3Hex(each[0]!) : addon().blake3Many(each)

/** The hashes of such a string. */
export function hashesIn(text: string): string[] {
  if (text.length === HASH_LENGTH) return [text]
  // Parts of a string keep all of it in memory, and these live as long as objects do.
  const all = Buffer.from(text, 'latin1')
  const hashes: string[] = []
  for (let at = 0; at < text.length; at += HASH_LENGTH)
    hashes.push(all.toString('latin1', at, at + HASH_LENGTH))
  return hashes
}

export const isHash = (text: unknown): text is string =>
  typeof text === 'string' && /^[0-9a-f]{64}$/.test(text)
