import fc from 'fast-check'
import semver from 'semver'
import { describe, expect, it } from 'vitest'
import { Constraint } from '../../dist/version/constraint.js'
import { Version } from '../../dist/version/version.js'
import { PATIENCE } from '../support/patience.ts'
import { hostileText, rangeText, semverText, wildRange } from './texts.ts'

const matches = (range: string, version: string) => Constraint.parse(range).matches(Version.parse(version))
const options = fc.record({ includePrerelease: fc.boolean() })

describe('matches', () => {
  it('agrees with node-semver for every version and range that it can read', () => {
    fc.assert(
      fc.property(fc.oneof(rangeText, wildRange), semverText, options, (range, version, how) => {
        if (semver.validRange(range, how) === null) return
        const expected = semver.satisfies(version, range, how)
        expect(Constraint.parse(range, how).matches(version)).toBe(expected)
      }),
      { numRuns: 10_000 },
    )
  })

  it('does not look at the build of a release where the range names none', () => {
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
    // the order is node-semver's: the seventeenth build of rc.1 is the prerelease rc.1.17
    ['1.4.2-rc.1', '1.4.2-rc.1.17', false],
    ['~1.4.2-rc.1', '1.4.2-rc.1.17', true],
    ['>1.4.2-rc.1', '1.4.2-rc.1.17', true],
    ['^1.4.2-rc.1', '1.4.2-rc.1.17', true],
    ['<1.4.2-rc.1.3', '1.4.2-rc.1.5', false],
    ['>=1.4.2-rc.1.3', '1.4.2-rc.1.5', true],
    ['1.4.2-alpha', '1.4.2.5-alpha', true],
    ['>1.4.2-alpha', '1.4.2.5-alpha', false],
    ['*', '1.4.2.5-alpha', false],
    ['1.4.2.17', '1.4.2.17', true],
    ['1.4.2.17', '1.4.2.18', false],
    ['>=1.4.2.17', '1.4.2.16', false],
    ['>=1.4.2.17', '1.4.2.17', true],
    ['>=1.4.2.17', '1.4.3', true],
    ['>1.4.2.17', '1.4.2.17', false],
    ['>1.4.2.17', '1.4.2.18', true],
    ['<1.4.2.17', '1.4.2.16', true],
    ['<1.4.2.17', '1.4.2.17', false],
    ['<=1.4.2.17', '1.4.2.18', false],
    ['^1.4.2.17', '1.4.2.3', false],
    ['^1.4.2.17', '1.9.0', true],
    ['^1.4.2.17', '2.0.0', false],
    ['~1.4.2.17', '1.5.0', false],
    ['1.4.2.3 - 1.4.2.9', '1.4.2.9', true],
    ['1.4.2.3 - 1.4.2.9', '1.4.2.10', false],
    ['1.4.2.x', '1.4.2.10', true],
    ['>=1.4.2.0', '1.4.2', true],
    ['=1.4.2.0', '1.4.2.1', false],
    ['>=1.4.2.3-alpha', '1.4.2.5-alpha', true],
    ['>=1.4.2.3-alpha', '1.4.2.2-alpha', false],
    ['>=4294967295.0.0.4294967295', '4294967295.0.0.4294967295', true],
  ])('of %s and %s is %s', (range, version, expected) => {
    expect(matches(range, version)).toBe(expected)
  })
})

