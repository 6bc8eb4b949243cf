import { describe, expect, test } from 'vitest'
import { Company, checkCandidate, Member } from '../../dist/version/compatibility/check.js'
import { RuleBook, readRules } from '../../dist/version/compatibility/rules.js'
import { compareVersions } from '../../dist/version/compatibility/transition.js'
import { PATIENCE } from '../support/patience.ts'
import { compare, source, traffic } from './units.ts'

const codes = ({ findings }: { findings: readonly { code: string; severity: string }[] }) =>
  findings.map(({ code, severity }) => `${severity} ${code.replace('TICKSWAP_E_', '')}`)

describe('exports', () => {
  const step = (parameters: string) => ({ body: `export function step(${parameters}) {}` })

  test('one that is removed: a warning at the declaration, breaking, to be confirmed', () => {
    const found = compare(
      { body: 'export const a = 1, b = 2' },
      { version: '2.0.0', body: 'export const a = 1' },
    )
    expect(codes(found)).toEqual(['warning EXPORT_REMOVED'])
    expect(found.findings[0]).toMatchObject({ unit: 'traffic', line: 3, column: 3 })
    expect(found.findings[0]!.file).toMatch(/traffic\.ts$/)
    expect(found.findings[0]!.message).toContain('export `b` is removed')
    expect(found.findings[0]!.advice).toContain('major')
    expect(found).toMatchObject({ verdict: 'breaking', level: 'major' })
    expect(found.actions).toEqual(['backup', 'confirm', 'rollback-available'])
  })

  test.each([
    ['export function f() {}', 'export class f {}', 'was a function and is a class'],
    ['export const f = () => 1', 'export const f = 1', 'was a function and is a value of type number'],
    [
      'export const f = 1',
      'export const f = "1"',
      'was a value of type number and is a value of type string',
    ],
    ['export const f = () => 1', 'export const f = async () => 1', 'was a function and is an async function'],
    ['export function f() {}', 'export function* f() {}', 'was a function and is a generator'],
    ['function g() {}\nexport { g as f }', 'const g = [1]\nexport { g as f }', 'is a value of type object'],
  ])('%j that becomes %j is another kind', (before, after, words) => {
    const found = compare({ body: before }, { body: after, version: '2.0.0' })
    expect(codes(found)).toEqual(['warning EXPORT_KIND'])
    expect(found.findings[0]!.message).toContain(words)
    expect(found.verdict).toBe('breaking')
  })

  test.each([
    ['dt: number', 'dt: number, now: number', true],
    ['', 'dt = 1, now: number', true],
    ['', '{ dt }: { dt: number }', true],
    ['dt: number', 'dt: number, now?: number', false],
    ['dt: number', 'dt: number, now = 0', false],
    ['dt: number', 'dt: number, ...rest: number[]', false],
    ['dt: number', 'dt: number, options?: { a: number }, more?: () => void', false],
    ['dt: number, now: number', 'dt: number', false],
    ['dt?: number', 'dt: number', true],
  ])('step(%s) that becomes step(%s) asks for more: %s', (before, after, more) => {
    const found = compare(step(before), { ...step(after), version: '2.0.0' })
    expect(codes(found)).toEqual(more ? ['warning EXPORT_ARITY'] : [])
    if (more) expect(found.findings[0]).toMatchObject({ line: 6, column: 8 })
    const arrow = (parameters: string) => ({ body: `export const step = (${parameters}) => {}` })
    expect(codes(compare(arrow(before), { ...arrow(after), version: '2.0.0' }))).toEqual(codes(found))
  })

  test.each([
    ['drive(x: number) {}', '', 'has no `drive` any more'],
    ['static make() {}', 'make() {}', 'has no `static make` any more'],
    ['drive(x: number) {}', 'drive(x: number, y: number) {}', 'asks for 2 arguments instead of 1'],
    ['drive() {}', 'drive = 1', 'has `drive` as a field'],
    ['get speed() { return 1 }', 'speed() { return 1 }', 'has `speed` as a method'],
    ['constructor(a: number) {}', 'constructor(a: number, b: number) {}', 'a constructor that asks for 2'],
  ])('a class with %j that has %j then has another shape', (before, after, words) => {
    const car = (members: string) => `export class Car { ${members} }`
    const found = compare({ body: car(before) }, { body: car(after), version: '2.0.0' })
    expect(codes(found)).toEqual(['warning EXPORT_SHAPE'])
    expect(found.findings[0]!.message).toContain(words)
  })

  test.each([
    ['#secret() {}', ''],
    ['speed = 1', 'get speed() { return 1 }'],
    ['drive() {}', 'drive() {} stop() {}'],
    ['drive(x: number) {}', 'drive(x: number, y?: number) {}'],
  ])('a class with %j may have %j then', (before, after) => {
    const car = (members: string) => `export class Car { ${members} }`
    expect(compare({ body: car(before) }, { body: car(after) }).findings).toEqual([])
  })

  test('what a parent may have is not missed', () => {
    const body = 'class Base { drive() {} }\nexport class Car extends Base {}'
    expect(compare({ body: 'export class Car { drive() {} }' }, { body }).findings).toEqual([])
  })

  test('types are no exports', () => {
    expect(compare({ body: 'export interface A { a: number }\nexport type B = A' }, {}).findings).toEqual([])
  })

  test('re-exports are followed through the own files, by name and by star', () => {
    const before = traffic({
      'traffic.ts': source({ body: `export { rate as speed } from './lib.ts'\nexport * from './more.ts'` }),
      'lib.ts': 'export const rate = (a: number) => a',
      'more.ts': `export function stop() {}\nexport * as deep from './lib.ts'`,
    })
    expect(before.surface).toMatchObject({
      speed: { kind: 'function', required: 1, place: { line: 1, column: 21 } },
      stop: { kind: 'function', required: 0 },
      deep: { kind: 'namespace' },
    })
    const after = traffic({
      'traffic.ts': source({ version: '2.0.0', body: `export { rate as speed } from './lib.ts'` }),
      'lib.ts': 'export const rate = (a: number, b: number) => a + b',
    })
    const found = compareVersions(before, after)
    expect(codes(found).sort()).toEqual([
      'warning EXPORT_ARITY',
      'warning EXPORT_REMOVED',
      'warning EXPORT_REMOVED',
    ])
    expect(found.findings.find(({ code }) => code === 'TICKSWAP_E_EXPORT_ARITY')!.file).toMatch(/lib\.ts$/)
  })

  test('sources with enums, which are compiled, are compared too; optional parameters there are not judged', () => {
    const colour = 'export enum Colour { red }\n'
    const found = compare(
      { body: `${colour}export const step = (a: number) => a\nexport const gone = 1` },
      { body: `${colour}export const step = (a: number, b?: number) => a`, version: '2.0.0' },
    )
    expect(codes(found)).toEqual(['warning EXPORT_REMOVED'])
  })
})

