import { types } from 'node:util'
import { Worker } from 'node:worker_threads'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { SwapReport } from '../../dist/index.js'
import { counter } from '../support/counter.ts'
import { open } from '../support/opened.ts'
import { openFleet } from '../support/opened-fleet.ts'
import { Mill, mill } from './mill.ts'

const codes = ({ findings }: SwapReport) => findings.map(({ code }) => code)
/** What a report says of one thing; all of it where it does not. */
const said = (report: SwapReport, code: string): string =>
  report.findings.find((found) => found.code === code)?.message ?? JSON.stringify(report)
const ONE = { 'mill.ts': mill() }
/** Other columns, and no way back. */
const wider = (options = {}) =>
  mill({
    version: '2.0.0',
    factor: 3,
    columns: 'speed: f64(64),',
    unit: `deterministic: true, migrate: { '^1.0.0': { up(old, next) { next.columns.speed.fill(9) } } },`,
    ...options,
  })

describe('a rollback by hand that makes the calls since again', () => {
  for (const workers of [0, 3])
    test(`comes to the state that the old code would have, with ${workers} workers`, async () => {
      const engine = await Mill.start(ONE, workers)
      await engine.turns(5)
      await engine.edit(mill({ version: '1.1.0', factor: 2 }))
      await engine.turns(40)
      const report = await engine.back({ state: 'replay' })
      expect(report.outcome, JSON.stringify(report.findings)).toBe('committed')
      expect(report.restored).toEqual({ how: 'replay', ticksLost: 0, ticksReplayed: expect.any(Number) })
      expect(report.restored!.ticksReplayed).toBeGreaterThan(45)
      expect(engine.fleet.handle.version).toBe('1.0.0')
      expect(engine.state()).toEqual(await engine.without(ONE, workers))
      expect(engine.fleet.mixed).toBe(0)
      expect(engine.fleet.allExceptions).toBe(0)
    })

  test('needs no way back of the state, and goes over several versions', async () => {
    const engine = await Mill.start(ONE, 2)
    await engine.edit(wider())
    await engine.turns(12)
    await engine.edit(wider({ version: '2.1.0', factor: 5 }))
    await engine.turns(12)
    const report = await engine.back({ to: '1.0.0', state: 'replay' })
    expect(report.restored, JSON.stringify(report.findings)).toMatchObject({ how: 'replay', ticksLost: 0 })
    expect(engine.state()).toEqual(await engine.without(ONE, 2))
    // And once more, from what has been made again.
    await engine.edit(wider({ version: '2.2.0', factor: 7 }))
    await engine.turns(10)
    expect((await engine.back({ to: '1.0.0', state: 'replay' })).restored!.how).toBe('replay')
    expect(engine.state()).toEqual(await engine.without(ONE, 2))
  })

  for (const mode of ['lockstep', 'independent'] as const)
    test(`loses no call of participants that tick at their own pace, ${mode}`, async () => {
      const unit = 'deterministic: true,'
      const options = { watch: false, mode, probation: { ticks: 3 } }
      const { scratch, fleet } = await openFleet(
        { 'counter.ts': counter({ unit }) },
        { workers: 0, runtime: options },
      )
      const words = new Int32Array(new SharedArrayBuffer(16))
      const workers = [0, 1].map((index) => {
        const workerData = { ticket: fleet.runtime.ticket(), words, index, unit: 'counter' }
        return new Worker(new URL('../support/free-stepper.js', import.meta.url), { workerData })
      })
      open.push({ close: async () => void (await Promise.all(workers.map((worker) => worker.terminate()))) })
      let mine = (fleet.handle.state.columns as Record<string, Float32Array>).steps![0]!
      const until = async (isOver: () => boolean) => {
        const end = performance.now() + 15_000
        while (!isOver() && performance.now() < end) {
          fleet.runtime.tick()
          fleet.handle.exports.step!(1 / 60, -1)
          mine++
          await new Promise((resolve) => setTimeout(resolve, 2))
        }
      }
      const all = (outcome: string) => fleet.reports.filter((report) => report.outcome === outcome)
      await until(() => words.subarray(1, 3).every((turns) => turns >= 10))
      await scratch.write('counter.ts', counter({ unit, version: '1.1.0', by: 5 }))
      void fleet.runtime.swap('counter')
      await until(() => all('permanent').length === 1)
      void fleet.runtime.rollback('counter', { state: 'replay' })
      await until(() => all('permanent').length === 2)
      Atomics.store(words, 0, 1)
      Atomics.notify(words, 0)
      const gone = workers.map((worker) => new Promise((resolve) => worker.once('exit', resolve)))
      await Promise.all(gone)
      const report = all('committed')[1]!
      expect(report.restored, JSON.stringify(report.findings)).toMatchObject({ how: 'replay', ticksLost: 0 })
      expect(report.participants.length).toBe(3)
      const now = fleet.handle.state.columns as Record<string, Float32Array>
      expect(now.steps![0]).toBe(mine)
      expect([...now.steps!.subarray(1, 3)]).toEqual([...words.subarray(1, 3)])
      // The new version added five a step.
      expect([...now.total!.subarray(0, 3)]).toEqual([...now.steps!.subarray(0, 3)])
    })

  test('takes the units of the group along that keep their code', async () => {
    const yard = (factor: number) => `import { defineUnit, f64 } from 'tickswap/module'
      export const unit = defineUnit({ version: '1.0.0', deterministic: true, state: { columns: { heap: f64(4) } } })
      export const add = (x: number) => { unit.state.columns.heap[0] = (unit.state.columns.heap[0]! * ${factor} + x) % 10007 }`
    const step = 'if (worker === -1) add(own[0]!)'
    const imports = `import { add } from './yard.ts'`
    const files = { 'yard.ts': yard(1.1), 'mill.ts': mill({ imports, step }) }
    const engine = await Mill.start(files, 1)
    await engine.edit(mill({ version: '1.1.0', factor: 4, imports, step }))
    await engine.turns(20)
    const report = await engine.back({ state: 'replay' })
    expect(report.restored, JSON.stringify(report.findings)).toMatchObject({ how: 'replay' })
    expect(report.units.map(({ unit }) => unit)).toEqual(['mill'])
    expect(engine.state('mill')).toEqual(await engine.without(files, 1, 'mill'))
    expect(engine.state('yard')).toEqual(await engine.without(files, 1, 'yard'))
  })
})

