import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import { expect, it } from 'vitest'
import { Registry } from '../../dist/registry/registry.js'
import { Version } from '../../dist/version/version.js'

const READERS = 32
const WRITERS = 4
const MOVES = 400

const start = (name: string, workerData: object) =>
  new Worker(new URL(`./fixtures/${name}.js`, import.meta.url), { workerData })
const answer = async (worker: Worker) => (await once(worker, 'message'))[0]

/** The same moves by one thread, in the order in which they went live. */
function replay(history: Int32Array): number[] {
  const registry = Registry.create({ units: WRITERS, versions: WRITERS * 2 })
  const live = Array.from({ length: WRITERS }, (_, unit) => [registry.registerUnit(`unit-${unit}`), -1][1]!)
  for (const move of history) {
    const [unit, build] = [move >>> 16, move & 0xffff]
    const version = Version.parse('1.0.0').withBuild(build)
    const record = registry.registerVersion({ unit, version, hash: '0123456789abcdef', timestamp: build })
    registry.publish(registry.stage([{ unit, record }]))
    if (live[unit]! >= 0) registry.setState(live[unit]!, 'retired')
    live[unit] = record
  }
  return live.map((record) => registry.record(record).version.build)
}

it('holds with 32 reading and 4 writing threads: nothing torn, lost or reused too early, as if in sequence', async () => {
  const registry = Registry.create({ units: 1, versions: 2, mostUnits: WRITERS, mostVersions: 4096 })
  for (let unit = 0; unit < WRITERS; unit++) registry.registerUnit(`unit-${unit}`)
  const shared = registry.shared
  const stop = new Int32Array(new SharedArrayBuffer(4))
  const lock = new Int32Array(new SharedArrayBuffer(8))
  const history = new Int32Array(new SharedArrayBuffer(WRITERS * MOVES * 4))
  const readers = Array.from({ length: READERS }, (_, i) =>
    start('watcher', { shared, units: WRITERS, stop, joins: i % 2 === 0 }),
  )
  await Promise.all(readers.map(answer))
  const results = readers.map(answer)
  const writers = Array.from({ length: WRITERS }, (_, unit) =>
    start('writer', { shared, lock, history, unit, moves: MOVES }),
  )
  await Promise.all(writers.map(answer))
  Atomics.store(stop, 0, 1)
  Atomics.notify(stop, 0)
  for (const result of await Promise.all(results)) {
    expect(result).toMatchObject({ torn: 0, lost: 0, reclaimed: 0 })
    expect(result.whole).toBeGreaterThan(0)
  }
  expect(registry.generation()).toBe(WRITERS * MOVES)
  const ended = Array.from({ length: WRITERS }, (_, unit) => {
    return registry.record(registry.active(unit)).version.build
  })
  expect(ended).toEqual(replay(history))
  const total = WRITERS * MOVES
  expect(registry.diagnostics()).toMatchObject({ registered: total, activated: total, joined: 16, left: 16 })
  expect(registry.diagnostics().grown).toBeGreaterThan(1)
}, 240_000)