describe('state', () => {
  const state = (columns: string, more = '') => ({ unit: `state: { columns: { ${columns} } ${more} },` })
  const migrate = (ways: string) => `migrate: { '^1.0.0': { ${ways} } },`

  test.each([
    ['speed: f32(8)', '', 'column speed'],
    ['speed: f32(8)', 'speed: f64(8)', 'f32 becomes f64'],
    ['speed: f32(8)', 'speed: f32(4)', '8 elements become 4'],
    ['speed: f32(8)', `speed: f32(8, { scope: 'participant' })`, 'shared becomes participant'],
  ])('%s that becomes %j loses values: refused without a migration', (before, after, words) => {
    const found = compare(state(before), { ...state(after), version: '2.0.0' })
    expect(codes(found)).toEqual(['info STATE_SHAPE', 'error MIGRATION_MISSING'])
    expect(found.findings[1]!.message).toContain(words)
    expect(found).toMatchObject({ verdict: 'incompatible', actions: ['migrate-manual', 'reject'] })
    const both = { unit: state(after).unit + migrate('up() {}, down() {}'), version: '2.0.0' }
    const migrated = compare(state(before), both)
    expect(codes(migrated)).toEqual(['info STATE_SHAPE'])
    expect(migrated.verdict).toBe('needs-migration')
    expect(migrated.actions).toEqual(['backup', 'migrate-auto', 'confirm', 'rollback-available'])
    const upOnly = compare(state(before), { unit: state(after).unit + migrate('up() {}'), version: '2.0.0' })
    expect(codes(upOnly)).toEqual(['info STATE_SHAPE', 'warning MIGRATION_MISSING'])
    expect(upOnly.actions).not.toContain('rollback-available')
  })

  test('a column that is added or grows is carried over by itself', () => {
    const found = compare(state('speed: f32(8)'), {
      ...state('speed: f32(2 * 8), lane: u8(4)'),
      version: '1.5.0',
    })
    expect(codes(found)).toEqual(['info STATE_SHAPE'])
    expect(found.findings[0]).toMatchObject({ line: 4 })
    expect(found).toMatchObject({ verdict: 'needs-migration', level: 'minor' })
    expect(found.actions).toContain('migrate-auto')
  })

  test('soft keys: one that goes, and one of another type, are warned of', () => {
    const soft = (object: string) => ({ unit: `state: { soft: () => (${object}) },` })
    const found = compare(
      soft('{ clock: 0, name: "a", list: [] }'),
      soft('{ clock: "0", list: [], more: 1 }'),
    )
    expect(codes(found)).toEqual(['warning SOFT_KEY', 'warning SOFT_KEY'])
    expect(found.findings.map(({ message }) => message.replace(/.*: /, ''))).toEqual([
      'soft key `clock` was number and is string',
      'soft key `name` is removed',
    ])
    expect(found.actions).toContain('confirm')
  })

  test('columns that cannot be read without running the file are not judged', () => {
    const found = compare(state('speed: f32(8)'), { unit: 'state: { columns: { ...somewhere } },' })
    expect(found).toMatchObject({ findings: [], verdict: 'compatible' })
  })

  test('constants are followed into other files', () => {
    const file = `export const SIZES = { cells: 4 << 2 }\nexport const COLUMNS = { speed: f32(SIZES.cells) }`
    const unit = traffic({
      'traffic.ts': `import { defineUnit } from 'tickswap/module'\nimport { COLUMNS } from './sizes.ts'\nconst VERSION = '1.0.0'\nexport const unit = defineUnit({ version: VERSION, state: { columns: COLUMNS } })`,
      'sizes.ts': `import { f32 } from 'tickswap/module'\n${file}`,
    })
    expect(unit.state).toEqual({ columns: { speed: { type: 'f32', length: 16, scope: 'shared' } } })
    expect(unit.version).toBe('1.0.0')
  })
})

