import { addon } from '../native/addon.ts'

/** BLAKE3 of some bytes, 64 hex digits: what objects are named by. */
export const blake3Hex = (bytes: Uint8Array): string => addon().blake3(bytes)

/** The same of each of them; small ones side by side, which takes less time. */
export const blake3HexOfEach = (each: readonly Uint8Array[]): string[] =>
  each.length === 1 ? [blake3Hex(each[0]!)] : addon().blake3Many(each)

export const isHash = (text: unknown): text is string =>
  typeof text === 'string' && /^[0-9a-f]{64}$/.test(text)
