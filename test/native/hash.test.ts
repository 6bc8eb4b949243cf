import { xxh3 } from '@node-rs/xxhash'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { addon, hashHex } from '../../dist/native/addon.js'

const randomBytes = (length: number, seed: number): Uint8Array<SharedArrayBuffer> => {
  const bytes = new Uint8Array(new SharedArrayBuffer(length))
  let state = seed
  for (let i = 0; i < length; i++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    bytes[i] = state >>> 24
  }
  return bytes
}
/** A copy that a library without shared memory can read. */
const plain = (bytes: Uint8Array): Buffer => Buffer.from(bytes)

describe('XXH3-64', () => {
  it('agrees with a well-kept library at every length to 4096, with and without a seed', () => {
    const bytes = randomBytes(4096, 1)
    const copy = plain(bytes)
    const wrong: number[] = []
    for (let length = 0; length <= 4096; length++) {
      const seed = (BigInt(length) * 0x9e3779b97f4a7c15n) & 0xffffffffffffffffn
      const [view, peer] = [bytes.subarray(0, length), copy.subarray(0, length)]
      if (addon().hash(view) !== xxh3.xxh64(peer)) wrong.push(length)
      if (addon().hash(view, seed) !== xxh3.xxh64(peer, seed)) wrong.push(length)
    }
    expect(wrong).toEqual([])
  })

  it('agrees for random lengths to 1 MB, starts and seeds', () => {
    const bytes = randomBytes(1 << 20, 2)
    const copy = plain(bytes)
    const handle = addon().attach(bytes)
    const start = fc.integer({ min: 0, max: 64 })
    const length = fc.integer({ min: 0, max: (1 << 20) - 64 })
    fc.assert(
      fc.property(start, length, fc.bigInt({ min: 0n, max: 0xffffffffffffffffn }), (from, count, seed) => {
        const expected = xxh3.xxh64(copy.subarray(from, from + count), seed)
        expect(addon().hash(bytes.subarray(from, from + count), seed)).toBe(expected)
        expect(addon().hashRange(handle, from, count, seed)).toBe(expected)
      }),
      { numRuns: 200 },
    )
    addon().detach(handle)
  })

  it('has 16 hex digits as text', () => {
    expect(hashHex(new Uint8Array(0))).toBe('2d06800538d394c2')
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
        expect(hashHex(bytes)).toBe(xxh3.xxh64(plain(bytes)).toString(16).padStart(16, '0'))
      }),
    )
  })
})
