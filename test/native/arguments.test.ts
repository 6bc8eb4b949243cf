import { describe, expect, it } from 'vitest'
import { addon } from '../../dist/native/addon.js'

// Wrong on purpose: the addon must refuse what the types forbid.
// biome-ignore lint/suspicious/noExplicitAny: as above
const loose = (): any => addon()
const shared = (bytes: number) => new Uint8Array(new SharedArrayBuffer(bytes))
const refused = expect.objectContaining({ name: 'TickswapError', code: 'TICKSWAP_E_OPTION' })

const attempt = (action: () => unknown): unknown => {
  try {
    return action()
  } catch (error) {
    return error
  }
}

describe('attach', () => {
  it.each([
    ['nothing', undefined],
    ['a number', 7],
    ['a plain array', [1, 2]],
    ['a SharedArrayBuffer itself', new SharedArrayBuffer(8)],
    ['a DataView', new DataView(new SharedArrayBuffer(8))],
    ['memory that is not shared', new Uint8Array(8)],
  ])('refuses %s', (_, value) => {
    expect(attempt(() => loose().attach(value))).toEqual(refused)
  })

  it('does not let an old handle reach memory attached later', () => {
    const first = addon().attach(shared(8))
    addon().detach(first)
    const second = addon().attach(shared(8))
    expect(second).not.toBe(first)
    expect(attempt(() => addon().hashRange(first, 0, 8))).toEqual(refused)
    expect(attempt(() => addon().detach(first))).toEqual(refused)
    addon().detach(second)
  })

  it('serves thousands of handles one after the other and at a time', () => {
    const handles = Array.from({ length: 3000 }, () => addon().attach(shared(16)))
    expect(new Set(handles).size).toBe(3000)
    for (const handle of handles) addon().detach(handle)
    for (let i = 0; i < 100_000; i++) addon().detach(addon().attach(shared(0)))
  })

  it('keeps the length that growable memory had', () => {
    const buffer = new SharedArrayBuffer(8, { maxByteLength: 64 })
    const handle = addon().attach(new Uint8Array(buffer))
    buffer.grow(64)
    expect(addon().hashRange(handle, 0, 8)).toBe(addon().hash(new Uint8Array(8)))
    expect(attempt(() => addon().hashRange(handle, 0, 9))).toEqual(refused)
    addon().detach(handle)
  })
})

describe('ranges', () => {
  const handle = addon().attach(shared(64))

  it.each([
    ['past the end', [60, 5]],
    ['from past the end', [65, 0]],
    ['of a negative length', [0, -1]],
    ['of half a byte', [0, 0.5]],
    ['of NaN', [0, Number.NaN]],
    ['that would wrap around', [2 ** 53 - 1, 2 ** 53 - 1]],
    ['beyond what an integer can hold', [0, 2 ** 64]],
    ['of text', ['0', 8]],
    ['without an end', [0]],
  ])('refuses one %s', (_, range) => {
    expect(attempt(() => loose().hashRange(handle, ...range))).toEqual(refused)
    expect(attempt(() => loose().firstNonFinite(handle, ...range, 4))).toEqual(refused)
  })

  it('takes an empty range at the end', () => {
    expect(addon().hashRange(handle, 64, 0)).toBe(0x2d06800538d394c2n)
    expect(addon().firstNonFinite(handle, 64, 0, 8)).toBe(-1)
  })

  it('refuses a float of another size, a misaligned key, a seed that is no bigint', () => {
    expect(attempt(() => loose().firstNonFinite(handle, 0, 1, 5))).toEqual(refused)
    expect(attempt(() => addon().compareKeys(handle, 2, 16))).toEqual(refused)
    expect(attempt(() => addon().compareKeys(handle, 0, 52))).toEqual(refused)
    expect(attempt(() => loose().hash(shared(1), 1))).toEqual(refused)
  })

  it.each([undefined, -1, 1e9, 0.5, 'x', {}])('refuses the handle %s', (value) => {
    for (const name of ['detach', 'hashRange', 'compareKeys', 'registryAttach', 'registryStage'])
      expect(attempt(() => loose()[name](value, 0, 0))).toEqual(refused)
  })
})

describe('hash', () => {
  it('refuses a detached view, and takes an empty one', () => {
    const view = new Uint8Array(16)
    structuredClone(view.buffer, { transfer: [view.buffer] })
    expect(attempt(() => addon().hash(view))).toEqual(refused)
    expect(addon().hash(new Uint8Array(0))).toBe(0x2d06800538d394c2n)
  })

  it('takes every kind of typed array by its bytes', () => {
    const bytes = Uint8Array.from({ length: 64 }, (_, i) => i)
    const expected = addon().hash(bytes.subarray(8, 56))
    for (const Kind of [Int8Array, Uint16Array, Int32Array, Float32Array, Float64Array, BigInt64Array])
      expect(addon().hash(new Kind(bytes.buffer, 8, 48 / Kind.BYTES_PER_ELEMENT))).toBe(expected)
  })
})

describe('registry operations', () => {
  it('refuse memory without a registry, and scratch memory that is too short', () => {
    const none = addon().attach(shared(8192))
    const short = addon().attach(shared(16))
    expect(addon().registryAttach(none)).toBe(-2)
    expect(attempt(() => addon().registryStage(none, short, 0))).toEqual(refused)
    expect(addon().registryCreate(short, 1, 1, 0, 0, 0)).toBe(-2)
    expect(addon().registryCreate(none, 1, 1, 0, 0, 0)).toBe(0)
    expect(attempt(() => addon().registryRegisterVersion(none, short))).toEqual(refused)
    expect(attempt(() => addon().registryRegisterUnit(none, short, 17))).toEqual(refused)
    expect(attempt(() => addon().registryStage(none, short, 3))).toEqual(refused)
    for (const handle of [none, short]) addon().detach(handle)
  })
})

describe('storeOnExit', () => {
  const words = new Int32Array(new SharedArrayBuffer(16))

  it.each([
    ['memory that is not shared', [new Int32Array(4), 0, 1]],
    ['another kind of array', [new Uint32Array(new SharedArrayBuffer(16)), 0, 1]],
    ['an index past the end', [words, 4, 1]],
    ['a negative index', [words, -1, 1]],
    ['a value that is no 32-bit integer', [words, 0, 2 ** 31]],
    ['no value', [words, 0]],
  ])('refuses %s', (_, args) => {
    expect(attempt(() => loose().storeOnExit(...args))).toEqual(refused)
  })

  it('can be cancelled once', () => {
    const token = addon().storeOnExit(words, 0, 1)
    expect(addon().cancelStoreOnExit(token)).toBe(true)
    expect(addon().cancelStoreOnExit(token)).toBe(false)
  })
})
