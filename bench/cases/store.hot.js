import { join } from 'node:path'
import { storeSettingsOf } from '../../dist/store/settings.js'
import { Store } from '../../dist/store/store.js'
import { against } from '../support/stats.js'
import { objects } from '../support/stores.js'

export const name = 'store.hot'
export const unit = 'ns'
export const targets = [
  { text: 'at most 1 µs over a Map', value: ({ median, peer }) => median - peer.median, limit: 1000 },
]

/** A get that memory answers, against a Map behind an async function. */
export async function run({ dir, quick }) {
  const store = await Store.open(storeSettingsOf({ path: join(dir, 'store') }))
  const source = objects(7)
  const hashes = []
  const map = new Map()
  for (let i = 0; i < 500; i++) {
    const { value } = source.next()
    hashes.push(await store.objects.put(value))
    map.set(hashes[i], value)
  }
  const mapped = { get: async (hash) => map.get(hash) }
  const times = { ours: [], map: [] }
  const turns = quick ? 100_000 : 400_000
  const timed = async (from) => {
    const began = performance.now()
    for (let i = 0; i < turns; i++) await from.get(hashes[i % 500])
    return ((performance.now() - began) / turns) * 1e6
  }
  for (let round = 0; round < 7; round++) {
    times.ours.push(await timed(store.objects))
    times.map.push(await timed(mapped))
  }
  await store.close()
  return against(times.ours, 'a Map, awaited', times.map)
}
