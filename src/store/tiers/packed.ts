import { addon } from '../../native/addon.ts'
import { decode, Encoding } from '../codec.ts'
import { hashesIn } from '../hash.ts'
import { damaged, Kind, SEAL_BYTES, sealRecord, unseal } from '../record.ts'
import { type Meta, metaKey, objectKey, readMeta, Tier } from './meta.ts'

/**
 * In front of an object's bytes, so that reading it takes one record: how it is packed, a byte, how large it is, four,
 * and when it came, eight.
 */
const HEAD_BYTES = 13
/** Before format 3 the time was in another record. */
const UNDATED_HEAD_BYTES = 5
/** In the byte of the encoding: the time follows. */
const DATED = 0x80
/** bytes of a record besides its body */
export const BODY_AT = SEAL_BYTES + HEAD_BYTES

/** Larger ones have a record beside their own from the beginning: whoever asks for it does not get the bytes as well. */
export const ALONE_MOST_BYTES = 16_384

export interface Packed {
  readonly encoding: Encoding
  /** bytes of the object */
  readonly size: number
  readonly body: Uint8Array
}

/** The hash that names an object is the checksum of one that is stored as it is: only its head needs another. */
export function sealObject(hash: string, { encoding, size, body, at }: Packed & { at: number }): Uint8Array {
  const record = Buffer.allocUnsafeSlow(BODY_AT + body.length)
  record[SEAL_BYTES] = encoding | DATED
  record.writeUInt32LE(size, SEAL_BYTES + 1)
  record.writeDoubleLE(at, SEAL_BYTES + UNDATED_HEAD_BYTES)
  record.set(body, BODY_AT)
  return sealRecord(objectKey(hash), Kind.OBJECT, record, endOfSealed(record))
}

/** Bytes that the records of these take together. */
export function roomFor(blobs: readonly Uint8Array[]): number {
  let bytes = 0
  for (const { length } of blobs) bytes += BODY_AT + length
  return bytes
}

/**
 * The same of many objects that are stored as they are, in one go, the records one after the other in `memory`.
 * Gives their hashes. What was hashed is what is in the record, whoever writes to the blobs meanwhile.
 */
export const sealObjects = (blobs: readonly Uint8Array[], memory: Uint8Array, at: number): string[] =>
  hashesIn(addon().sealObjects(blobs, memory, at))

/**
 * Of an object that is stored as it is only the head is checked here: the caller compares its bytes with `hash`.
 * @throws TickswapError STORE_DAMAGED
 */
export function unsealObject(hash: string, record: Uint8Array): Packed {
  unseal(objectKey(hash), Kind.OBJECT, record, endOfSealed(record))
  return headed(hash, record)
}

const endOfSealed = (record: Uint8Array): number =>
  record[SEAL_BYTES] === (Encoding.RAW | DATED) ? BODY_AT : record.length

function headed(hash: string, record: Uint8Array): Packed {
  const first = record[SEAL_BYTES] ?? 0
  const end = (first & DATED) === 0 ? SEAL_BYTES + UNDATED_HEAD_BYTES : BODY_AT
  if (record.length < end) throw damaged(`object ${hash} has no beginning`)
  return { encoding: (first & ~DATED) as Encoding, size: sizeIn(record), body: record.subarray(end) }
}

function sizeIn(record: Uint8Array): number {
  const at = SEAL_BYTES + 1
  const high = record[at + 2]! * 2 ** 16 + record[at + 3]! * 2 ** 24
  return record[at]! + record[at + 1]! * 2 ** 8 + high
}

/** When an object came; of records of before format 3 it is not known. */
function timeIn(record: Uint8Array): number | undefined {
  if ((record[SEAL_BYTES]! & DATED) === 0) return undefined
  return new DataView(record.buffer, record.byteOffset, BODY_AT).getFloat64(
    SEAL_BYTES + UNDATED_HEAD_BYTES,
    true,
  )
}

/**
 * For a reader that compares the unpacked bytes with `hash`, in which the head of an object that is stored as it is
 * plays no part. @throws TickswapError STORE_DAMAGED
 */
export function openObject(hash: string, record: Uint8Array): Packed {
  const isRaw = record.length > SEAL_BYTES && (record[SEAL_BYTES]! & ~DATED) === Encoding.RAW
  return isRaw ? headed(hash, record) : unsealObject(hash, record)
}

/** The bytes of an object that is stored as it is, quicker than all of that; nothing for any other record. */
export function bodyOfPlain(record: Uint8Array): Uint8Array | undefined {
  const bytes = record.length - BODY_AT
  if (bytes < 0 || record[SEAL_BYTES] !== (Encoding.RAW | DATED)) return undefined
  const body = new Uint8Array(record.buffer, record.byteOffset + BODY_AT, bytes)
  return sizeIn(record) === bytes ? body : undefined
}

export const unpack = ({ encoding, size, body }: Packed): Uint8Array => decode(body, encoding, size)

/**
 * What an object without a record beside its own says of itself: nothing has ever referred to it, and it has not been
 * moved since it came. Nothing for one of before format 3, which always had one.
 * @throws TickswapError STORE_DAMAGED
 */
export function ownMeta(hash: string, record: Uint8Array): Meta | undefined {
  const { encoding, size } = unsealObject(hash, record)
  const at = timeIn(record)
  if (at === undefined) return undefined
  return newMeta(encoding, size, record.length, at)
}

export function newMeta(encoding: Encoding, size: number, stored: number, at: number, refs = 0): Meta {
  return { tier: Tier.WARM, encoding, tried: false, refs, size, stored, createdAt: at, usedAt: at }
}

/** The state of an object, by its record or else by itself. @throws TickswapError STORE_DAMAGED */
export function findMeta(get: (key: string) => Uint8Array | undefined, hash: string): Meta | undefined {
  const record = get(metaKey(hash))
  if (record) return readMeta(hash, record)
  const object = get(objectKey(hash))
  return object && ownMeta(hash, object)
}
