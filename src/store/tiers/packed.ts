import { decode, Encoding } from '../codec.ts'
import { damaged, Kind, SEAL_BYTES, seal, unseal } from '../record.ts'
import { objectKey } from './meta.ts'

/** How an object is packed, and how large it is: in front of its bytes, so that reading it takes one record. */
const HEAD_BYTES = 5

export interface Packed {
  readonly encoding: Encoding
  /** bytes of the object */
  readonly size: number
  readonly body: Uint8Array
}

export function sealObject(hash: string, { encoding, size, body }: Packed): Uint8Array {
  const head = Buffer.allocUnsafe(HEAD_BYTES)
  head[0] = encoding
  head.writeUInt32LE(size, 1)
  return seal(objectKey(hash), Kind.OBJECT, head, body)
}

/** @throws TickswapError STORE_DAMAGED */
export function unsealObject(hash: string, record: Uint8Array): Packed {
  return headed(hash, unseal(objectKey(hash), Kind.OBJECT, record))
}

function headed(hash: string, bytes: Uint8Array): Packed {
  if (bytes.length < HEAD_BYTES) throw damaged(`object ${hash} has no beginning`)
  const size = bytes[1]! + bytes[2]! * 2 ** 8 + bytes[3]! * 2 ** 16 + bytes[4]! * 2 ** 24
  return { encoding: bytes[0] as Encoding, size, body: bytes.subarray(HEAD_BYTES) }
}

/**
 * For a reader that compares the unpacked bytes with `hash`: the checksum of those that are stored as they are would
 * say the same once more. @throws TickswapError STORE_DAMAGED
 */
export function openObject(hash: string, record: Uint8Array): Packed {
  const isRaw = record.length >= SEAL_BYTES + HEAD_BYTES && record[SEAL_BYTES] === Encoding.RAW
  return isRaw ? headed(hash, record.subarray(SEAL_BYTES)) : unsealObject(hash, record)
}

export const unpack = ({ encoding, size, body }: Packed): Uint8Array => decode(body, encoding, size)
