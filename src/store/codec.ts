import { createRequire } from 'node:module'
import { brotliCompressSync, brotliDecompressSync, constants } from 'node:zlib'
import { TickswapError } from '../errors.ts'

/** How an object's bytes are stored. The numbers are on disk. */
export const Encoding = { RAW: 0, LZ4: 1, BROTLI: 2 } as const
export type Encoding = (typeof Encoding)[keyof typeof Encoding]

/** LZ4 cannot make less than this of a byte: a length in front that claims more is forged. */
const LZ4_MOST_RATIO = 255
const LZ4_PREFIX_BYTES = 4
const BROTLI_QUALITY = 5

type Lz4 = typeof import('lz4-napi')
let loaded: Lz4 | undefined

/** Loaded when it is needed: a start seldom does. */
function lz4(): Lz4 {
  loaded ??= createRequire(import.meta.url)('lz4-napi') as Lz4
  return loaded
}

/** Smaller in the way asked for, or as they are when that does not help. */
export function encode(bytes: Uint8Array, wanted: Encoding): { encoding: Encoding; body: Uint8Array } {
  const body = wanted === Encoding.RAW ? bytes : compress(bytes, wanted)
  return body.length < bytes.length ? { encoding: wanted, body } : { encoding: Encoding.RAW, body: bytes }
}

function compress(bytes: Uint8Array, wanted: Encoding): Uint8Array {
  if (wanted === Encoding.LZ4) return lz4().compressSync(asBuffer(bytes))
  const params = {
    [constants.BROTLI_PARAM_QUALITY]: BROTLI_QUALITY,
    [constants.BROTLI_PARAM_LGWIN]: constants.BROTLI_MAX_WINDOW_BITS,
    [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length,
  }
  return brotliCompressSync(bytes, { params })
}

/**
 * The bytes again; `size` is how many there were.
 * @throws TickswapError STORE_DAMAGED for a body that makes anything else, before memory is taken for it
 */
export function decode(body: Uint8Array, encoding: Encoding, size: number): Uint8Array {
  const bytes = decompress(body, encoding, size)
  if (bytes.length !== size) throw wrong(`${bytes.length} bytes instead of ${size}`)
  return bytes
}

function decompress(body: Uint8Array, encoding: Encoding, size: number): Uint8Array {
  switch (encoding) {
    case Encoding.RAW:
      return body
    case Encoding.LZ4: {
      const claimed = body.length >= LZ4_PREFIX_BYTES ? asBuffer(body).readUInt32LE(0) : -1
      if (claimed !== size || size > body.length * LZ4_MOST_RATIO)
        throw wrong(`its LZ4 length is ${claimed}, not ${size}`)
      return guarded(() => lz4().uncompressSync(body))
    }
    case Encoding.BROTLI:
      return guarded(() => brotliDecompressSync(body, { maxOutputLength: Math.max(1, size) }))
    default:
      throw wrong(`its encoding ${String(encoding satisfies never)} is unknown`)
  }
}

function guarded(act: () => Uint8Array): Uint8Array {
  try {
    return act()
  } catch (error) {
    throw wrong((error as Error).message)
  }
}

const wrong = (why: string) =>
  new TickswapError('TICKSWAP_E_STORE_DAMAGED', `an object cannot be unpacked: ${why}`)

const asBuffer = ({ buffer, byteOffset, length }: Uint8Array): Buffer =>
  Buffer.from(buffer as ArrayBuffer, byteOffset, length)
