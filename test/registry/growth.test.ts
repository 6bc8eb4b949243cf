import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import { describe, expect, it } from 'vitest'
import { Registry } from '../../dist/registry/registry.js'
import { Constraint } from '../../dist/version/constraint.js'
import { Version } from '../../dist/version/version.js'

const FULL = expect.objectContaining({ code: 'TICKSWAP_E_REGISTRY_FULL' })
const ONE = Version.parse('1.0.0')
const add = (registry: Registry, unit: number, build: number) =>
  registry.registerVersion({
    unit,
    version: ONE.withBuild(build),
    hash: build.toString(16).padStart(16, '0'),
    timestamp: build,
  })

describe('a registry that is full', () => {
  it('grows, and everything stays where it was', () => {
    const registry = Registry.create({ units: 2, versions: 3, mostUnits: 700, mostVersions: 3000 })
    const reader = Registry.attach(registry.shared)
    const moves = []
    for (let i = 0; i < 700; i++) {
      const unit = registry.registerUnit(`unit-${i}`)
      expect(unit).toBe(i)
      moves.push({ unit, record: add(registry, unit, i) })
      registry.publish(registry.stage(moves.slice(-1)))
      expect(reader.active(i)).toBe(i)
      expect(reader.lookup(`unit-${i}`)).toBe(i)
    }
    const generation = reader.generation()
    for (const { unit, record } of moves) {
      expect(reader.active(unit, generation)).toBe(record)
      expect(reader.record(record).version.build).toBe(unit)
    }
    const { grown, unitCapacity, versionCapacity, bytes, mostBytes } = registry.diagnostics()
    expect({ grown, unitCapacity, versionCapacity }).toEqual({
      grown: 9,
      unitCapacity: 700,
      versionCapacity: 1536,
    })
    expect(bytes).toBeLessThan(mostBytes)
  })

  it('grows in one thread and is written to in another', () => {
    const registry = Registry.create({ units: 1, versions: 2, mostUnits: 40, mostVersions: 40 })
    const other = Registry.attach(registry.shared).open()
    for (let i = 0; i < 40; i++) {
      const [adds, uses] = i % 2 === 0 ? [registry, other] : [other, registry]
      const record = add(adds, adds.registerUnit(`unit-${i}`), i)
      uses.publish(uses.stage([{ unit: i, record }]))
      uses.setState(record, 'permanent')
    }
    expect(other.best(39, Constraint.parse('*'))).toBe(39)
    expect(registry.units()).toEqual(other.units())
    expect(registry.stage(Array.from({ length: 40 }, (_, unit) => ({ unit, record: unit })))).toBe(41)
  })

  it('grows no further than it may, and says so', () => {
    const registry = Registry.create({ units: 1, versions: 1, mostUnits: 3, mostVersions: 5 })
    const names = ['a', 'b', 'c']
    for (const name of names) registry.registerUnit(name)
    expect(() => registry.registerUnit('d')).toThrow(FULL)
    for (let build = 0; build < 5; build++) add(registry, build % 3, build)
    expect(() => add(registry, 0, 9)).toThrow(FULL)
    expect(registry.units()).toEqual(names)
    expect(registry.diagnostics()).toMatchObject({ grown: 3, units: 3, versions: 5 })
  })

  it('uses what is reclaimable before it grows', () => {
    const registry = Registry.create({ units: 1, versions: 8, mostVersions: 1_000_000 })
    const unit = registry.registerUnit('a')
    let live = -1
    for (let build = 0; build < 60_000; build++) {
      const next = add(registry, unit, build)
      registry.publish(registry.stage([{ unit, record: next }]))
      if (live >= 0) registry.setState(live, 'retired')
      live = next
    }
    const { grown, versions, registered, reclaimed, retired, activated } = registry.diagnostics()
    expect({ grown, versions, registered, reclaimed, retired, activated }).toEqual({
      grown: 0,
      versions: 8,
      registered: 60_000,
      reclaimed: 59_992,
      retired: 59_999,
      activated: 60_000,
    })
  })

  it('grows while a participant holds what is retired, and reclaims it all once that ticks', () => {
    const registry = Registry.create({ units: 1, versions: 8, mostVersions: 4096 })
    const unit = registry.registerUnit('a')
    const slot = registry.join()
    let live = add(registry, unit, 0)
    registry.publish(registry.stage([{ unit, record: live }]))
    registry.tick(slot)
    const swap = (build: number) => {
      const next = add(registry, unit, build)
      registry.publish(registry.stage([{ unit, record: next }]))
      registry.setState(live, 'retired')
      live = next
    }
    for (let build = 1; build < 100; build++) swap(build)
    expect(registry.diagnostics()).toMatchObject({ grown: 4, versions: 100, reclaimed: 0 })
    expect(registry.record(0).version.build).toBe(0)
    for (let build = 100; build < 5000; build++) {
      swap(build)
      registry.tick(slot)
    }
    expect(registry.diagnostics()).toMatchObject({ grown: 4, versions: 128, oldestView: 4999 + 1 })
  })

  it('does not stop its readers while it grows', async () => {
    const registry = Registry.create({ units: 1, versions: 4, mostUnits: 4000, mostVersions: 20_000 })
    const last = 4000
    const worker = new Worker(new URL('./fixtures/grower.js', import.meta.url), {
      workerData: { shared: registry.shared, last },
    })
    await once(worker, 'message')
    const result = once(worker, 'message')
    for (let build = 1; build <= last; build++) {
      const unit = registry.registerUnit(`unit-${build >> 1}`)
      registry.publish(registry.stage([{ unit, record: add(registry, unit, build) }]))
    }
    const [{ wrong, looks }] = await result
    expect(wrong).toEqual([])
    expect(looks).toBeGreaterThan(1)
    expect(registry.diagnostics().grown).toBe(11)
  })
})
