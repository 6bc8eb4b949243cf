import { join } from 'node:path'
import { blake3Hex } from '../../dist/store/hash.js'
import { against, summary } from '../support/stats.js'
import { clients, objects, openPair } from '../support/stores.js'

export const name = 'store.4kb'
export const unit = 'µs'
export const targets = [
  {
    text: 'put and get at 0.7x of lmdb and classic-level',
    value: (result) => Math.max(...result.parts.map(({ ratio }) => ratio)),
    limit: 1 / 0.7,
    // Under other work the ratios of single runs reach 3.7.
    gate: 4,
  },
]

const CLIENTS = 50

/**
 * Objects of 4 KB through 50 clients: stored, synced, hashed, counted and checked, against the same bytes put into and
 * taken out of the library alone. Nothing is answered from memory. The result is the put on lmdb.
 *
 * Whoever is the first to touch what was just made waits for memory and for the collection of garbage, up to twice as
 * long as the second: the two take turns in going first.
 */
export async function run({ dir, quick }) {
  const count = quick ? 1500 : 6000
  const rounds = quick ? 4 : 6
  const parts = []
  for (const kind of ['lmdb', 'classic-level']) {
    const { store, raw } = await openPair(kind, join(dir, kind))
    const times = { put: [], rawPut: [], get: [], rawGet: [] }
    const time = async (name, act) => times[name].push(((await clients(CLIENTS, count, act)) / count) * 1000)
    for (let round = 0; round < rounds; round++) {
      const source = objects(round + 1)
      const blobs = Array.from({ length: count }, () => source.next().value)
      const hashes = blobs.map(blake3Hex)
      const turns = (ours, theirs) => (round % 2 === 0 ? [ours, theirs] : [theirs, ours])
      for (const name of turns('put', 'rawPut'))
        await time(name, (i) => (name === 'put' ? store.objects.put(blobs[i]) : raw.put(hashes[i], blobs[i])))
      for (const name of turns('get', 'rawGet'))
        await time(name, (i) => (name === 'get' ? store.objects.get(hashes[i]) : raw.get(hashes[i])))
    }
    await Promise.all([store.close(), raw.close()])
    parts.push({ name: `put, ${kind}`, ...against(times.put, `${kind} alone`, times.rawPut) })
    parts.push({ name: `get, ${kind}`, ...against(times.get, `${kind} alone`, times.rawGet) })
  }
  const [{ name: _, ...first }] = parts
  return { ...first, parts, n: summary([count * rounds]).median }
}
