import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { BackupStatus, RollbackState, RuntimeOptions } from '../../dist/index.js'
import { open } from '../support/opened.ts'
import { Scratch } from '../support/scratch.ts'
import { Mill } from '../swap/mill.ts'

/** A unit of a group that counts the steps of each participant; a shape has a column that no other one takes over. */
const unit = (
  version: string,
  shape = 0,
  group = 'town',
) => `import { defineUnit, f64, u32 } from 'tickswap/module'
export const unit = defineUnit({
  version: '${version}',
  group: '${group}',
  state: { columns: { steps: u32(8), shape${shape}: f64(64) } },
  migrate: { '*': { up(old, next) { next.columns.shape${shape}.fill(1) } } },
})
export function step(dt: number, worker = -1) { unit.state.columns.steps[worker + 1]!++ }
`

async function town(runtime: Partial<RuntimeOptions> = {}, group = 'town'): Promise<Mill> {
  const files = { 'mill.ts': unit('1.0.0'), 'yard.ts': unit('1.0.0', 0, group) }
  const engine = await Mill.start(files, 1, { probation: { ticks: 3 }, ...runtime })
  // Both count from here on.
  const yard = engine.fleet.runtime.use<Record<string, () => void>>('yard')
  const steps = (yard.state.columns as { steps: Uint32Array }).steps
  steps[0] = engine.fleet.frame
  engine.beside.push(yard)
  return engine
}

const steps = (engine: Mill, name: string) => (engine.state(name).steps as number[])[0]!
const backups = (engine: Mill): Promise<BackupStatus[]> => engine.during(engine.fleet.runtime.backups())
const named = ({ units }: BackupStatus) => units.map(({ unit: name, version }) => `${name} ${version}`)

