import fc from 'fast-check'
import semver from 'semver'
import { describe, expect, it } from 'vitest'
import { Version } from '../../dist/version/version.js'
import { semverText } from './texts.ts'

const attempt = (text: unknown): unknown => {
  try {
    return Version.parse(text as string)
  } catch (error) {
    return error
  }
}
const positionOf = (error: unknown): number | undefined => {
  const { code, message } = error as { code?: string; message: string }
  expect(code).toBe('TICKSWAP_E_VERSION_INVALID')
  const found = /at character (\d+)/.exec(message)
  return found ? Number(found[1]) : undefined
}

describe('parse', () => {
  it.each([
    ['1.4.2', [1, 4, 2, 0], [], ''],
    ['1.4.2.17', [1, 4, 2, 17], [], ''],
    ['1.4.2-rc.1', [1, 4, 2, 0], ['rc', 1], ''],
    ['1.4.2-rc.1.17+g0a1b', [1, 4, 2, 17], ['rc', 1], 'g0a1b'],
    ['1.4.2.17+g0a1b', [1, 4, 2, 17], [], 'g0a1b'],
    ['0.0.0', [0, 0, 0, 0], [], ''],
    ['4294967295.4294967295.4294967295.4294967295', Array(4).fill(0xffffffff), [], ''],
    // the last of two numbers is the build, unless it is 0 or one is in front
    ['1.4.2-1.2', [1, 4, 2, 2], [1], ''],
    ['1.4.2-rc.1.2.3', [1, 4, 2, 3], ['rc', 1, 2], ''],
    ['1.4.2-rc.1.0', [1, 4, 2, 0], ['rc', 1, 0], ''],
    ['1.4.2-rc.1.4294967296', [1, 4, 2, 0], ['rc', 1, 4294967296], ''],
    ['1.4.2-rc.17', [1, 4, 2, 0], ['rc', 17], ''],
    ['1.4.2-17', [1, 4, 2, 0], [17], ''],
    ['1.4.2.3-alpha', [1, 4, 2, 3], ['alpha'], ''],
    ['1.4.2.0-rc.1.17', [1, 4, 2, 0], ['rc', 1, 17], ''],
    ['1.4.2.5-rc.1.17', [1, 4, 2, 5], ['rc', 1, 17], ''],
    ['1.4.2-x-y-z.--', [1, 4, 2, 0], ['x-y-z', '--'], ''],
    ['1.4.2+001.-', [1, 4, 2, 0], [], '001.-'],
  ])('reads %s', (text, key, prerelease, metadata) => {
    const version = Version.parse(text)
    expect([version.key(), version.prerelease, version.metadata]).toEqual([key, prerelease, metadata])
    expect(Version.parse(` v${text}\n`)).toEqual(version)
  })

  it.each([
    ['', 1],
    ['x', 1],
    ['1', 2],
    ['1.', 3],
    ['1.2', 4],
    ['1.2.', 5],
    ['1.2.x', 5],
    ['1.2.3.', 7],
    ['1.2.3.4.5', 8],
    ['01.2.3', 1],
    ['1.2.03', 5],
    ['4294967296.0.0', 1],
    ['1.2.3.4294967296', 7],
    ['99999999999999999999.0.0', 1],
    ['-1.2.3', 1],
    ['1.2.3-', 7],
    ['1.2.3-a..b', 9],
    ['1.2.3-01', 7],
    ['1.2.3-a.01', 9],
    ['1.2.3-a_b', 8],
    ['1.2.3+', 7],
    ['1.2.3+a+b', 8],
    ['1.2.3 4', 6],
    ['vv1.2.3', 2],
    ['  1.2.q', 7],
    ['１.2.3', 1],
  ])('refuses "%s" at character %i', (text, position) => {
    expect(positionOf(attempt(text))).toBe(position)
  })

  it.each([undefined, null, 1, {}, ['1.2.3']])('refuses %s', (value) => {
    expect(attempt(value)).toMatchObject({ code: 'TICKSWAP_E_VERSION_INVALID' })
  })

  it('takes 256 characters and no more', () => {
    const longest = `1.2.3-${'a'.repeat(250)}`
    expect(Version.parse(longest).format()).toBe(longest)
    expect(attempt(`${longest}a`)).toMatchObject({ code: 'TICKSWAP_E_VERSION_INVALID' })
    expect(attempt('1'.repeat(1e6))).toMatchObject({ code: 'TICKSWAP_E_VERSION_INVALID' })
  })

  it('reads what node-semver reads, as long as its numbers fit, and beyond it only builds', () => {
    const almost = fc.stringMatching(
      /^[v =]?[0-9]{1,2}(\.[0-9x]{1,2}){1,4}(-[0-9a.-]{0,6})?(\+[0-9a.+]{0,4})?$/,
    )
    fc.assert(
      fc.property(fc.oneof(almost, semverText, fc.string()), (text) => {
        const expected = semver.valid(text)
        const version = attempt(text)
        if (expected !== null) expect(version).toBeInstanceOf(Version)
        else if (version instanceof Version) expect(text).toMatch(/^\s*v?\d+\.\d+\.\d+\.\d+/)
      }),
      { numRuns: 3000 },
    )
  })
})

