import { describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { folder, run } from './command.ts'
import { Repository, unit } from './repository.ts'

const TRAFFIC = 'systems/traffic.ts'
const state = (columns: string) => `  state: { columns: { ${columns} } },\n`

/** Three numbers of traffic, the first with two builds, and a unit that needs it. */
function history() {
  const repository = new Repository({
    'package.json': '{ "type": "module" }',
    [TRAFFIC]: unit('1.0.0', 'export const a = 1', state('speed: f32(8)')),
    'systems/economy.ts': unit('1.0.0', '', `  requires: { traffic: '<3' },\n`),
  })
  const save = (text: string, message: string) => {
    repository.write(TRAFFIC, text)
    return repository.commit(message)
  }
  const commits = [
    save(unit('1.0.0', 'export const a = 1\nexport const b = 2', state('speed: f32(8)')), 'feat: b'),
    save(unit('2.0.0', 'export const a = 1', state('speed: f32(16)')), 'feat!: wider\n\nand more'),
    save(unit('3.0.0', 'export const a = 1', state('lane: f32(16)')), 'feat!: lanes'),
  ]
  return { repository, commits }
}

describe('history', () => {
  test('names every version that git has, with builds, and what is on disk', async () => {
    const { repository, commits } = history()
    repository.write(TRAFFIC, unit('3.0.0', 'export const c = 1', state('lane: f32(16)')))
    const result = await repository.json('history', 'traffic')
    expect(result.unit).toBe('traffic')
    expect(result.versions).toMatchObject([
      { version: '1.0.0', subject: 'feat: begin', verdict: null },
      { version: '1.0.0.1', subject: 'feat: b', commit: commits[0], verdict: 'compatible' },
      { version: '2.0.0', subject: 'feat!: wider', commit: commits[1], verdict: 'breaking' },
      { version: '3.0.0', where: `git ${commits[2]!.slice(0, 7)}`, verdict: 'incompatible' },
      { version: '3.0.0.1', where: 'working tree', commit: null, verdict: 'breaking' },
    ])
    const { stdout } = await repository.run('history', 'traffic')
    expect(stdout).toMatch(
      /^2\.0\.0 +\d{4}-\d\d-\d\d \d\d:\d\d +git [0-9a-f]{7} +breaking +\d+ +feat!: wider$/m,
    )
    expect(
      parse((await repository.run('history', 'traffic', '--format', 'yaml')).stdout).versions,
    ).toHaveLength(5)
  })

  test('follows a file that was renamed, and leaves out what does not parse', async () => {
    const { repository } = history()
    repository.write(TRAFFIC, 'export const unit = defineUnit({')
    repository.commit('wip: broken')
    repository.write(TRAFFIC, unit('3.0.0', 'export const a = 1', state('lane: f32(16)')))
    repository.commit('fix: whole again')
    repository.git('mv', TRAFFIC, 'systems/cars.ts')
    repository.write(
      'systems/cars.ts',
      unit('3.0.0', 'export const a = 1', `  name: 'traffic',\n${state('lane: f32(16)')}`),
    )
    repository.commit('refactor: cars')
    const { versions } = await repository.json('history', 'traffic')
    expect(versions.map(({ version }: { version: string }) => version)).toEqual([
      '1.0.0',
      '1.0.0.1',
      '2.0.0',
      '3.0.0',
      '3.0.0.1',
    ])
  })

  test('without git there is what is on disk; without the unit there is nothing', async () => {
    const root = folder({ [TRAFFIC]: unit('1.0.0') })
    const { stdout } = await run(['history', 'traffic', '--format', 'json'], { cwd: root })
    expect(JSON.parse(stdout).versions).toMatchObject([{ version: '1.0.0', where: 'working tree' }])
    const none = await run(['history', 'roads'], { cwd: root })
    expect(none.stderr).toContain('TICKSWAP_E_UNIT_UNKNOWN')
    expect(none.code).toBe(2)
  })
})

describe('diff', () => {
  test('tells exports, state, requirements, flags and size', async () => {
    const { repository } = history()
    const fields = `  flags: ['stable'],\n  requires: { roads: '^1.0.0' },\n${state('speed: f32(8), lane: f32(8)')}`
    repository.write(TRAFFIC, unit('4.0.0', 'export const a = (x: number) => x\nexport const c = 3', fields))
    const result = await repository.json('diff', 'traffic', '1.0.0', 'working')
    expect(result).toMatchObject({
      unit: 'traffic',
      from: '1.0.0.1',
      to: '4.0.0',
      verdict: 'breaking',
      actions: ['backup', 'migrate-auto', 'confirm'],
      step: 'major',
      exports: [
        { name: 'a', asks: 'major' },
        { name: 'b', what: 'is removed', asks: 'major' },
        { name: 'c', what: 'is added', asks: 'minor' },
      ],
      state: [{ name: 'lane', what: 'is added' }],
      requires: [{ name: 'roads', what: 'is added: ^1.0.0', asks: 'minor' }],
      flags: { added: ['stable'], removed: [] },
    })
    expect(result.bytes.to).toBe(repository.bytes(TRAFFIC).length)
    expect(result.findings.map(({ code }: { code: string }) => code)).toEqual([
      'TICKSWAP_E_EXPORT_KIND',
      'TICKSWAP_E_EXPORT_REMOVED',
    ])
    const yaml = await repository.run('diff', 'traffic', '1.0.0', 'working', '--format', 'yaml')
    expect(parse(yaml.stdout)).toEqual(result)
    const { stdout } = await repository.run('diff', 'traffic', '1.0.0', 'working')
    expect(stdout).toMatch(/^exports +b +is removed +major$/m)
    expect(stdout).toMatch(/^requires +roads +is added: \^1\.0\.0 +minor$/m)
  })

  test('four numbers name one build, three the latest', async () => {
    const { repository } = history()
    const of = async (from: string, to: string) => {
      const result = await repository.json('diff', 'traffic', from, to)
      return [result.from, result.to, result.verdict]
    }
    expect(await of('1.0.0.0', '1.0.0')).toEqual(['1.0.0', '1.0.0.1', 'compatible'])
    expect(await of('2.0.0', '2.0.0')).toEqual(['2.0.0', '2.0.0', 'identical'])
  })

  test('what does not exist is refused', async () => {
    const { repository } = history()
    const refused = async (args: string[], error: string, exit: number, words: string) => {
      const { code, stdout, stderr } = await repository.run(...args)
      expect(stderr).toContain(error)
      expect(stderr).toContain(words)
      expect([code, stdout]).toEqual([exit, ''])
    }
    const none = 'TICKSWAP_E_NO_SUCH_VERSION'
    await Promise.all([
      refused(['diff', 'traffic', '9.0.0', '1.0.0'], none, 2, 'there are: 1.0.0, 1.0.0.1, 2.0.0, 3.0.0'),
      refused(['diff', 'traffic', '1.0.0.9', '1.0.0'], none, 2, '1.0.0.9'),
      refused(['diff', 'traffic', 'one', '1.0.0'], 'TICKSWAP_E_USAGE', 2, 'one'),
      refused(['diff', 'traffic', '1.0.0'], 'TICKSWAP_E_USAGE', 2, 'to'),
      refused(['diff', 'roads', '1.0.0', '2.0.0'], 'TICKSWAP_E_UNIT_UNKNOWN', 2, 'economy, traffic'),
      refused(['check', '--matrix', 'traffic', 'economy'], 'TICKSWAP_E_USAGE', 2, 'one unit'),
      refused(['check', '--matrix', 'traffic', '--rules', 'nowhere.yaml'], 'TICKSWAP_E_USAGE', 2, '--rules'),
    ])
  })
})

describe('check --matrix', () => {
  test('says of every pair whether one may follow the other, with who needs the unit', async () => {
    const { repository } = history()
    const matrix = await repository.json('check', 'traffic', '--matrix')
    expect(matrix).toMatchObject({ unit: 'traffic', versions: ['1.0.0.1', '2.0.0', '3.0.0'] })
    const verdicts = matrix.cells.map(
      ({ from, to, verdict }: Record<string, string>) => `${from} ${to} ${verdict}`,
    )
    expect(verdicts).toEqual([
      '1.0.0.1 1.0.0.1 identical',
      '1.0.0.1 2.0.0 breaking',
      '1.0.0.1 3.0.0 incompatible',
      '2.0.0 1.0.0.1 incompatible',
      '2.0.0 2.0.0 identical',
      '2.0.0 3.0.0 incompatible',
      '3.0.0 1.0.0.1 incompatible',
      '3.0.0 2.0.0 incompatible',
      '3.0.0 3.0.0 incompatible',
    ])
    const codes = matrix.cells[5].findings.map(({ code }: { code: string }) =>
      code.replace('TICKSWAP_E_', ''),
    )
    expect(codes).toEqual(['STATE_SHAPE', 'MIGRATION_MISSING', 'REQUIREMENT'])
    expect(parse((await repository.run('check', 'traffic', '--matrix', '--format', 'yaml')).stdout)).toEqual(
      matrix,
    )
    const { stdout, code } = await repository.run('check', 'traffic', '--matrix')
    expect(stdout).toMatch(/^from \\ to +1\.0\.0\.1 +2\.0\.0 +3\.0\.0$/m)
    expect(stdout).toMatch(/^2\.0\.0 +incompatible +identical +incompatible$/m)
    expect(stdout).toContain('2.0.0 -> 3.0.0: TICKSWAP_E_REQUIREMENT: economy 1.0.0 requires traffic <3')
    expect(code).toBe(0)
  })

  test('takes every build, and rules of a file', async () => {
    const { repository } = history()
    repository.write(
      'rules.json',
      JSON.stringify({
        rules: [{ unit: 'traffic', from: '1.x', to: '2.x', verdict: 'compatible', reason: 'nobody used b' }],
      }),
    )
    const matrix = await repository.json('check', 'traffic', '--matrix', '--builds', '--rules', 'rules.json')
    expect(matrix.versions).toEqual(['1.0.0', '1.0.0.1', '2.0.0', '3.0.0'])
    const cell = matrix.cells.find(
      ({ from, to }: Record<string, string>) => from === '1.0.0.1' && to === '2.0.0',
    )
    expect(cell).toMatchObject({ verdict: 'compatible' })
    expect(cell.actions).not.toContain('confirm')
    repository.write('rules.yaml', 'rules:\n  - unit: traffic\n    verdict: fine\n    reason: x\n')
    const wrong = await repository.run('check', 'traffic', '--matrix', '--rules', 'rules.yaml')
    expect(wrong.stderr).toMatch(/TICKSWAP_E_RULES_INVALID: .*rules\.yaml:3:14/)
    expect(wrong.code).toBe(1)
  })
})

describe('check of a file', () => {
  test('judges units that are new, and units that cannot run', async () => {
    const { repository } = history()
    repository.write('systems/roads.ts', unit('1.0.0', '', `  requires: { traffic: '^9' },\n`))
    repository.write(TRAFFIC, unit('3.0.0', 'export const a = 2', `  flags: ['shiny'],\n`))
    const [fresh, broken] = await Promise.all(
      ['systems/roads.ts', TRAFFIC].map((file) => repository.run('check', file)),
    )
    expect([fresh!.code, broken!.code]).toEqual([1, 1])
    expect(fresh!.stdout).toMatch(/^roads new -> 1\.0\.0 +incompatible: reject$/m)
    expect(fresh!.stdout).toContain(
      'roads.ts:4:15: error TICKSWAP_E_REQUIREMENT: roads 1.0.0 requires traffic ^9',
    )
    expect(broken!.stdout).toContain('traffic.ts:4:3: error TICKSWAP_E_FLAG_UNKNOWN: "shiny" is no flag')
  })

  test('judges the units that move, as their sources declare them', async () => {
    const { repository } = history()
    repository.write('systems/economy.ts', unit('1.0.0', '', `  requires: { traffic: '<4' },\n`))
    repository.commit('fix: take 3')
    repository.write(TRAFFIC, unit('3.0.1', '', state('lane: f32(16)')))
    const result = await repository.json('check', TRAFFIC)
    expect(result).toMatchObject({
      outcome: 'swap',
      verdicts: [{ unit: 'traffic', from: '3.0.0', to: '3.0.1', verdict: 'breaking' }],
      findings: [{ code: 'TICKSWAP_E_EXPORT_REMOVED' }, { code: 'TICKSWAP_E_VERSION_PROMISE', line: 3 }],
    })
    repository.write(TRAFFIC, unit('4.0.0', 'export const a = 1', state('speed: f32(16)')))
    const { code, stdout } = await repository.run('check', TRAFFIC)
    expect(code).toBe(1)
    expect(stdout).toContain('would be refused')
    expect(stdout).toContain(
      'systems/economy.ts:4:15: error TICKSWAP_E_REQUIREMENT: economy 1.0.0 requires traffic <4',
    )
    expect(stdout).toMatch(/systems\/traffic\.ts:\d+:\d+: error TICKSWAP_E_MIGRATION_MISSING/)
  })
})
