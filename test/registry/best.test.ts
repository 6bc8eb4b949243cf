import fc from 'fast-check'
import { maxSatisfying } from 'semver'
import { describe, expect, it } from 'vitest'
import { Registry } from '../../dist/registry/registry.js'
import { Constraint } from '../../dist/version/constraint.js'
import { Version } from '../../dist/version/version.js'
import { rangeText, semverText } from '../version/texts.ts'

const HASH = '0123456789abcdef'

function registryOf(texts: readonly string[]) {
  const registry = Registry.create({ units: 2, versions: Math.max(1, texts.length) })
  const unit = registry.registerUnit('traffic')
  const add = (text: string, flags = 0) =>
    registry.registerVersion({ unit, version: Version.parse(text), hash: HASH, timestamp: 1, flags })
  for (const text of texts) add(text)
  const best = (range: string, filter = {}) => {
    const record = registry.best(unit, Constraint.parse(range), filter)
    return record < 0 ? null : registry.record(record).version.toString()
  }
  return { registry, unit, add, best }
}

const MOST = 0xffff_ffff
const part = fc.oneof(fc.integer({ min: 0, max: 3 }), fc.constantFrom(MOST - 1, MOST))
const release = fc.tuple(part, part, part).map((parts) => parts.join('.'))
const edge = fc.oneof(part, fc.constantFrom(MOST + 1, MOST + 2))
const bound = fc
  .tuple(
    fc.constantFrom('>', '>=', '<', '<=', '=', '^', '~', ''),
    edge,
    edge,
    edge,
    fc.constantFrom('', '-rc.1'),
  )
  .map(([operator, major, minor, patch, rest]) => `${operator}${major}.${minor}.${patch}${rest}`)
const range = fc
  .array(fc.array(bound, { minLength: 1, maxLength: 2 }), { minLength: 1, maxLength: 3 })
  .map((alternatives) => alternatives.map((bounds) => bounds.join(' ')).join(' || '))

describe('the best version', () => {
  it('is the one that node-semver finds, among releases', () => {
    fc.assert(
      fc.property(fc.array(release, { maxLength: 40 }), range, (texts, wanted) => {
        const { best } = registryOf(texts)
        expect(best(wanted)).toBe(maxSatisfying(texts, wanted))
      }),
      { numRuns: 400 },
    )
  })

  it('takes in every build, the highest of them, and prereleases where a bound names one', () => {
    const { best } = registryOf(['1.4.2', '1.4.2.17', '1.4.2.3', '1.5.0-rc.1', '2.0.0'])
    expect(best('^1.4.0')).toBe('1.4.2.17')
    expect(best('1.4.2')).toBe('1.4.2.17')
    expect(best('>=1.4.2.4 <1.4.2.17')).toBe(null)
    expect(best('<1.4.2.17')).toBe('1.4.2.3')
    expect(best('>1.4.2.17 <2')).toBe(null)
    expect(best('>=1.5.0-rc.0 <1.9.0')).toBe('1.5.0-rc.1')
    expect(best('>=1.4.0 <1.9.0')).toBe('1.4.2.17')
  })

  it('is the one that the constraint itself finds, whatever the range, the builds and the flags', () => {
    const version = fc.tuple(semverText, fc.nat(3), fc.nat(7)).map(([text, build, flags]) => {
      return Version.parse(text).withBuild(build).with({ flags })
    })
    const bits = fc.nat(7)
    const how = fc.record({ includePrerelease: fc.boolean(), requiredFlags: bits, excludedFlags: bits })
    const built = fc
      .tuple(fc.constantFrom('>', '>=', '<', '<=', '', '^', '~'), release, fc.nat(3))
      .map(([operator, main, build]) => `${operator}${main}.${build}`)
    const any = fc.oneof(range, rangeText, built)
    fc.assert(
      fc.property(fc.array(version, { maxLength: 30 }), any, how, (versions, wanted, rules) => {
        const excludedFlags = rules.excludedFlags & ~rules.requiredFlags
        const constraint = Constraint.parse(wanted, { ...rules, excludedFlags })
        const registry = Registry.create({ units: 1, versions: 30 })
        const unit = registry.registerUnit('traffic')
        for (const one of versions) registry.registerVersion({ unit, version: one, hash: HASH, timestamp: 1 })
        const found = registry.best(unit, constraint)
        const expected = constraint.best(versions)
        const text = found < 0 ? undefined : registry.record(found).version
        expect(text === undefined).toBe(expected === undefined)
        if (text && expected) expect(Version.compare(text, expected)).toBe(0)
      }),
      { numRuns: 600 },
    )
  })

  it('passes over flags, states and other units', () => {
    const { registry, unit, add, best } = registryOf(['1.0.0'])
    registry.close()
    expect(best('*')).toBe('1.0.0')
    const full = Registry.create({ units: 2, versions: 4 })
    full.registerUnit('traffic')
    const other = full.registerUnit('roads')
    const draft = (text: string, flags: number) =>
      full.registerVersion({ unit, version: Version.parse(text), hash: HASH, timestamp: 1, flags })
    const plain = draft('1.0.0', 0)
    const beta = draft('1.1.0', 2)
    const constraint = Constraint.parse('*')
    expect(full.best(unit, constraint)).toBe(beta)
    expect(full.best(unit, constraint, { excluded: 2 })).toBe(plain)
    expect(full.best(unit, constraint, { required: 4 })).toBe(-1)
    expect(full.best(other, constraint)).toBe(-1)
    full.setState(beta, 'quarantined')
    expect(full.best(unit, constraint)).toBe(plain)
    expect(full.best(unit, constraint, { states: ['quarantined'] })).toBe(beta)
    expect(() => add('3.0.0')).toThrow(expect.objectContaining({ code: 'TICKSWAP_E_REGISTRY_FULL' }))
  })

  it('finds its way through as many alternatives as a constraint can have', () => {
    const { best } = registryOf(['7.0.0', '9.0.0'])
    expect(best(Array(85).fill('7').join('||'))).toBe('7.0.0')
    expect(best([...Array(700).fill('7'), '9'].join('||'))).toBe('9.0.0')
  })
})
