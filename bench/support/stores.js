import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { ClassicLevel } from 'classic-level'
import { open } from 'lmdb'
import { storeSettingsOf } from '../../dist/store/settings.js'
import { Store } from '../../dist/store/store.js'

/** The store, and the library under it, each with put and get of bytes that are on disk when put resolves. */
export async function openPair(kind, dir) {
  mkdirSync(dir, { recursive: true })
  const hotBytes = 0
  const store = await Store.open(
    storeSettingsOf({
      path: join(dir, 'store'),
      backend: kind,
      budgets: { hotBytes },
      ages: { warmMs: 3_600_000 },
    }),
  )
  return { store, raw: kind === 'lmdb' ? rawLmdb(join(dir, 'raw')) : await rawLevel(join(dir, 'raw')) }
}

function rawLmdb(path) {
  const db = open({ path, encoding: 'binary', keyEncoding: 'binary', overlappingSync: false })
  return {
    put: (key, value) => db.put(Buffer.from(key), value),
    get: async (key) => db.getBinary(Buffer.from(key)),
    close: () => db.close(),
  }
}

/** Synced as the store syncs: what is put while the disk is busy shares the next write. */
async function rawLevel(path) {
  const db = new ClassicLevel(path, { keyEncoding: 'utf8', valueEncoding: 'view', compression: false })
  await db.open()
  let group
  const flush = async () => {
    const { batch, resolve, reject } = group
    group = undefined
    await db.batch(batch, { sync: true }).then(resolve, reject)
  }
  let last = Promise.resolve()
  return {
    put(key, value) {
      if (!group) {
        group = { batch: [] }
        group.done = new Promise((resolve, reject) => Object.assign(group, { resolve, reject }))
        last = last.then(flush)
      }
      group.batch.push({ type: 'put', key, value })
      return group.done
    },
    get: async (key) => db.getSync(key),
    close: () => db.close(),
  }
}

/** Objects of 4 KB as code is: it compresses a little. */
export function* objects(seed) {
  for (let n = 0; ; n++) {
    const bytes = Buffer.alloc(4096)
    for (let i = 0; i < bytes.length; i += 4)
      bytes.writeUInt32LE(((seed + n) * 2654435761 + i * (i & 64)) >>> 0, i)
    bytes.writeUInt32LE(n, 0)
    bytes.writeUInt32LE(seed, 4)
    yield bytes
  }
}

/** Has `clients` of them do `act` in a loop, `count` times in all; resolves with milliseconds. */
export async function clients(number, count, act) {
  let left = count
  const from = performance.now()
  const client = async () => {
    while (left-- > 0) await act(count - left - 1)
  }
  await Promise.all(Array.from({ length: number }, client))
  return performance.now() - from
}
