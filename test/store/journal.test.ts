import { describe, expect, it, vi } from 'vitest'
import type { Backend } from '../../dist/store/backends/contract.js'
import { openBackend } from '../../dist/store/backends/open.js'
import { folderOf, readFormat } from '../../dist/store/format.js'
import type { Decision, JournalEntry } from '../../dist/store/journal/entry.js'
import { entryKey } from '../../dist/store/journal/entry.js'
import type { JournalQuery } from '../../dist/store/journal/journal.js'
import { Store } from '../../dist/store/store.js'
import { openStore, scratch } from './support.ts'

const decision = (unit: string, outcome = 'permanent'): Decision => ({
  outcome,
  trigger: 'edit',
  units: [{ unit, from: '1.0.0', to: '1.0.1', hash: '0123456789abcdef' }],
})

async function written(count: number): Promise<string> {
  const path = scratch()
  const store = await openStore({ path })
  for (let n = 1; n <= count; n++) await store.journal.append(decision(`unit${n % 3}`))
  await store.close()
  return path
}

/** Changes records behind the store's back. */
async function tamper(path: string, act: (backend: Backend) => Promise<void>): Promise<void> {
  const { backend, data } = readFormat(path)!
  const open = await openBackend(backend, folderOf(path, data))
  await act(open)
  await open.close()
}

async function breaks(path: string, anchor?: { seq: number; hash: string }) {
  const store = await Store.read(path)
  const report = await store.verifyJournal(anchor)
  await store.close()
  return report.breaks.map(({ entry, problem }) => `${problem} ${entry}`)
}

