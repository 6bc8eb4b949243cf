import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { FLAG_SETS, FLAGS, Version } from '../../dist/index.js'
import { Registry } from '../../dist/registry/registry.js'
import { semverText } from './texts.ts'

const about = fc.record({
  flags: fc.subarray([...FLAGS]),
  timestamp: fc.nat(2 ** 45),
  hash: fc.constantFrom('', '0123456789abcdef', 'ffffffffffffffff'),
})

describe('flags', () => {
  it('are all that versions can carry, each a bit of its own', () => {
    expect(FLAGS).toHaveLength(17)
    const bits = FLAGS.map((flag) => Version.parse('1.0.0', { flags: [flag] }).flags)
    expect(new Set(bits).size).toBe(17)
    expect(Version.parse('1.0.0', { flags: [...FLAGS] }).flagNames()).toEqual([...FLAGS])
    for (const { required, excluded } of Object.values(FLAG_SETS))
      for (const flag of [...required, ...excluded]) expect(FLAGS).toContain(flag)
  })

  it('are read in any case, and stay with a version that gets a build', () => {
    const version = Version.parse('1.0.0', { flags: ['api-frozen', 'Needs_Migration'] })
    expect(version.withBuild(3).flagNames()).toEqual(['NEEDS_MIGRATION', 'API_FROZEN'])
    expect([version.has('API_FROZEN'), version.has(['api_frozen', 'lts'])]).toEqual([true, false])
    expect(version.with({ flags: 0 }).flags).toBe(0)
  })

  it.each([[['x']], ['y'], [3.5], [-1], [2 ** 17], [[7]], [{}]])('refuses %j', (flags) => {
    expect(() => Version.parse('1.0.0', { flags: flags as never })).toThrow(/TICKSWAP_E_FLAG_UNKNOWN/)
  })
})

describe('records', () => {
  it('give the version back, also after JSON', () => {
    fc.assert(
      fc.property(semverText, fc.nat(5), about, (text, build, more) => {
        const version = Version.parse(text, more).withBuild(build)
        const read = Version.fromRecord(JSON.parse(JSON.stringify(version.toRecord())))
        expect(read.toRecord()).toEqual(version.toRecord())
        expect([read.flags, read.timestamp, read.hash]).toEqual([
          version.flags,
          version.timestamp,
          version.hash,
        ])
      }),
      { numRuns: 300 },
    )
  })

  it('that were altered are refused, with both hashes', () => {
    const record = Version.parse('1.4.2', { flags: ['stable'], timestamp: 7 }).toRecord()
    const other = Version.parse('1.4.3', { flags: ['stable'], timestamp: 7 }).toRecord()
    const altered = { ...record, version: '1.4.3' }
    expect(() => Version.fromRecord(altered)).toThrow(
      new RegExp(`TICKSWAP_E_INTEGRITY.*${other.integrity}.*${record.integrity}`),
    )
    for (const change of [{ flags: [] }, { timestamp: 8 }, { hash: '0123456789abcdef' }, { integrity: '' }])
      expect(() => Version.fromRecord({ ...record, ...change })).toThrow(/TICKSWAP_E_INTEGRITY/)
    for (const nothing of [undefined, null, 3, {}, 'x', { ...record, flags: 'stable' }])
      expect(() => Version.fromRecord(nothing)).toThrow(/TICKSWAP_E_INTEGRITY/)
  })

  it('of the registry are refused after a single bit was changed, with both hashes', () => {
    const version = Version.parse('1.4.2-rc.1+g0a1b', { flags: ['stable'] })
    const registry = Registry.create({ units: 1, versions: 1 })
    const unit = registry.registerUnit('traffic')
    const record = registry.registerVersion({ unit, version, hash: '0123456789abcdef', timestamp: 9 })
    expect(registry.record(record).version.flagNames()).toEqual(['STABLE'])
    const bytes = new Uint8Array(registry.shared)
    const at = Buffer.from(registry.shared).indexOf('rcg0a1b'.slice(0, 2))
    expect(at).toBeGreaterThan(0)
    bytes[at]! ^= 1
    expect(() => registry.record(record)).toThrow(/TICKSWAP_E_INTEGRITY.*[0-9a-f]{8}.*[0-9a-f]{8}/)
    bytes[at]! ^= 1
    expect(registry.record(record).version.toString()).toBe('1.4.2-rc.1+g0a1b')
  })
})