describe('accepts', () => {
  const accepts = (range: string, version: string) => Constraint.parse(range).accepts(version)

  it.each([
    ['1.4.2-rc.1', '1.4.2-rc.1.17', true],
    ['=v1.4.2-rc.1', '1.4.2-rc.1.17', true],
    ['<=1.4.2-rc.1', '1.4.2-rc.1.17', true],
    ['1.4.0 - 1.4.2-rc.1', '1.4.2-rc.1.17', true],
    ['2 || 1.4.2-rc.1', '1.4.2-rc.1.17', true],
    ['1.4.2-rc.1 <1.4.2-rc.1.3', '1.4.2-rc.1.17', false],
    ['<1.4.2-rc.1', '1.4.2-rc.1.17', false],
    ['<1.4.2-rc.1.3', '1.4.2-rc.1.5', false],
    ['1.4.2-rc.1.3', '1.4.2-rc.1.5', false],
    ['1.4.2-rc.2', '1.4.2-rc.1.5', false],
    ['1.4.3-rc.1', '1.4.2-rc.1.5', false],
    ['1.4.2-rc', '1.4.2-rc.1', false],
    ['1.4.2', '1.4.2.17', true],
    ['<1.4.2', '1.4.2.17', false],
  ])('of %s and %s is %s', (range, version, expected) => {
    expect(accepts(range, version)).toBe(expected)
  })

  it('is true wherever matches is, and nowhere else but for builds of a prerelease', () => {
    fc.assert(
      fc.property(rangeText, semverText, options, (range, text, how) => {
        const [constraint, version] = [Constraint.parse(range, how), Version.parse(text)]
        if (constraint.matches(version)) expect(constraint.accepts(version)).toBe(true)
        else if (constraint.accepts(version)) {
          expect([version.build > 0, version.prerelease.length > 0]).toEqual([true, true])
          expect(constraint.matches(version.withBuild(0))).toBe(true)
        }
      }),
      { numRuns: 5000 },
    )
  })

  it('lets every later save of a file through where its first one was required by number', () => {
    fc.assert(
      fc.property(semverText, fc.integer({ min: 1, max: 0xffffffff }), (text, build) => {
        const declared = Version.parse(text)
        if (declared.build === 0)
          expect(Constraint.parse(`${declared}`).accepts(declared.withBuild(build))).toBe(true)
      }),
      { numRuns: 2000 },
    )
  })

  it('asks for the flags as well', () => {
    const stable = Constraint.parse('1.4.2-rc.1', { requiredFlags: ['stable'] })
    expect(stable.accepts('1.4.2-rc.1.3')).toBe(false)
    expect(stable.accepts(Version.parse('1.4.2-rc.1.3', { flags: ['stable'] }))).toBe(true)
  })
})

describe('bounds with builds', () => {
  const release = fc.tuple(fc.nat(2), fc.nat(2), fc.nat(2), fc.nat(3)).map((parts) => parts.join('.'))

  it('are compared as versions are', () => {
    const operator = fc.constantFrom('>', '>=', '<', '<=', '=')
    fc.assert(
      fc.property(operator, release, release, (sign, bound, text) => {
        const order = Version.compare(text, bound)
        const holds = { '>': order > 0, '>=': order >= 0, '<': order < 0, '<=': order <= 0, '=': order === 0 }
        expect(matches(`${sign}${bound}`, text)).toBe(holds[sign as '>'])
      }),
    )
  })

  it('intersect where a version is in both, and are subsets where no version is outside', () => {
    const bound = fc.tuple(fc.constantFrom('>', '>=', '<', '<=', '='), release).map((all) => all.join(''))
    const range = fc.array(bound, { minLength: 1, maxLength: 2 }).map((all) => all.join(' '))
    const grid = [0, 1, 2, 3]
    const all = grid.flatMap((a) =>
      grid.flatMap((b) => grid.flatMap((c) => [0, 1, 2, 3, 4].map((d) => `${a}.${b}.${c}.${d}`))),
    )
    const versions = all.map((text) => Version.parse(text))
    fc.assert(
      fc.property(range, range, (a, b) => {
        const [left, right] = [Constraint.parse(a), Constraint.parse(b)]
        if (versions.some((version) => left.matches(version) && right.matches(version)))
          expect(left.intersects(right)).toBe(true)
        if (versions.some((version) => left.matches(version) && !right.matches(version)))
          expect(left.subset(right)).toBe(false)
      }),
      { numRuns: 500 },
    )
  })
})

describe('best', () => {
  it('is the version that node-semver finds', () => {
    fc.assert(
      fc.property(fc.array(semverText, { maxLength: 12 }), rangeText, options, (texts, range, how) => {
        const expected = semver.maxSatisfying(texts, range, how)
        expect(Constraint.parse(range, how).best(texts) ?? null).toBe(expected)
      }),
      { numRuns: 3000 },
    )
  })

  it('takes the highest build, and gives back what it was given', () => {
    const versions = ['1.4.2', '1.4.2.17', '1.4.2.3', '2.0.0'].map((text) => Version.parse(text))
    expect(Constraint.parse('^1.4').best(versions)).toBe(versions[1])
    expect(Constraint.parse('^3').best(versions)).toBe(undefined)
  })
})