describe('a version that fails in probation', () => {
  const bad = (worker: number) => ({
    version: '1.1.0',
    factor: 2,
    body: 'let lived = 0',
    step: `if (worker === ${worker} && ++lived > 25) throw new Error('bad step')`,
  })
  for (const [workers, at, shape] of [
    [0, -1, 'the same'],
    [0, -1, 'another'],
    [2, -1, 'another'],
    [2, 1, 'the same'],
  ] as const)
    test(`leaves no trace: ${workers} workers, ${shape} shape, thrown in ${at}`, async () => {
      const engine = await Mill.start(ONE, workers, { probation: { ticks: 200 } })
      await engine.turns(4)
      const report = await engine.edit(
        shape === 'the same' ? mill(bad(at)) : wider({ body: bad(at).body, step: bad(at).step }),
        'rolled-back',
      )
      expect(codes(report)[0]).toBe('TICKSWAP_E_PROBATION_EXCEPTION')
      expect(report.restored).toEqual({ how: 'replay', ticksLost: 0, ticksReplayed: expect.any(Number) })
      expect(report.restored!.ticksReplayed).toBeGreaterThan(10)
      await engine.turns(10)
      expect(engine.state()).toEqual(await engine.without(ONE, workers))
      expect(engine.fleet.allExceptions).toBe(0)
      expect(engine.fleet.mixed).toBe(0)
    })

  test('goes back as the runtime was told to', async () => {
    const down = await Mill.start(ONE, 1, { probation: { ticks: 200 }, rollback: { state: 'down' } })
    const first = await down.edit(mill(bad(-1)), 'rolled-back')
    expect(first.restored).toEqual({ how: 'last-good', ticksLost: 0 })
    const restore = await Mill.start(ONE, 1, { probation: { ticks: 200 }, rollback: { state: 'restore' } })
    await restore.turns(3)
    const second = await restore.edit(mill(bad(-1)), 'rolled-back')
    expect(second.restored!.how).toBe('backup')
    expect(second.restored!.ticksLost).toBeGreaterThan(10)
    const steps = restore.state().steps as number[]
    expect(restore.fleet.frame - steps[0]!).toBe(second.restored!.ticksLost)
    const off = await Mill.start(ONE, 1, {
      probation: { ticks: 200 },
      rollback: { state: 'replay', log: false },
    })
    const third = await off.edit(mill(bad(-1)), 'rolled-back')
    expect(third.restored!.how).toBe('last-good')
    expect(said(third, 'TICKSWAP_E_REPLAY_LOG')).toContain('rollback.log is false')
  })
})

