import { describe, expect, it } from 'vitest'
import { addon, type Handle } from '../../dist/native/addon.js'

const PAGE = 4096
const PAGES = 40

const shared = (bytes: number) => {
  const view = new Uint8Array(new SharedArrayBuffer(bytes))
  return { view, handle: addon().attach(view) }
}
const OPTION = expect.objectContaining({ code: 'TICKSWAP_E_OPTION' })

/** An arena of random bytes, a copy of it, and room for indices and hashes of its pages. */
function arena() {
  const [now, before, indices, hashes] = [
    shared(PAGES * PAGE),
    shared(PAGES * PAGE),
    shared(PAGES * 4),
    shared(PAGES * 8),
  ]
  for (let i = 0; i < now.view.length; i++) now.view[i] = (i * 2654435761) >>> 13
  addon().copyRange(before.handle, 0, now.handle, 0, PAGES * PAGE)
  const list = new Uint32Array(indices.view.buffer)
  return { now, before, indices, hashes, list }
}

const change = (view: Uint8Array, pages: readonly number[]) => {
  for (const page of pages) view[page * PAGE + ((page * 997) % PAGE)]! ^= 1
}

describe('an arena', () => {
  it('is copied, and its changed pages are found and copied', () => {
    const { now, before, indices, list } = arena()
    const changed = [0, 3, 4, 17, 39]
    const find = () => addon().changedPages(now.handle, 0, before.handle, 0, PAGES, indices.handle, 0)
    expect(find()).toBe(0)
    change(now.view, changed)
    expect(find()).toBe(5)
    expect([...list.subarray(0, 5)]).toEqual(changed)
    addon().copyPages(before.handle, 0, now.handle, 0, PAGES, indices.handle, 0, 5)
    expect(Buffer.compare(before.view, now.view)).toBe(0)
  })

  it('is compared with the hashes of its pages', () => {
    const { now, indices, hashes, list } = arena()
    const find = () => addon().rehashPages(now.handle, 0, PAGES, hashes.handle, 0, indices.handle, 0)
    addon().hashPages(now.handle, 0, PAGES, hashes.handle, 0)
    const words = new BigUint64Array(hashes.view.buffer)
    expect(words[7]).toBe(addon().hashRange(now.handle, 7 * PAGE, PAGE))
    change(now.view, [7, 8])
    expect(find()).toBe(2)
    expect([...list.subarray(0, 2)]).toEqual([7, 8])
    expect(find()).toBe(0)
  })

  it('comes back from a delta', () => {
    const { now, before } = arena()
    const delta = shared(PAGES * PAGE)
    change(now.view, [5, 6])
    addon().xorRange(delta.handle, 1, now.handle, 1, before.handle, 1, PAGES * PAGE - 1)
    addon().xorRange(before.handle, 1, before.handle, 1, delta.handle, 1, PAGES * PAGE - 1)
    expect(Buffer.compare(before.view, now.view)).toBe(0)
  })

  it('refuses what leaves the memory or is misaligned', () => {
    const { now, before, indices, hashes } = arena()
    const native = addon()
    expect(() => native.copyRange(now.handle, 1, before.handle, 0, PAGES * PAGE)).toThrow(OPTION)
    expect(() => native.xorRange(now.handle, 0, before.handle, 0, indices.handle, 0, PAGE)).toThrow(OPTION)
    expect(() => native.xorRange(now.handle, 0, now.handle, 8, before.handle, 0, PAGE)).toThrow(OPTION)
    const scan = (pages: number, at: number, list: Handle = indices.handle) =>
      native.changedPages(now.handle, 0, before.handle, 0, pages, list, at)
    expect(() => scan(PAGES + 1, 0)).toThrow(OPTION)
    expect(() => scan(PAGES, 4)).toThrow(OPTION)
    expect(() => scan(1, 2)).toThrow(OPTION)
    expect(() => native.hashPages(now.handle, 0, 1, hashes.handle, 4)).toThrow(OPTION)
    new Uint32Array(indices.view.buffer)[0] = PAGES
    expect(() => native.copyPages(before.handle, 0, now.handle, 0, PAGES, indices.handle, 0, 1)).toThrow(
      OPTION,
    )
    expect(() => native.takeWritten(now.handle, shared(4).handle)).toThrow(OPTION)
    native.detach(now.handle)
    expect(() => scan(1, 0)).toThrow(OPTION)
  })

  it('tells which pages were written, where the kernel does', () => {
    const native = addon()
    const growable = new SharedArrayBuffer(PAGES * PAGE, { maxByteLength: 2 * PAGES * PAGE })
    const view = new Uint8Array(growable)
    const handle = native.attach(view)
    const indices = shared(PAGES * 4)
    const status = native.trackWrites(handle)
    if (native.writeObstacle() !== '') return expect(status).toBe(-8)
    expect(status).toBe(0)
    expect(native.trackWrites(handle)).toBe(-5)
    for (let round = 0; round < 3; round++) {
      change(view, [1, 2, 30])
      expect(native.takeWritten(handle, indices.handle)).toBe(3)
      expect([...new Uint32Array(indices.view.buffer, 0, 3)]).toEqual([1, 2, 30])
      expect(native.takeWritten(handle, indices.handle)).toBe(0)
    }
    native.detach(handle)
    const again = native.attach(view)
    expect(native.trackWrites(again)).toBe(0)
    native.detach(again)
  })
})
