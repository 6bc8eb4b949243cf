import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { addon } from '../../dist/native/addon.js'
import { Encoding } from '../../dist/store/codec.js'
import { blake3Hex } from '../../dist/store/hash.js'
import {
  bodyOfPlain,
  openObject,
  ownMeta,
  roomFor,
  sealObject,
  sealObjects,
  unsealObject,
} from '../../dist/store/tiers/packed.js'
import { noise } from './support.ts'

const bytes = noise(40_000)
const blobs = fc.array(
  fc
    .tuple(fc.nat(20_000), fc.oneof(fc.nat(40), fc.nat(20_000), fc.constantFrom(1023, 1024, 4096)))
    .map(([from, length]) => bytes.subarray(from, from + length)),
  { maxLength: 70 },
)
const time = fc.double({ min: 0, max: 4e12, noNaN: true })

describe('records of objects', () => {
  it('that are made together are those that are made one by one', () => {
    fc.assert(
      fc.property(blobs, time, fc.nat(7), (each, at, start) => {
        const memory = new Uint8Array(start + roomFor(each)).subarray(start)
        const hashes = sealObjects(each, memory, at)
        expect(hashes).toEqual(each.map(blake3Hex))
        let from = 0
        for (const [i, body] of each.entries()) {
          const alone = sealObject(hashes[i]!, { encoding: Encoding.RAW, size: body.length, body, at })
          const record = memory.subarray(from, from + alone.length)
          expect(Buffer.compare(record, alone)).toBe(0)
          expect(Buffer.compare(unsealObject(hashes[i]!, record).body, body)).toBe(0)
          expect(Buffer.compare(bodyOfPlain(record)!, body)).toBe(0)
          expect(ownMeta(hashes[i]!, record)).toMatchObject({ size: body.length, createdAt: at })
          from += alone.length
        }
        expect(from).toBe(memory.length)
      }),
      { numRuns: 100 },
    )
  })

  it('are read without detours only where that gives what the long way gives', () => {
    const body = noise(100)
    const hash = blake3Hex(body)
    const record = sealObject(hash, { encoding: Encoding.RAW, size: 100, body, at: 5 })
    for (let bit = 0; bit < record.length * 8; bit++) {
      const flipped = Uint8Array.from(record)
      flipped[bit >> 3]! ^= 1 << (bit & 7)
      const plain = bodyOfPlain(flipped)
      if (plain) expect(Buffer.compare(plain, openObject(hash, flipped).body)).toBe(0)
    }
    for (let length = 0; length < record.length; length++)
      expect(bodyOfPlain(record.subarray(0, length))).toBeUndefined()
    const packed = sealObject(hash, { encoding: Encoding.LZ4, size: 300, body, at: 5 })
    expect(bodyOfPlain(packed)).toBeUndefined()
  })

  it('are not made where they do not fit, or of anything but bytes', () => {
    const wrong = expect.objectContaining({ code: 'TICKSWAP_E_OPTION' })
    const each = [noise(10), noise(20)]
    for (const room of [0, 21, 31, 32, 53, roomFor(each) - 1])
      expect(() => addon().sealObjects(each, new Uint8Array(room), 1)).toThrow(wrong)
    expect(() => addon().sealObjects(each, undefined as never, 1)).toThrow(wrong)
    expect(() => addon().sealObjects(each, new Uint8Array(100), 'now' as never)).toThrow(wrong)
    expect(() => addon().sealObjects([7] as never, new Uint8Array(100), 1)).toThrow(wrong)
    expect(() => addon().sealObjects(7 as never, new Uint8Array(100), 1)).toThrow(wrong)
    expect(addon().sealObjects([], new Uint8Array(0), 1)).toBe('')
  })
})
