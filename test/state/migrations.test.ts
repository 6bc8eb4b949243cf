import { describe, expect, test } from 'vitest'
import type { ErrorCode } from '../../dist/index.js'
import { openFleet } from '../support/opened-fleet.ts'
import { filled, world } from './world.ts'

type Columns = Record<string, Float64Array>

async function start(text: string, runtime: object = {}) {
  const { scratch, fleet } = await openFleet(
    { 'world.ts': text },
    {
      unit: 'world',
      workers: 1,
      runtime: { probation: { ticks: 4 }, ...runtime },
    },
  )
  const edit = async (next: string, outcome: 'permanent' | 'refused' | 'rolled-back' | 'reversed') => {
    const since = fleet.reports.length
    await scratch.write('world.ts', next)
    return fleet.report(outcome, since)
  }
  const columns = () => fleet.handle.state.columns as unknown as Columns
  const isWhole = () => {
    expect(fleet.mixed).toBe(0)
    expect([...columns().steps!.subarray(0, 2)]).toEqual([fleet.frame, fleet.frame])
  }
  const write = (next: string) => scratch.write('world.ts', next)
  return { fleet, edit, write, columns, isWhole }
}

/** A change of the state, there and back. */
const CHANGES: {
  name: string
  before: string
  init: string
  after: string
  up: string
  down: string
  holds: (now: Columns) => boolean
}[] = [
  {
    name: 'a column that grows',
    before: 'speed: f32(100)',
    init: filled('speed'),
    after: 'speed: f32(300)',
    up: 'next.columns.speed.fill(7, 100)',
    down: '',
    holds: ({ speed }) => speed!.length === 300 && speed![99] === 99 && speed![100] === 7,
  },
  {
    name: 'a column of another type',
    before: 'speed: u16(100)',
    init: filled('speed', 3),
    after: 'speed: f64(100)',
    up: 'next.columns.speed.set(old.columns.speed)',
    down: 'old.columns.speed.set(next.columns.speed)',
    holds: ({ speed }) => speed instanceof Float64Array && speed[99] === 297,
  },
  {
    name: 'a column that is split',
    before: 'place: u32(100)',
    init: filled('place', 257),
    after: 'x: u8(100), y: u16(100)',
    up: 'old.columns.place.forEach((p: number, i: number) => { next.columns.x[i] = p & 255; next.columns.y[i] = p >>> 8 })',
    down: 'next.columns.x.forEach((x, i) => { old.columns.place[i] = x | (next.columns.y[i]! << 8) })',
    holds: ({ x, y }) => x![99]! + y![99]! * 256 === 99 * 257,
  },
  {
    name: 'columns that are merged',
    before: 'x: u8(100), y: u8(100)',
    init: filled('x'),
    after: 'place: f32(200)',
    up: 'for (let i = 0; i < 100; i++) { next.columns.place[2 * i] = old.columns.x[i]; next.columns.place[2 * i + 1] = old.columns.y[i] }',
    down: 'for (let i = 0; i < 100; i++) { old.columns.x[i] = next.columns.place[2 * i]!; old.columns.y[i] = next.columns.place[2 * i + 1]! }',
    holds: ({ place }) => place![198] === 99 && place![199] === 0,
  },
  {
    name: 'a dropped value that is handed over to soft state',
    before: 'money: f64(4)',
    init: filled('money', 5),
    after: 'other: u8(1)',
    up: 'next.soft.money = [...old.columns.money]',
    down: 'old.columns.money.set(next.soft.money)',
    holds: () => true,
  },
]