describe('format', () => {
  it('leaves a build of 0 out', () => {
    expect(Version.parse('1.4.2.0').format()).toBe('1.4.2')
    expect(`${Version.parse('1.4.2-rc.1.17').withBuild(0)}`).toBe('1.4.2-rc.1')
    expect(`${Version.parse('1.4.2-alpha+m').withBuild(3)}`).toBe('1.4.2.3-alpha+m')
  })

  it('is read back as the same version, with any build', () => {
    fc.assert(
      fc.property(semverText, fc.oneof(fc.constant(0), fc.nat(20), fc.nat(0xffffffff)), (text, build) => {
        const version = Version.parse(text)
        expect(Version.parse(version.format())).toEqual(version)
        const built = version.withBuild(build)
        expect(Version.parse(built.format())).toEqual(built)
        expect([built.build, built.sameDeclared(version)]).toEqual([build, true])
      }),
      { numRuns: 2000 },
    )
  })

  it('leaves node-semver text as it is', () => {
    fc.assert(
      fc.property(semverText, (text) => {
        expect(Version.parse(text).format()).toBe(text)
      }),
    )
  })
})

describe('compare', () => {
  it("is node-semver's order on its grammar", () => {
    fc.assert(
      fc.property(semverText, semverText, (a, b) => {
        expect(Version.compare(Version.parse(a), Version.parse(b))).toBe(semver.compare(a, b))
      }),
      { numRuns: 5000 },
    )
  })

  it('breaks ties by the build', () => {
    fc.assert(
      fc.property(semverText, fc.nat(30), fc.nat(30), (text, a, b) => {
        const version = Version.parse(text)
        const order = Version.compare(version.withBuild(a), version.withBuild(b))
        expect(order).toBe(Math.sign(a - b))
      }),
    )
  })

  it('is a total order, builds included', () => {
    const any = fc.tuple(semverText, fc.nat(3)).map(([text, build]) => Version.parse(text).withBuild(build))
    fc.assert(
      fc.property(fc.array(any, { minLength: 3, maxLength: 8 }), (versions) => {
        const sorted = versions.toSorted(Version.compare)
        for (const [i, left] of sorted.entries())
          for (const right of sorted.slice(i)) {
            expect(Version.compare(left, right)).toBeLessThanOrEqual(0)
            expect(Version.compare(right, left)).toBe(-Version.compare(left, right) + 0)
            const isSame = left.sameDeclared(right) && left.build === right.build
            expect(Version.compare(left, right) === 0).toBe(isSame)
          }
      }),
      { numRuns: 500 },
    )
  })

  it('puts versions with builds where people expect them', () => {
    const texts =
      '1.4.1.99 1.4.2-alpha 1.4.2.3-alpha 1.4.2-rc.1 1.4.2-rc.1.2 1.4.2-rc.1.17 1.4.2-rc.2 1.4.2 1.4.2.1 1.4.3'
    const versions = texts.split(' ').map((text) => Version.parse(text))
    expect(versions.toReversed().toSorted(Version.compare).join(' ')).toBe(texts)
  })
})

describe('sameDeclared', () => {
  it.each([
    ['1.4.2', '1.4.2.17', true],
    ['1.4.2-rc.1', '1.4.2-rc.1.17', true],
    ['1.4.2+a', '1.4.2+b', true],
    ['1.4.2', '1.4.3', false],
    ['1.4.2', '1.5.2', false],
    ['1.4.2', '2.4.2', false],
    ['1.4.2-rc.1', '1.4.2-rc.2', false],
    ['1.4.2-rc.1', '1.4.2', false],
  ])('of %s and %s is %s', (a, b, expected) => {
    expect(Version.parse(a).sameDeclared(Version.parse(b))).toBe(expected)
    expect(Version.parse(b).sameDeclared(Version.parse(a))).toBe(expected)
  })
})

describe('withBuild', () => {
  it.each([-1, 0.5, 2 ** 32, Number.NaN, '1'])('refuses %s', (build) => {
    const version = Version.parse('1.0.0')
    expect(() => version.withBuild(build as number)).toThrow(/TICKSWAP_E_VERSION_INVALID/)
  })
})