test('constants that double each other, or go in circles, end in bounded time', () => {
  const doubled = Array.from({ length: 40 }, (_, i) => `const c${i} = c${i + 1} + c${i + 1}`).join('\n')
  const from = performance.now()
  const unit = traffic(
    source({
      unit: 'state: { columns: { a: f32(c0), b: f32(x) } },',
      body: `${doubled}\nconst c40 = 1, x = y, y = x`,
    }),
  )
  expect(performance.now() - from).toBeLessThan(5000 * PATIENCE)
  expect(unit.state.columns).toMatchObject({ a: { length: 'c0' }, b: { length: 'x' } })
})

test('the chain of migrations: by which versions the way goes, or where it breaks off', () => {
  const one = traffic(source({ version: '1.0.0', unit: 'state: { columns: { a: f32(8) } },' }))
  const two = (ways: string) =>
    traffic(
      source({
        version: '2.0.0',
        unit: `state: { columns: { b: f32(8) } }, migrate: { '^1.0.0': { ${ways} } },`,
      }),
    )
  const three = traffic(
    source({
      version: '3.0.0',
      unit: `state: { columns: { c: f32(8) } }, migrate: { '^2.0.0': { up() {}, down() {} } },`,
    }),
  )
  const whole = [one, two('up() {}, down() {}'), three]
  const up = compareVersions(one, three, { stored: whole })
  expect(codes(up)).toEqual(['info STATE_SHAPE', 'error MIGRATION_MISSING'])
  expect(up.findings[1]!.advice).toContain('Go by 2.0.0')
  const down = compareVersions(three, one, { stored: whole })
  expect(down.findings.find(({ severity }) => severity === 'error')!.advice).toContain('Go by 2.0.0')
  const broken = compareVersions(three, one, { stored: [one, two('up() {}'), three] })
  expect(codes(broken)).toContain('warning MIGRATION_CHAIN')
  const { message } = broken.findings.find(({ code }) => code === 'TICKSWAP_E_MIGRATION_CHAIN')!
  expect(message).toContain('breaks off at 2.0.0 -> 1.0.0: 2.0.0 has no `down`')
  const oneWay = compareVersions(one, three, { stored: [one, two('up() {}'), three] })
  expect(codes(oneWay)).toEqual(['info STATE_SHAPE', 'error MIGRATION_MISSING', 'warning MIGRATION_CHAIN'])
  expect(oneWay.findings[2]!.message).toContain(
    '2.0.0 has no `down` for it, and there is no way back over it',
  )
})

