import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { sectionOf, withRelease } from '../../dist/version/changelog.js'
import { levelOfCommit, parseCommit } from '../../dist/version/conventional.js'
import { PATIENCE } from '../support/patience.ts'

describe('conventional commits', () => {
  test.each([
    ['feat: lanes', { type: 'feat', scope: undefined, description: 'lanes', breaking: false }, 'minor'],
    ['Fix(traffic): lanes', { type: 'fix', scope: 'traffic', description: 'lanes' }, 'patch'],
    ['perf(a b/c)!: x: y', { type: 'perf', scope: 'a b/c', description: 'x: y', breaking: true }, 'major'],
    ['docs: a\n\nBREAKING CHANGE: b', { type: 'docs', breaking: true, breakingNote: 'b' }, 'major'],
    ['chore: a\r\n\r\nbody\r\nBREAKING-CHANGE: b', { type: 'chore', breaking: true }, 'major'],
    ['chore: a', { type: 'chore' }, 'build'],
    ['feat:lanes', { type: '', description: 'feat:lanes' }, 'patch'],
    ['feat (a): lanes', { type: '' }, 'patch'],
    ['Merge branch x', { type: '', description: 'Merge branch x' }, 'patch'],
    ['a BREAKING CHANGE: b', { breaking: false }, 'patch'],
    ['', { type: '', description: '' }, 'patch'],
  ])('%j', (message, commit, level) => {
    expect(parseCommit(message)).toMatchObject(commit)
    expect(levelOfCommit(parseCommit(message))).toBe(level)
  })

  test('what is put together is read back', () => {
    const type = fc.stringMatching(/^[a-z][a-z0-9-]{0,20}$/)
    const scope = fc.option(fc.stringMatching(/^[a-z0-9/ .-]{1,20}$/), { nil: undefined })
    const description = fc.stringMatching(/^[!-~](?:[ -~]{0,40}[!-~])?$/)
    fc.assert(
      fc.property(type, scope, fc.boolean(), description, (kind, where, breaking, text) => {
        const message = `${kind}${where === undefined ? '' : `(${where})`}${breaking ? '!' : ''}: ${text}\n\nbody`
        const expected = { type: kind, scope: where, breaking, description: text, breakingNote: undefined }
        expect(parseCommit(message)).toEqual(expected)
      }),
    )
  })

  test.each([
    ['a'.repeat(1_000_000)],
    [`feat(${'('.repeat(1_000_000)}`],
    [`feat: ${' '.repeat(1_000_000)}`],
    [`feat: a\n${'BREAKING CHANGE'.repeat(60_000)}`],
    ['\n'.repeat(1_000_000)],
  ])('a megabyte is read in one go', (message) => {
    const from = performance.now()
    parseCommit(message)
    expect(performance.now() - from).toBeLessThan(1000 * PATIENCE)
  })
})

const release = (version: string, ...messages: string[]) => ({
  unit: 'traffic',
  version,
  date: '2026-01-02',
  commits: messages.map((message) => ({ ...parseCommit(message), hash: '0123456789abcdef' })),
  changes: [],
})

test('a section has the headings of Keep a Changelog, in its order', () => {
  const commits = release(
    '2.0.0',
    'fix: wheels',
    'feat!: lanes',
    'chore: tidy',
    'security: keys',
    'perf: faster',
  )
  const changes = [
    { of: 'export', name: 'a', what: 'is removed', level: 'major' },
    { of: 'column', name: 'b', what: 'is added', level: 'minor' },
  ] as const
  expect(sectionOf({ ...commits, changes })).toBe(`## [2.0.0] - 2026-01-02

### Added

- **Breaking:** lanes (0123456)
- column \`b\` is added

### Changed

- faster (0123456)

### Removed

- **Breaking:** export \`a\` is removed

### Fixed

- wheels (0123456)

### Security

- keys (0123456)
`)
})

test('versions come newest first, and what was written stays to the byte', () => {
  const text = fc.stringMatching(/^[ -~\n]{0,80}$/)
  fc.assert(
    fc.property(
      text,
      fc.array(fc.constantFrom('feat: a', 'fix: b', 'docs: c'), { maxLength: 3 }),
      (own, messages) => {
        const first = withRelease(undefined, release('1.0.0', ...messages))
        const edited = `${first}${own}`
        const second = withRelease(edited, release('1.1.0', ...messages))
        const at = edited.indexOf('## [1.0.0]')
        expect(second.startsWith(edited.slice(0, at))).toBe(true)
        expect(second.endsWith(edited.slice(at))).toBe(true)
        expect(second.indexOf('## [1.1.0] - 2026-01-02')).toBe(at)
      },
    ),
  )
})