describe('intersects and subset', () => {
  const pair = fc.tuple(fc.oneof(rangeText, wildRange), fc.oneof(rangeText, wildRange), options)
  const readable = ([a, b, how]: [string, string, object]) =>
    semver.validRange(a, how) !== null && semver.validRange(b, how) !== null

  it("are node-semver's", () => {
    fc.assert(
      fc.property(pair.filter(readable), ([a, b, how]) => {
        const [left, right] = [Constraint.parse(a, how), Constraint.parse(b, how)]
        expect([left.intersects(right), left.subset(right)]).toEqual([
          semver.intersects(a, b, how),
          semver.subset(a, b, how),
        ])
      }),
      { numRuns: 8000 },
    )
  })

  it('count the flags', () => {
    const stable = Constraint.parse('^1.0.0', { requiredFlags: ['stable'] })
    const unstable = Constraint.parse('^1.0.0', { excludedFlags: ['stable'] })
    const all = Constraint.parse('^1.0.0')
    expect([stable.intersects(unstable), stable.intersects(all)]).toEqual([false, true])
    expect([stable.subset(all), all.subset(stable)]).toEqual([true, false])
  })
})

describe('flags', () => {
  const version = (...flags: string[]) => Version.parse('1.4.2', { flags })

  it('are required and excluded', () => {
    const range = Constraint.parse('^1.0.0', { requiredFlags: ['stable', 'LTS'], excludedFlags: 'yanked' })
    expect(range.matches(version('STABLE', 'LTS'))).toBe(true)
    expect(range.matches(version('STABLE'))).toBe(false)
    expect(range.matches(version('STABLE', 'LTS', 'YANKED'))).toBe(false)
    expect(range.matches('1.4.2')).toBe(false)
  })

  it('come in sets that have names', () => {
    const production = Constraint.parse('*', { flags: 'production' })
    expect(production.matches(version('stable'))).toBe(true)
    expect(production.matches(version('stable', 'experimental'))).toBe(false)
    expect(production.matches(version('beta'))).toBe(false)
  })

  it('that are unknown, or contradict each other, are refused', () => {
    const parse = (how: object) => () => Constraint.parse('*', how)
    expect(parse({ requiredFlags: ['stable', 'shiny'] })).toThrow(/FLAG_UNKNOWN: "shiny".*position 2/)
    expect(parse({ flags: 'prod' })).toThrow(/FLAG_UNKNOWN.*production/)
    expect(parse({ requiredFlags: 1 << 20 })).toThrow(/FLAG_UNKNOWN/)
    expect(parse({ requiredFlags: 'x'.repeat(1e6) })).toThrow(/FLAG_UNKNOWN/)
    expect(parse({ requiredFlags: ['beta'], excludedFlags: ['BETA'] })).toThrow(/CONSTRAINT_INVALID.*BETA/)
    expect(parse({ flags: 'production', excludedFlags: ['stable'] })).toThrow(/CONSTRAINT_INVALID.*STABLE/)
  })
})

describe('explain', () => {
  it.each([
    ['^1.4.0', '1.3.9', '1.3.9 does not match: >=1.4.0 refuses it because it is older'],
    ['^1.4.0', '2.0.0', '2.0.0 does not match: <2.0.0-0 refuses it because it is newer'],
    ['1.4.2', '1.5.0', '1.5.0 does not match: =1.4.2 refuses it because it is newer'],
    ['>=1.4.2.17', '1.4.2.3', '1.4.2.3 does not match: >=1.4.2.17 refuses it because it is older'],
    ['>5 <x', '1.0.0', '1.0.0 does not match: <0.0.0-0 refuses it which allows nothing'],
    ['^1.4.0', '1.4.5', '1.4.5 matches ^1.4.0'],
    [
      '<1 || >=3',
      '2.0.0',
      '2.0.0 does not match: <1.0.0-0 refuses it because it is newer, and >=3.0.0 refuses it because it is older',
    ],
    [
      '>=1.0.0',
      '1.4.5-rc.1',
      '1.4.5-rc.1 does not match: >=1.0.0 refuses it because no bound names a prerelease of 1.4.5',
    ],
  ])('says why %s does or does not match %s', (range, version, sentence) => {
    expect(Constraint.parse(range).explain(version)).toBe(sentence)
  })

  it('says which flags are in the way', () => {
    const range = Constraint.parse('^1.0.0', { flags: 'production' })
    expect(range.explain('1.0.0')).toBe('1.0.0 does not match: it is not STABLE, and STABLE is required')
    const version = Version.parse('1.0.0', { flags: ['stable', 'experimental'] })
    expect(range.explain(version)).toMatch(/it is EXPERIMENTAL, and EXPERIMENTAL is excluded/)
  })

  it('agrees with matches, and names a comparator that refuses on its own', () => {
    fc.assert(
      fc.property(rangeText, semverText, (range, version) => {
        const constraint = Constraint.parse(range)
        const sentence = constraint.explain(version)
        expect(sentence.startsWith(`${version} matches `)).toBe(constraint.matches(version))
        const named = / ([<>=]\S+) refuses it because it is/.exec(sentence)?.[1]
        if (named) expect(semver.satisfies(version, named, { includePrerelease: true })).toBe(false)
      }),
      { numRuns: 2000 },
    )
  })
})

