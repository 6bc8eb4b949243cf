import { describe, expect, test } from 'vitest'
import type { RuntimeOptions, SwapReport } from '../../dist/index.js'
import { type CounterOptions, counter } from '../support/counter.ts'
import type { Fleet } from '../support/fleet.ts'
import { openFleet } from '../support/opened-fleet.ts'

async function start(
  files: Record<string, string>,
  options: { unit?: string; workers?: number; runtime?: Partial<RuntimeOptions> } = {},
) {
  const { runtime, ...more } = options
  const settings = { watch: false, ...runtime }
  return openFleet(files, { workers: 1, ...more, runtime: settings })
}

/** A unit that rehearses a step of the main thread's. */
const rehearsing = ({ unit = '', ...more }: CounterOptions = {}): string =>
  counter({ ...more, unit: `rehearse: () => { step(1 / 60, -1) }, ${unit}` })

/** Asks for the swap of what is written; frames go on until the answer is there. */
async function swap(fleet: Fleet, unit = 'counter'): Promise<SwapReport> {
  let report: SwapReport | undefined
  const asked = fleet.runtime.swap(unit).then((answer) => {
    report = answer
  })
  await fleet.until(() => report !== undefined, 'the answer to a swap')
  await asked
  return report!
}

const columns = (fleet: Fleet) => fleet.handle.state.columns as Record<string, Float32Array>

/** Nothing of a refused candidate has been seen by anybody. */
async function assertUntouched(fleet: Fleet, version = '1.0.0') {
  await fleet.frames(3)
  expect(fleet.handle.version).toBe(version)
  expect(columns(fleet).total![0]).toBe(fleet.frame)
  expect(fleet.exceptions).toBe(0)
  expect(fleet.reports.map(({ outcome }) => outcome)).not.toContain('rolled-back')
}

describe('a rehearsal refuses, before anybody has seen it,', () => {
  const cases: [string, string, CounterOptions, RegExp, Partial<RuntimeOptions>?][] = [
    [
      'a candidate that throws',
      'TICKSWAP_E_REHEARSAL_EXCEPTION',
      { step: `if (steps[worker + 1]! > 3) throw new RangeError('too far')` },
      /tick 1: RangeError: too far/,
    ],
    [
      'one that throws in a later tick',
      'TICKSWAP_E_REHEARSAL_EXCEPTION',
      { body: 'let age = 0', step: `if (++age === 5) throw new Error('old')` },
      /tick 5: Error: old/,
    ],
    [
      'one whose setup throws',
      'TICKSWAP_E_REHEARSAL_EXCEPTION',
      { unit: `setup(_, { reason }) { if (reason === 'rehearsal') throw new Error('no room') },` },
      /setup: Error: no room/,
    ],
    [
      'one that never returns',
      'TICKSWAP_E_REHEARSAL_TIMEOUT',
      { step: 'for (;;) { if (total[63] === 1) break }' },
      /300 ms/,
      { deadlines: { rehearseMs: 300 } },
    ],
    [
      'one that writes a number that is not finite',
      'TICKSWAP_E_REHEARSAL_NON_FINITE',
      { step: 'total[7] = 0 / (dt - dt)' },
      /tick 1, counter.total\[7\] became NaN/,
    ],
    [
      'one that verify rejects',
      'TICKSWAP_E_REHEARSAL_VERIFY',
      { by: 1000, unit: 'verify: ({ columns }) => columns.total[0]! < 5000,' },
      /verify of counter returned false/,
    ],
    [
      'one whose verify throws',
      'TICKSWAP_E_REHEARSAL_VERIFY',
      { unit: `verify({ soft }) { if (soft.calls > 6) throw new Error('odd') },` },
      /verify of counter threw: Error: odd/,
    ],
    [
      'one that fills the memory',
      'TICKSWAP_E_REHEARSAL_MEMORY',
      { body: 'const kept: number[][] = []', step: 'for (;;) kept.push([dt, dt, dt, dt, dt, dt, dt, dt])' },
      /outgrew 32 MB/,
      { rehearsal: { memoryMb: 32 }, deadlines: { rehearseMs: 20_000 } },
    ],
    [
      'one that ends its thread',
      'TICKSWAP_E_REHEARSAL_EXIT',
      { step: 'process.exit(1)' },
      /ended its thread/,
    ],
  ]
  for (const [what, code, options, message, runtime] of cases)
    test(what, async () => {
      const { scratch, fleet } = await start({ 'counter.ts': counter() }, { ...(runtime && { runtime }) })
      await scratch.write('counter.ts', rehearsing(options))
      const report = await swap(fleet)
      expect(report.outcome).toBe('refused')
      expect(report.findings).toMatchObject([{ code, severity: 'error', advice: expect.any(String) }])
      expect(report.findings[0]!.message).toMatch(message)
      expect(report.findings[0]!.file).toBe(scratch.path('counter.ts'))
      await assertUntouched(fleet)
      // The thread of the rehearsal is well again, or another one.
      await scratch.write('counter.ts', rehearsing({ by: 1, body: 'export const better = 1' }))
      expect((await swap(fleet)).outcome).toBe('committed')
    })
})