describe('state keeps its values, there and back', () => {
  test.each(CHANGES)('$name', async ({ before, init, after, up, down, holds }) => {
    const { fleet, edit, columns, isWhole } = await start(
      world({ version: '1.0.0', columns: before, unit: init }),
    )
    const old = Object.entries(columns()).map(([name, column]) => [name, [...column]] as const)
    const migrate = `'^1.0.0': { up(old, next) { ${up} }, down(next, old) { ${down} } }`
    const text = world({ version: '2.0.0', columns: after, migrate }).replace(
      'soft: () => ({ calls: 0 })',
      'soft: (): any => ({ calls: 0, money: [] })',
    )
    const report = await edit(text, 'permanent')
    expect(report.findings.filter(({ severity }) => severity === 'error')).toEqual([])
    expect(holds(columns())).toBe(true)
    isWhole()
    const back = await fleet.during(fleet.runtime.rollback('world'))
    expect(back.outcome, JSON.stringify(back.findings)).toBe('committed')
    await fleet.report('permanent', fleet.reports.indexOf(report) + 1)
    for (const [name, values] of old) if (name !== 'steps') expect([...columns()[name]!]).toEqual(values)
    isWhole()
  })
})

const one = (more = '') =>
  world({ version: '1.0.0', columns: 'speed: f32(5000)', unit: filled('speed', 0.5) + more })
const two = (migration: string, columns = 'speed: f32(5000), energy: f32(5000)', head = '') =>
  world({ version: '2.0.0', columns, head, migrate: `'^1.0.0': { ${migration} }` })

const REFUSED: { name: string; code: ErrorCode; text: string; says?: string }[] = [
  {
    name: 'never returns',
    code: 'TICKSWAP_E_MIGRATION_TIMEOUT',
    text: two('up() { for (;;); }, down() {}'),
  },
  {
    name: 'writes nothing where values were',
    code: 'TICKSWAP_E_MIGRATION_EMPTY',
    text: two('up() {}, down() {}', 'speed: f64(5000)'),
    says: 'column speed',
  },
  {
    name: 'returns a promise',
    code: 'TICKSWAP_E_MIGRATION_FAILED',
    text: two('async up() {}, down() {}'),
    says: 'promise',
  },
  {
    name: 'writes past the end of a column',
    code: 'TICKSWAP_E_MIGRATION_BOUNDS',
    text: two('up(old, next) { for (let i = 0; i <= 5000; i++) next.columns.energy[i] = 1 }, down() {}'),
    says: 'energy[5000], which has 5000 elements',
  },
  {
    name: 'changes the old state',
    code: 'TICKSWAP_E_MIGRATION_OLD_STATE',
    text: two('up(old) { old.columns.speed[12] = 1000 }, down() {}'),
    says: 'column speed[12]: 6 became 1000',
  },
  {
    name: 'changes the old soft state',
    code: 'TICKSWAP_E_MIGRATION_OLD_STATE',
    text: two('up(old) { old.soft.calls = 1000 }, down() {}'),
    says: 'soft state: calls',
  },
  {
    name: 'throws in down',
    code: 'TICKSWAP_E_MIGRATION_FAILED',
    text: two('up() {}, down() { throw new Error("no way back") }'),
    says: 'no way back',
  },
  {
    name: 'loses what it was given',
    code: 'TICKSWAP_E_MIGRATION_ROUND_TRIP',
    text: two(
      'up(old, next) { next.columns.speed.set(old.columns.speed) }, down(next, old) { old.columns.speed.set(next.columns.speed) }',
      'speed: u8(5000)',
    ),
    says: 'column speed[1]: 0.5 became 0',
  },
  {
    name: 'looks beyond the rows it is given',
    code: 'TICKSWAP_E_MIGRATION_RANGES',
    text: two(
      'rows: 5000, upRange(old, next, from, to) { for (let i = from; i < to; i++) next.columns.energy[i] = i - from }, down() {}',
    ),
    says: 'column energy[2731]',
  },
  {
    name: 'is more than memory can hold',
    code: 'TICKSWAP_E_STATE_LIMIT',
    text: two('up() {}', 'speed: f32(5000), a: f64(268435456), b: f64(268435456), c: f64(268435456)'),
  },
]

