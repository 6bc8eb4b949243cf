import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import { expect, it } from 'vitest'
import { Registry } from '../../dist/registry/registry.js'
import { Version } from '../../dist/version/version.js'

const UNITS = 12
const READERS = 4
const LAST = 10_000

interface Result {
  views: number
  whole: number
  torn: number
  generations: number
}

const startReader = async (shared: SharedArrayBuffer) => {
  const workerData = { shared, units: UNITS, last: LAST }
  const worker = new Worker(new URL('./fixtures/reader.js', import.meta.url), { workerData })
  await once(worker, 'message')
  return worker
}

/** Every unit moves in every generation; the table has room for little more than two of them. */
function publishAll(registry: Registry): void {
  const version = Version.parse('1.0.0')
  let live: number[] = []
  for (let build = 1; build <= LAST; build++) {
    const moves = Array.from({ length: UNITS }, (_, unit) => ({
      unit,
      record: registry.registerVersion({
        unit,
        version: version.withBuild(build),
        hash: build.toString(16).padStart(16, '0'),
        timestamp: build,
      }),
    }))
    registry.publish(registry.stage(moves))
    for (const record of live) registry.setState(record, 'retired')
    live = moves.map((move) => move.record)
  }
}

it('shows readers in other threads no generation that is mixed', async () => {
  const registry = Registry.create({ units: UNITS, versions: UNITS * 4 })
  for (let unit = 0; unit < UNITS; unit++) registry.registerUnit(`unit-${unit}`)
  const workers = await Promise.all(Array.from({ length: READERS }, () => startReader(registry.shared)))
  const results = workers.map(async (worker) => (await once(worker, 'message'))[0] as Result)
  publishAll(registry)
  for (const result of await Promise.all(results)) {
    expect(result.torn).toBe(0)
    expect(result.whole).toBeGreaterThan(0)
    expect(result.generations).toBeGreaterThan(1)
  }
}, 240_000)
