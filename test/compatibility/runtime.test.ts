import { expect, test } from 'vitest'
import { createRuntime, type RuntimeOptions } from '../../dist/index.js'
import { counter } from '../support/counter.ts'
import { Fleet } from '../support/fleet.ts'
import { open } from '../support/opened.ts'
import { openFleet } from '../support/opened-fleet.ts'
import { Scratch } from '../support/scratch.ts'

const unit = (fields: string, body = '') =>
  `import { defineUnit } from 'tickswap/module'\nexport const unit = defineUnit({\n  ${fields}\n})\n${body}\n`

async function start(files: Record<string, string>, runtime: Partial<RuntimeOptions> = {}) {
  const options = { probation: { ticks: 3 }, ...runtime }
  return openFleet(files, { workers: 1, runtime: options })
}

test('an export that nobody imports may go while the engine runs: the report warns, with place and advice', async () => {
  const { scratch, fleet } = await start({
    'counter.ts': counter({ body: 'export const extra = (a: number) => a' }),
  })
  await scratch.write('counter.ts', counter())
  const report = await fleet.report('permanent')
  expect(report).toMatchObject({ verdict: 'breaking', actions: ['backup', 'confirm', 'rollback-available'] })
  expect(report.units[0]).toMatchObject({ from: '1.0.0', to: '1.0.0.1' })
  expect(report.findings).toMatchObject([
    { code: 'TICKSWAP_E_EXPORT_REMOVED', severity: 'warning', unit: 'counter', line: 4, column: 3 },
  ])
  expect(report.findings[0]!.file).toBe(scratch.path('counter.ts'))
  // Back to what ran first: its exports are known without its source on disk.
  const back = await fleet.during(fleet.runtime.rollback('counter', { to: '1.0.0' }))
  expect(back).toMatchObject({ verdict: 'compatible', outcome: 'committed', findings: [] })
})

test('a new patch that breaks says so beside its number; more parameters in an own file are found there', async () => {
  const lib = (parameters: string) => `export function rate(${parameters}): number { return 1 }\n`
  const edit = { version: '1.0.0', body: `export { rate } from './lib.ts'` }
  const { scratch, fleet } = await start({ 'counter.ts': counter(edit), 'lib.ts': lib('a: number') })
  await Promise.all([
    scratch.write('lib.ts', lib('a: number, b: number')),
    scratch.write('counter.ts', counter({ ...edit, version: '1.0.1' })),
  ])
  const report = await fleet.report('permanent')
  expect(report.findings).toMatchObject([
    { code: 'TICKSWAP_E_EXPORT_ARITY', file: scratch.path('lib.ts'), line: 1 },
    { code: 'TICKSWAP_E_VERSION_PROMISE', file: scratch.path('counter.ts'), line: 4 },
  ])
  expect(report.findings[1]!.message).toContain(
    `asks for 2 arguments instead of 1 (${scratch.path('lib.ts')}:1)`,
  )
})

test('who requires another major refuses it, at the line of the requirement; saved together both go', async () => {
  const needy = (range: string) => unit(`version: '1.0.0',\n  requires: { counter: '${range}' },`)
  const { scratch, fleet } = await start({ 'counter.ts': counter(), 'economy.ts': needy('^1.0.0') })
  await scratch.write('counter.ts', counter({ version: '2.0.0' }))
  const refused = await fleet.report('refused')
  expect(refused).toMatchObject({
    verdict: 'incompatible',
    actions: ['reject'],
    findings: [
      { code: 'TICKSWAP_E_REQUIREMENT', unit: 'economy', file: scratch.path('economy.ts'), line: 4 },
    ],
  })
  await scratch.write('economy.ts', needy('^2.0.0'))
  const report = await fleet.report('permanent')
  expect(report.units.map(({ unit: name }) => name).sort()).toEqual(['counter', 'economy'])
  expect(report.verdict).toBe('breaking')
})

test('rules of a file and of the options refuse and allow; flags that are excluded refuse', async () => {
  const rules = `rules:\n  - unit: counter\n    from: 1.x\n    to: 2.x\n    verdict: incompatible\n    reason: rows mean something else in 2\n`
  const files = { 'counter.ts': counter(), 'rules.yaml': rules }
  const scratch = await Scratch.create(files)
  open.push(scratch)
  const runtime: Partial<RuntimeOptions> = {
    rules: scratch.path('rules.yaml'),
    flags: { excluded: ['experimental'] },
    probation: { ticks: 3 },
  }
  const fleet = await Fleet.start(scratch, { unit: 'counter', workers: 0, runtime })
  open.push(fleet)
  await scratch.write('counter.ts', counter({ version: '2.0.0' }))
  const refused = await fleet.report('refused')
  expect(refused.findings).toMatchObject([{ code: 'TICKSWAP_E_RULE', severity: 'error', unit: 'counter' }])
  expect(refused.findings[0]!.message).toContain('rows mean something else in 2')
  expect(refused.findings[0]!.message).toContain('rules.yaml:2:5')
  const since = fleet.reports.length
  await scratch.write('counter.ts', counter({ version: '1.1.0', unit: `flags: ['experimental'],` }))
  const flagged = await fleet.report('refused', since)
  expect(flagged.findings).toMatchObject([{ code: 'TICKSWAP_E_FLAGS', severity: 'error' }])
  await scratch.write('counter.ts', counter({ version: '1.1.0' }))
  expect(await fleet.report('permanent')).toMatchObject({ verdict: 'compatible', findings: [] })
})

test('a rule of the unit itself travels with it', async () => {
  const { scratch, fleet } = await start({ 'counter.ts': counter() })
  const rule = `rules: [{ from: '<2', verdict: 'incompatible', reason: 'restart for this one' }],`
  await scratch.write('counter.ts', counter({ version: '2.0.0', unit: rule }))
  const refused = await fleet.report('refused')
  expect(refused.findings).toMatchObject([{ code: 'TICKSWAP_E_RULE', line: 6 }])
})

test.each([
  [{ rules: 7 }, 'TICKSWAP_E_RULES_INVALID', 'a list'],
  [{ rules: 'nowhere.yaml' }, 'TICKSWAP_E_OPTION', 'nowhere.yaml'],
  [{ rules: [{ unit: 'a', verdict: 'fine', reason: 'x' }] }, 'TICKSWAP_E_RULES_INVALID', 'rule 1'],
  [
    {
      rules: [
        { unit: 'a', from: '1.x', verdict: 'compatible', reason: 'x' },
        { unit: 'a', from: '>=1.5', verdict: 'breaking', reason: 'y' },
      ],
    },
    'TICKSWAP_E_RULES_INVALID',
    'disagree',
  ],
  [{ flags: { required: ['beta'], excluded: ['BETA'] } }, 'TICKSWAP_E_OPTION', 'requires and excludes beta'],
  [{ flags: { forbidden: [] } }, 'TICKSWAP_E_OPTION', 'forbidden'],
])('options %j are refused', async (options, code, words) => {
  const scratch = await Scratch.create({ 'counter.ts': counter() })
  open.push(scratch)
  const wrong = createRuntime({ units: scratch.dir, ...(options as object) })
  await expect(wrong).rejects.toMatchObject({ code, message: expect.stringContaining(words) })
})
