import { expect, test } from 'vitest'
import { openFleet } from '../support/opened-fleet.ts'
import { expectExact, ROWS, STEP } from './wide.ts'
import { world } from './world.ts'

const one = world({ version: '1.0.0', columns: `place: f32(${ROWS}), log: u32(7)`, step: STEP })
const two = (step = '', upRange = '', version = '2.0.0') =>
  world({
    version,
    columns: `place: f64(${ROWS}), twice: f32(${ROWS}), log: u32(7), marks: u32(3)`,
    head: 'let age = 0',
    step: `${STEP}\n  ${step}`,
    migrate: `'^1.0.0': {
      rows: ${ROWS},
      upRange(old, next, from, to) {
        const [a, b, c] = [old.columns.place, next.columns.place, next.columns.twice]
        for (let i = from; i < to; i++) { b[i] = a[i]; c[i] = a[i] * 2 }
        ${upRange}
      },
      up(old, next) { next.columns.marks[0] = 9; next.soft.calls = old.soft.calls },
      downRange(next, old, from, to) { for (let i = from; i < to; i++) old.columns.place[i] = next.columns.place[i]! },
    }`,
  })

test('large state is moved beside the old version, and nothing that was written meanwhile is lost', async () => {
  const { scratch, fleet } = await openFleet(
    { 'world.ts': one },
    {
      unit: 'world',
      workers: 2,
      runtime: { probation: { ticks: 8 } },
    },
  )
  const columns = () => fleet.handle.state.columns as unknown as Record<string, Float64Array>
  const isExact = () => expectExact(fleet)
  await fleet.frames(10)
  isExact()

  let since = fleet.reports.length
  await scratch.write('world.ts', two('', 'if (from === 0) c[5] = NaN'))
  const refused = await fleet.report('refused', since)
  expect(refused.findings[0]).toMatchObject({ code: 'TICKSWAP_E_MIGRATION_FAILED' })
  expect(refused.findings[0]!.message).toContain('twice[5]')
  await fleet.frames(5)
  isExact()

  since = fleet.reports.length
  await scratch.write('world.ts', two(`if (worker === 0 && ++age === 5) throw new Error('on purpose')`))
  const failed = await fleet.report('rolled-back', since)
  expect(failed.restored).toMatchObject({ how: 'down', ticksLost: 0 })
  await fleet.frames(5)
  isExact()

  since = fleet.reports.length
  await scratch.write('world.ts', two())
  const live = await fleet.report('permanent', since)
  expect(live.findings.filter(({ severity }) => severity !== 'info')).toEqual([])
  await fleet.frames(5)
  isExact()
  expect([columns().marks![0], columns().twice![1]]).toEqual([9, 0])
  expect((fleet.handle.state.soft as { calls: number }).calls).toBe(fleet.frame)
  expect(fleet.mixed).toBe(0)
  expect(fleet.allExceptions).toBe(0)
})