describe('the backups of a group', () => {
  test('hold all its units as they were at one tick, and bring all of them back', async () => {
    const engine = await town()
    await engine.edit(unit('1.1.0', 1))
    await engine.turns(7)
    await engine.edit(unit('1.1.0', 0), 'permanent', 'yard')
    await engine.turns(7)
    const all = await backups(engine)
    expect(all.map(named)).toEqual([
      ['mill 1.0.0', 'yard 1.0.0'],
      ['mill 1.1.0', 'yard 1.0.0'],
    ])
    expect(all.every(({ memoryBytes, isEarlier }) => memoryBytes > 0 && !isEarlier)).toBe(true)
    // The yard keeps its code: its state goes back nevertheless.
    const report = await engine.back({ to: '1.0.0' })
    expect(report.restored!.how, JSON.stringify(report.findings)).toBe('backup')
    expect(report.units.map((move) => move.unit)).toEqual(['mill'])
    const found = report.findings.find(({ code }) => code === 'TICKSWAP_E_GROUP_STATE')
    expect(found).toMatchObject({ unit: 'yard', severity: 'info' })
    expect(found!.message).toContain(`tick ${all[0]!.tick}`)
    expect(steps(engine, 'mill')).toBe(engine.fleet.frame - report.restored!.ticksLost)
    expect(steps(engine, 'yard')).toBe(steps(engine, 'mill'))
  })

  test('bring all of them back when a version fails in probation and has no way back', async () => {
    const engine = await town({ probation: { ticks: 500 } })
    const bad = `let left = 20\n${unit('1.1.0', 1)}`.replace(
      '++ }',
      "++; if (--left < 0) throw new Error('bad') }",
    )
    const report = await engine.edit(bad, 'rolled-back')
    expect(report.restored!.how).toBe('backup')
    expect(report.restored!.ticksLost).toBeGreaterThan(5)
    await engine.turns(3)
    expect(steps(engine, 'mill')).toBe(engine.fleet.frame - report.restored!.ticksLost)
    expect(steps(engine, 'yard')).toBe(steps(engine, 'mill'))
  })

  test('are refused where a unit of the group has another shape now', async () => {
    const engine = await town()
    await engine.edit(unit('1.1.0', 1))
    await engine.edit(unit('1.1.0', 2), 'permanent', 'yard')
    const report = await engine.back({ to: '1.0.0', state: 'restore' })
    expect(report.outcome).toBe('refused')
    expect(report.findings[0]!.code).toBe('TICKSWAP_E_BACKUP_MISSING')
    expect(report.findings[0]!.message).toContain('together with yard')
    expect(steps(engine, 'yard')).toBe(steps(engine, 'mill'))
  })

  test('are those of its units alone', async () => {
    const engine = await town({}, 'other')
    await engine.edit(unit('1.1.0', 1))
    await engine.turns(5)
    expect((await backups(engine)).map(named)).toEqual([['mill 1.0.0']])
    await engine.back({ state: 'restore' })
    expect(steps(engine, 'yard')).toBe(engine.fleet.frame)
    expect(steps(engine, 'mill')).toBeLessThan(engine.fleet.frame)
  })

  test('are kept up to a number and a size, of the whole group', async () => {
    const few = await town({ backups: { count: 2 } })
    for (const patch of [1, 2, 3])
      await few.edit(unit(`1.0.${patch}`), 'permanent', patch === 2 ? 'yard' : 'mill')
    expect((await backups(few)).map(named)).toEqual([
      ['mill 1.0.1', 'yard 1.0.0'],
      ['mill 1.0.1', 'yard 1.0.2'],
    ])
    const [newest] = (await backups(few)).slice(-1)
    const small = await town({ backups: { count: 8, bytes: newest!.memoryBytes * 2 } })
    for (const patch of [1, 2, 3]) await small.edit(unit(`1.0.${patch}`))
    expect((await backups(small)).map(named)).toEqual([
      ['mill 1.0.1', 'yard 1.0.0'],
      ['mill 1.0.2', 'yard 1.0.0'],
    ])
  })

  test('are packed in memory, but for the newest, and read again to the last bit', async () => {
    const large = (version: string) => `import { defineUnit, f64, u32 } from 'tickswap/module'
      export const unit = defineUnit({
        version: '${version}',
        state: { columns: { steps: u32(8), place: f64(40_000) } },
        init({ columns: { place } }) { for (let i = 0; i < place.length; i++) place[i] = Math.sin(i) },
      })
      export function step(dt: number, worker = -1) {
        const { place, steps } = unit.state.columns
        if (worker === -1) place[(steps[0]! * 7919) % 40_000] = steps[0]!++
      }`
    const engine = await Mill.start({ 'mill.ts': large('1.0.0') }, 0, {
      backups: { count: 8 },
      probation: { ticks: 3 },
    })
    for (const patch of [1, 2, 3]) {
      await engine.edit(large(`1.0.${patch}`))
      await engine.turns(5)
    }
    // They are packed after the news of the swap, off the tick.
    const packed = async () => (await backups(engine)).filter(({ memoryBytes }) => memoryBytes < 100_000)
    await expect.poll(async () => (await packed()).length, { timeout: 10_000 }).toBe(2)
    const all = await backups(engine)
    expect(all[2]!.memoryBytes).toBeGreaterThan(320_000)
    for (const to of ['1.0.0', '1.0.2']) {
      const report = await engine.back({ to, state: 'restore' })
      expect(report.restored!.how, JSON.stringify(report.findings)).toBe('backup')
      const { place, steps: made } = engine.state() as { place: number[]; steps: number[] }
      const expected = Array.from(place, (_, i) => Math.sin(i))
      for (let n = 0; n < made[0]!; n++) expected[(n * 7919) % 40_000] = n
      expect(place).toEqual(expected)
      expect(made[0]).toBe(engine.fleet.frame - report.restored!.ticksLost)
    }
  })

  test('are read from a store, and listed after a restart', async () => {
    const store = await Scratch.create({})
    open.push(store)
    const options = { store: { path: store.path('kept') }, backups: { bytes: 1 } }
    const first = await town(options)
    await first.edit(unit('1.1.0', 1))
    await first.edit(unit('1.2.0', 1))
    const end = performance.now() + 10_000
    const isSpilled = ({ memoryBytes, storedBytes }: BackupStatus) => memoryBytes === 0 && storedBytes > 0
    while (!(await backups(first)).slice(0, 1).every(isSpilled) && performance.now() < end)
      await first.turns(1)
    expect(isSpilled((await backups(first))[0]!)).toBe(true)
    const report = await first.back({ to: '1.0.0' })
    expect(report.restored!.how, JSON.stringify(report.findings)).toBe('backup')
    expect(steps(first, 'mill')).toBe(first.fleet.frame - report.restored!.ticksLost)
    expect(steps(first, 'yard')).toBe(steps(first, 'mill'))
    const before = await backups(first)
    expect(before.length).toBe(3)
    await first.fleet.close()
    const second = await town(options)
    const after = await backups(second)
    expect(after.map(named)).toEqual(before.map(named))
    expect(after.map(({ tick, swap, isEarlier }) => [tick, swap, isEarlier])).toEqual(
      before.map(({ tick, swap }) => [tick, swap, true]),
    )
  })

  test('never mix ticks, whatever is edited and taken back', async () => {
    const name = fc.constantFrom('mill', 'yard')
    const step = fc.oneof(
      fc.record({ edit: name, shape: fc.integer({ min: 0, max: 2 }) }),
      fc.record({ back: name, state: fc.constantFrom<RollbackState>('auto', 'restore', 'down', 'replay') }),
      fc.record({ turns: fc.integer({ min: 1, max: 9 }) }),
    )
    const way = fc.array(step, { minLength: 8, maxLength: 12 })
    await fc.assert(
      fc.asyncProperty(way, async (steps_) => {
        const engine = await town({ backups: 3 })
        let last = 0
        for (const each of steps_) {
          if ('turns' in each) await engine.turns(each.turns)
          else if ('back' in each) await tryBack(engine, each.back, each.state)
          else {
            const since = engine.fleet.reports.length
            await engine.scratch.write(`${each.edit}.ts`, unit(`1.${++last}.0`, each.shape))
            const report = await engine.during(engine.fleet.runtime.swap(each.edit))
            expect(report.outcome, JSON.stringify(report.findings)).toBe('committed')
            await engine.report('permanent', since)
          }
          expect(steps(engine, 'yard')).toBe(steps(engine, 'mill'))
          for (const { units } of await backups(engine))
            expect(units.map((one) => one.unit)).toEqual(['mill', 'yard'])
        }
        expect(engine.fleet.mixed).toBe(0)
        await engine.fleet.close()
      }),
      { numRuns: 3, endOnFailure: true },
    )
  })
})

/** Goes back, where there is something to go back to. */
async function tryBack(engine: Mill, name: string, state: RollbackState): Promise<void> {
  const units = await engine.during(engine.fleet.runtime.units())
  const { version, editions } = units.find((each) => each.unit === name)!
  if (editions.every((edition) => edition === version)) return
  const report = await engine.back({ state }, name)
  expect(['committed', 'refused'], JSON.stringify(report.findings)).toContain(report.outcome)
}
