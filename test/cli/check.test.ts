import { execFileSync } from 'node:child_process'
import { mkdirSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { parse } from 'yaml'
import { folder, run } from './command.ts'

const unit = (body: string) =>
  `import { defineUnit } from 'tickswap/module'\n${body}\nexport const unit = defineUnit({ version: '1.0.0' })\n`

const FILES = {
  'package.json': '{ "type": "module" }',
  'engine.ts': `import { paint } from './view.ts'\npaint()\n`,
  'view.ts': `import { colour } from './colour.ts'\nexport const paint = () => colour\n`,
  'colour.ts': `export const colour = 'red'\n`,
  'systems/traffic/traffic.ts': unit(
    `import { rate } from '../lib/rate.ts'\nimport { road } from '../roads/roads.ts'\nexport const go = () => rate() + road()`,
  ),
  'systems/roads/roads.ts': unit(
    `import { table } from '../lib/table.ts'\nexport const road = () => table.length`,
  ),
  'systems/lib/rate.ts': `export const rate = (): number => 1\nexport const unused = 1\n`,
  'systems/lib/table.ts': `import { size } from './size.ts'\nexport const table: number[] = Array(size).fill(0)\n`,
  'systems/lib/size.ts': `export const size = 4\n`,
}

/** A repository whose only commit holds the files; then some are edited. */
function project(edits: Record<string, string> = {}, options: { git?: boolean } = {}) {
  const root = realpathSync(folder(FILES))
  if (options.git ?? true) {
    const git = (...args: string[]) =>
      execFileSync('git', ['-C', root, '-c', 'user.name=t', '-c', 'user.email=t@t', ...args])
    git('init', '--quiet')
    git('add', '--all')
    git('commit', '--quiet', '--message', 'first')
  }
  for (const [name, text] of Object.entries(edits)) {
    mkdirSync(join(root, name, '..'), { recursive: true })
    writeFileSync(join(root, name), text)
  }
  const check = async (...args: string[]) => {
    const result = await run(['check', ...args, '--format', 'json'], { cwd: root })
    if (!result.stdout) return { ...result, preview: undefined }
    const short = (text: string) => text.replaceAll(`${root}/`, '')
    return { ...result, preview: JSON.parse(short(result.stdout)) }
  }
  return { root, check }
}

test('an edit of a function only rebinds its importers, and moves the unit it travels with', async () => {
  const { check } = project({ 'systems/lib/rate.ts': `export const rate = (): number => 2\n` })
  const { preview, code, stderr } = await check('systems/lib/rate.ts')
  expect(stderr).toBe('')
  expect(preview).toEqual({
    outcome: 'swap',
    folder: expect.stringMatching(/systems$/),
    base: 'HEAD',
    files: ['systems/lib/rate.ts'],
    evaluate: [{ file: 'systems/lib/rate.ts', why: 'changed' }],
    rebind: ['systems/traffic/traffic.ts'],
    removed: [],
    units: ['systems/traffic/traffic.ts'],
    verdicts: [expect.objectContaining({ unit: 'traffic', to: '1.0.0.1', verdict: 'compatible' })],
    importers: [],
    findings: [],
  })
  expect(code).toBe(0)
})

test('what is evaluated with a changed value is evaluated again', async () => {
  const { check } = project({ 'systems/lib/size.ts': 'export const size = 5\n' })
  const { preview } = await check('systems/lib/size.ts')
  expect(preview).toMatchObject({
    evaluate: [
      { file: 'systems/lib/size.ts', why: 'changed' },
      { file: 'systems/lib/table.ts', why: 'uses' },
    ],
    rebind: ['systems/roads/roads.ts'],
    units: ['systems/roads/roads.ts'],
  })
})

test('files are saved together: neither half of a rename is refused', async () => {
  const { check } = project({
    'systems/lib/rate.ts': `export const speed = (): number => 2\n`,
    'systems/traffic/traffic.ts': unit(
      `import { speed } from '../lib/rate.ts'\nimport { road } from '../roads/roads.ts'\nexport const go = () => speed() + road()`,
    ),
  })
  const both = await check('systems/lib/rate.ts', 'systems/traffic/traffic.ts')
  expect(both.preview).toMatchObject({ outcome: 'swap', units: ['systems/traffic/traffic.ts'], findings: [] })
  expect(both.code).toBe(0)
})

test.each([
  ['systems/lib/rate.ts', `export const speed = 1\n`, 'TICKSWAP_E_LINK', 'systems/traffic/traffic.ts', 2, 22],
  [
    'systems/lib/rate.ts',
    `export const rate = () => 1\nlet a: = 1\n`,
    'TICKSWAP_E_SYNTAX',
    'systems/lib/rate.ts',
    2,
    8,
  ],
  ['systems/lib/rate.ts', `\nimport './absent.ts'\n`, 'TICKSWAP_E_RESOLVE', 'systems/lib/rate.ts', 2, 8],
  ['systems/lib/rate.ts', ``, 'TICKSWAP_E_FILE_EMPTY', 'systems/lib/rate.ts', undefined, undefined],
  [
    'systems/roads/roads.ts',
    `export const road = () => 1\n`,
    'TICKSWAP_E_NOT_A_UNIT',
    'systems/roads/roads.ts',
    undefined,
    undefined,
  ],
])('%s saved as %j would be refused: %s', async (name, text, code, file, line, column) => {
  const { check } = project({ [name]: text })
  const { preview, code: exit } = await check(name)
  expect(preview.outcome).toBe('refused')
  expect(preview.findings[0]).toMatchObject({ code, file, severity: 'error', advice: expect.any(String) })
  if (line) expect(preview.findings[0]).toMatchObject({ line, column })
  expect(exit).toBe(1)
})

test('a refusal is one line with the place, and one that says what to do', async () => {
  const { root } = project({ 'systems/lib/rate.ts': `export const speed = 1\n` })
  const { stdout, code } = await run(['check', 'systems/lib/rate.ts'], { cwd: root })
  expect(stdout).toContain('would be refused')
  const advice = 'Export the missing name, or stop importing it, and save either file.'
  expect(stdout).toContain(
    `systems/traffic/traffic.ts:2:22: error TICKSWAP_E_LINK: '../lib/rate.ts' does not export 'rate'\n  ${advice}`,
  )
  expect(code).toBe(1)
})

test('a file that no unit leads to is refused with the path of its importers', async () => {
  const { check } = project({ 'colour.ts': `export const colour = 'blue'\n` })
  const { preview, code } = await check('colour.ts')
  expect(preview).toMatchObject({
    outcome: 'refused',
    importers: [['colour.ts', 'view.ts', 'engine.ts']],
    findings: [{ code: 'TICKSWAP_E_NO_UNIT_ABOVE', file: 'colour.ts' }],
  })
  expect(code).toBe(1)
})

test('a file that nothing imports is refused too; a new unit is not', async () => {
  const { check } = project({
    'systems/lone.ts': 'export {}\n',
    'systems/power.ts': unit('export const on = 1'),
  })
  expect((await check('systems/lone.ts')).preview).toMatchObject({
    outcome: 'refused',
    importers: [['systems/lone.ts']],
  })
  expect((await check('systems/power.ts')).preview).toMatchObject({
    outcome: 'swap',
    evaluate: [{ file: 'systems/power.ts', why: 'added' }],
    units: ['systems/power.ts'],
  })
})

test('a file that is gone: a unit is refused, a module is forgotten once nothing imports it', async () => {
  const edit = unit(`import { road } from '../roads/roads.ts'\nexport const go = () => road()`)
  const { root, check } = project({ 'systems/traffic/traffic.ts': edit })
  rmSync(join(root, 'systems/lib/rate.ts'))
  const both = await check('systems/lib/rate.ts', 'systems/traffic/traffic.ts')
  expect(both.preview).toMatchObject({ outcome: 'swap', removed: ['systems/lib/rate.ts'] })
  rmSync(join(root, 'systems/roads/roads.ts'))
  const gone = await check('systems/roads/roads.ts')
  expect(gone.preview).toMatchObject({ outcome: 'refused', findings: [{ code: 'TICKSWAP_E_UNIT_REMOVED' }] })
})

test('without a repository, or unchanged, a file counts as changed', async () => {
  const rebound = {
    rebind: ['systems/traffic/traffic.ts'],
    units: ['systems/traffic/traffic.ts'],
    base: 'none',
  }
  const without = project({}, { git: false })
  expect((await without.check('systems/lib/rate.ts')).preview).toMatchObject(rebound)
  const unchanged = project()
  expect((await unchanged.check('systems/lib/rate.ts')).preview).toMatchObject(rebound)
  const edited = project({ 'systems/lib/rate.ts': `export const rate = () => 1\n` })
  expect((await edited.check('--base', 'none', 'systems/lib/rate.ts')).preview).toMatchObject(rebound)
})

test('a top-level await is a warning: a loop that yields takes it', async () => {
  const { check } = project({ 'systems/lib/rate.ts': `export const rate = await (() => 1)\n` })
  const { preview, code } = await check('systems/lib/rate.ts')
  expect(preview).toMatchObject({
    outcome: 'swap',
    findings: [{ code: 'TICKSWAP_E_TOP_LEVEL_AWAIT', severity: 'warning', file: 'systems/lib/rate.ts' }],
  })
  expect(code).toBe(0)
})

test('types and comments are a change of the file, and of nothing else', async () => {
  const { check } = project({ 'systems/lib/size.ts': '// how many\nexport const size: number = 4\n' })
  expect((await check('systems/lib/size.ts')).preview).toMatchObject({ outcome: 'swap' })
})

test('--units names the folder, and limits what is looked at', async () => {
  const { check } = project({ 'systems/lib/rate.ts': `export const rate = (): number => 2\n` })
  const { preview } = await check('--units', 'systems/traffic', 'systems/lib/rate.ts')
  expect(preview).toMatchObject({ outcome: 'swap', rebind: ['systems/traffic/traffic.ts'] })
  const only = await check('--units', 'systems/lib', 'systems/lib/rate.ts')
  expect(only.preview).toMatchObject({ outcome: 'refused' })
})

test('all formats tell the same', async () => {
  const { root, check } = project({ 'systems/lib/rate.ts': `export const rate = (): number => 2\n` })
  const { stdout } = await run(['check', 'systems/lib/rate.ts', '--format', 'yaml'], { cwd: root })
  expect(parse(stdout.replaceAll(`${root}/`, ''))).toEqual((await check('systems/lib/rate.ts')).preview)
  const table = (await run(['check', 'systems/lib/rate.ts'], { cwd: root })).stdout
  expect(table).toContain('1 module re-evaluates, 1 only rebinds, 1 unit moves')
  expect(table).toMatch(/^systems\/lib\/rate\.ts +re-evaluates +changed$/m)
  expect(table).toMatch(/^systems\/traffic\/traffic\.ts +rebinds /m)
  expect(table).toMatch(/^systems\/traffic\/traffic\.ts +moves /m)
})

test.each([
  [['check'], 'missing required argument'],
  [['check', 'nowhere/a.ts'], 'nowhere'],
  [['check', 'a.ts'], 'holds units'],
  [['check', '--units', 'nowhere', 'a.ts'], 'nowhere'],
  [['check', '--base', 'v9', 'a.ts'], 'v9'],
  [['check', '--format', 'xml', 'a.ts'], 'xml'],
])('a wrong command line %j is refused with exit code 2', async (args, word) => {
  const root = folder({ 'a.ts': 'export {}', 'package.json': '{}' })
  const { code, stdout, stderr } = await run(args, { cwd: root })
  expect(stderr).toContain('TICKSWAP_E_USAGE')
  expect(stderr).toContain(word)
  expect(stdout).toBe('')
  expect(code).toBe(2)
})
