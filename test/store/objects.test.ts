import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decode, Encoding, encode } from '../../dist/store/codec.js'
import { blake3Hex } from '../../dist/store/hash.js'
import { bytesOf, codeOf, noise, openStore, scratch, until } from './support.ts'

const text = (n: number, size = 4000) => Buffer.from(`${n} `.repeat(size).slice(0, size))

describe('objects', () => {
  it('are called by the BLAKE3 of their bytes, and stored once', async () => {
    const store = await openStore({ path: scratch() })
    const bytes = bytesOf('abc')
    const hash = await store.objects.put(bytes)
    expect(hash).toBe('6437b3ac38465133ffb63b75273a8db548c558465d79db03fd359c6cd5bd9d85')
    expect(await store.objects.put(bytesOf('abc'))).toBe(hash)
    expect(store.stats().tiers.warm.objects).toBe(1)
    expect(Buffer.from((await store.objects.get(hash))!).toString()).toBe('abc')
    expect(await store.objects.get('0'.repeat(64))).toBeUndefined()
    expect(await store.objects.get('../../etc/passwd')).toBeUndefined()
  })

  it('are there again after a restart, on every backend', async () => {
    for (const backend of ['lmdb', 'classic-level'] as const) {
      const path = scratch()
      const store = await openStore({ path, backend })
      const [hash] = await store.objects.keep({ owner: 'a', blobs: [noise(10_000)] })
      await store.close()
      const again = await openStore({ path, backend })
      expect(again.stats().backend).toBe(backend)
      expect(blake3Hex((await again.objects.get(hash!))!)).toBe(hash)
      expect(again.stats().tiers.warm.hits).toBe(1)
    }
  })

  it('stay as long as an owner names them, and are collected after the grace', async () => {
    const store = await openStore({ path: scratch(), ages: { graceMs: 0 } })
    const [shared, one] = await store.objects.keep({ owner: 'one', blobs: [bytesOf('shared'), bytesOf('1')] })
    await store.objects.keep({ owner: 'two', blobs: [bytesOf('shared')] })
    const loose = await store.objects.put(bytesOf('loose'))
    expect(store.objects.meta(shared!)?.refs).toBe(2)
    await store.objects.release('one')
    expect(await store.cleanup()).toMatchObject({ objects: 2 })
    expect(await store.objects.get(shared!)).toBeDefined()
    expect(await store.objects.get(one!)).toBeUndefined()
    expect(await store.objects.get(loose)).toBeUndefined()
    await store.objects.release('two')
    expect(await store.cleanup(60_000)).toMatchObject({ objects: 0 })
    expect(await store.cleanup(0)).toMatchObject({ objects: 1 })
    expect((await store.verify()).problems).toEqual([])
  })

  it('of an owner are kept all or none', async () => {
    const store = await openStore({ path: scratch() })
    const missing = { owner: 'a', blobs: [bytesOf('x')], hashes: ['f'.repeat(64)] }
    expect(await codeOf(store.objects.keep(missing))).toBe('TICKSWAP_E_STORE_DAMAGED')
    expect(store.objects.owner('a')).toBeUndefined()
    expect(store.stats().tiers.warm.objects).toBe(0)
  })

  it('that are too large, and names that are none, are refused with the limit', async () => {
    const store = await openStore({ path: scratch(), maxObjectBytes: 1000 })
    const put = store.objects.put(new Uint8Array(1001))
    await expect(put).rejects.toThrow(/1001 bytes; store.maxObjectBytes is 1000/)
    const huge = await openStore({ path: scratch() })
    expect(await codeOf(huge.objects.put(new Uint8Array(2 ** 30)))).toBe('TICKSWAP_E_STORE_LIMIT')
    for (const owner of ['../../etc', 'a/../b', '..', 'a\0b', '', 'x'.repeat(10_000), '\ud800'])
      expect(await codeOf(store.objects.keep({ owner, blobs: [bytesOf('x')] })), owner.slice(0, 20)).toBe(
        'TICKSWAP_E_STORE_LIMIT',
      )
    expect((await store.verify()).owners).toBe(0)
  })

  it('move to their tiers with age, come back on use, and are the same all the way', async () => {
    const store = await openStore({ path: scratch(), ages: { warmMs: 0, coldMs: 3_600_000 } })
    const blobs = Array.from({ length: 20 }, (_, n) => text(n))
    const hashes = await store.objects.keep({ owner: 'a', blobs })
    await new Promise((resolve) => setTimeout(resolve, 2))
    await store.flush()
    const packed = store.stats().tiers
    expect(packed.warm.ratio).toBeLessThan(0.2)
    expect(store.objects.meta(hashes[0]!)?.encoding).toBe(Encoding.LZ4)
    await store.flush(true)
    const frozen = store.stats().tiers
    expect([frozen.warm.objects, frozen.cold.objects]).toEqual([0, 20])
    expect(frozen.cold.ratio).toBeLessThan(packed.warm.ratio)
    expect((await store.verify()).problems).toEqual([])
    store.objects.hot.clear()
    for (const [i, hash] of hashes.entries())
      expect(Buffer.compare((await store.objects.get(hash))!, blobs[i]!)).toBe(0)
    await until(() => store.stats().tiers.cold.objects === 0)
    expect(store.stats().tiers.cold.hits).toBe(20)
    expect((await store.verify()).problems).toEqual([])
  })

  it('stay within the budgets, but for one object', async () => {
    const warmBytes = 50_000
    const store = await openStore({ path: scratch(), budgets: { hotBytes: 10_000, warmBytes } })
    const largest = 5000
    const put = async (n: number) => {
      await store.objects.keep({ owner: `o${n}`, blobs: [noise(1000 + ((n * 37) % 4000), n + 1)] })
      const { hot, warm } = store.stats().tiers
      expect(hot.bytes).toBeLessThanOrEqual(10_000)
      expect(warm.bytes).toBeLessThanOrEqual(warmBytes + largest)
    }
    for (let n = 0; n < 40; n += 4) await Promise.all([put(n), put(n + 1), put(n + 2), put(n + 3)])
    expect(store.stats().tiers.cold.objects).toBeGreaterThan(10)
    const { problems, objects } = await store.verify()
    expect([problems, objects]).toEqual([[], 40])
  })

  it('are refused, with the budget, when there is no room anywhere', async () => {
    const budgets = { warmBytes: 10_000, coldBytes: 20_000 }
    const store = await openStore({ path: scratch(), budgets })
    let failed: Error | undefined
    for (let n = 0; n < 20 && !failed; n++)
      await store.objects.keep({ owner: `o${n}`, blobs: [noise(3000, n + 1)] }).catch((error) => {
        failed = error
      })
    expect(failed).toMatchObject({ code: 'TICKSWAP_E_STORE_FULL' })
    expect(failed!.message).toMatch(/store.budgets.coldBytes is 20000/)
    expect((await store.verify()).problems).toEqual([])
    for (let n = 0; n < 5; n++) await store.objects.release(`o${n}`)
    await store.cleanup(0)
    await store.objects.put(noise(3000, 99))
  })
})