test('a migration that is refused before anybody saw it', async () => {
  const { fleet, edit, write, isWhole } = await start(one(), { deadlines: { evaluateMs: 400 } })
  for (const { name, code, text, says = '' } of REFUSED) {
    const since = fleet.reports.length
    const find = () => {
      const findings = fleet.reports.slice(since).flatMap((report) => report.findings)
      return findings.find((found) => found.code === code && found.message.includes(says))
    }
    await write(text)
    await fleet.until(() => find() !== undefined, `the refusal of one that ${name}`)
    const found = find()
    expect(found!.advice.length).toBeGreaterThan(20)
    if (code !== 'TICKSWAP_E_STATE_LIMIT') expect(found!.line).toBeGreaterThan(0)
    expect(fleet.handle.version).toBe('1.0.0')
    isWhole()
  }
  const healed = await edit(two('up(old, next) { next.columns.energy.fill(1) }, down() {}'), 'permanent')
  expect(healed.units[0]).toMatchObject({ from: '1.0.0', to: expect.stringMatching(/^2\.0\.0\.\d+$/) })
  isWhole()
})

test('a migration that is declared lossy is not tried on its way back, and the report says so', async () => {
  const { edit, isWhole } = await start(one())
  const text = two(
    'lossy: true, up(old, next) { next.columns.speed.set(old.columns.speed) }, down(next, old) { old.columns.speed.set(next.columns.speed) }',
    'speed: u8(5000)',
  )
  const report = await edit(text, 'permanent')
  expect(report.findings.find(({ code }) => code === 'TICKSWAP_E_MIGRATION_LOSSY')?.severity).toBe('info')
  isWhole()
})

describe('a chain of migrations', () => {
  const chained = (version: string, more = '', step = '') =>
    ({
      '1.0.0': world({ version: '1.0.0', columns: 'a: u32(100)', unit: filled('a') }),
      '2.0.0': world({
        version: '2.0.0',
        columns: 'b: f32(100)',
        migrate: `'^1.0.0': { up(old, next) { old.columns.a.forEach((v: number, i: number) => { next.columns.b[i] = v * 2 }) },
          down(next, old) { next.columns.b.forEach((v, i) => { old.columns.a[i] = v / 2 }) } }`,
      }),
      '3.0.0': world({
        version: '3.0.0',
        columns: 'c: f64(100)',
        step,
        migrate: `'^2.0.0': { up(old, next) { old.columns.b.forEach((v: number, i: number) => { next.columns.c[i] = v + 1 }) },
          down(next, old) { next.columns.c.forEach((v, i) => { old.columns.b[i] = v - 1 }) } }`,
        head: more,
      }),
    })[version]!

  test('goes by versions that ran, up, back in probation, up again and down by hand', async () => {
    const { fleet, edit, columns, isWhole } = await start(chained('1.0.0'))
    const ones = [...columns().a!]
    await edit(chained('2.0.0'), 'permanent')
    let since = fleet.reports.length
    await fleet.during(fleet.runtime.rollback('world', { to: '1.0.0' }))
    await fleet.report('permanent', since)
    expect([...columns().a!]).toEqual(ones)
    // 3.0.0 knows nothing of 1.0.0, but 2.0.0 does.
    const failing = chained(
      '3.0.0',
      'let age = 0',
      `if (++age === 3 && worker < 0) throw new Error('on purpose')`,
    )
    const failed = await edit(failing, 'rolled-back')
    expect(failed.restored).toMatchObject({ how: 'down', ticksLost: 0 })
    expect([...columns().a!]).toEqual(ones)
    isWhole()
    const live = await edit(chained('3.0.0'), 'permanent')
    expect(live.units[0]).toMatchObject({ from: '1.0.0' })
    expect([...columns().c!]).toEqual(ones.map((value) => value * 2 + 1))
    isWhole()
    since = fleet.reports.length
    const back = await fleet.during(fleet.runtime.rollback('world', { to: '1.0.0' }))
    expect(back.outcome, JSON.stringify(back.findings)).toBe('committed')
    await fleet.report('permanent', since)
    expect([...columns().a!]).toEqual(ones)
    isWhole()
  })
})
