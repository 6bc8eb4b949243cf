import { rename, rm, writeFile } from 'node:fs/promises'
import { describe, expect, test } from 'vitest'
import { createRuntime, type ErrorCode, joinRuntime } from '../../dist/index.js'
import { counter } from '../support/counter.ts'
import { Fleet } from '../support/fleet.ts'
import { open } from '../support/opened.ts'
import { openFleet } from '../support/opened-fleet.ts'
import { Scratch } from '../support/scratch.ts'

const FILES = {
  'counter.ts': counter({
    imports: `import { helper } from './helper.ts'`,
    body: 'export const help = () => helper()',
  }),
  'helper.ts': `export const helper = () => 1\n`,
  'road.ts': `import { defineUnit } from 'tickswap/module'\nexport const unit = defineUnit({ version: '1.4.0' })\nexport const roads = () => 1\n`,
}
const good = (by: number) =>
  counter({ by, imports: `import { helper } from './helper.ts'`, body: 'export const help = () => helper()' })

async function start(runtime: object = {}) {
  return openFleet(FILES, {
    runtime: { probation: { ticks: 5 }, ...runtime },
  })
}

const steps = (fleet: Fleet) =>
  [0, 1, 2].map((row) => (fleet.handle.state.columns as Record<string, Uint32Array>).steps![row]!)

/** After any bad input: the old version ran every frame in every participant, and the next good save is live. */
async function unharmedAndHealed(fleet: Fleet, scratch: Scratch, version = '1.0.0') {
  await fleet.frames(3)
  expect(fleet.handle.version).toBe(version)
  expect(steps(fleet)).toEqual([fleet.frame, fleet.frame, fleet.frame])
  expect(fleet.allExceptions).toBe(0)
  const since = fleet.reports.length
  await scratch.write('counter.ts', good(50))
  const healed = await fleet.report('committed', since)
  expect(healed.units[0]).toMatchObject({ unit: 'counter', from: version })
  await fleet.report('permanent', since)
  expect(steps(fleet)).toEqual([fleet.frame, fleet.frame, fleet.frame])
  expect(fleet.mixed).toBe(0)
}

interface Case {
  name: string
  code: ErrorCode
  edit: Record<string, string>
  outcome?: 'refused' | 'reversed' | 'rolled-back'
  line?: number
  file?: string
}

