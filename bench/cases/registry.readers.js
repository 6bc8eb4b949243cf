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
    text: 'scales with cores: >= 0.7 of one reader times the cores',
    value: ({ share }) => 1 / share,
    limit: 1 / 0.7,
    gate: 2.5,
  },
  { text: '0 torn reads', value: ({ torn }) => torn, limit: 0, gate: true },
]

const READERS = 32
const WRITERS = 4
const SLICE_MS = 50

/** Lookups of 32 readers by name, while 4 writers register, publish and retire; and of one reader beside them. */
export async function run({ quick }) {
  const slices = quick ? 10 : 40
  const one = await race(1, slices)
  const all = await race(READERS, slices)
  const result = against(all.rates, 'one reader', one.rates)
  const cores = Math.min(READERS, os.availableParallelism())
  const published = `${all.published} versions published meanwhile, ${cores} cores`
  return { ...result, share: result.ratio / cores, torn: one.torn + all.torn, remarks: [published] }
}

async function race(readers, slices) {
  const registry = Registry.create({ units: WRITERS, versions: WRITERS * 64 })
  for (let unit = 0; unit < WRITERS; unit++) registry.registerUnit(`unit-${unit}`)
  const words = new Int32Array(new SharedArrayBuffer(4))
  const lock = new Int32Array(new SharedArrayBuffer(4))
  const counted = { reader: counters(readers), writer: counters(WRITERS) }
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
    ...Array.from({ length: readers }, (_, index) => start('reader', index)),
    ...Array.from({ length: WRITERS }, (_, index) => start('writer', index)),
  ]
  await Promise.all(workers.map((worker) => once(worker, 'message')))
  const rates = await measure(counted.reader, slices)
  Atomics.store(words, 0, 1)
  Atomics.notify(words, 0)
  await Promise.all(workers.map((worker) => once(worker, 'exit')))
  return { rates, torn: sum(counted.reader, 1), published: sum(counted.writer, 0) }
}

const counters = (threads) => new Int32Array(new SharedArrayBuffer(8 * threads))
const sum = (words, at) => words.reduce((all, word, i) => (i % 2 === at ? all + word : all), 0)

/** Millions of lookups a second, slice by slice, once all have warmed up. */
async function measure(words, slices) {
  const rates = []
  for (let i = -6; i < slices; i++) {
    const [from, before] = [performance.now(), sum(words, 0)]
    await sleep(SLICE_MS)
    const rate = (sum(words, 0) - before) / (performance.now() - from) / 1000
    if (i >= 0) rates.push(rate)
  }
  return rates
}
