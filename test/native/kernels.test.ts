import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { addon } from '../../dist/native/addon.js'

const floats = (array: Float32Array<SharedArrayBuffer> | Float64Array<SharedArrayBuffer>) => {
  const handle = addon().attach(array)
  const find = (from: number, count: number) =>
    addon().firstNonFinite(handle, from * array.BYTES_PER_ELEMENT, count, array.BYTES_PER_ELEMENT as 4 | 8)
  return { find, close: () => addon().detach(handle) }
}

describe('firstNonFinite', () => {
  const anyFloat = { minLength: 0, maxLength: 300, noDefaultInfinity: false, noNaN: false } as const

  it.each([
    [
      'f32',
      (length: number) => new Float32Array(new SharedArrayBuffer(length * 4)),
      fc.float32Array(anyFloat),
    ],
    [
      'f64',
      (length: number) => new Float64Array(new SharedArrayBuffer(length * 8)),
      fc.float64Array(anyFloat),
    ],
  ] as const)('finds what JavaScript finds, %s', (_, make, values) => {
    fc.assert(
      fc.property(values as fc.Arbitrary<Float32Array>, fc.nat(20), (source, from) => {
        const array = make(source.length)
        array.set(source)
        const start = Math.min(from, source.length)
        const memory = floats(array)
        const expected = source.subarray(start).findIndex((value) => !Number.isFinite(value))
        expect(memory.find(start, source.length - start)).toBe(expected)
        memory.close()
      }),
    )
  })

  it('holds for largest, smallest and subnormal values', () => {
    const array = new Float64Array(new SharedArrayBuffer(80))
    array.set([Number.MAX_VALUE, -Number.MAX_VALUE, Number.MIN_VALUE, -0, 5e-324, 1 / 3, 0, 1, 2, Number.NaN])
    const memory = floats(array)
    expect(memory.find(0, 9)).toBe(-1)
    expect(memory.find(0, 10)).toBe(9)
    memory.close()
  })
})

describe('compareKeys', () => {
  it('orders by major, minor, patch, build, unsigned', () => {
    const keys = new Uint32Array(new SharedArrayBuffer(32))
    const handle = addon().attach(keys)
    const part = fc.oneof(fc.constantFrom(0, 1, 0x7fffffff, 0x80000000, 0xffffffff), fc.nat())
    const key = fc.tuple(part, part, part, part)
    fc.assert(
      fc.property(key, key, (a, b) => {
        keys.set([...a, ...b])
        const at = a.findIndex((value, i) => value !== b[i])
        const expected = at < 0 ? 0 : a[at]! < b[at]! ? -1 : 1
        expect(addon().compareKeys(handle, 0, 16)).toBe(expected)
        expect(addon().compareKeys(handle, 16, 0)).toBe(expected === 0 ? 0 : -expected)
      }),
    )
    addon().detach(handle)
  })
})