const CASES: Case[] = [
  {
    name: 'a syntax error',
    code: 'TICKSWAP_E_SYNTAX',
    edit: { 'counter.ts': `${good(2)}\nconst = 3\n` },
    line: good(2).split('\n').length + 1,
  },
  {
    name: 'a file with types only',
    code: 'TICKSWAP_E_NOT_A_UNIT',
    edit: { 'counter.ts': 'export interface Shape { a: number }\n' },
  },
  {
    name: 'an import of a missing file',
    code: 'TICKSWAP_E_RESOLVE',
    edit: {
      'counter.ts': counter({
        imports: `import { helper } from './nowhere.ts'\n`,
        body: 'export const help = () => helper()',
      }),
    },
    line: 2,
  },
  {
    name: 'an import of a missing export',
    code: 'TICKSWAP_E_LINK',
    edit: { 'helper.ts': 'export const other = 1\n' },
  },
  {
    name: 'a version that is no version',
    code: 'TICKSWAP_E_VERSION_INVALID',
    edit: { 'counter.ts': good(2).replace(`version: '1.0.0'`, `version: 'one'`) },
  },
  {
    name: 'a requirement that nothing satisfies',
    code: 'TICKSWAP_E_REQUIREMENT',
    edit: {
      'counter.ts': good(2).replace(`version: '1.0.0',`, `version: '1.0.0', requires: { road: '^9.0.0' },`),
    },
  },
  {
    name: 'a requirement on a unit that does not exist',
    code: 'TICKSWAP_E_REQUIREMENT',
    edit: {
      'counter.ts': good(2).replace(`version: '1.0.0',`, `version: '1.0.0', requires: { rail: '^1.0.0' },`),
    },
  },
  {
    name: 'a unit that requires itself',
    code: 'TICKSWAP_E_CYCLE',
    edit: {
      'counter.ts': good(2).replace(
        `version: '1.0.0',`,
        `version: '1.0.0', requires: { counter: '^1.0.0' },`,
      ),
    },
  },
  {
    name: 'a unit that is optional and required at once',
    code: 'TICKSWAP_E_UNIT_INVALID',
    edit: {
      'counter.ts': good(2).replace(
        `version: '1.0.0',`,
        `version: '1.0.0', requires: { road: '1' }, optional: { road: '1' },`,
      ),
    },
  },
  {
    name: 'an unknown flag',
    code: 'TICKSWAP_E_FLAG_UNKNOWN',
    edit: { 'counter.ts': good(2).replace(`version: '1.0.0',`, `version: '1.0.0', flags: ['shiny'],`) },
  },
  {
    name: 'an interface version that is none',
    code: 'TICKSWAP_E_VERSION_INVALID',
    edit: {
      'counter.ts': good(2).replace(`version: '1.0.0',`, `version: '1.0.0', provides: { count: ['new'] },`),
    },
  },
  {
    name: 'a range that is no range',
    code: 'TICKSWAP_E_CONSTRAINT_INVALID',
    edit: {
      'counter.ts': good(2).replace(
        `version: '1.0.0',`,
        `version: '1.0.0', requires: { road: 'newest please' },`,
      ),
    },
  },
  {
    name: 'a column that disappears without a migration',
    code: 'TICKSWAP_E_MIGRATION_MISSING',
    edit: { 'counter.ts': good(2).replace('total: f32(64)', 'total: f32(32)') },
  },
  {
    name: 'a body that throws',
    code: 'TICKSWAP_E_EVALUATE',
    edit: { 'counter.ts': `${good(2)}\nthrow new Error('in the body')\n` },
    line: good(2).split('\n').length + 1,
  },
  {
    name: 'a body that never returns',
    code: 'TICKSWAP_E_EVALUATE_TIMEOUT',
    edit: { 'counter.ts': `${good(2)}\nfor (;;);\n` },
  },
  {
    name: 'a column of a wrong length',
    code: 'TICKSWAP_E_UNIT_INVALID',
    edit: { 'counter.ts': good(2).replace('total: f32(64)', 'total: f32(-1)') },
  },
  {
    name: 'a migration that throws',
    code: 'TICKSWAP_E_MIGRATION_FAILED',
    edit: {
      'counter.ts': counter({
        version: '2.0.0',
        columns: 'extra: f32(8),',
        unit: `migrate: { '^1.0.0': {\n up() { throw new Error('no way up') }, down() {} } },`,
      }),
    },
  },
  {
    name: 'a migration that throws on a participant only',
    code: 'TICKSWAP_E_MIGRATION_FAILED',
    outcome: 'reversed',
    edit: {
      'counter.ts': counter({
        version: '2.0.0',
        columns: 'extra: f32(8),',
        unit: `setup() {}, migrate: { '^1.0.0': { up(old, next) { if (old.soft.calls > 0) throw new Error('too old') }, down() {} } },`,
      }),
    },
  },
  {
    name: 'a migration that writes NaN',
    code: 'TICKSWAP_E_MIGRATION_FAILED',
    outcome: 'reversed',
    edit: {
      'counter.ts': counter({
        version: '2.0.0',
        columns: 'extra: f32(8),',
        unit: `migrate: { '^1.0.0': { up(old, next) { next.columns.extra[3] = NaN }, down() {} } },`,
      }),
    },
  },
  {
    name: 'a verify that returns false',
    code: 'TICKSWAP_E_VERIFY_FAILED',
    outcome: 'reversed',
    edit: { 'counter.ts': counter({ version: '1.0.0', unit: 'verify: () => false,' }) },
  },
  {
    name: 'a verify that fails after some ticks',
    code: 'TICKSWAP_E_VERIFY_FAILED',
    outcome: 'rolled-back',
    edit: {
      'counter.ts': counter({
        body: 'let base = -1',
        unit: `setup(state) { base = state.columns.steps[0]! },
          verify: ({ columns }) => base < 0 || columns.steps[0]! - base < 3,`,
      }),
    },
  },
  {
    name: 'a setup that throws',
    code: 'TICKSWAP_E_PROBATION_SETUP',
    outcome: 'rolled-back',
    edit: { 'counter.ts': counter({ version: '1.0.0', unit: `setup() { throw new Error('not today') },` }) },
  },
]