describe('a claim to be deterministic that is false', () => {
  const claims: [string, { step: string; body?: string }][] = [
    ['chance, in a column', { step: 'rows[500] = Math.random()' }],
    [
      'a variable of the module, in soft state',
      { body: 'let age = 0', step: 'unit.state.soft.sum += ++age' },
    ],
    ['chance in one worker, in its own column', { step: 'if (worker === 1) own[3] = Math.random()' }],
  ]
  for (const [what, more] of claims)
    test(`is found out, and the present state goes on: ${what}`, async () => {
      const engine = await Mill.start({ 'mill.ts': mill(more) }, 2)
      await engine.edit(mill({ version: '1.1.0', factor: 2, ...more }))
      await engine.turns(10)
      const report = await engine.back({ state: 'replay' })
      expect(report.outcome).toBe('committed')
      expect(report.restored).toEqual({ how: 'none', ticksLost: 0 })
      const found = report.findings.find(({ code }) => code === 'TICKSWAP_E_REPLAY_DIFFERS')
      expect(found).toMatchObject({ severity: 'warning', unit: 'mill', file: engine.scratch.path('mill.ts') })
      expect(found!.message).toContain('mill 1.0.0')
      expect(found!.advice).toContain('--sync-test')
      expect((engine.state().steps as number[])[0]).toBe(engine.fleet.frame)
      // Its word is not taken again.
      await engine.edit(mill({ version: '1.2.0', factor: 2, ...more }))
      await engine.turns(5)
      const again = await engine.back({ to: '1.0.0', state: 'replay' })
      expect(codes(again)).not.toContain('TICKSWAP_E_REPLAY_DIFFERS')
      expect(said(again, 'TICKSWAP_E_REPLAY_LOG')).toContain('two different states')
    })

  test('is found out in a rollback of the runtime, which then loses nothing either', async () => {
    const random = 'rows[500] = Math.random()'
    const engine = await Mill.start({ 'mill.ts': mill({ step: random }) }, 2, { probation: { ticks: 200 } })
    const step = `${random}; if (worker === 1 && ++lived > 25) throw new Error('bad step')`
    const report = await engine.edit(mill({ version: '1.1.0', body: 'let lived = 0', step }), 'rolled-back')
    expect(codes(report)).toContain('TICKSWAP_E_REPLAY_DIFFERS')
    expect(report.restored).toEqual({ how: 'last-good', ticksLost: 0 })
    await engine.turns(5)
    expect((engine.state().steps as number[]).slice(0, 3)).toEqual(Array(3).fill(engine.fleet.frame))
    expect(engine.fleet.allExceptions).toBe(0)
  })

  test('takes the whole group back to one tick, where there is no way back of the state', async () => {
    const yard = `import { defineUnit, u32 } from 'tickswap/module'
      export const unit = defineUnit({ version: '1.0.0', deterministic: true, state: { columns: { count: u32(4) } } })
      export const add = () => { unit.state.columns.count[0]!++ }`
    const imports = `import { add } from './yard.ts'`
    const step = 'rows[500] = Math.random(); if (worker === -1) add()'
    const engine = await Mill.start({ 'yard.ts': yard, 'mill.ts': mill({ imports, step }) }, 1)
    await engine.edit(wider({ imports, step }))
    await engine.turns(20)
    const report = await engine.back({ state: 'replay' })
    expect(codes(report)).toContain('TICKSWAP_E_REPLAY_DIFFERS')
    expect(codes(report)).toContain('TICKSWAP_E_GROUP_STATE')
    expect(report.restored!.how).toBe('backup')
    const [steps] = engine.state('mill').steps as number[]
    expect(steps).toBe(engine.fleet.frame - report.restored!.ticksLost)
    expect((engine.state('yard').count as number[])[0]).toBe(steps)
  })

  test('is known when the test of ticks has found it', async () => {
    const engine = await Mill.start({ 'mill.ts': mill({ step: 'rows[500] = Math.random()' }) }, 1, {
      syncTest: true,
    })
    await engine.turns(10)
    await engine.edit(mill({ version: '1.1.0' }))
    const report = await engine.back({ state: 'replay' })
    expect(said(report, 'TICKSWAP_E_REPLAY_LOG')).toContain('the test of its ticks')
    expect(report.restored!.how).toBe('none')
  })
})

