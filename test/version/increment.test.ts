import fc from 'fast-check'
import semver from 'semver'
import { describe, expect, it } from 'vitest'
import { type Increment, Version } from '../../dist/index.js'
import { semverText } from './texts.ts'

const KINDS = [
  'major',
  'minor',
  'patch',
  'premajor',
  'preminor',
  'prepatch',
  'prerelease',
  'release',
] as const satisfies readonly Increment[]

const attempt = (make: () => Version): string | null => {
  try {
    return make().format()
  } catch (error) {
    expect(error).toMatchObject({ code: 'TICKSWAP_E_VERSION_INVALID' })
    return null
  }
}

describe('increment', () => {
  it("counts as node-semver's inc, with its identifiers and bases", () => {
    const identifier = fc.constantFrom(
      undefined,
      '',
      'a',
      'rc',
      'rc.1',
      '1',
      '0',
      'a.b',
      '01',
      'x_y',
      ' a',
      '-',
    )
    const base = fc.constantFrom(undefined, '0', '1', 0, 1, true, false) as fc.Arbitrary<
      '0' | '1' | undefined
    >
    fc.assert(
      fc.property(semverText, fc.constantFrom(...KINDS), identifier, base, (text, kind, id, from) => {
        const expected = semver.inc(text, kind, {}, id as string, from)
        const found = attempt(() => Version.parse(text).increment(kind, id, from))
        const isBeyond = expected !== null && !Version.isValid(expected)
        expect(found).toBe(isBeyond ? null : expected)
      }),
      { numRuns: 8000 },
    )
  })

  it.each([
    ['1.4.2', 'build', '1.4.2.1'],
    ['1.4.2.17', 'build', '1.4.2.18'],
    ['1.4.2-rc.1', 'build', '1.4.2-rc.1.1'],
    ['1.4.2-alpha', 'build', '1.4.2.1-alpha'],
    ['1.4.2.17', 'patch', '1.4.3'],
    ['1.4.2.17+meta', 'minor', '1.5.0'],
    ['1.4.2.17', 'prerelease', '1.4.3-0'],
  ])('of %s by %s is %s', (text, kind, expected) => {
    const version = Version.parse(text, { flags: ['stable'], timestamp: 5 })
    const next = version.increment(kind as Increment)
    expect([next.format(), next.flags, next.timestamp]).toEqual([expected, 0, 0])
    expect(Version.compare(next, version)).toBe(1)
  })

  it.each([
    ['4294967295.0.0', 'major'],
    ['1.4294967295.0', 'minor'],
    ['1.0.0.4294967295', 'build'],
    ['1.0.0', 'release'],
    ['1.0.0', 'huge'],
  ])('refuses %s by %s', (text, kind) => {
    expect(attempt(() => Version.parse(text).increment(kind as Increment))).toBe(null)
  })
})
