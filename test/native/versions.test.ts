import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { addon } from '../../dist/native/addon.js'

const KEY_WORDS = 4
const RECORD_WORDS = 16
const part = fc.oneof(fc.constantFrom(0, 1, 0x7fffffff, 0x80000000, 0xffffffff), fc.nat(3))
const key = fc.tuple(part, part, part, part)
type Key = readonly number[]

const order = (a: Key, b: Key): number => {
  const at = a.findIndex((value, i) => value !== b[i])
  return at < 0 ? 0 : a[at]! < b[at]! ? -1 : 1
}
const shared = (words: number) => {
  const view = new Uint32Array(new SharedArrayBuffer(words * 4))
  return { view, handle: addon().attach(view) }
}
const OPTION = expect.objectContaining({ code: 'TICKSWAP_E_OPTION' })

describe('compareMany', () => {
  it('tells the order of each key against one', () => {
    fc.assert(
      fc.property(key, fc.array(key, { maxLength: 60 }), (probe, keys) => {
        const memory = shared(KEY_WORDS * (keys.length + 1))
        const out = shared(16)
        memory.view.set([probe, ...keys].flat())
        addon().compareMany(memory.handle, 0, 16, keys.length, out.handle, 3)
        const orders = new Int8Array(out.view.buffer, 3, keys.length)
        expect([...orders]).toEqual(keys.map((each) => order(each, probe)))
        for (const { handle } of [memory, out]) addon().detach(handle)
      }),
    )
  })

  it('refuses what leaves the memory or is misaligned', () => {
    const memory = shared(KEY_WORDS * 2)
    expect(() => addon().compareMany(memory.handle, 0, 16, 2, memory.handle, 0)).toThrow(OPTION)
    expect(() => addon().compareMany(memory.handle, 2, 16, 1, memory.handle, 0)).toThrow(OPTION)
    expect(() => addon().compareMany(memory.handle, 0, 16, 1, memory.handle, 32)).toThrow(OPTION)
    addon().detach(memory.handle)
  })
})

describe('sortRecords', () => {
  it('sorts by key, and leaves equal ones in their order', () => {
    fc.assert(
      fc.property(fc.array(key, { maxLength: 90 }), (keys) => {
        const memory = shared(RECORD_WORDS * (keys.length + 1))
        const list = shared(keys.length + 1)
        for (const [i, each] of keys.entries()) memory.view.set(each, RECORD_WORDS * i)
        const indices = keys.map((_, i) => i).reverse()
        list.view.set(indices, 1)
        addon().sortRecords(memory.handle, 0, keys.length, list.handle, 4, keys.length)
        const expected = indices.toSorted((a, b) => order(keys[a]!, keys[b]!))
        expect([...list.view.subarray(1)]).toEqual(expected)
        for (const { handle } of [memory, list]) addon().detach(handle)
      }),
    )
  })

  it('refuses an index without a record, and a list that leaves its memory', () => {
    const memory = shared(RECORD_WORDS * 2)
    const list = shared(2)
    list.view.set([0, 2])
    const sort = (records: number, at: number, count: number) =>
      addon().sortRecords(memory.handle, 0, records, list.handle, at, count)
    expect(() => sort(2, 0, 2)).toThrow(OPTION)
    expect(() => sort(3, 0, 1)).toThrow(OPTION)
    expect(() => sort(2, 4, 2)).toThrow(OPTION)
    expect(() => sort(2, 0, 1)).not.toThrow()
    for (const { handle } of [memory, list]) addon().detach(handle)
  })
})
