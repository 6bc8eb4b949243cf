import { expect, test } from 'vitest'
import { type Backup, UnitBackups } from '../../dist/control/backups.js'
import { GroupRing } from '../../dist/control/group-ring.js'

const LIMITS = { count: 8, ageMs: Number.POSITIVE_INFINITY, bytes: 1 }

/** A store that takes what it is told to take, in any order. */
function slowStore() {
  const taken = new Map<number, () => void>()
  const put = (_unit: string, _version: string, bytes: Uint8Array, { swap }: { swap: number }) =>
    new Promise<() => Promise<Uint8Array>>((resolve) => {
      const kept = bytes.slice()
      taken.set(swap, () => resolve(async () => kept))
    })
  return { put, taken }
}

test('what memory has no room for stays there until the store has taken it', async () => {
  const backups = new UnitBackups('world')
  const ring = new GroupRing([backups])
  const store = slowStore()
  for (const swap of [1, 2, 3]) {
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
    ring.add([{ unit: 'world', backups, backup }], LIMITS, store)
  }
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