describe('the journal', () => {
  it('keeps entries in order, each with the hash of the one before', async () => {
    const store = await openStore({ path: scratch() })
    const links = await Promise.all(
      Array.from({ length: 50 }, (_, n) => store.journal.append(decision(`u${n}`))),
    )
    expect(links.map(({ seq }) => seq)).toEqual(Array.from({ length: 50 }, (_, i) => i + 1))
    for (let seq = 2; seq <= 50; seq++)
      expect(store.journal.get(seq)!.prev).toBe(store.journal.get(seq - 1)!.hash)
    expect(store.journal.head).toEqual(links.at(-1))
    expect((await store.verifyJournal()).breaks).toEqual([])
  })

  it('finds entries by unit, outcome and time', async () => {
    const store = await openStore({ path: scratch() })
    for (let n = 0; n < 30; n++)
      await store.journal.append(decision(`u${n % 3}`, n % 5 === 0 ? 'rolled-back' : 'permanent'))
    const query = async (wanted: JournalQuery) => {
      const found: JournalEntry[] = []
      for await (const entry of store.journal.query(wanted)) found.push(entry)
      return found
    }
    expect((await query({})).map(({ seq }) => seq)).toEqual(Array.from({ length: 30 }, (_, i) => i + 1))
    expect((await query({ unit: 'u1' })).map(({ seq }) => seq)).toEqual([2, 5, 8, 11, 14, 17, 20, 23, 26, 29])
    expect(await query({ outcome: 'rolled-back' })).toHaveLength(6)
    expect((await query({ unit: 'u0', outcome: 'rolled-back' })).map(({ seq }) => seq)).toEqual([1, 16])
    expect((await query({ newestFirst: true, limit: 2 })).map(({ seq }) => seq)).toEqual([30, 29])
    expect(await query({ unit: 'u' })).toEqual([])
    expect(await query({ unit: '../u0' })).toEqual([])
    const { at } = store.journal.get(10)!
    const later = await query({ from: at })
    expect(later.every((entry) => entry.at >= at)).toBe(true)
    expect(later.at(-1)!.seq).toBe(30)
    expect(await query({ to: at - 1_000_000 })).toEqual([])
    expect(await query({ from: at - 1_000_000, to: at + 1_000_000 })).toHaveLength(30)
  })

  it('names an entry that was changed', async () => {
    const path = await written(10)
    await tamper(path, async (backend) => {
      const record = Buffer.from(backend.get(entryKey(4))!)
      record[60]! ^= 1
      await backend.write([[entryKey(4), record]])
    })
    expect(await breaks(path)).toEqual(['changed 4'])
  })

  it('names entries that are missing, in the middle and at the end', async () => {
    const path = await written(10)
    await tamper(path, (backend) => backend.write([[entryKey(4), undefined]]))
    expect(await breaks(path)).toEqual(['missing 4'])
    await tamper(path, (backend) =>
      backend.write([
        [entryKey(9), undefined],
        [entryKey(10), undefined],
      ]),
    )
    expect(await breaks(path)).toEqual(['missing 4', 'missing 9'])
  })

  it('names entries that were put in another order', async () => {
    const path = await written(10)
    await tamper(path, (backend) =>
      backend.write([
        [entryKey(4), backend.get(entryKey(7))],
        [entryKey(7), backend.get(entryKey(4))],
      ]),
    )
    expect(await breaks(path)).toEqual(['reordered 4', 'reordered 7'])
  })

  it('names an entry that was replaced by another whole one', async () => {
    const [path, other] = [await written(10), await written(10)]
    let foreign: Uint8Array | undefined
    await tamper(other, async (backend) => {
      foreign = backend.get(entryKey(5))
    })
    await tamper(path, (backend) => backend.write([[entryKey(5), foreign]]))
    expect(await breaks(path)).toEqual(['changed 5', 'changed 6'])
  })

  it('that was written anew as a whole does not go through a link that was kept elsewhere', async () => {
    const path = await written(10)
    const store = await Store.read(path)
    const { seq, hash } = store.journal.get(6)!
    await store.close()
    expect(await breaks(path, { seq, hash })).toEqual([])
    expect(await breaks(await written(10), { seq, hash })).toEqual(['changed 6'])
    expect(await breaks(await written(3), { seq, hash })).toEqual(['missing 6'])
  })

  it('is bounded: the oldest entries go, and the chain begins after them', async () => {
    const store = await openStore({ path: scratch(), keep: { entries: 20 } })
    for (let n = 0; n < 60; n++) await store.journal.append(decision('a'))
    expect(await store.cleanup()).toMatchObject({ entries: 40 })
    const { breaks: found, entries, first } = await store.verifyJournal()
    expect({ found, entries, first }).toEqual({ found: [], entries: 21, first: 41 })
    expect(store.journal.get(61)).toMatchObject({ outcome: 'pruned', entries: 40 })
    let indexed = 0
    for await (const _ of store.journal.query({ unit: 'a' })) indexed++
    expect(indexed).toBe(20)
  })

  it('goes on when the clock is set back', async () => {
    const store = await openStore({ path: scratch(), ages: { graceMs: 1000, warmMs: 10 } })
    await store.journal.append(decision('a'))
    const hash = await store.objects.put(Buffer.from('x'.repeat(500)))
    const clock = vi.spyOn(Date, 'now').mockReturnValue(Date.now() - 86_400_000)
    try {
      await store.journal.append(decision('a'))
      await store.objects.get(hash)
      await store.flush()
      await store.cleanup()
    } finally {
      clock.mockRestore()
    }
    const times = [1, 2].map((seq) => store.journal.get(seq)!.at)
    expect(times[1]).toBeLessThan(times[0]!)
    expect((await store.verify()).problems).toEqual([])
    expect(await store.objects.get(hash)).toBeDefined()
  })

  it('writes its end anew when the record of it is damaged', async () => {
    const path = await written(10)
    await tamper(path, (backend) => backend.write([['s/head', Buffer.from('nonsense')]]))
    expect(await breaks(path)).toEqual(['unreadable 0'])
    const store = await openStore({ path })
    await store.journal.append(decision('a'))
    expect(store.journal.head.seq).toBe(11)
    expect((await store.verifyJournal()).breaks).toEqual([])
  })
})
