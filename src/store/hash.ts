import { blake3 } from '@napi-rs/blake-hash'

/** BLAKE3 of some bytes, 64 hex digits: what objects are named by. */
export const blake3Hex = (bytes: Uint8Array): string => blake3(bytes).toString('hex')

export const isHash = (text: unknown): text is string =>
  typeof text === 'string' && /^[0-9a-f]{64}$/.test(text)
