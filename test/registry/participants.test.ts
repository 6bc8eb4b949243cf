import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import { describe, expect, it } from 'vitest'
import { Registry } from '../../dist/registry/registry.js'
import { Version } from '../../dist/version/version.js'

const FULL = expect.objectContaining({ code: 'TICKSWAP_E_REGISTRY_FULL' })

function fixture() {
  const registry = Registry.create({ units: 1, versions: 3 })
  const unit = registry.registerUnit('traffic')
  let build = 0
  const add = () => {
    const version = Version.parse('1.0.0').withBuild(++build)
    return registry.registerVersion({ unit, version, hash: '0123456789abcdef', timestamp: build })
  }
  const goLive = (record: number) => registry.publish(registry.stage([{ unit, record }]))
  /** The first of three versions is retired, and two generations have passed. */
  const moveOn = () => {
    const [first, second, third] = [add(), add(), add()]
    goLive(first)
    return () => {
      goLive(second)
      registry.setState(first, 'retired')
      goLive(third)
      return first
    }
  }
  return { registry, add, moveOn }
}

describe('participants', () => {
  it('keep a record from being reused until each has passed a boundary', () => {
    const { registry, add, moveOn } = fixture()
    const go = moveOn()
    const slow = registry.join()
    const quick = Registry.attach(registry.shared).join()
    expect(registry.tick(slow)).toBe(1)
    expect(registry.tick(quick)).toBe(1)
    const first = go()
    expect(add).toThrow(FULL)
    expect(registry.tick(quick)).toBe(3)
    expect(add).toThrow(FULL)
    expect(registry.diagnostics()).toMatchObject({ participants: 2, oldestView: 1 })
    expect(registry.tick(slow)).toBe(3)
    expect(add()).toBe(first)
    registry.leave(slow)
    registry.leave(quick)
    expect(registry.diagnostics()).toMatchObject({ participants: 0, oldestView: -1 })
  })

  it('do not write while the generation stays', () => {
    const { registry } = fixture()
    const slot = registry.join()
    registry.tick(slot)
    const before = registry.words.slice()
    for (let i = 0; i < 100; i++) registry.tick(slot)
    expect(registry.words).toEqual(before)
  })

  it('are let go of when their thread dies', async () => {
    const { registry, add, moveOn } = fixture()
    const go = moveOn()
    const worker = new Worker(new URL('./fixtures/participant.js', import.meta.url), {
      workerData: registry.shared,
    })
    await once(worker, 'message')
    expect(registry.diagnostics().participants).toBe(1)
    const first = go()
    expect(add).toThrow(FULL)
    await worker.terminate()
    expect(registry.diagnostics().participants).toBe(0)
    expect(add()).toBe(first)
  })

  it('are as many as there are slots', () => {
    const { registry } = fixture()
    for (let slot = 0; slot < 512; slot++) expect(registry.join()).toBe(slot)
    expect(() => registry.join()).toThrow(FULL)
    registry.leave(77)
    expect(registry.join()).toBe(77)
    expect(() => registry.tick(512)).toThrow(expect.objectContaining({ code: 'TICKSWAP_E_OPTION' }))
  })
})
