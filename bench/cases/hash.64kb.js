import { xxh3 } from '@node-rs/xxhash'
import { addon } from '../../dist/native/addon.js'
import { race, verdictOfRace } from '../support/race.js'

export const name = 'hash.64kb'
export const unit = 'µs'
export const targets = [
  { text: '>= 0.8x a well-kept native library', value: ({ ratio }) => ratio, limit: 1 / 0.8, gate: true },
]

const BYTES = 64 * 1024

/** XXH3-64 of 64 KB of attached memory, and of the same bytes by a library. */
export async function run({ quick }) {
  const view = new Uint8Array(new SharedArrayBuffer(BYTES))
  for (let i = 0; i < BYTES; i++) view[i] = Math.imul(i, 2654435761) >>> 24
  const copy = Buffer.from(view)
  const native = addon()
  const handle = native.attach(view)
  if (native.hashRange(handle, 0, BYTES) !== xxh3.xxh64(copy)) throw new Error('the hashes differ')
  const contestants = {
    ours: (turns) => {
      for (let i = 0; i < turns; i++) native.hashRange(handle, 0, BYTES)
    },
    '@node-rs/xxhash': (turns) => {
      for (let i = 0; i < turns; i++) xxh3.xxh64(copy)
    },
  }
  const samples = await race(contestants, { rounds: quick ? 8 : 30, batch: 50, roundMs: 20 })
  native.detach(handle)
  const micros = Object.fromEntries(
    Object.entries(samples).map(([who, taken]) => [who, taken.map((ns) => ns / 1000)]),
  )
  const result = verdictOfRace(micros)
  const speed = (us) => `${(BYTES / us / 1000).toFixed(1)} GB/s`
  return {
    ...result,
    remarks: [`${speed(result.median)}, ${speed(result.peer.median)} by ${result.peer.name}`],
  }
}
