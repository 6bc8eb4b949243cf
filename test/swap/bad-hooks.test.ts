import { rm } from 'node:fs/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Finding } from '../../dist/index.js'
import { counter } from '../support/counter.ts'
import { Fleet } from '../support/fleet.ts'
import { Scratch } from '../support/scratch.ts'

/** One engine for all: what one test leaves behind would fail the next. */
let scratch: Scratch
let fleet: Fleet
const warnings: Finding[] = []
const rider = `import { defineUnit } from 'tickswap/module'
export const unit = defineUnit({ version: '1.0.0', requires: { counter: '^1.0.0' } })
export const ride = () => 1
`
beforeAll(async () => {
  scratch = await Scratch.create({ 'counter.ts': counter(), 'rider.ts': rider })
  fleet = await Fleet.start(scratch, {
    unit: 'counter',
    runtime: { probation: { ticks: 5 }, deadlines: { leadMs: 250 } },
  })
  fleet.runtime.on('warning', (warning) => warnings.push(warning))
})
afterAll(async () => {
  await fleet?.close()
  await scratch?.remove()
})

async function heal(by: number): Promise<void> {
  const since = fleet.reports.length
  await scratch.write('counter.ts', counter({ by }))
  await fleet.report('permanent', since)
  const { steps } = fleet.handle.state.columns as { steps: Uint32Array }
  expect([...steps.subarray(0, 3)]).toEqual([fleet.frame, fleet.frame, fleet.frame])
  expect([fleet.mixed, fleet.allExceptions]).toEqual([0, 0])
}

test('a dispose that throws is reported for every participant, and the swap is permanent', async () => {
  await scratch.write('counter.ts', counter({ by: 2, unit: `dispose() { throw new Error('will not go') },` }))
  await fleet.report('permanent')
  await heal(3)
  const told = () => warnings.filter(({ code }) => code === 'TICKSWAP_E_DISPOSE')
  await fleet.until(() => told().length >= 3, 'a warning of each participant')
  expect(
    told()
      .map(({ participant }) => participant)
      .sort(),
  ).toEqual(['main', 'worker-0', 'worker-1'])
  for (const { message, advice } of told()) {
    expect(message).toMatch(/dispose of counter 1\.0\.0\.1 threw: .*will not go/)
    expect(advice).toContain('dispose')
  }
})

test('a setup that throws after the commit, in one worker only, takes it back everywhere', async () => {
  const since = fleet.reports.length
  const here = `(globalThis as { fleetIndex?: number }).fleetIndex === 1`
  await scratch.write(
    'counter.ts',
    counter({ by: 4, unit: `setup() { if (${here}) throw new Error('not here') },` }),
  )
  const report = await fleet.report('rolled-back', since)
  expect(report.findings[0]).toMatchObject({
    code: 'TICKSWAP_E_PROBATION_SETUP',
    participant: 'worker-1',
    message: expect.stringContaining('not here'),
    advice: expect.stringMatching(/\w/),
  })
  await heal(5)
})

test('a verify that takes longer than its deadline is reversed, and says whose it is', async () => {
  const since = fleet.reports.length
  const slow = `verify() { const end = Date.now() + 900; while (Date.now() < end) { /* at work */ } },`
  await scratch.write('counter.ts', counter({ by: 6, unit: slow }))
  const report = await fleet.report('reversed', since)
  expect(report.findings[0]).toMatchObject({ code: 'TICKSWAP_E_STRAGGLER' })
  expect(report.findings[0]!.message).toMatch(/main|worker-/)
  await heal(7)
})

test('a unit that is renamed, or whose file goes, while another requires it runs on', async () => {
  const since = fleet.reports.length
  await scratch.write('counter.ts', counter({ by: 8 }).replace('defineUnit({', `defineUnit({ name: 'other',`))
  const renamed = await fleet.report('refused', since)
  const removal = { code: 'TICKSWAP_E_UNIT_REMOVED', unit: 'counter', file: scratch.path('counter.ts') }
  expect(renamed.findings).toContainEqual(expect.objectContaining(removal))
  expect(renamed.findings.map(({ message }) => message).join()).toContain('which rider requires')
  await heal(9)
  const later = fleet.reports.length
  await rm(scratch.path('counter.ts'))
  const removed = await fleet.report('refused', later)
  expect(removed.findings[0]).toMatchObject({
    ...removal,
    message: expect.stringContaining('which rider requires'),
  })
  await heal(10)
})
