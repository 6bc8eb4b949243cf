import { once } from 'node:events'
import os from 'node:os'
import { setTimeout as sleep } from 'node:timers/promises'
import { Worker } from 'node:worker_threads'
import { Registry } from '../../dist/registry/registry.js'
import { against } from '../support/stats.js'

export const name = 'registry.readers'
export const unit = 'M/s'
export const targets = [
  {
    text: 'scales with cores: >= 0.8 as well as plain reads',
    value: ({ share }) => 1 / share,
    limit: 1 / 0.8,
    gate: 2,
  },
  { text: '0 torn reads', value: ({ torn }) => torn, limit: 0, gate: true },
]

const READERS = 32
const WRITERS = 4
const SLICE_MS = 100
const WARM_TURNS = 500_000
const MOST_WARM_UP_MS = 10_000

/**
 * Lookups of 32 readers by name, while 4 writers register, publish and retire; of one reader beside them; and
 * what as many threads more get out of the same cores by plain reads.
 */
export async function run({ quick }) {
  const slices = quick ? 10 : 40
  const one = await race('reader', 1, slices)
  const all = await race('reader', READERS, slices)
  const plainOne = await race('plain', 1, slices)
  const plainAll = await race('plain', READERS, slices)
  const result = against(all.rates, 'one reader', one.rates)
  const plain = against(plainAll.rates, 'one thread', plainOne.rates)
  const published = `${all.published} versions were published meanwhile; ${os.availableParallelism()} cores`
  return {
    ...result,
    share: result.ratio / plain.ratio,
    torn: one.torn + all.torn,
    parts: [{ name: 'plain reads of shared memory', ...plain }],
    remarks: [published],
  }
}

async function race(role, readers, slices) {
  const registry = Registry.create({ units: WRITERS, versions: WRITERS * 64 })
  for (let unit = 0; unit < WRITERS; unit++) registry.registerUnit(`unit-${unit}`)
  const words = new Int32Array(new SharedArrayBuffer(4))
  const lock = new Int32Array(new SharedArrayBuffer(4))
  const counted = { [role]: counters(readers), writer: counters(WRITERS) }
  const start = (role, index) =>
    new Worker(new URL('../support/registry-worker.js', import.meta.url), {
      workerData: {
        shared: registry.shared,
        words,
        counters: counted[role],
        lock,
        role,
        index,
        units: WRITERS,
      },
    })
  const workers = [
    ...Array.from({ length: readers }, (_, index) => start(role, index)),
    ...Array.from({ length: WRITERS }, (_, index) => start('writer', index)),
  ]
  await Promise.all(workers.map((worker) => once(worker, 'message')))
  const rates = await measure(counted[role], slices)
  Atomics.store(words, 0, 1)
  Atomics.notify(words, 0)
  await Promise.all(workers.map((worker) => once(worker, 'exit')))
  return { rates, torn: sum(counted[role], 1), published: sum(counted.writer, 0) }
}

const counters = (threads) => new Int32Array(new SharedArrayBuffer(8 * threads))
const sum = (words, at) => words.reduce((all, word, i) => (i % 2 === at ? all + word : all), 0)

/** Until each thread has done enough for its code to be compiled: every one has its own. */
async function warmUp(words) {
  const end = performance.now() + MOST_WARM_UP_MS
  while (performance.now() < end && words.some((turns, i) => i % 2 === 0 && turns < WARM_TURNS))
    await sleep(20)
}

/** Millions of lookups a second, slice by slice. */
async function measure(words, slices) {
  const rates = []
  await warmUp(words)
  for (let i = 0; i < slices; i++) {
    const [from, before] = [performance.now(), sum(words, 0)]
    await sleep(SLICE_MS)
    const rate = (sum(words, 0) - before) / (performance.now() - from) / 1000
    rates.push(rate)
  }
  return rates
}