describe('the log of inputs', () => {
  const limits: [string, object, RegExp][] = [
    ['ticks', { ticks: 10 }, /rollback\.log\.ticks/],
    ['bytes', { bytes: 2000 }, /rollback\.log\.bytes/],
    ['time', { ms: 0 }, /rollback\.log\.ms/],
  ]
  for (const [what, log, why] of limits)
    test(`that is full, by ${what}, costs nothing more, and says so when it is wanted`, async () => {
      const engine = await Mill.start(ONE, 1, { rollback: { log } })
      expect(types.isProxy(engine.fleet.handle.exports.step)).toBe(false)
      await engine.edit(wider())
      await engine.turns(40)
      expect(types.isProxy(engine.fleet.handle.exports.step)).toBe(false)
      const report = await engine.back({ state: 'replay' })
      expect(said(report, 'TICKSWAP_E_REPLAY_LOG')).toMatch(why)
      // There is no way back of the state either.
      expect(report.restored!.how).toBe('backup')
      expect(report.restored!.ticksLost).toBeGreaterThan(40)
    })

  test('is off for units that do not declare themselves deterministic', async () => {
    const engine = await Mill.start({ 'mill.ts': mill({ unit: '' }) }, 1)
    await engine.edit(mill({ version: '1.1.0', unit: '' }))
    await engine.turns(3)
    expect(types.isProxy(engine.fleet.handle.exports.step)).toBe(false)
    const quiet = await engine.back({})
    expect(codes(quiet)).not.toContain('TICKSWAP_E_REPLAY_LOG')
    const told = await engine.back({ to: '1.1.0', state: 'replay' })
    expect(said(told, 'TICKSWAP_E_REPLAY_LOG')).toContain('does not declare itself deterministic')
    expect(told.restored).toEqual({ how: 'none', ticksLost: 0 })
  })

  test('ends with an argument that cannot be kept', async () => {
    const body = 'export function ask(answer: () => number) { unit.state.columns.total[0] = answer() }'
    const engine = await Mill.start({ 'mill.ts': mill({ body }) }, 1)
    await engine.edit(mill({ version: '1.1.0', body }))
    engine.fleet.handle.exports.ask!(() => 17)
    await engine.turns(3)
    const report = await engine.back({ state: 'replay' })
    expect(said(report, 'TICKSWAP_E_REPLAY_LOG')).toContain('a call in main had arguments')
  })

  test('is of no use when a participant has come or gone', async () => {
    const engine = await Mill.start(ONE, 1)
    await engine.edit(mill({ version: '1.1.0' }))
    await engine.during(engine.fleet.addWorker())
    await engine.turns(4)
    expect(said(await engine.back({ state: 'replay' }), 'TICKSWAP_E_REPLAY_LOG')).toContain('worker-1')
    await engine.edit(mill({ version: '1.2.0' }))
    await engine.fleet.kill(1)
    await engine.turns(4)
    const left = await engine.back({ to: '1.0.0', state: 'replay' })
    expect(said(left, 'TICKSWAP_E_REPLAY_LOG')).toContain('other participants')
  })

  test('is of no use when somebody has come and gone: what that one did stays done', async () => {
    const engine = await Mill.start(ONE, 1)
    await engine.edit(mill({ version: '1.1.0' }))
    await engine.during(engine.fleet.addWorker())
    await engine.turns(5)
    await engine.fleet.kill(1)
    await engine.turns(5)
    const steps = () => (engine.fleet.handle.state.columns as Record<string, Uint32Array>).steps![2]
    const made = steps()
    expect(made).toBeGreaterThanOrEqual(5)
    const report = await engine.back({ state: 'replay' })
    expect(said(report, 'TICKSWAP_E_REPLAY_LOG')).toContain('somebody has come since')
    expect(report.restored).toMatchObject({ ticksLost: 0 })
    expect(steps()).toBe(made)
  })

  for (const [what, act] of [
    ['ends', 'process.exit(1)'],
    ['hangs', 'for (;;) {}'],
  ])
    test(`survives a thread that ${what} while the calls are made again: the others go on with what was`, async () => {
      const mortal = mill({
        unit: `deterministic: true, setup(_, { reason }) { left = reason === 'rollback' ? 20 : Infinity },`,
        body: 'let left = Infinity',
        step: `if (worker === 0 && --left < 0) ${act}`,
      })
      const engine = await Mill.start({ 'mill.ts': mortal }, 2, { deadlines: { probationMs: 200 } })
      await engine.edit(mill({ version: '1.1.0', factor: 2 }))
      await engine.turns(50)
      const since = engine.fleet.reports.length
      const report = await engine.during(engine.fleet.runtime.rollback('mill', { state: 'replay' }))
      expect(report.outcome, JSON.stringify(report.findings)).toBe('committed')
      expect(report.restored!.how).toBe('none')
      expect(said(report, 'TICKSWAP_E_REPLAY_LOG')).toContain('other participants')
      await engine.turns(3)
      const steps = engine.state().steps as number[]
      expect([steps[0], steps[2]]).toEqual([engine.fleet.frame, engine.fleet.frame])
      expect(engine.fleet.reports.slice(since).map(({ outcome }) => outcome)).not.toContain('reversed')
    })

  test('leaves nothing of what was swapped, whatever that was', async () => {
    const step = fc.oneof(
      fc.record({ edit: fc.constantFrom('same', 'wider'), factor: fc.integer({ min: 2, max: 9 }) }),
      fc.record({ turns: fc.integer({ min: 1, max: 15 }) }),
      fc.constant({ back: '1.0.0' }),
    )
    const way = fc.array(step, { minLength: 5, maxLength: 9 })
    const replayed = async (engine: Mill) => {
      const report = await engine.back({ to: '1.0.0', state: 'replay' })
      expect(report.restored, JSON.stringify(report.findings)).toMatchObject({ how: 'replay', ticksLost: 0 })
      expect(engine.state()).toEqual(await engine.without(ONE, 1))
    }
    await fc.assert(
      fc.asyncProperty(way, async (steps) => {
        const log = { ticks: 1_000_000, bytes: 2 ** 30, ms: 60_000 }
        const engine = await Mill.start(ONE, 1, { backups: 32, rollback: { log }, probation: { ticks: 2 } })
        let last = 0
        for (const each of steps) {
          const isAway = engine.fleet.handle.version !== '1.0.0'
          if ('turns' in each) await engine.turns(each.turns)
          else if ('edit' in each) {
            const version = `2.${++last}.0`
            const { factor } = each
            // Once its shape is another it stays so: going back without a way back is a matter of backups.
            const isWide = each.edit === 'wider' || 'speed' in engine.state()
            await engine.edit(isWide ? wider({ version, factor }) : mill({ version, factor }))
          } else if (isAway) await replayed(engine)
        }
        if (engine.fleet.handle.version !== '1.0.0') await replayed(engine)
        await engine.fleet.close()
      }),
      { numRuns: 2, endOnFailure: true },
    )
  })
})
