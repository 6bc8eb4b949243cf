import { expect, test } from 'vitest'
import { type Backup, UnitBackups } from '../../dist/control/backups.js'
import { type BackupLimits, GroupRing, type Spilled } from '../../dist/control/group-ring.js'

const LIMITS = { count: 8, ageMs: Number.POSITIVE_INFINITY, bytes: 1 }

/** A store that takes what it is told to take, in any order. */
function slowStore() {
  const taken = new Map<number, () => void>()
  const forgotten: string[] = []
  const put = (_unit: string, _version: string, bytes: Uint8Array, { swap }: { swap: number }) =>
    new Promise<Spilled>((resolve) => {
      const kept = bytes.slice()
      taken.set(swap, () => resolve({ owner: `swap ${swap}`, read: async () => kept }))
    })
  return { put, taken, forgotten, forget: (owner: string) => void forgotten.push(owner) }
}

/** Keeps backups of one unit, each filled with the number of its swap. */
function kept(swaps: readonly number[], limits: BackupLimits) {
  const backups = new UnitBackups('world')
  const store = slowStore()
  const ring = new GroupRing([backups], store)
  for (const swap of swaps) {
    const memory = new SharedArrayBuffer(4096)
    new Uint8Array(memory).fill(swap)
    const backup: Backup = {
      version: `1.${swap}.0`,
      layout: { bytes: 4096, slots: [] },
      isCopy: true,
      at: Date.now(),
      tick: swap,
      swap,
      bytes: 4096,
      memory,
    }
    ring.add([{ unit: 'world', backups, backup }], limits)
  }
  return { backups, store, ring }
}

test('what memory has no room for stays there until the store has taken it', async () => {
  const { backups, store, ring } = kept([1, 2, 3], LIMITS)
  const inMemory = () => backups.all.filter(({ memory }) => memory).map(({ swap }) => swap)
  await expect.poll(() => [...store.taken.keys()]).toEqual([1, 2, 3])
  store.taken.get(3)!()
  await expect.poll(() => backups.of(3)?.read !== undefined).toBe(true)
  ring.trim(LIMITS)
  expect(inMemory()).toEqual([1, 2, 3])
  for (const swap of [1, 2]) store.taken.get(swap)!()
  await expect.poll(inMemory).toEqual([3])
  for (const backup of backups.all)
    expect((await backups.verified(backup)).bytes.every((byte) => byte === backup.swap)).toBe(true)
})

test('what is dropped is forgotten by the store as well, also when it was not there yet', async () => {
  const { backups, store, ring } = kept([1, 2, 3], LIMITS)
  await expect.poll(() => [...store.taken.keys()]).toEqual([1, 2, 3])
  ring.trim({ ...LIMITS, count: 2 })
  expect([backups.all.map(({ swap }) => swap), store.forgotten]).toEqual([[2, 3], []])
  for (const take of store.taken.values()) take()
  await expect.poll(() => store.forgotten).toEqual(['swap 1'])
  await expect.poll(() => backups.all.map(({ owner }) => owner)).toEqual(['swap 2', 'swap 3'])
  ring.trim({ ...LIMITS, count: 1 })
  expect(store.forgotten).toEqual(['swap 1', 'swap 2'])
})
