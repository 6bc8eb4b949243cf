import fc from 'fast-check'
import semver from 'semver'
import { describe, expect, it } from 'vitest'
import { Constraint } from '../../dist/version/constraint.js'
import { Version } from '../../dist/version/version.js'
import { rangeText, semverText } from './texts.ts'

const matches = (range: string, version: string) => Constraint.parse(range).matches(Version.parse(version))

describe('matches', () => {
  it('agrees with node-semver for every version without a build', () => {
    const withoutBuild = semverText.filter((text) => Version.parse(text).build === 0)
    fc.assert(
      fc.property(rangeText, withoutBuild, (range, version) => {
        expect(matches(range, version)).toBe(semver.satisfies(version, range))
      }),
      { numRuns: 5000 },
    )
  })

  it('agrees with node-semver for prereleases with a build, but at bounds that name what they declare', () => {
    fc.assert(
      fc.property(rangeText, semverText, (range, text) => {
        const version = Version.parse(text)
        const { major, minor, patch, prerelease } = version
        const tail = prerelease.length > 0 ? `-${prerelease.join('.')}` : ''
        const declared = `${major}.${minor}.${patch}${tail}`
        const isNamed = new semver.Range(range).set.flat().some(({ semver: bound }) => {
          return bound.version !== undefined && semver.eq(bound, declared)
        })
        if (!isNamed) expect(matches(range, text)).toBe(semver.satisfies(text, range))
      }),
      { numRuns: 5000 },
    )
  })

  it('does not look at the build of a release', () => {
    fc.assert(
      fc.property(rangeText, semverText, fc.nat(9), (range, text, build) => {
        const version = Version.parse(text)
        if (version.prerelease.length > 0) return
        expect(Constraint.parse(range).matches(version.withBuild(build))).toBe(semver.satisfies(text, range))
      }),
      { numRuns: 2000 },
    )
  })

  it.each([
    ['1.4.2', '1.4.2.17', true],
    ['<=1.4.2', '1.4.2.17', true],
    ['>1.4.2', '1.4.2.17', false],
    ['1.4.2-rc.1', '1.4.2-rc.1.17', true],
    ['<=1.4.2-rc.1', '1.4.2-rc.1.17', true],
    ['>1.4.2-rc.1', '1.4.2-rc.1.17', false],
    ['^1.4.2-rc.1', '1.4.2-rc.1.17', true],
    ['<1.4.2-rc.1.3', '1.4.2-rc.1.5', false],
    ['>=1.4.2-rc.1.3', '1.4.2-rc.1.5', true],
    ['1.4.2-alpha', '1.4.2.5-alpha', true],
    ['>1.4.2-alpha', '1.4.2.5-alpha', false],
    ['*', '1.4.2.5-alpha', false],
  ])('of %s and %s is %s', (range, version, expected) => {
    expect(matches(range, version)).toBe(expected)
  })
})

describe('parse', () => {
  it.each(['not a range', '>>1', '1.4.2.17', '>=1.2.3.4', '^', '1.2.3-', '>1 <'])('refuses "%s"', (text) => {
    expect(() => Constraint.parse(text)).toThrow(/TICKSWAP_E_CONSTRAINT_INVALID/)
  })

  it.each([undefined, null, 3, {}])('refuses %s', (value) => {
    expect(() => Constraint.parse(value as never)).toThrow(/TICKSWAP_E_CONSTRAINT_INVALID/)
  })

  it('takes 256 characters and no more', () => {
    const longest = `>=1.0.0${' '.repeat(249)}`
    expect(Constraint.parse(longest).text).toBe(longest)
    expect(() => Constraint.parse(`${longest} `)).toThrow(/TICKSWAP_E_CONSTRAINT_INVALID/)
  })

  it('keeps the text', () => {
    expect(`${Constraint.parse('^1.4 || 3.x')}`).toBe('^1.4 || 3.x')
  })
})
