import { TickswapError } from '../errors.ts'
import { addon } from '../native/addon.ts'

/** What a record holds; part of its checksum, so that none is ever taken for another. */
export const Kind = { META: 1, OBJECT: 2, OWNER: 3, POINTER: 4, SYSTEM: 5, ENTRY: 6 } as const
export type Kind = (typeof Kind)[keyof typeof Kind]

/** Bytes in front of the body: the kind, and an XXH3-64 of the body, seeded by the key and the kind. */
export const SEAL_BYTES = 9

function checksum(key: string, kind: Kind, body: Uint8Array): bigint {
  let seed = kind ^ 0x811c9dc5
  for (let i = 0; i < key.length; i++) seed = Math.imul(seed ^ key.charCodeAt(i), 0x01000193)
  return addon().hash(body, BigInt(seed >>> 0))
}

/** A body as it is stored under a key: bits that change afterwards, or under another key, are noticed. */
export function seal(key: string, kind: Kind, ...parts: readonly Uint8Array[]): Uint8Array {
  let end = SEAL_BYTES
  for (const { length } of parts) end += length
  const record = Buffer.allocUnsafeSlow(end)
  let at = SEAL_BYTES
  for (const part of parts) {
    record.set(part, at)
    at += part.length
  }
  return sealRecord(key, kind, record, end)
}

/** Seals a record whose body is in place; bytes from `end` on are checked by other means. */
export function sealRecord(key: string, kind: Kind, record: Buffer, end: number): Buffer {
  record[0] = kind
  record.writeBigUInt64LE(checksum(key, kind, record.subarray(SEAL_BYTES, end)), 1)
  return record
}

/** The body, checked up to `end`. @throws TickswapError STORE_DAMAGED that names the record */
export function unseal(key: string, kind: Kind, record: Uint8Array, end = record.length): Uint8Array {
  if (record.length < Math.max(SEAL_BYTES, end) || record[0] !== kind)
    throw damaged(`record ${key} is not what was written`)
  const { buffer, byteOffset } = record
  const written = new DataView(buffer, byteOffset, SEAL_BYTES).getBigUint64(1, true)
  const found = checksum(key, kind, record.subarray(SEAL_BYTES, end))
  if (written === found) return record.subarray(SEAL_BYTES)
  const [was, is] = [written, found].map((sum) => sum.toString(16).padStart(16, '0'))
  throw damaged(`record ${key} is not what was written: its checksum is ${is}, and ${was} was recorded`)
}

export const damaged = (message: string, cause?: unknown): TickswapError =>
  new TickswapError('TICKSWAP_E_STORE_DAMAGED', message, {}, cause === undefined ? undefined : { cause })

export const sealJson = (key: string, kind: Kind, value: unknown): Uint8Array =>
  seal(key, kind, Buffer.from(JSON.stringify(value)))

/** @throws TickswapError STORE_DAMAGED */
export function unsealJson<T>(key: string, kind: Kind, record: Uint8Array): T {
  return JSON.parse(Buffer.from(unseal(key, kind, record)).toString()) as T
}
