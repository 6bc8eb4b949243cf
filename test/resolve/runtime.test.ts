import { expect, test } from 'vitest'
import { counter } from '../support/counter.ts'
import { openFleet } from '../support/opened-fleet.ts'

const unit = (fields: string, body = '') =>
  `import { defineUnit } from 'tickswap/module'\nexport const unit = defineUnit({\n  ${fields}\n})\n${body}\n`

async function start(files: Record<string, string>, name = 'counter') {
  return openFleet(files, {
    unit: name,
    workers: 1,
    runtime: { probation: { ticks: 3 } },
  })
}

test('an edit that breaks a dependent is refused, with the version of another unit that would satisfy all', async () => {
  const needy = (version: string, range: string) =>
    unit(`version: '${version}', requires: { roads: '${range}' },`)
  const { scratch, fleet } = await start({
    'counter.ts': counter(),
    'roads.ts': unit(`version: '1.5.0',`),
    'traffic.ts': needy('1.3.0', '^1.0.0'),
  })
  await scratch.write('traffic.ts', needy('1.4.0', '>=1.5.0 <2'))
  await fleet.report('permanent')
  await scratch.write('roads.ts', unit(`version: '1.2.0',`))
  const { verdict, findings } = await fleet.report('refused')
  expect(verdict).toBe('incompatible')
  expect(findings[0]).toMatchObject({ code: 'TICKSWAP_E_REQUIREMENT', unit: 'traffic', severity: 'error' })
  expect(findings[0]!.message).toContain('traffic 1.4.0 requires roads >=1.5.0 <2, but roads is 1.2.0')
  expect(findings[0]!.advice).toMatch(/^Roll traffic back from 1\.4\.0 to 1\.3\.0, which satisfies everybody/)
  // The advice holds: once taken, the same edit goes through.
  const before = fleet.reports.length
  await fleet.during(fleet.runtime.rollback('traffic', { to: '1.3.0' }))
  await fleet.report('permanent', before)
  const since = fleet.reports.length
  await scratch.write('roads.ts', unit(`version: '1.2.0',`, 'export const again = 1'))
  const report = await fleet.report('permanent', since)
  expect(report.units.some(({ unit: name, to }) => name === 'roads' && to.startsWith('1.2.0'))).toBe(true)
})

test('where no known versions fit together, the chain of requirements is told', async () => {
  const { scratch, fleet } = await start({
    'counter.ts': counter(),
    'roads.ts': unit(`version: '1.5.0',`),
    'traffic.ts': unit(`version: '1.4.0', requires: { roads: '^1.0.0' },`),
  })
  await scratch.write('economy.ts', unit(`version: '3.0.0', requires: { roads: '^2.0.0' },`))
  const { findings } = await fleet.report('refused')
  expect(findings[0]!.message).toMatch(
    /economy 3\.0\.0 requires roads \^2\.0\.0, but roads is 1\.5\.0; no known versions fit together: economy 3\.0\.0 needs roads \^2\.0\.0/,
  )
})

test('saving a prerelease again breaks nobody who requires it by number', async () => {
  const roads = (body: string) => unit(`version: '1.4.2-rc.1',`, body)
  const { scratch, fleet } = await start({
    'counter.ts': counter(),
    'roads.ts': roads(''),
    'traffic.ts': unit(`version: '1.0.0', requires: { roads: '1.4.2-rc.1' },`),
  })
  await scratch.write('roads.ts', roads('export const lanes = 2'))
  expect((await fleet.report('permanent')).units).toMatchObject([{ unit: 'roads', to: '1.4.2-rc.1.1' }])
})

test('a circle whose versions exclude each other is refused, with the requirement and its place', async () => {
  const needs = (version: string, other: string, range: string) =>
    unit(`version: '${version}',\n  requires: { ${other}: '${range}' },`)
  const { scratch, fleet } = await start({
    'counter.ts': counter(),
    'ring.ts': needs('1.0.0', 'round', '^1.0.0'),
    'round.ts': needs('1.0.0', 'ring', '^1.0.0'),
  })
  await scratch.write('round.ts', needs('2.0.0', 'ring', '^2.0.0'))
  const { findings } = await fleet.report('refused')
  const unmet = findings.filter(({ code }) => code === 'TICKSWAP_E_REQUIREMENT')
  expect(unmet.map(({ unit: name, line, column }) => [name, line, column])).toEqual([
    ['round', 4, 15],
    ['ring', 4, 15],
  ])
  expect(unmet[0]!.message).toMatch(/no known versions fit together: .*r\w+ \d\.0\.0 needs r\w+ \^\d/)
})

