import { existsSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { inc } from 'semver'
import { describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { GitVersions } from '../../dist/cli/versions/git-versions.js'
import { planVersion } from '../../dist/cli/versions/plan-version.js'
import { versionAfter } from '../../dist/cli/versions/step.js'
import { writeVersion } from '../../dist/cli/versions/write-version.js'
import { UnitReader } from '../../dist/units/code/surface/unit-reader.js'
import { Version } from '../../dist/version/version.js'
import { folder, run } from './command.ts'
import { Repository, unit } from './repository.ts'

const TRAFFIC = 'systems/traffic.ts'
const LOG = 'systems/CHANGELOG.traffic.md'
const today = new Date().toISOString().slice(0, 10)

test.each([
  ['1.4.2', 'major', '2.0.0'],
  ['1.4.2', 'minor', '1.5.0'],
  ['1.4.2.7', 'patch', '1.4.3'],
  ['2.0.0-rc.1', 'major', '2.0.0'],
  ['2.0.1-rc.1', 'major', '3.0.0'],
  ['1.5.0-rc.1', 'minor', '1.5.0'],
  ['1.5.1-rc.1', 'minor', '1.6.0'],
  ['1.4.3-beta', 'patch', '1.4.3'],
] as const)('%s, %s: %s', (from, step, to) => {
  expect(versionAfter(Version.parse(from), step).toString()).toBe(to)
})

test('versionAfter goes as node-semver does', () => {
  const part = fc.integer({ min: 0, max: 9 })
  const step = fc.constantFrom('major', 'minor', 'patch')
  fc.assert(
    fc.property(part, part, part, fc.constantFrom('', '-rc.1', '-beta'), step, (a, b, c, pre, by) => {
      const from = `${a}.${b}.${c}${pre}`
      expect(versionAfter(Version.parse(from), by).toString()).toBe(inc(from, by))
    }),
  )
})

test('a step by name writes the number and the changelog', async () => {
  const repository = new Repository({ [TRAFFIC]: unit('1.4.2', 'export const a = 1') })
  const result = await repository.json('version', 'traffic', 'minor')
  expect(result).toMatchObject({ unit: 'traffic', from: '1.4.2', to: '1.5.0', step: 'minor', written: true })
  expect(repository.read(TRAFFIC)).toBe(unit('1.5.0', 'export const a = 1'))
  expect(repository.read(LOG)).toContain(`## [1.5.0] - ${today}`)
})

test('builds count on from those that git has', async () => {
  const repository = new Repository({ [TRAFFIC]: unit('1.4.2') })
  repository.write(TRAFFIC, unit('1.4.2', 'export const a = 1'))
  repository.commit('feat: one')
  repository.write(TRAFFIC, unit('1.4.2', 'export const a = 2'))
  repository.commit('fix: two')
  expect((await repository.json('version', 'traffic', 'build')).to).toBe('1.4.2.3')
})

describe('auto', () => {
  const cases: [string, string[], string, string][] = [
    ['a fix', ['fix: wheels'], 'patch', '1.4.3'],
    ['a feature among fixes', ['fix: wheels', 'feat(lanes): third lane', 'chore: tidy'], 'minor', '1.5.0'],
    ['a break by its mark', ['refactor!: lanes from left to right'], 'major', '2.0.0'],
    ['a break by its footer', ['fix: lanes\n\nBREAKING CHANGE: counted from the left'], 'major', '2.0.0'],
    ['words in another form', ['Make the wheels round'], 'patch', '1.4.3'],
    ['documents only', ['docs: say what it does'], 'build', '1.4.2.2'],
  ]
  test.each(cases)('goes by the commits: %s', async (_, messages, step, to) => {
    const repository = new Repository({ [TRAFFIC]: unit('1.4.2', '// 0') })
    for (const [i, message] of messages.entries()) {
      repository.write(TRAFFIC, unit('1.4.2', `// ${i + 1}`))
      repository.commit(message)
    }
    repository.write('readme.md', 'another file')
    repository.commit('feat!: nothing that concerns the unit')
    const plan = planVersion(new GitVersions(join(repository.root, TRAFFIC)), 'auto', false)
    expect([plan.level, plan.to.toString()]).toEqual([step, to])
    expect(plan.commits).toHaveLength(messages.length)
  })

  test('goes by what has changed when that is more, and follows files that travel with the unit', async () => {
    const repository = new Repository({
      [TRAFFIC]: unit('1.4.2', `export { rate } from './lib.ts'`),
      'systems/lib.ts': 'export const rate = (a: number) => a',
    })
    repository.write('systems/lib.ts', 'export const rate = (a: number, b: number) => a + b')
    const hash = repository.commit('fix: count both')
    const result = await repository.json('version', 'traffic', 'auto')
    expect(result).toMatchObject({
      step: 'major',
      to: '2.0.0',
      commits: [{ hash, asks: 'patch', type: 'fix', description: 'count both' }],
      changes: [{ asks: 'major', what: 'export `rate` asks for 2 arguments instead of 1' }],
    })
    const log = repository.read(LOG)
    expect(log).toContain(
      `### Changed\n\n- **Breaking:** export \`rate\` asks for 2 arguments instead of 1\n`,
    )
    expect(log).toContain(`### Fixed\n\n- count both (${hash.slice(0, 7)})\n`)
  })

  test('before 1.0.0 a break is a minor step', async () => {
    const repository = new Repository({ [TRAFFIC]: unit('0.4.2', 'export const a = 1') })
    repository.write(TRAFFIC, unit('0.4.2'))
    repository.commit('feat!: without a')
    expect(await repository.json('version', 'traffic', 'auto')).toMatchObject({ step: 'minor', to: '0.5.0' })
  })

  test('stays where nothing has changed, and says so', async () => {
    const repository = new Repository({ [TRAFFIC]: unit('1.4.2') })
    expect(await repository.json('version', 'traffic', 'auto')).toMatchObject({
      step: 'none',
      written: false,
    })
    const { stdout, code } = await repository.run('version', 'traffic', 'auto')
    expect(stdout).toContain('stays at 1.4.2: nothing has changed')
    expect(code).toBe(0)
    expect(repository.git('status', '--porcelain')).toBe('')
  })

  test('begins anew at each number', async () => {
    const repository = new Repository({ [TRAFFIC]: unit('1.0.0') })
    repository.write(TRAFFIC, unit('1.0.0', 'export const a = 1'))
    repository.commit('feat!: a')
    await repository.json('version', 'traffic', 'auto')
    repository.commit('chore: traffic 2.0.0')
    repository.write(TRAFFIC, `${repository.read(TRAFFIC)}// more`)
    repository.commit('fix: more')
    const result = await repository.json('version', 'traffic', 'auto')
    expect(result).toMatchObject({ from: '2.0.0', to: '2.0.1', commits: [{ type: 'fix' }] })
    const log = repository.read(LOG)
    expect(log.indexOf('## [2.0.1]')).toBeGreaterThan(0)
    expect(log.indexOf('## [2.0.0]')).toBeGreaterThan(log.indexOf('## [2.0.1]'))
  })
})

test('what was in the changelog stays, and what is not released stays above', async () => {
  const before = `# Mine\n\n## [Unreleased]\n\n- soon\n\n## [1.4.2] - 2020-01-01\n\nOld words.  \n`
  const repository = new Repository({ [TRAFFIC]: unit('1.4.2'), [LOG]: before })
  await repository.json('version', 'traffic', 'minor')
  const [head, tail] = before.split('## [1.4.2]')
  expect(repository.read(LOG).startsWith(`${head}## [1.5.0] - ${today}\n`)).toBe(true)
  expect(repository.read(LOG).endsWith(`\n## [1.4.2]${tail}`)).toBe(true)
})

test('--dry-run and --no-changelog', async () => {
  const repository = new Repository({ [TRAFFIC]: unit('1.4.2') })
  expect(await repository.json('version', 'traffic', 'minor', '--dry-run')).toMatchObject({ written: false })
  expect(repository.git('status', '--porcelain')).toBe('')
  expect(await repository.json('version', TRAFFIC, 'minor', '--no-changelog')).toMatchObject({
    changelog: null,
  })
  expect(repository.git('status', '--porcelain')).toBe(` M ${TRAFFIC}\n`)
})

test('in three formats', async () => {
  const repository = new Repository({ [TRAFFIC]: unit('1.4.2') })
  const args = ['version', 'traffic', 'minor', '--dry-run'] as const
  const json = await repository.json(...args)
  expect(parse((await repository.run(...args, '--format', 'yaml')).stdout)).toEqual(json)
  expect((await repository.run(...args)).stdout).toBe('traffic   1.4.2 -> 1.5.0, minor; nothing written\n')
})

describe('only the text of the number changes', () => {
  const noise = fc.stringMatching(/^[ a-z'"`{}\\]{0,12}$/)
  test('whatever is around it', async () => {
    const root = folder({})
    const file = join(root, 'traffic.ts')
    const { writeFileSync, readFileSync } = await import('node:fs')
    const line = fc.constantFrom('\n', '\r\n')
    fc.assert(
      fc.property(noise, line, fc.boolean(), fc.constantFrom("'", '"', '`'), (comment, end, mark, quote) => {
        const lines = [
          `/* ${comment.replaceAll('*/', '')} "1.4.2" ä€😀 */ import { defineUnit as d } from 'tickswap/module'`,
          `const other = { version: '1.4.2' } as Record<string, string>`,
          `export const unit = d({ /* ü */ version: ${quote}1.4.2${quote}, flags: ['stable'] as const })`,
          `// version: '1.4.2'`,
        ]
        const bytes = Buffer.from(`${mark ? '\ufeff' : ''}${lines.join(end)}`)
        writeFileSync(file, bytes)
        const tree = { read: (name: string) => (name === file ? readFileSync(file) : undefined) }
        writeVersion(file, new UnitReader(tree).read(file)!.declaration, '10.0.0-rc.1')
        const expected = bytes
          .toString()
          .replace(`version: ${quote}1.4.2${quote},`, `version: ${quote}10.0.0-rc.1${quote},`)
        expect(readFileSync(file).equals(Buffer.from(expected))).toBe(true)
      }),
      { numRuns: 100 },
    )
  })

  test('in sources that have to be compiled, and through a constant of the file', async () => {
    const text = `import { defineUnit } from 'tickswap/module'\nenum Colour { red }\nconst VERSION = '1.4.2'\nexport const unit = defineUnit({ version: VERSION })\nexport const c = Colour.red\n`
    const repository = new Repository({ [TRAFFIC]: text })
    await repository.json('version', 'traffic', 'minor')
    expect(repository.read(TRAFFIC)).toBe(text.replace('1.4.2', '1.5.0'))
  })
})

describe('refusals', () => {
  const refused = async (
    repository: Repository,
    args: string[],
    exit: number,
    error: string,
    words: string,
  ) => {
    const before = repository.git('status', '--porcelain')
    const { code, stdout, stderr } = await repository.run(...args)
    expect(stderr).toContain(error)
    expect(stderr).toContain(words)
    expect([code, stdout]).toEqual([exit, ''])
    expect(repository.git('status', '--porcelain')).toBe(before)
  }
  const make = () => new Repository({ [TRAFFIC]: unit('1.4.2') })

  test('changes that are not committed, unless they are allowed', async () => {
    const repository = make()
    repository.write(TRAFFIC, unit('1.4.2', 'export const a = 1'))
    await refused(repository, ['version', 'traffic', 'auto'], 1, 'TICKSWAP_E_GIT_DIRTY', TRAFFIC)
    await refused(repository, ['version', 'traffic', 'minor'], 1, 'TICKSWAP_E_GIT_DIRTY', '--allow-dirty')
    const allowed = await repository.json('version', 'traffic', 'auto', '--allow-dirty')
    expect(allowed).toMatchObject({ to: '1.5.0', step: 'minor', commits: [] })
  })

  test('no such unit, no such step, a file without a unit', async () => {
    const repository = make()
    repository.write('lone.ts', 'export {}')
    await refused(
      repository,
      ['version', 'nobody', 'minor'],
      2,
      'TICKSWAP_E_UNIT_UNKNOWN',
      'there are: traffic',
    )
    await refused(repository, ['version', 'traffic', 'huge'], 2, 'TICKSWAP_E_USAGE', 'huge')
    await refused(repository, ['version', 'traffic'], 2, 'TICKSWAP_E_USAGE', 'step')
    await refused(repository, ['version', 'traffic', 'minor', '--fast'], 2, 'TICKSWAP_E_USAGE', '--fast')
    await refused(repository, ['version', 'lone.ts', 'minor'], 1, 'TICKSWAP_E_NOT_A_UNIT', 'lone.ts')
  })

  test('a number that is not in the file, is none, or in a file that does not parse', async () => {
    const repository = make()
    const imported = `import { VERSION } from './number.ts'\nimport { defineUnit } from 'tickswap/module'\nexport const unit = defineUnit({ version: VERSION })\n`
    repository.write(TRAFFIC, imported)
    repository.write('systems/number.ts', `export const VERSION = '1.0.0'`)
    repository.commit('refactor: number')
    await refused(repository, ['version', 'traffic', 'minor'], 1, 'TICKSWAP_E_VERSION_UNWRITABLE', TRAFFIC)
    repository.write(TRAFFIC, unit('1.x'))
    await refused(
      repository,
      ['version', 'traffic', 'minor'],
      1,
      'TICKSWAP_E_VERSION_INVALID',
      `${TRAFFIC}:3`,
    )
    repository.write(TRAFFIC, 'export const unit = defineUnit({')
    await refused(repository, ['version', TRAFFIC, 'minor'], 1, 'TICKSWAP_E_SYNTAX', TRAFFIC)
  })

  test('without git a named step works, and auto says what is missing', async () => {
    const root = folder({ [TRAFFIC]: unit('1.4.2') })
    const auto = await run(['version', 'traffic', 'auto'], { cwd: root })
    expect(auto.stderr).toContain('TICKSWAP_E_NO_HISTORY')
    expect(auto.code).toBe(1)
    expect((await run(['version', 'traffic', 'minor'], { cwd: root })).code).toBe(0)
    expect(existsSync(join(root, LOG))).toBe(true)
  })

  test('in a repository that does not know the unit yet', async () => {
    const repository = new Repository()
    repository.write(TRAFFIC, unit('1.4.2'))
    await refused(
      repository,
      ['version', 'traffic', 'auto', '--allow-dirty'],
      1,
      'TICKSWAP_E_NO_HISTORY',
      'no commit',
    )
  })
})