describe('what the number promises', () => {
  test.each([
    ['1.4.3', 'a patch, but is a major'],
    ['1.5.0', 'a minor, but is a major'],
  ])('%s that removes an export', (version, words) => {
    const found = compare({ body: 'export const a = 1' }, { version })
    expect(codes(found)).toEqual(['warning EXPORT_REMOVED', 'warning VERSION_PROMISE'])
    expect(found.findings[1]).toMatchObject({ line: 3, column: 3 })
    expect(found.findings[1]!.message).toContain(words)
    expect(found.findings[1]!.message).toMatch(/export `a` is removed \(.*traffic\.ts:3\)/)
  })

  test('a patch that adds an export', () => {
    const found = compare({}, { version: '1.4.3', body: 'export const a = 1' })
    expect(codes(found)).toEqual(['warning VERSION_PROMISE'])
    expect(found.findings[0]!.message).toContain('a patch, but is a minor: export `a` is added')
  })

  test.each([
    ['1.4.2', '2.0.0'],
    ['1.4.2', '1.4.2'],
    ['1.4.2', '1.4.2.7'],
    ['0.4.2', '0.5.0'],
    ['1.4.2', '1.5.0-rc.1'],
    ['1.4.2', '1.3.0'],
  ])('%s -> %s promises nothing that a removed export breaks', (from, to) => {
    const found = compare({ version: from, body: 'export const a = 1' }, { version: to })
    expect(codes(found)).toEqual(['warning EXPORT_REMOVED'])
  })
})

describe('flags', () => {
  test('the policy refuses what lacks a flag or has a wrong one; deprecated is a warning', () => {
    const policy = { required: ['stable'], excluded: ['experimental'] }
    const of = (flags: string) => compare({}, { unit: `flags: [${flags}],` }, { policy })
    expect(of(`'STABLE'`).findings).toEqual([])
    expect(codes(of(''))).toEqual(['error FLAGS'])
    expect(of(`'stable', 'Experimental'`).findings[0]).toMatchObject({
      line: 4,
      column: 3,
      severity: 'error',
    })
    expect(of(`'stable', 'Experimental'`)).toMatchObject({ verdict: 'incompatible', actions: ['reject'] })
    expect(codes(of(`'stable', 'deprecated'`))).toEqual(['warning FLAGS'])
    expect(codes(compare({}, { unit: `flags: ['yanked'],` }))).toEqual(['error FLAGS'])
  })

  test('api-frozen keeps its exports within its major', () => {
    const frozen = { unit: `flags: ['API_FROZEN'],`, body: 'export const a = 1' }
    expect(codes(compare(frozen, {}))).toEqual(['warning EXPORT_REMOVED', 'error FLAGS'])
    expect(codes(compare(frozen, { version: '2.0.0' }))).toEqual(['warning EXPORT_REMOVED'])
  })

  test('breaking and lossy-down show in verdict and actions', () => {
    const found = compare({}, { unit: `flags: ['breaking', 'lossy-down'],` })
    expect(found).toMatchObject({ verdict: 'breaking', actions: ['backup', 'confirm'] })
  })
})

describe('rules', () => {
  const book = (...rules: object[]) => new RuleBook(readRules(rules, 'test'))

  test('one that refuses, one that allows, and what none can allow', () => {
    const rule = { unit: 'traffic', from: '^1.0.0', to: '>=2', reason: 'the lanes were renumbered' }
    const gone = { body: 'export const a = 1' }
    const refused = compare({}, { version: '2.0.0' }, { rules: book({ ...rule, verdict: 'incompatible' }) })
    expect(codes(refused)).toEqual(['error RULE'])
    expect(refused.findings[0]!.message).toContain('the lanes were renumbered')
    expect(refused).toMatchObject({ verdict: 'incompatible', actions: ['reject'] })
    const allowed = compare(gone, { version: '2.0.0' }, { rules: book({ ...rule, verdict: 'compatible' }) })
    expect(allowed.verdict).toBe('compatible')
    expect(allowed.actions).toEqual(['backup', 'rollback-available'])
    const acts = book({ ...rule, verdict: 'breaking', actions: ['confirm', 'backup'] })
    expect(compare({}, { version: '2.0.0' }, { rules: acts }).actions).toEqual(['backup', 'confirm'])
    const lossy = { unit: 'state: { columns: { a: f32(4) } },' }
    const lost = compare(lossy, { version: '2.0.0' }, { rules: book({ ...rule, verdict: 'compatible' }) })
    expect(lost.verdict).toBe('incompatible')
    expect(
      compare({}, { version: '1.5.0' }, { rules: book({ ...rule, verdict: 'incompatible' }) }).findings,
    ).toEqual([])
  })

  test('a unit declares its own; one against the runtime is an error of both', () => {
    const unit = `rules: [{ from: '1.x', verdict: 'breaking', reason: 'new units of speed' }],`
    const found = compare({}, { version: '2.0.0', unit })
    expect(codes(found)).toEqual(['info RULE'])
    expect(found.verdict).toBe('breaking')
    const rules = book({ unit: 'traffic', verdict: 'compatible', reason: 'all is well' })
    const torn = compare({}, { version: '2.0.0', unit }, { rules })
    expect(codes(torn)).toEqual(['error RULES_INVALID'])
    expect(torn.findings[0]).toMatchObject({ line: 4, column: 3 })
    expect(torn.findings[0]!.message).toMatch(/disagree: test, rule 1 says .* and unit traffic, rule 1 says/)
    const foreign = `rules: [{ unit: 'roads', verdict: 'breaking', reason: 'no' }],`
    expect(codes(compare({}, { unit: foreign }))).toEqual(['error RULES_INVALID'])
  })
})

