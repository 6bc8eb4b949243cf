import { addon } from '../../dist/native/addon.js'
import { against } from '../support/stats.js'

export const name = 'snapshot.8mb'
export const unit = 'ms'
export const targets = [
  { text: '<= 1.2x a copy by .set', value: ({ ratio }) => ratio, limit: 1.2, gate: 1.5 },
]

const BYTES = 8 * 2 ** 20
const SLOTS = 3

/** A snapshot into a ring of memory that is there already, by the native core and by `.set`. */
export function run({ quick }) {
  const arena = new Uint8Array(new SharedArrayBuffer(BYTES, { maxByteLength: BYTES }))
  const ring = new Uint8Array(new SharedArrayBuffer(SLOTS * BYTES, { maxByteLength: SLOTS * BYTES }))
  ring.fill(1)
  const native = addon()
  const [from, to] = [native.attach(arena), native.attach(ring)]
  const samples = { ours: [], set: [] }
  for (let round = -10; round < (quick ? 60 : 300); round++) {
    const at = ((round + 10) % SLOTS) * BYTES
    arena[round & 4095] = round
    const copies = [
      ['ours', () => native.copyRange(to, at, from, 0, BYTES)],
      ['set', () => ring.set(arena, at)],
    ]
    // The second copy finds its memory in the cache, so they take turns at being the first.
    if (round % 2 === 0) copies.reverse()
    for (const [key, copy] of copies) {
      const ms = timed(copy)
      if (round >= 0) samples[key].push(ms)
    }
  }
  for (const handle of [from, to]) native.detach(handle)
  return against(samples.ours, '.set', samples.set)
}

function timed(work) {
  const from = performance.now()
  work()
  return performance.now() - from
}