describe('the codec', () => {
  it('gives back what it was given', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 2000 }),
        fc.integer({ min: 0, max: 20 }),
        fc.constantFrom(...Object.values(Encoding)),
        (part, times, wanted) => {
          const bytes = Buffer.concat(Array.from({ length: times }, () => part))
          const { encoding, body } = encode(bytes, wanted)
          expect(body.length).toBeLessThanOrEqual(bytes.length)
          expect(Buffer.compare(decode(body, encoding, bytes.length), bytes)).toBe(0)
        },
      ),
    )
  })

  it('takes no length that LZ4 could not have made, and no other size', () => {
    const { body } = encode(new Uint8Array(100_000), Encoding.LZ4)
    const forged = Buffer.from(body)
    forged.writeUInt32LE(0xffffffff, 0)
    const damaged = expect.objectContaining({ code: 'TICKSWAP_E_STORE_DAMAGED' })
    expect(() => decode(forged, Encoding.LZ4, 100_000)).toThrow(damaged)
    expect(() => decode(forged, Encoding.LZ4, 0xffffffff)).toThrow(damaged)
    expect(() => decode(body, Encoding.LZ4, 99_999)).toThrow(damaged)
    const packed = encode(new Uint8Array(100_000), Encoding.BROTLI).body
    expect(() => decode(packed, Encoding.BROTLI, 10)).toThrow(damaged)
  })
})

describe('saved states', () => {
  const state = (step: number) => {
    const floats = new Float32Array(20_000)
    for (let i = 0; i < floats.length; i++) floats[i] = i % 20 === step % 20 ? step + i : i
    return new Uint8Array(floats.buffer)
  }

  it('are differences, read back exactly, and only the newest stay', async () => {
    const store = await openStore({ path: scratch(), keep: { states: 5 }, ages: { graceMs: 0 } })
    const saved = []
    for (let step = 0; step < 40; step++)
      saved.push(await store.backups.put('a', '1.0.0', state(step), { step }))
    const kept = await store.backups.list('a')
    expect(kept.map(({ more }) => more)).toEqual([35, 36, 37, 38, 39].map((step) => ({ step })))
    for (const [i, { owner }] of kept.entries())
      expect(Buffer.compare((await store.backups.get(owner))!, state(35 + i))).toBe(0)
    expect(saved[9]!.stored / saved[9]!.size).toBeLessThan(0.3)
    await store.cleanup()
    for (const { owner } of kept) expect(await store.backups.get(owner)).toBeDefined()
    expect((await store.verify()).problems).toEqual([])
  })

  it('are the same after a restart', async () => {
    const path = scratch()
    const store = await openStore({ path })
    for (let step = 0; step < 4; step++) await store.backups.put('a', '1.0.0', state(step))
    await store.close()
    const again = await openStore({ path })
    const [last] = (await again.backups.list('a')).reverse()
    expect(Buffer.compare((await again.backups.get(last!.owner))!, state(3))).toBe(0)
    await again.backups.put('a', '1.0.1', state(4))
    expect(await again.backups.list('a')).toHaveLength(5)
  })
})