const LOG = `const log = ((globalThis as { log?: string[] }).log ??= [])\n`
const told = (version: string, name: string, fields: string) =>
  unit(
    `version: '${version}', ${fields}
  setup() { log.push('+${name}') }, dispose() { log.push('-${name}') },`,
    LOG,
  )

test('units are set up after what they need and disposed of before it; a circle is a group', async () => {
  const log: string[] = []
  ;(globalThis as { log?: string[] }).log = log
  const files = (version: string) => ({
    'above.ts': told(version, 'above', `requires: { ring: '*' },`),
    'ring.ts': told(version, 'ring', `requires: { round: '*' },`),
    'round.ts': told(version, 'round', `requires: { ring: '*', zero: '*' },`),
    'zero.ts': told(version, 'zero', ''),
  })
  const { scratch, fleet } = await start({ 'counter.ts': counter(), ...files('1.0.0') })
  const order = ['zero', 'ring', 'round', 'above']
  expect(log).toEqual(order.map((name) => `+${name}`))
  const units = await fleet.during(fleet.runtime.units())
  expect(units.map(({ unit: name }) => name).filter((name) => name !== 'counter')).toEqual(order)
  log.length = 0
  await Promise.all(Object.entries(files('1.1.0')).map(([name, text]) => scratch.write(name, text)))
  await fleet.report('permanent')
  expect(log).toEqual([...order.map((name) => `+${name}`), ...order.toReversed().map((name) => `-${name}`)])
})

test('a dependent is bound to the newest interface that both know, and anew when the provider changes', async () => {
  const traffic = (version: string, offers: string) =>
    unit(`version: '${version}', provides: { traffic: [${offers}] },`)
  const { scratch, fleet } = await start(
    {
      'counter.ts': counter(),
      'traffic.ts': traffic('3.0.0', `'1', '2'`),
      'signs.ts': unit(
        `version: '1.0.0', requires: { traffic: '1 || 2' },`,
        'export const bound = () => unit.interfaces.traffic',
      ),
    },
    'counter',
  )
  const signs = fleet.runtime.use<{ bound(): string }>('signs')
  const status = async () =>
    (await fleet.during(fleet.runtime.units())).find(({ unit: name }) => name === 'signs')!
  expect(signs.exports.bound()).toBe('2')
  expect(await status()).toMatchObject({ requires: { traffic: '1 || 2' }, interfaces: { traffic: '2' } })
  await scratch.write('traffic.ts', traffic('4.0.0', `'1', '3'`))
  await fleet.report('permanent')
  expect(signs.exports.bound()).toBe('1')
  expect((await status()).interfaces).toEqual({ traffic: '1' })
  const since = fleet.reports.length
  await scratch.write('traffic.ts', traffic('5.0.0', `'3'`))
  const refused = await fleet.report('refused', since)
  expect(refused.findings[0]).toMatchObject({ code: 'TICKSWAP_E_REQUIREMENT', unit: 'signs' })
})

test('what is optional may be missing, and has to match once it is there', async () => {
  const { scratch, fleet } = await start({
    'counter.ts': counter(),
    'roads.ts': unit(`version: '1.0.0', optional: { signs: '^2.0.0' },`),
  })
  await scratch.write('signs.ts', unit(`version: '1.0.0',`))
  const refused = await fleet.report('refused')
  expect(refused.findings[0]!.message).toContain(
    'roads 1.0.0 can only run with signs ^2.0.0, but signs is 1.0.0',
  )
  const since = fleet.reports.length
  await scratch.write('signs.ts', unit(`version: '2.1.0',`))
  await fleet.report('permanent', since)
})
