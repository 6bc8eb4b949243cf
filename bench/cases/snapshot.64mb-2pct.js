import { addon } from '../../dist/native/addon.js'
import { Mirror } from '../../dist/state/mirror.js'
import { against, summary } from '../support/stats.js'

export const name = 'snapshot.64mb-2pct'
export const unit = 'ms'
export const targets = [
  { text: '<= 1/2 of a full copy', value: ({ ratio }) => ratio, limit: 1 / 2, gate: 1.2 },
  { text: 'no byte of the copy differs', value: ({ wrong }) => wrong, limit: 0, gate: true },
]

const PAGE = 4096
const BYTES = 64 * 2 ** 20
const PAGES = BYTES / PAGE
const WRITTEN = Math.round(PAGES * 0.02)

const memoryOf = (bytes) => new Uint8Array(new SharedArrayBuffer(bytes, { maxByteLength: bytes })).fill(1)

/**
 * Bringing a copy of 64 MB up to date when 2 % of its pages were written, as the runtime does at a boundary; the
 * whole copy by `.set`; and, for machines whose kernel does not tell, the pages found by comparing.
 */
export function run({ quick }) {
  const [arena, kept, whole, compared] = [0, 1, 2, 3].map(() => memoryOf(BYTES))
  const native = addon()
  const handles = [arena, kept, compared].map((view) => native.attach(view))
  const indices = native.attach(new Uint32Array(new SharedArrayBuffer(PAGES * 4)))
  const mirror = new Mirror(handles[0], handles[1], BYTES)
  mirror.keep()
  const ways = [
    ['ours', () => mirror.keep()],
    ['set', () => whole.set(arena)],
    ['compared', () => comparing(native, handles[0], handles[2], indices)],
  ]
  const samples = { write: [], ours: [], set: [], compared: [] }
  const rounds = quick ? 30 : 150
  for (let round = -5; round < rounds; round++) {
    const taken = { write: timed(() => write(arena, round)) }
    for (const [key, copy] of ways) taken[key] = timed(copy)
    ways.push(ways.shift())
    if (round >= 0) for (const [key, ms] of Object.entries(taken)) samples[key].push(ms)
  }
  const wrong = [kept, compared].reduce((sum, copy) => sum + Number(Buffer.compare(copy, arena) !== 0), 0)
  mirror.release()
  for (const handle of [...handles, indices]) native.detach(handle)
  const obstacle = native.writeObstacle()
  const parts = [
    { name: 'pages found by comparing', ...against(samples.compared, '.set', samples.set) },
    { name: 'writing to the pages, beforehand', ...summary(samples.write) },
  ]
  const how = obstacle
    ? `writes are not tracked here: ${obstacle}`
    : 'the kernel tells which pages were written'
  return { ...against(samples.ours, '.set', samples.set), parts, wrong, remarks: [how] }
}

function comparing(native, from, to, indices) {
  const changed = native.changedPages(from, 0, to, 0, PAGES, indices, 0)
  native.copyPages(to, 0, from, 0, PAGES, indices, 0, changed)
}

/** One number in each of the pages, all over the memory. */
function write(arena, round) {
  for (let i = 0; i < WRITTEN; i++) arena[((i * 7919 + round * 104729) % PAGES) * PAGE + (i % PAGE)] = round
}

function timed(work) {
  const from = performance.now()
  work()
  return performance.now() - from
}
