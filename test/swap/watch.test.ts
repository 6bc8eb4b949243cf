import { describe, expect, test } from 'vitest'
import { joinRuntime } from '../../dist/index.js'
import { counter } from '../support/counter.ts'
import { open } from '../support/opened.ts'
import { type FleetOptions, openFleet } from '../support/opened-fleet.ts'

const start = (
  options: Partial<FleetOptions> = {},
  files: Record<string, string> = { 'counter.ts': counter() },
) => openFleet(files, { workers: 0, ...options })

describe('probation takes back a version', () => {
  test('whose promise is rejected, in a call or where nobody handles it', async () => {
    // Long enough that it is not over before the news of the commit is here.
    const { scratch, fleet } = await start({ runtime: { probation: { ticks: 100_000 } } })
    const late = `export const late = async () => { await null; throw new Error('too late') }`
    await scratch.write('counter.ts', counter({ by: 2, body: late }))
    await fleet.report('committed')
    await expect(fleet.handle.exports.late!()).rejects.toThrow('too late')
    const report = await fleet.report('rolled-back')
    expect(report.findings[0]).toMatchObject({
      code: 'TICKSWAP_E_PROBATION_EXCEPTION',
      message: expect.stringMatching(/rejected the promise of late\(\).*too late/),
    })
    const since = fleet.reports.length
    const loose = `let age = 0\nconst loose = async () => { await null; throw new Error('loose') }`
    await scratch.write('counter.ts', counter({ by: 3, body: loose, step: 'if (++age === 3) void loose()' }))
    const next = await fleet.report('rolled-back', since)
    expect(next.findings[0]!.message).toMatch(/nobody handles.*loose/)
    expect(fleet.handle.version).toBe('1.0.0')
  })

  test('that is many times slower than the one before', async () => {
    const slow = (ms: number) =>
      counter({ by: 2, step: `const end = performance.now() + ${ms}; while (performance.now() < end);` })
    const { scratch, fleet } = await start(
      { runtime: { probation: { ticks: 40, budgetRatio: 4, budgetMs: 1000 } } },
      { 'counter.ts': slow(0.5) },
    )
    await scratch.write('counter.ts', slow(0.6))
    await fleet.report('permanent')
    const since = fleet.reports.length
    await scratch.write('counter.ts', slow(6))
    const report = await fleet.report('rolled-back', since)
    expect(report.findings[0]).toMatchObject({
      code: 'TICKSWAP_E_PROBATION_BUDGET',
      message: expect.stringMatching(/the old version took/),
    })
  })

  test('that keeps memory', async () => {
    const { scratch, fleet } = await start({ runtime: { probation: { ticks: 100, heapBytes: 20_000_000 } } })
    const keeps = 'const kept: number[][] = []'
    await scratch.write(
      'counter.ts',
      counter({ by: 2, body: keeps, step: 'kept.push(new Array(200_000).fill(kept.length))' }),
    )
    expect((await fleet.report('rolled-back')).findings[0]).toMatchObject({
      code: 'TICKSWAP_E_PROBATION_HEAP',
    })
  })

  test('that a health check finds ill: its own, in any participant, or one of the engine', async () => {
    const { scratch, fleet } = await start({ workers: 2 })
    const health = `health: () => (globalThis as any).fleetIndex === 1 ? 'worker 1 is ill' : true,`
    await scratch.write('counter.ts', counter({ by: 2, unit: health }))
    const report = await fleet.report('rolled-back')
    expect(report.findings[0]).toMatchObject({
      code: 'TICKSWAP_E_PROBATION_HEALTH',
      message: expect.stringMatching(/worker 1 is ill/),
      participant: 'worker-1',
    })
    const stop = fleet.runtime.health(() => fleet.handle.version === '1.0.0')
    const since = fleet.reports.length
    await scratch.write('counter.ts', counter({ by: 3 }))
    expect((await fleet.report('rolled-back', since)).findings[0]!.message).toMatch(
      /the engine's health check/,
    )
    stop()
    await scratch.write('counter.ts', counter({ by: 4 }))
    await fleet.report('permanent', since)
    expect(fleet.mixed).toBe(0)
  })

  test('in whose call a thread ends', async () => {
    const { scratch, fleet } = await start({ workers: 2, runtime: { probation: { ticks: 60 } } })
    const body = 'let age = 0'
    const step = 'if ((globalThis as any).fleetIndex === 0 && ++age === 3) process.exit(3)'
    await scratch.write('counter.ts', counter({ by: 2, body, step }))
    const report = await fleet.report('rolled-back')
    expect(report.findings[0]).toMatchObject({ code: 'TICKSWAP_E_PROBATION_DEATH' })
    await fleet.frames(3)
    expect(fleet.handle.version).toBe('1.0.0')
    expect(fleet.mixed).toBe(0)
  })
})

