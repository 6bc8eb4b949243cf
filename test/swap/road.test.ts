import { writeFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { counter } from '../support/counter.ts'
import type { Fleet } from '../support/fleet.ts'
import { openFleet } from '../support/opened-fleet.ts'

const steps = (fleet: Fleet, row: number) =>
  (fleet.handle.state.columns as Record<string, Uint32Array>).steps![row]!
const total = (fleet: Fleet, row: number) =>
  (fleet.handle.state.columns as Record<string, Float32Array>).total![row]!

describe('the road, on real files and real workers', () => {
  test('an edit is live in every participant at the same tick, with its state', async () => {
    const { scratch, fleet } = await openFleet({ 'counter.ts': counter() })
    const before = [0, 1, 2].map((row) => total(fleet, row))
    await scratch.write('counter.ts', counter({ by: 100 }))
    const report = await fleet.report('committed')
    expect(report.units).toMatchObject([{ unit: 'counter', from: '1.0.0', to: '1.0.0.1' }])
    expect(report.verdict).toBe('compatible')
    expect(report.participants.map(({ participant }) => participant).sort()).toEqual([
      'main',
      'worker-0',
      'worker-1',
    ])
    expect(new Set(report.participants.map(({ tick }) => tick)).size).toBe(1)
    for (const { phases } of report.participants) expect(phases.prepare).toBeGreaterThan(0)
    expect(report.phases).toMatchObject({
      detect: expect.any(Number),
      stage: expect.any(Number),
      rehearse: expect.any(Number),
    })
    await fleet.report('permanent')
    await fleet.frames(5)
    for (const row of [0, 1, 2]) expect(total(fleet, row)).toBeGreaterThan(before[row]! + 500)
    expect(steps(fleet, 0)).toBe(fleet.frame)
    expect(fleet.mixed).toBe(0)
    expect(fleet.handle.version).toBe('1.0.0.1')
    expect(fleet.runtime.history('counter').map(({ version, outcome }) => [version, outcome])).toEqual([
      ['1.0.0', 'boot'],
      ['1.0.0.1', 'committed'],
      ['1.0.0.1', 'permanent'],
    ])
  })

  test('a new column comes by a migration, and goes by hand through down', async () => {
    const { scratch, fleet } = await openFleet({ 'counter.ts': counter() })
    const migrate = `migrate: { '^1.0.0': {
      up(old, next) { for (let i = 0; i < 64; i++) next.columns.double[i] = old.columns.total[i] * 2 },
      down(next, old) { for (let i = 0; i < 64; i++) old.columns.total[i] = next.columns.double[i]! / 2 },
    } },`
    const step = 'unit.state.columns.double[worker + 1]! += 2'
    await scratch.write(
      'counter.ts',
      counter({ version: '2.0.0', columns: 'double: f32(64),', unit: migrate, step }),
    )
    const report = await fleet.report('committed')
    expect(report.verdict).toBe('needs-migration')
    await fleet.report('permanent')
    const { double, total } = fleet.handle.state.columns as Record<string, Float32Array>
    for (const row of [0, 1, 2]) expect(double![row]).toBe(total![row]! * 2)
    const back = await fleet.during(fleet.runtime.rollback('counter', { to: '1.0.0' }))
    expect(back).toMatchObject({
      outcome: 'committed',
      trigger: 'rollback',
      units: [{ from: '2.0.0', to: '1.0.0' }],
    })
    await fleet.until(
      () => fleet.reports.filter(({ outcome }) => outcome === 'permanent').length === 2,
      'permanence',
    )
    expect(fleet.handle.version).toBe('1.0.0')
    expect(Object.keys(fleet.handle.state.columns)).toEqual(['total', 'steps'])
    for (const row of [0, 1, 2]) expect(steps(fleet, row)).toBe(fleet.frame)
    expect(fleet.mixed).toBe(0)
  })

  test('a version that throws in probation is taken back within the tick, and no step is lost', async () => {
    const { scratch, fleet } = await openFleet(
      { 'counter.ts': counter() },
      { runtime: { probation: { ticks: 40 } } },
    )
    const body = 'let age = 0'
    const step = `if (worker === 1 && ++age === 12) throw new Error('boom')`
    await scratch.write('counter.ts', counter({ version: '1.1.0', by: 5, body, step }))
    const report = await fleet.report('rolled-back')
    expect(report.findings[0]).toMatchObject({
      code: 'TICKSWAP_E_PROBATION_EXCEPTION',
      participant: 'worker-1',
      unit: 'counter',
    })
    expect(report.findings[0]!.file).toBe(scratch.path('counter.ts'))
    const line =
      counter({ version: '1.1.0', by: 5, body, step })
        .split('\n')
        .findIndex((text) => text.includes('boom')) + 1
    expect(report.findings[0]!.line).toBe(line)
    expect(report.restored).toEqual({ how: 'last-good', ticksLost: 0 })
    await fleet.frames(5)
    expect(fleet.handle.version).toBe('1.0.0')
    expect(fleet.allExceptions).toBe(0)
    expect(fleet.mixed).toBe(0)
    // Every frame was stepped exactly once by everybody, the failed one by the old version.
    for (const row of [0, 1, 2]) expect(steps(fleet, row)).toBe(fleet.frame)
  })

  test('NaN in a float column is found at the next boundary; the good state stays', async () => {
    const { scratch, fleet } = await openFleet({ 'counter.ts': counter() })
    const step = 'if (worker === 0) total[5] = 0 / 0'
    await scratch.write('counter.ts', counter({ by: 2, step }))
    const report = await fleet.report('rolled-back')
    expect(report.findings[0]).toMatchObject({ code: 'TICKSWAP_E_PROBATION_NON_FINITE', unit: 'counter' })
    expect(report.findings[0]!.message).toContain('total[5]')
    await fleet.frames(3)
    expect(total(fleet, 5)).toBe(0)
    for (const row of [0, 1, 2]) expect(steps(fleet, row)).toBe(fleet.frame)
    expect(fleet.mixed).toBe(0)
  })

  test('a rollback across a migration keeps the progress made since the commit', async () => {
    const { scratch, fleet } = await openFleet(
      { 'counter.ts': counter() },
      { runtime: { probation: { ticks: 40 } } },
    )
    const migrate = `migrate: { '^1.0.0': { up() {}, down() {} } },`
    const body = 'let age = 0'
    const step = `if (worker === -1 && ++age === 10) throw new TypeError('late')`
    await scratch.write(
      'counter.ts',
      counter({ version: '2.0.0', columns: 'extra: f32(8),', unit: migrate, body, step }),
    )
    const report = await fleet.report('rolled-back')
    expect(report.restored).toEqual({ how: 'down', ticksLost: 0 })
    await fleet.frames(3)
    for (const row of [0, 1, 2]) expect(steps(fleet, row)).toBe(fleet.frame)
    expect(fleet.mixed).toBe(0)
  })

  test('a slow version is taken back by its tick budget', async () => {
    const { scratch, fleet } = await openFleet(
      { 'counter.ts': counter() },
      { runtime: { probation: { ticks: 40, budgetMs: 20 } } },
    )
    const step = 'if (worker === 0) { const end = performance.now() + 40; while (performance.now() < end); }'
    await scratch.write('counter.ts', counter({ by: 3, step }))
    const report = await fleet.report('rolled-back')
    expect(report.findings[0]).toMatchObject({
      code: 'TICKSWAP_E_PROBATION_BUDGET',
      unit: 'counter',
      participant: 'worker-0',
    })
    await fleet.frames(2)
    for (const row of [0, 1, 2]) expect(steps(fleet, row)).toBe(fleet.frame)
  })

  test('two files saved together are one swap', async () => {
    const files = (n: number) => ({
      'counter.ts': counter({
        by: 'amount()',
        imports: `import { amount } from './amount.ts'\nimport { twice } from './twice.ts'`,
        step: `if (twice() !== amount() * 2) throw new Error('mixed')`,
        body: 'export const sum = () => amount() + twice()',
      }),
      'amount.ts': `export const amount = () => ${n}\n`,
      'twice.ts': `export const twice = () => ${n * 2}\n`,
    })
    const { scratch, fleet } = await openFleet(files(1), { runtime: { probation: { ticks: 3 } } })
    for (let [n, together] = [2, 0]; together < 5; n++) {
      const since = fleet.reports.length
      const next = files(n)
      const from = performance.now()
      for (const name of ['amount.ts', 'twice.ts'] as const) writeFileSync(scratch.path(name), next[name])
      // A busy machine may put so much time between them that they are two saves.
      if (performance.now() - from > 2) {
        await fleet.until(() => fleet.handle.exports.sum!() === 3 * n, 'both files')
        await fleet.report('permanent', since)
        continue
      }
      together++
      const report = await fleet.report('committed', since)
      expect(report.files.map((file) => file.replace(/.*[\\/]/, '')).sort()).toEqual([
        'amount.ts',
        'twice.ts',
      ])
      expect(report.units).toMatchObject([{ unit: 'counter' }])
      expect(fleet.handle.exports.sum!()).toBe(3 * n)
      await fleet.report('permanent', since)
    }
    expect(fleet.allExceptions).toBe(0)
    expect(fleet.mixed).toBe(0)
  })

  test('a worker that joins in the middle runs what the others run', async () => {
    const { scratch, fleet } = await openFleet(
      { 'counter.ts': counter() },
      { runtime: { probation: { ticks: 30 } } },
    )
    await scratch.write('counter.ts', counter({ by: 7 }))
    await fleet.report('committed')
    await fleet.addWorker()
    await fleet.report('permanent')
    await fleet.frames(5)
    const since = fleet.reports.length
    await scratch.write('counter.ts', counter({ by: 9 }))
    const report = await fleet.report('committed', since)
    expect(report.participants.map(({ participant }) => participant)).toContain('worker-2')
    expect(fleet.mixed).toBe(0)
    expect(steps(fleet, 3)).toBeGreaterThan(0)
  })

  test('a participant that is the only one gets the answer of the old version from the failing call itself', async () => {
    const { scratch, fleet } = await openFleet(
      { 'counter.ts': counter() },
      { workers: 0, runtime: { probation: { ticks: 1_000_000 } } },
    )
    await scratch.write(
      'counter.ts',
      counter({ by: 2 }).replace(`=> 'v1`, `=> { throw new Error('no') }; const unused = () => 'v1`),
    )
    await fleet.report('committed')
    expect(fleet.handle.exports.label!()).toBe('v1.0.0 by 1')
    await fleet.report('rolled-back')
    expect(steps(fleet, 0)).toBe(fleet.frame)
  })

  test('swap() reads the file from disk and resolves with the report', async () => {
    const { scratch, fleet } = await openFleet({ 'counter.ts': counter() }, { runtime: { watch: false } })
    expect(await fleet.during(fleet.runtime.swap('counter'))).toMatchObject({
      outcome: 'unchanged',
      verdict: 'identical',
    })
    await scratch.write('counter.ts', counter({ by: 4 }))
    expect(await fleet.during(fleet.runtime.swap('counter'))).toMatchObject({
      outcome: 'committed',
      trigger: 'swap',
    })
    await expect(fleet.during(fleet.runtime.swap('nobody'))).rejects.toMatchObject({
      code: 'TICKSWAP_E_UNIT_UNKNOWN',
    })
    await expect(fleet.during(fleet.runtime.rollback('counter', { to: '9.9.9' }))).rejects.toMatchObject({
      code: 'TICKSWAP_E_NO_SUCH_VERSION',
    })
  })

  test('participants that each run at their own pace swap too', async () => {
    const { scratch, fleet } = await openFleet({ 'counter.ts': counter() }, { workers: 0 })
    await scratch.write('counter.ts', counter({ by: 2 }))
    // Ticks without frame numbers, on a timer.
    const timer = setInterval(() => fleet.runtime.tick(), 2)
    await new Promise<void>((resolve) => fleet.runtime.on('permanent', () => resolve()))
    clearInterval(timer)
    expect(fleet.handle.version).toBe('1.0.0.1')
  })

  test('soft state is carried over and handed back', async () => {
    const { scratch, fleet } = await openFleet({ 'counter.ts': counter() })
    const calls = () => (fleet.handle.state.soft as { calls: number }).calls
    await scratch.write('counter.ts', counter({ by: 3 }))
    await fleet.report('permanent')
    expect(calls()).toBe(fleet.frame)
    await scratch.write('counter.ts', counter({ by: 4, step: `if (worker === 0) throw new Error('x')` }))
    await fleet.report('rolled-back')
    await fleet.frames(1)
    expect(calls()).toBe(fleet.frame)
  })
})