describe('bad input leaves the running version as it is', () => {
  test.each(CASES)('$name', async ({ code, edit, outcome = 'refused', line, file = 'counter.ts' }) => {
    const { scratch, fleet } = await start()
    await Promise.all(Object.entries(edit).map(([name, text]) => scratch.write(name, text)))
    const report = await fleet.report(outcome)
    const found = report.findings.find((finding) => finding.code === code)
    expect(found, JSON.stringify(report.findings)).toBeDefined()
    expect(found!.advice.length).toBeGreaterThan(20)
    expect(found!.file).toBe(scratch.path(file))
    if (line !== undefined) expect(found!.line).toBe(line)
    // Every report leads to a line; only a body that hangs has no frame to take it from.
    else if (code !== 'TICKSWAP_E_EVALUATE_TIMEOUT')
      expect(found!.line, JSON.stringify(found)).toBeGreaterThan(0)
    for (const name of Object.keys(edit))
      if (name !== 'counter.ts') await scratch.write(name, FILES[name as keyof typeof FILES])
    await unharmedAndHealed(fleet, scratch)
  })

  test('a file removed', async () => {
    const { scratch, fleet } = await start()
    await rm(scratch.path('helper.ts'))
    const report = await fleet.report('refused')
    expect(report.findings[0]).toMatchObject({
      code: 'TICKSWAP_E_FILE_MISSING',
      file: scratch.path('helper.ts'),
    })
    await scratch.write('helper.ts', FILES['helper.ts'])
    await unharmedAndHealed(fleet, scratch)
  })

  test('the file of a unit removed', async () => {
    const { scratch, fleet } = await start()
    await rm(scratch.path('counter.ts'))
    const report = await fleet.report('refused')
    expect(report.findings[0]).toMatchObject({ code: 'TICKSWAP_E_UNIT_REMOVED', unit: 'counter' })
    await unharmedAndHealed(fleet, scratch)
  })

  test('the folder removed and put back', async () => {
    const { scratch, fleet } = await start()
    await rename(scratch.dir, `${scratch.dir}-away`)
    const report = await fleet.report('refused')
    expect(['TICKSWAP_E_UNIT_REMOVED', 'TICKSWAP_E_FILE_MISSING']).toContain(report.findings[0]!.code)
    await rename(`${scratch.dir}-away`, scratch.dir)
    await unharmedAndHealed(fleet, scratch)
  })

  test('a file saved empty and filled a moment later is one good swap', async () => {
    const { scratch, fleet } = await start()
    await writeFile(scratch.path('counter.ts'), '')
    await fleet.frames(2)
    await writeFile(scratch.path('counter.ts'), good(3))
    const report = await fleet.report('committed')
    expect(report.findings).toEqual([])
    expect(fleet.reports.map(({ outcome }) => outcome)).not.toContain('refused')
  })

  test('a file that stays empty is refused', async () => {
    const { scratch, fleet } = await start()
    await writeFile(scratch.path('counter.ts'), '')
    const report = await fleet.report('refused')
    expect(report.findings[0]).toMatchObject({
      code: 'TICKSWAP_E_FILE_EMPTY',
      file: scratch.path('counter.ts'),
    })
    await unharmedAndHealed(fleet, scratch)
  })

  test('content that failed is not tried again until it changes', async () => {
    const { scratch, fleet } = await start()
    const bad = counter({ by: 9, step: `throw new Error('always')` })
    await scratch.write('counter.ts', bad)
    await fleet.report('rolled-back')
    const since = fleet.reports.length
    await scratch.write('counter.ts', good(8))
    await fleet.report('permanent', since)
    await scratch.write('counter.ts', bad)
    const report = await fleet.report('refused', since)
    expect(report.findings[0]).toMatchObject({ code: 'TICKSWAP_E_QUARANTINED' })
    expect(report.findings[0]!.message).toContain('always')
  })

  test('an edit that only makes sense with an earlier refused one heals both', async () => {
    const { scratch, fleet } = await start()
    await scratch.write(
      'counter.ts',
      good(2).replace('{ helper }', '{ helper, extra }').replace('helper()', 'helper() + extra()'),
    )
    await fleet.report('refused')
    await scratch.write('helper.ts', `export const helper = () => 1\nexport const extra = () => 41\n`)
    await fleet.report('committed')
    await fleet.report('permanent')
    expect(fleet.handle.exports.help!()).toBe(42)
  })

  test('a participant that does not come to the boundary is named, and nothing changes', async () => {
    const { scratch, fleet } = await start({ deadlines: { prepareMs: 400, parkMs: 100 } })
    const lazy = await joinRuntime(fleet.runtime.ticket(), { name: 'lazy' })
    lazy.tick()
    await scratch.write('counter.ts', good(2))
    const report = await fleet.report('refused')
    expect(report.findings[0]).toMatchObject({ code: 'TICKSWAP_E_STRAGGLER' })
    expect(report.findings[0]!.message).toContain('lazy')
    lazy.pause()
    await unharmedAndHealed(fleet, scratch)
    await lazy.close()
  })

  test('a top-level await is refused in loops that never yield, and works in one that does', async () => {
    const { scratch, fleet } = await start({ deadlines: { prepareMs: 400 } })
    const awaiting = good(2).replace(
      'export const help',
      'const late = await Promise.resolve(7)\nexport const help',
    )
    await scratch.write('counter.ts', awaiting)
    const report = await fleet.report('refused')
    expect(report.findings[0]).toMatchObject({
      code: 'TICKSWAP_E_TOP_LEVEL_AWAIT',
      file: scratch.path('counter.ts'),
    })
    expect(report.findings[0]!.message).toContain('worker-0')
    expect(report.findings[0]!.message).not.toContain('main')
    await unharmedAndHealed(fleet, scratch)
    const alone = await Fleet.start(scratch, { unit: 'counter', workers: 0 })
    open.push(alone)
    await scratch.write('counter.ts', awaiting.replace('late = await', 'later = await'))
    await alone.report('permanent')
    expect(alone.handle.version).toBe('1.0.0.1')
  })

  test('options, tickets, folders and units that are wrong', async () => {
    const scratch = await Scratch.create({
      'a.ts': FILES['road.ts'],
      'sub/b.ts': FILES['road.ts'].replace('version:', "name: 'a', version:"),
    })
    open.push(scratch)
    const code = (promise: Promise<unknown>) =>
      promise.then(
        () => 'nothing',
        (error) => error.code,
      )
    expect(await code(createRuntime({ units: scratch.dir }))).toBe('TICKSWAP_E_UNIT_DUPLICATE')
    expect(await code(createRuntime({ units: scratch.path('nowhere') }))).toBe('TICKSWAP_E_OPTION')
    expect(await code(createRuntime({ units: scratch.dir, probation: { ticks: 0 } }))).toBe(
      'TICKSWAP_E_OPTION',
    )
    expect(await code(createRuntime({ unit: scratch.dir } as never))).toBe('TICKSWAP_E_OPTION')
    expect(await code(joinRuntime({} as never))).toBe('TICKSWAP_E_TICKET')
    await scratch.write('sub/b.ts', 'export const unit = {\n')
    expect(await code(createRuntime({ units: scratch.dir }))).toBe('TICKSWAP_E_SYNTAX')
  })
})