test('requirements, of the candidate and of those who need it, with the place that says so', () => {
  const roads = (version: string) => ({ ...traffic(source({ version })), unit: 'roads' })
  const needy = traffic(source({ unit: `name: 'economy', requires: { traffic: '^1.0.0' },` }))
  const company = new Company([roads('1.0.0'), needy].map((descriptor) => new Member(descriptor)))
  const judge = (version: string, range: string) => {
    const to = traffic(source({ version, unit: `requires: { roads: '${range}' },` }))
    const candidate = { member: new Member(to), transition: compareVersions(undefined, to) }
    return checkCandidate(candidate, company)
  }
  expect(judge('1.9.0', '^1.0.0')).toMatchObject({ verdict: 'compatible', findings: [] })
  const up = judge('1.9.0', '^2.0.0')
  expect(up).toMatchObject({ verdict: 'incompatible', actions: ['reject'] })
  expect(up.findings[0]).toMatchObject({ unit: 'traffic', line: 4, column: 15 })
  expect(up.findings[0]!.message).toBe('traffic 1.9.0 requires roads ^2.0.0, but roads is 1.0.0')
  const down = judge('2.0.0', '^1.0.0')
  expect(down.findings.map(({ message }) => message)).toEqual([
    'economy 1.4.2 requires traffic ^1.0.0, but traffic is 2.0.0',
  ])
  const to = traffic(source({ version: '2.0.0' }))
  const along = new Member({ ...needy, requires: { traffic: '^2.0.0' } })
  const candidate = { member: new Member(to), transition: compareVersions(undefined, to) }
  const moving = new Map([
    ['traffic', candidate],
    ['economy', { member: along, transition: compareVersions(needy, along.descriptor) }],
  ])
  expect(checkCandidate(candidate, company, moving).findings).toEqual([])
  expect(checkCandidate(moving.get('economy')!, company, moving).findings).toEqual([])
})

test('the same content is identical, whatever its number', () => {
  const unit = traffic(source({ body: 'export const a = 1' }))
  expect(compareVersions(unit, { ...unit, version: '1.4.2.1' })).toMatchObject({
    verdict: 'identical',
    findings: [],
    level: 'none',
  })
})

describe('what an engine would refuse once it has run the file is refused without running it, at its place', () => {
  test.each([
    [`requires: { traffic: '^1.0.0' },`, 'CYCLE', 15],
    [`requires: { roads: '^^1' },`, 'CONSTRAINT_INVALID', 15],
    [`optional: { roads: '1.2.3.4.5' },`, 'CONSTRAINT_INVALID', 15],
    [`requires: { roads: '*' }, optional: { roads: '*' },`, 'UNIT_INVALID', 41],
    [`flags: ['stable', 'shiny'],`, 'FLAG_UNKNOWN', 3],
    [`provides: { traffic: ['1', 'x'] },`, 'VERSION_INVALID', 3],
    [`migrate: { '1..2': { up() {} } },`, 'CONSTRAINT_INVALID', 14],
  ])('%s', (unit, code, column) => {
    expect(() => traffic(source({ unit }))).toThrow(
      expect.objectContaining({
        code: `TICKSWAP_E_${code}`,
        finding: expect.objectContaining({ line: 4, column, file: expect.stringMatching(/traffic\.ts$/) }),
      }),
    )
  })
})