test('probation lasts as long as both its ticks and its milliseconds', async () => {
  const { scratch, fleet } = await start({ runtime: { probation: { ticks: 2, ms: 300 } } })
  await scratch.write('counter.ts', counter({ by: 2 }))
  const { liveAt } = await fleet.report('committed')
  await fleet.report('permanent')
  expect(performance.timeOrigin + performance.now() - liveAt!).toBeGreaterThanOrEqual(300)
})

test('a version gives way to the next edit once it has done well for a few ticks', async () => {
  const { scratch, fleet } = await start({ runtime: { probation: { ticks: 1_000_000, leastTicks: 5 } } })
  await scratch.write('counter.ts', counter({ by: 2 }))
  await fleet.report('committed')
  await scratch.write('counter.ts', counter({ by: 3 }))
  const first = await fleet.report('permanent')
  expect(first).toMatchObject({ superseded: true, units: [{ to: '1.0.0.1' }] })
  await fleet.until(() => fleet.handle.version === '1.0.0.2', 'the second')
})

test('a unit that is rolled back too often is left alone for a while, and the edit is not lost', async () => {
  const { scratch, fleet } = await start({ runtime: { flapping: { times: 2, withinMs: 1500 } } })
  for (const n of [2, 3]) {
    const since = fleet.reports.length
    await scratch.write('counter.ts', counter({ by: n, step: `if (${n}) throw new Error('x')` }))
    await fleet.report('rolled-back', since)
  }
  await scratch.write('counter.ts', counter({ by: 4 }))
  const refused = await fleet.report('refused')
  expect(refused.findings[0]).toMatchObject({ code: 'TICKSWAP_E_FLAPPING' })
  await fleet.report('permanent')
  expect(fleet.handle.exports.label!()).toBe('v1.0.0 by 4')
})

describe('in independent mode', () => {
  const free = (n: number, step = '', unit = '') => `import { defineUnit } from 'tickswap/module'
export const unit = defineUnit({ version: '1.0.0', state: { soft: () => ({ n: 0 }) }, ${unit} })
export const step = () => { ${step}; return ++unit.state.soft.n }
export const n = () => ${n}
`
  test('units without shared state change at each participant, and go back together', async () => {
    const { scratch, fleet } = await start(
      { runtime: { mode: 'independent', probation: { ticks: 8 } } },
      { 'counter.ts': free(1) },
    )
    const other = await joinRuntime(fleet.runtime.ticket(), { name: 'other' })
    open.push(other)
    const handle = other.use<Record<string, () => unknown>>('counter')
    other.tick()
    await scratch.write('counter.ts', free(2))
    // In one thread nobody can meet: each flips by itself.
    await fleet.until(() => {
      other.tick()
      return fleet.handle.exports.n!() === 2 && handle.exports.n!() === 2
    }, 'both participants')
    await fleet.until(() => {
      other.tick()
      return fleet.reports.some(({ outcome }) => outcome === 'permanent')
    }, 'permanence')
    const here = globalThis as { failNow?: boolean }
    const steps = Number(handle.exports.step!())
    await scratch.write('counter.ts', free(3, `if ((globalThis as any).failNow) throw new Error('x')`))
    await fleet.until(() => {
      other.tick()
      return handle.exports.n!() === 3 && fleet.handle.exports.n!() === 3
    }, 'the next version')
    here.failNow = true
    // The old version answers, at once, and nothing of the state is lost.
    expect(handle.exports.step!()).toBe(steps + 1)
    delete here.failNow
    expect(handle.exports.n!()).toBe(2)
    await fleet.until(() => {
      other.tick()
      return fleet.reports.some(({ outcome }) => outcome === 'rolled-back')
    }, 'the way back')
    expect([fleet.handle.exports.n!(), handle.exports.n!()]).toEqual([2, 2])
  })

  test('units with shared columns still wait for each other', async () => {
    const { scratch, fleet } = await start({ workers: 2, runtime: { mode: 'independent' } })
    await scratch.write('counter.ts', counter({ by: 2 }))
    await fleet.report('permanent')
    expect(fleet.mixed).toBe(0)
  })
})