describe('what is rehearsed', () => {
  test('a hook runs on a copy of live state; live state and the live module know nothing of it', async () => {
    const { scratch, fleet } = await start({ 'counter.ts': counter() })
    await fleet.frames(10)
    const body = `let seen = 0
export const runs = () => seen`
    const unit = `setup(state, { reason }) { if (reason === 'rehearsal') state.columns.total[40] = 7 },
      verify: ({ columns, soft }) => columns.steps[0]! >= 10 && soft.calls >= 10,`
    await scratch.write('counter.ts', rehearsing({ by: 1, body, unit, step: 'seen++' }))
    const report = await swap(fleet)
    expect(report).toMatchObject({
      outcome: 'committed',
      rehearsed: [{ unit: 'counter', how: 'hook', ticks: 8 }],
    })
    const committedAt = report.participants.find(({ participant }) => participant === 'main')!.tick
    await fleet.frames(4)
    expect(columns(fleet).total![40]).toBe(0)
    expect(columns(fleet).total![0]).toBe(fleet.frame)
    // Its own variables began anew at the commit.
    expect(fleet.handle.exports.runs!()).toBe(fleet.frame - committedAt + 1)
    for (const { warmMs, worstWarmMs } of report.participants) {
      expect(warmMs).toBeGreaterThan(0)
      expect(worstWarmMs).toBeLessThanOrEqual(warmMs)
    }
  })

  test('calls of the engine are recorded for it, of a unit that is deterministic', async () => {
    const { scratch, fleet } = await start({ 'counter.ts': counter({ unit: 'deterministic: true,' }) })
    const step = `if (worker === 0) throw new Error('never in a rehearsal of main')
      if (dt !== 1 / 60) throw new Error('other arguments')
      if (steps[worker + 1]! > 5) throw new Error('recorded')`
    await scratch.write('counter.ts', counter({ unit: 'deterministic: true,', step }))
    const report = await swap(fleet)
    expect(report.findings).toMatchObject([{ code: 'TICKSWAP_E_REHEARSAL_EXCEPTION' }])
    expect(report.findings[0]!.message).toMatch(/recorded|never in a rehearsal/)
    await assertUntouched(fleet)
    await scratch.write('counter.ts', counter({ unit: 'deterministic: true,', by: 1, body: 'export {}' }))
    expect((await swap(fleet)).rehearsed).toEqual([{ unit: 'counter', how: 'calls', ticks: 8 }])
  })

  test('a unit that declines, or gives no way to, is not run; the report says so', async () => {
    const throwing = `if (steps[63] === 1) throw new Error('not here')`
    const { scratch, fleet } = await start({ 'counter.ts': counter() })
    await scratch.write('counter.ts', counter({ unit: 'rehearse: false,', step: throwing }))
    expect((await swap(fleet)).rehearsed).toEqual([{ unit: 'counter', how: 'declined', ticks: 0 }])
    await fleet.report('permanent')
    await scratch.write('counter.ts', counter({ step: throwing, body: 'export {}' }))
    expect((await swap(fleet)).rehearsed).toEqual([{ unit: 'counter', how: 'none', ticks: 0 }])
  })

  test('the state of a migration, and a unit that the candidate calls, are copies too', async () => {
    const other = `import { defineUnit, f64 } from 'tickswap/module'
export const unit = defineUnit({ version: '1.0.0', state: { columns: { sum: f64(4) } } })
export const add = (x: number) => { unit.state.columns.sum[0]! += x }`
    const { scratch, fleet } = await start({ 'counter.ts': counter(), 'other.ts': other })
    await fleet.frames(5)
    const unit = `migrate: { '^1.0.0': { up(old, next) { next.columns.wide![0] = old.columns.total[0] }, down() {} } },
      verify: ({ columns }) => columns.wide![0]! >= 5,`
    const imports = `import { add } from './other.ts'`
    const step = 'add(1); total[30] = 0; columns_.wide[1]! += 1'
    const text = rehearsing({
      version: '2.0.0',
      columns: 'wide: f32(16),',
      unit,
      imports,
      step: step.replace('columns_', 'unit.state.columns'),
    })
    await scratch.write('counter.ts', text)
    const report = await swap(fleet)
    expect(report).toMatchObject({ outcome: 'committed', rehearsed: [{ how: 'hook' }] })
    const since = report.participants[0]!.tick
    await fleet.report('permanent')
    const sum = fleet.runtime.use('other').state.columns as unknown as { sum: Float64Array }
    const steps = columns(fleet).wide![1]!
    expect(sum.sum[0]).toBe(steps)
    expect(steps).toBeLessThanOrEqual((fleet.frame - since + 1) * 2)
  })

  test('an edit of a module that the unit imports is rehearsed with the unit', async () => {
    const helper = (body: string) => `export const add = (x: number): number => { ${body} }`
    const source = rehearsing({ imports: `import { add } from './helper.ts'`, step: 'total[50] = add(1)' })
    const { scratch, fleet } = await start({ 'counter.ts': source, 'helper.ts': helper('return x') })
    await scratch.write('helper.ts', helper(`throw new TypeError('no sum')`))
    const report = await swap(fleet)
    expect(report.findings).toMatchObject([
      { code: 'TICKSWAP_E_REHEARSAL_EXCEPTION', file: scratch.path('helper.ts'), line: 1 },
    ])
    await assertUntouched(fleet)
    await scratch.write('helper.ts', helper('return x + 1'))
    expect((await swap(fleet)).outcome).toBe('committed')
    expect(columns(fleet).total![50]).toBe(2)
  })

  test('an engine can do without', async () => {
    const { scratch, fleet } = await start({ 'counter.ts': counter() }, { runtime: { rehearsal: false } })
    await scratch.write(
      'counter.ts',
      rehearsing({ body: 'let age = 0', step: 'if (++age === 3) throw new Error()' }),
    )
    const report = await swap(fleet)
    expect(report).toMatchObject({ outcome: 'committed', rehearsed: [{ how: 'none', ticks: 0 }] })
    expect((await fleet.report('rolled-back')).findings[0]!.code).toBe('TICKSWAP_E_PROBATION_EXCEPTION')
  })
})
