import fc from 'fast-check'
import { maxSatisfying } from 'semver'
import { describe, expect, it } from 'vitest'
import { Registry } from '../../dist/registry/registry.js'
import { Constraint } from '../../dist/version/constraint.js'
import { Version } from '../../dist/version/version.js'

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

  it('takes in every build, the highest of them, and no prerelease', () => {
    const { best } = registryOf(['1.4.2', '1.4.2.17', '1.4.2.3', '1.5.0-rc.1', '2.0.0'])
    expect(best('^1.4.0')).toBe('1.4.2.17')
    expect(best('1.4.2')).toBe('1.4.2.17')
    expect(best('>=1.5.0-rc.0 <1.9.0')).toBe(null)
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
  })
})
