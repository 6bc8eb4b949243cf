import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import { expect, it } from 'vitest'
import { Registry } from '../../dist/registry/registry.js'

const READERS = 32
const WRITERS = 4
const MOVES = 400

const start = (name: string, workerData: object) =>
  new Worker(new URL(`./fixtures/${name}.js`, import.meta.url), { workerData })
const answer = async (worker: Worker) => (await once(worker, 'message'))[0]

it('holds with 32 reading and 4 writing threads: nothing torn, nothing lost, as if in sequence', async () => {
  const registry = Registry.create({ units: WRITERS, versions: WRITERS * 6 })
  for (let unit = 0; unit < WRITERS; unit++) registry.registerUnit(`unit-${unit}`)
  const shared = registry.shared
  const stop = new Int32Array(new SharedArrayBuffer(4))
  const lock = new Int32Array(new SharedArrayBuffer(8))
  const readers = Array.from({ length: READERS }, () => start('watcher', { shared, units: WRITERS, stop }))
  await Promise.all(readers.map(answer))
  const results = readers.map(answer)
  const writers = Array.from({ length: WRITERS }, (_, unit) =>
    start('writer', { shared, lock, unit, moves: MOVES }),
  )
  await Promise.all(writers.map(answer))
  Atomics.store(stop, 0, 1)
  Atomics.notify(stop, 0)
  for (const result of await Promise.all(results)) {
    expect(result).toMatchObject({ torn: 0, lost: 0 })
    expect(result.whole).toBeGreaterThan(0)
  }
  expect(registry.generation()).toBe(WRITERS * MOVES)
  for (let unit = 0; unit < WRITERS; unit++)
    expect(registry.record(registry.active(unit)).version.build).toBe(MOVES)
}, 240_000)
