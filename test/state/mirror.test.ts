import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { addon } from '../../dist/native/addon.js'
import { Mirror } from '../../dist/state/mirror.js'

const PAGE = 4096
/** Larger than what is copied whole. */
const PAGES = 2100
const BYTES = PAGES * PAGE
const isTracked = addon().writeObstacle() === ''

const memoryOf = (bytes: number) => new Uint8Array(new SharedArrayBuffer(bytes, { maxByteLength: bytes }))

/** Two memories and two mirrors of them, as two threads have them, and a plain copy that tells what is right. */
function setUp(bytes = BYTES) {
  const [memory, copy] = [memoryOf(bytes), memoryOf(bytes)]
  const handles = [0, 1].map(() => [addon().attach(memory), addon().attach(copy)] as const)
  const mirrors = handles.map(([from, to]) => new Mirror(from, to, bytes))
  const write = (page: number, value: number) => {
    memory[(page % (bytes / PAGE)) * PAGE + ((page * 31) % PAGE)] = value
  }
  const close = () => {
    for (const mirror of mirrors) mirror.release()
    for (const handle of handles.flat()) addon().detach(handle)
  }
  return { memory, copy, mirrors, write, close }
}

const same = (a: Uint8Array, b: Uint8Array) => Buffer.compare(a, b) === 0

describe('a mirror', () => {
  it('copies a small memory whole', () => {
    const { memory, copy, mirrors, write, close } = setUp(2 * PAGE)
    write(1, 7)
    expect(mirrors[0]!.keep()).toBe(2 * PAGE)
    expect(same(copy, memory)).toBe(true)
    close()
  })

  it('copies only what was written, where the kernel tells, whichever thread asked last', () => {
    const { memory, copy, mirrors, write, close } = setUp()
    expect(mirrors[0]!.keep()).toBe(BYTES)
    for (const page of [3, 4, 900]) write(page, 1)
    expect(mirrors[1]!.keep()).toBe(isTracked ? 3 * PAGE : BYTES)
    expect(same(copy, memory)).toBe(true)
    write(5, 1)
    expect(mirrors[0]!.restore()).toBe(isTracked ? PAGE : BYTES)
    expect(same(copy, memory)).toBe(true)
    close()
  })

  it('copies everything after the copy was used otherwise, and rests when most was written', () => {
    const { memory, copy, mirrors, write, close } = setUp()
    mirrors[0]!.keep()
    mirrors[0]!.forget()
    copy.fill(9)
    expect(mirrors[1]!.keep()).toBe(BYTES)
    for (const value of [2, 3]) {
      for (let page = 0; page < PAGES / 2; page++) write(page, value)
      expect(mirrors[0]!.keep()).toBe(isTracked ? (PAGES / 2) * PAGE : BYTES)
    }
    expect(mirrors[1]!.keep()).toBe(BYTES)
    expect(same(copy, memory)).toBe(true)
    close()
  })

  it('agrees after any sequence of writes, copies and returns', () => {
    const page = fc.nat(PAGES - 1)
    const act = fc.oneof(
      { weight: 6, arbitrary: fc.record({ write: fc.array(page, { maxLength: 40 }) }) },
      { weight: 3, arbitrary: fc.record({ keep: fc.nat(1) }) },
      { weight: 2, arbitrary: fc.record({ restore: fc.nat(1) }) },
      { weight: 1, arbitrary: fc.record({ forget: fc.nat(1) }) },
    )
    fc.assert(
      fc.property(fc.array(act, { maxLength: 30 }), (acts) => {
        const { memory, copy, mirrors, write, close } = setUp()
        mirrors[0]!.keep()
        let value = 0
        for (const it of acts) {
          if ('write' in it) for (const at of it.write) write(at, ++value)
          else if ('forget' in it) {
            mirrors[it.forget]!.forget()
            copy.fill(++value)
            mirrors[it.forget]!.keep()
          } else {
            if ('keep' in it) mirrors[it.keep]!.keep()
            else mirrors[it.restore]!.restore()
            expect(same(copy, memory)).toBe(true)
          }
        }
        close()
      }),
      { numRuns: 25 },
    )
  })

  it('tells which pages may differ, and is asked the same again until they are copied', () => {
    const { memory, mirrors, write, close } = setUp()
    expect(mirrors[0]!.written()).toBe(undefined)
    mirrors[0]!.keep()
    const handle = addon().attach(memory)
    const floats = new Float32Array(memory.buffer)
    const first = (mirror: Mirror) => {
      const pages = mirror.written()
      if (!pages) return undefined
      const found = addon().firstNonFiniteIn(handle, PAGE, 2000 * 1024, 4, pages.indices, pages.count)
      return { pages: pages.count, found }
    }
    write(3, 1)
    floats[5 * 1024 + 7] = Number.NaN
    floats[1024 - 1] = Number.NaN
    for (const mirror of mirrors)
      expect(first(mirror)).toEqual(isTracked ? { pages: 3, found: 4 * 1024 + 7 } : undefined)
    mirrors[0]!.keep()
    expect(first(mirrors[1]!)).toEqual(isTracked ? { pages: 0, found: -1 } : undefined)
    addon().detach(handle)
    close()
  })

  it('copies everything when the thread that began the tracking is gone', async () => {
    const { memory, copy, mirrors, write, close } = setUp()
    const worker = new Worker(new URL('./fixtures/keeper.js', import.meta.url), {
      workerData: { memory, copy },
    })
    expect((await once(worker, 'message'))[0]).toBe(BYTES)
    await worker.terminate()
    write(8, 3)
    expect(mirrors[0]!.keep()).toBe(BYTES)
    expect(same(copy, memory)).toBe(true)
    write(9, 3)
    expect(mirrors[1]!.keep()).toBe(isTracked ? PAGE : BYTES)
    close()
  })
})
