import { blake3 } from '@napi-rs/blake-hash'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { addon } from '../../dist/native/addon.js'

const randomBytes = (length: number, seed: number): Buffer => {
  const bytes = Buffer.alloc(length)
  let state = seed
  for (let i = 0; i < length; i++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    bytes[i] = state >>> 24
  }
  return bytes
}

const library = (bytes: Uint8Array): string => blake3(bytes).toString('hex')

describe('BLAKE3', () => {
  it('agrees with a well-kept library at every length to 4200, alone and many at once', () => {
    const bytes = randomBytes(4200, 1)
    const all = Array.from({ length: 4201 }, (_, length) => bytes.subarray(0, length))
    const expected = all.map(library)
    expect(all.map((each) => addon().blake3(each))).toEqual(expected)
    expect(addon().blake3Many(all)).toBe(expected.join(''))
  })

  it('agrees for random lengths to 3 MB and starts, alone and many at once', () => {
    const bytes = randomBytes(3 << 20, 2)
    const start = fc.integer({ min: 0, max: 64 })
    const length = fc.oneof(
      fc.integer({ min: 0, max: 20_000 }),
      fc.constantFrom(1024, 4096, 65_536, 65_537, 131_072, 1 << 20),
      fc.integer({ min: 0, max: (3 << 20) - 64 }),
    )
    const views = fc.array(fc.tuple(start, length), { maxLength: 20 })
    fc.assert(
      fc.property(views, (ranges) => {
        const each = ranges.map(([from, count]) => bytes.subarray(from, from + count))
        const expected = each.map(library)
        expect(each.map((view) => addon().blake3(view))).toEqual(expected)
        expect(addon().blake3Many(each)).toBe(expected.join(''))
      }),
      { numRuns: 60 },
    )
  })

  it('hashes shared memory and wider elements as the bytes that they are', () => {
    const shared = new Float64Array(new SharedArrayBuffer(8000)).fill(1.5)
    const plain = Buffer.from(Float64Array.from(shared).buffer)
    expect(addon().blake3(shared)).toBe(library(plain))
    expect(addon().blake3Many([shared, plain])).toBe(library(plain).repeat(2))
  })

  it('refuses what is no view', () => {
    const wrong = expect.objectContaining({ code: 'TICKSWAP_E_OPTION' })
    for (const value of [undefined, 7, 'text', {}, new ArrayBuffer(8)]) {
      expect(() => addon().blake3(value as never)).toThrow(wrong)
      expect(() => addon().blake3Many([value] as never)).toThrow(wrong)
    }
    expect(() => addon().blake3Many(undefined as never)).toThrow(wrong)
    const gone = new Uint8Array(8)
    structuredClone(gone.buffer, { transfer: [gone.buffer] })
    expect(() => addon().blake3(gone)).toThrow(wrong)
  })
})
