import { join } from 'node:path'
import { against } from '../support/stats.js'
import { clients, objects, openPair } from '../support/stores.js'

export const name = 'store.mixed'
export const unit = 'µs'
export const targets = [
  { text: '50 clients at least 5x as fast as one', value: ({ ratio }) => ratio, limit: 1 / 5, gate: 1 / 3 },
]

/** Seven reads to three writes, by 50 clients at the same time, against one client after the other. */
export async function run({ dir, quick }) {
  const { store, raw } = await openPair('lmdb', join(dir, 'mixed'))
  const count = quick ? 1500 : 6000
  const alone = quick ? 150 : 400
  const times = { many: [], one: [] }
  for (let round = 0; round < (quick ? 3 : 6); round++) {
    const source = objects(round + 1)
    const hashes = []
    const act = async (i) => {
      if (i % 10 >= 7 || hashes.length < 10) hashes.push(await store.objects.put(source.next().value))
      else await store.objects.get(hashes[(i * 7919) % hashes.length])
    }
    times.many.push(((await clients(50, count, act)) / count) * 1000)
    times.one.push(((await clients(1, alone, act)) / alone) * 1000)
  }
  await Promise.all([store.close(), raw.close()])
  return against(times.many, 'one client', times.one)
}
