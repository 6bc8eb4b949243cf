import { join } from 'node:path'
import fc from 'fast-check'
import { afterEach, describe, expect, it } from 'vitest'
import {
  BACKENDS,
  type Backend,
  MAX_KEY_BYTES,
  type Range,
  scan,
  under,
} from '../../dist/store/backends/contract.js'
import { openBackend } from '../../dist/store/backends/open.js'
import { Transactor } from '../../dist/store/transactor.js'
import { bytesOf, codeOf, noise, scratch } from './support.ts'

const open: Backend[] = []
afterEach(async () => void (await Promise.all(open.splice(0).map((backend) => backend.close()))))

describe.each(BACKENDS)('the backend %s', (kind) => {
  const create = async (path = scratch()): Promise<Backend> => {
    const backend = await openBackend(kind, join(path, 'data'))
    open.push(backend)
    return backend
  }

  it('gives back what was written, and copies of it', async () => {
    const backend = await create()
    const value = noise(5000)
    await backend.write([
      ['a', value],
      ['empty', new Uint8Array(0)],
    ])
    const read = backend.get('a')!
    expect(Buffer.compare(read, value)).toBe(0)
    read.fill(0)
    expect(Buffer.compare(backend.get('a')!, value)).toBe(0)
    expect(backend.get('empty')).toHaveLength(0)
    expect(backend.get('b')).toBeUndefined()
    expect(['a', 'empty', 'b'].map((key) => backend.has(key))).toEqual([true, true, false])
    await backend.write([['a', undefined]])
    expect(backend.get('a')).toBeUndefined()
  })

  it('orders keys by their bytes, both ways, within bounds and limits', async () => {
    const backend = await create()
    const keys = ['a', 'a/', 'a/1', 'a/10', 'a/2', 'a0', 'b', 'ä', '語', '😀', '\u{fffd}']
    await backend.write(keys.map((key) => [key, bytesOf(key)]))
    const sorted = [...keys].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)))
    const all = { from: '\0', to: '\u{10ffff}' }
    const page = async (range: Omit<Range, 'limit'> & { limit?: number }) =>
      (await backend.page({ limit: 100, ...range })).map(([key]) => key)
    expect(await page(all)).toEqual(sorted)
    expect(await page({ ...all, reverse: true })).toEqual([...sorted].reverse())
    expect(await page({ ...all, limit: 3 })).toEqual(sorted.slice(0, 3))
    expect(await page({ ...all, reverse: true, limit: 2 })).toEqual([...sorted].reverse().slice(0, 2))
    expect(await page(under('a/'))).toEqual(['a/', 'a/1', 'a/10', 'a/2'])
    expect(await page({ ...under('a/'), reverse: true })).toEqual(['a/2', 'a/10', 'a/1', 'a/'])
    expect(await page({ from: 'a/1', to: 'a/2' })).toEqual(['a/1', 'a/10'])
    expect(await page({ ...all, keysOnly: true })).toEqual(sorted)
    expect(await page({ ...all, keysOnly: true, reverse: true, limit: 2 })).toEqual(
      [...sorted].reverse().slice(0, 2),
    )
  })

  it('scans more than a page, in both directions', async () => {
    const backend = await create()
    const keys = Array.from({ length: 1000 }, (_, i) => `k/${i.toString().padStart(4, '0')}`)
    await backend.write(keys.map((key) => [key, bytesOf(key)]))
    const found: string[] = []
    for await (const [key] of scan(backend, under('k/'))) found.push(key)
    expect(found).toEqual(keys)
    const reversed: string[] = []
    for await (const [key] of scan(backend, { ...under('k/'), reverse: true })) reversed.push(key)
    expect(reversed).toEqual(keys.reverse())
  })

  it('takes the longest key, and values of megabytes', async () => {
    const backend = await create()
    const [key, value] = ['k'.repeat(MAX_KEY_BYTES), noise(3 * 2 ** 20)]
    await backend.write([[key, value]])
    expect(Buffer.compare(backend.get(key)!, value)).toBe(0)
  })

  it.skipIf(kind === 'memory')('is there again after closing', async () => {
    const path = scratch()
    const backend = await openBackend(kind, join(path, 'data'))
    await backend.write([['a', bytesOf('1')]])
    await backend.close()
    const again = await create(path)
    expect(again.get('a')).toEqual(Buffer.from('1'))
    expect(again.bytes()).toBeGreaterThan(0)
  })

  it.skipIf(kind === 'memory')('can be read beside the one that writes', async () => {
    const path = scratch()
    const backend = await create(path)
    await backend.write([['a', bytesOf('1')]])
    const reader = await openBackend(kind, join(path, 'data'), true)
    expect(Buffer.from(reader.get('a')!).toString()).toBe('1')
    await reader.close()
    await backend.write([['b', bytesOf('2')]])
    expect(Buffer.from(backend.get('b')!).toString()).toBe('2')
  })

  it('grows far beyond where it began', async () => {
    const backend = await create()
    const value = noise(2 ** 20)
    for (let i = 0; i < 48; i++) await backend.write([[`k${i}`, value]])
    for (let i = 0; i < 48; i++) expect(Buffer.compare(backend.get(`k${i}`)!, value)).toBe(0)
    expect(backend.bytes()).toBeGreaterThan(47 * 2 ** 20)
  }, 30_000)

  it('rolls a transaction back when its function throws', async () => {
    const backend = await create()
    const transactor = new Transactor(backend)
    await transactor.transaction((tx) => tx.put('a', bytesOf('old')))
    const failed = transactor.transaction((tx) => {
      tx.put('a', bytesOf('new'))
      tx.put('b', bytesOf('new'))
      expect(Buffer.from(tx.get('a')!).toString()).toBe('new')
      throw new Error('no')
    })
    await expect(failed).rejects.toThrow('no')
    expect(Buffer.from(transactor.get('a')!).toString()).toBe('old')
    expect(transactor.get('b')).toBeUndefined()
    expect(backend.get('b')).toBeUndefined()
    await expect(transactor.transaction(async (tx) => tx.put('c', bytesOf('x')))).rejects.toThrow('async')
    expect(transactor.get('c')).toBeUndefined()
  })

  it('lets transactions that run at the same time see each other in turn', async () => {
    const transactor = new Transactor(await create())
    const add = () =>
      transactor.transaction((tx) => {
        const record = tx.get('n')
        const n = record ? Number(Buffer.from(record).toString()) : 0
        tx.put('n', bytesOf(String(n + 1)))
      })
    await Promise.all(Array.from({ length: 300 }, add))
    expect(Buffer.from(transactor.backend.get('n')!).toString()).toBe('300')
  })

  it('refuses keys that are too long, with the limit', async () => {
    const transactor = new Transactor(await create())
    const put = (key: string) => transactor.transaction((tx) => tx.put(key, bytesOf('x')))
    expect(await codeOf(put('k'.repeat(10_000)))).toBe('TICKSWAP_E_STORE_LIMIT')
    expect(await codeOf(put(''))).toBe('TICKSWAP_E_STORE_LIMIT')
    await expect(put('k'.repeat(10_000))).rejects.toThrow('1024')
  })

  it('does what a simple map does, whatever is asked of it', async () => {
    const key = fc.constantFrom('a', 'a/b', 'a/c', 'b', 'ä', '😀')
    const value = fc.uint8Array({ maxLength: 20 })
    const write = fc.record({ key, value: fc.option(value, { nil: undefined }) })
    const steps = fc.array(
      fc.record({ writes: fc.array(write, { maxLength: 5 }), fails: fc.boolean(), together: fc.boolean() }),
      { maxLength: 12 },
    )
    await fc.assert(
      fc.asyncProperty(steps, async (transactions) => {
        const backend = await openBackend(kind, join(scratch(), 'data'))
        try {
          await compareWithModel(backend, transactions)
        } finally {
          await backend.close()
        }
      }),
      { numRuns: kind === 'memory' ? 200 : 25 },
    )
  }, 30_000)
})

interface Step {
  writes: { key: string; value: Uint8Array | undefined }[]
  fails: boolean
  together: boolean
}

async function compareWithModel(backend: Backend, steps: readonly Step[]): Promise<void> {
  const model = new Map<string, string>()
  const transactor = new Transactor(backend)
  const hex = (bytes: Uint8Array | undefined) => bytes && Buffer.from(bytes).toString('hex')
  for (const { writes, fails, together } of steps) {
    const done = transactor
      .transaction((tx) => {
        for (const { key, value } of writes)
          if (value) tx.put(key, value)
          else tx.remove(key)
        if (fails) throw new Error('no')
      })
      .catch(() => {})
    if (!fails)
      for (const { key, value } of writes)
        if (value) model.set(key, hex(value)!)
        else model.delete(key)
    for (const { key } of writes) expect(hex(transactor.get(key))).toBe(model.get(key))
    if (!together) await done
  }
  await transactor.settled()
  const entries = await transactor.page({ from: '\0', to: '\u{10ffff}', limit: 100 })
  const wanted = [...model].sort(([a], [b]) => Buffer.compare(Buffer.from(a), Buffer.from(b)))
  expect(entries.map(([key, value]) => [key, hex(value)])).toEqual(wanted)
}