describe('parse', () => {
  it.each([
    ['not a range', 1],
    ['>>1', 2],
    ['^', 2],
    ['1.2.3-', 7],
    ['>1 <', 5],
    ['>=1.0.0 <2.0.q', 14],
    ['1.0.0 || 01.2.3', 10],
    ['1.2.3.4.5', 8],
    ['1.2.3.4294967296', 1],
    ['1.2.3.4*', 8],
    ['9007199254740992.0.0', 1],
    ['1 | 2', 3],
    ['1.2.3 - ', 9],
  ])('refuses "%s" at character %i', (text, position) => {
    expect(() => Constraint.parse(text)).toThrow(
      new RegExp(`TICKSWAP_E_CONSTRAINT_INVALID.* at character ${position},`),
    )
  })

  it.each([undefined, null, 3, {}])('refuses %s', (value) => {
    expect(() => Constraint.parse(value as never)).toThrow(/TICKSWAP_E_CONSTRAINT_INVALID/)
  })

  it('reads what node-semver reads, and beyond it only builds', () => {
    fc.assert(
      fc.property(fc.oneof(wildRange, hostileText), options, (text, how) => {
        const isValid = semver.validRange(text, how) !== null
        let read: Constraint | undefined
        try {
          read = Constraint.parse(text, how)
        } catch (error) {
          expect(error).toMatchObject({ code: 'TICKSWAP_E_CONSTRAINT_INVALID' })
        }
        if (isValid) expect(read).toBeDefined()
        else if (read) expect(text).toMatch(/\.[^ |]*\.[^ |]*\./)
      }),
      { numRuns: 10_000 },
    )
  })

  it('takes 4096 characters and no more, and long ones in a time that grows with their length', () => {
    const longest = `>=1.0.0${' '.repeat(4089)}`
    expect(Constraint.parse(longest).text).toBe(longest)
    const from = performance.now()
    const long = Constraint.parse(`${'<9 '.repeat(500)}${'||>1'.repeat(600)}`)
    const hostile = ['1', ' ', '||', '>=', '^', '~> ', '1.', '1.0.0-a.', 'x', '*', '+a', 'v=', '- ', '<1 ']
    for (const piece of hostile) {
      const text = piece.repeat(4096 / piece.length)
      Version.isValid(text)
      if (Constraint.isValid(text)) expect(Constraint.parse(text).intersects(long)).toBeTypeOf('boolean')
      expect(() => Constraint.parse(piece.repeat(1e6))).toThrow(/longer than 4096/)
      expect(() => Version.parse(piece.repeat(1e6))).toThrow(/longer than 256/)
    }
    // Whatever takes more than linear time over 4096 characters takes minutes here.
    expect(performance.now() - from).toBeLessThan(5000 * PATIENCE)
  })

  it('keeps the text', () => {
    expect(`${Constraint.parse('^1.4 || 3.x')}`).toBe('^1.4 || 3.x')
    expect(Constraint.parse('^1.4 || 3.x').comparators()).toEqual(['>=1.4.0 <2.0.0-0', '>=3.0.0 <4.0.0-0'])
  })
})
