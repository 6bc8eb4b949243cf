import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { addon } from '../../dist/native/addon.js'
import { LAYOUT } from '../../dist/registry/layout.js'
import { Registry } from '../../dist/registry/registry.js'
import { Version } from '../../dist/version/version.js'

const HASH = '00000000000000ff'
const SEGMENTS_AT = LAYOUT.HEADER_BYTES + LAYOUT.MAX_PARTICIPANTS * 4
const create = (units = 4, versions = 8) => Registry.create({ units, versions })
const add = (registry: Registry, unit: number, version = '1.0.0', hash = HASH) =>
  registry.registerVersion({ unit, version: Version.parse(version), hash, timestamp: 1_700_000_000_000 })
const goLive = (registry: Registry, unit: number, record: number) => {
  const generation = registry.stage([{ unit, record }])
  registry.publish(generation)
  return generation
}
const failing = (code: string) => expect.objectContaining({ name: 'TickswapError', code })
const attempt = (action: () => unknown): unknown => {
  try {
    return action()
  } catch (error) {
    return error
  }
}

describe('creating and attaching', () => {
  it.each([
    [0, 1],
    [1, 0],
    [65_537, 1],
    [1, 1_048_577],
    [-1, 1],
    [1.5, 1],
  ])('refuses room for %s units and %s versions', (units, versions) => {
    expect(attempt(() => create(units, versions))).toEqual(failing('TICKSWAP_E_OPTION'))
  })

  it('shows an attached registry what the creator wrote, and lets it write too', () => {
    const registry = create()
    const unit = registry.registerUnit('traffic')
    const other = Registry.attach(registry.shared)
    expect(other.units()).toEqual(['traffic'])
    goLive(other, unit, add(other, unit))
    expect(registry.active(unit)).toBe(0)
  })

  const damaged = (offset: number, value: number): SharedArrayBuffer => {
    const { shared } = create()
    new Uint32Array(shared)[offset / 4] = value
    return shared
  }
  it.each([
    ['nothing', () => new SharedArrayBuffer(0)],
    ['too little', () => new SharedArrayBuffer(40)],
    ['zeroes', () => new SharedArrayBuffer(4096)],
    ['another magic', () => damaged(LAYOUT.HEADER_MAGIC, 1)],
    ['another layout version', () => damaged(LAYOUT.HEADER_LAYOUT, LAYOUT.LAYOUT + 1)],
    ['a segment beyond the memory', () => damaged(SEGMENTS_AT + LAYOUT.SEGMENT_END, 1 << 30)],
    ['segments that are not there', () => damaged(LAYOUT.HEADER_GROWTHS, 5)],
    ['a table of segments beyond the memory', () => damaged(LAYOUT.HEADER_SEGMENTS_AT, 1 << 30)],
    ['less than a registry begins with', () => create().shared.slice(0, 4096)],
  ])('refuses %s', (_, make) => {
    expect(attempt(() => Registry.attach(make()))).toEqual(failing('TICKSWAP_E_REGISTRY_LAYOUT'))
  })

  it('writes to no registry whose tables are not where they belong', () => {
    const registry = Registry.attach(damaged(LAYOUT.HEADER_MOST_UNITS, 9))
    expect(attempt(() => registry.registerUnit('a'))).toEqual(failing('TICKSWAP_E_REGISTRY_LAYOUT'))
  })

  it('can be closed, and written to again', () => {
    const registry = create()
    registry.close()
    registry.close()
    expect(registry.registerUnit('a')).toBe(0)
    expect(registry.lookup('a')).toBe(0)
  })
})

describe('units', () => {
  it('are found by name in TypeScript and in C alike', () => {
    const name = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 30 })
    fc.assert(
      fc.property(
        fc.uniqueArray(name, { maxLength: 60 }),
        fc.array(name, { maxLength: 20 }),
        (known, asked) => {
          const registry = create(64, 1)
          const reader = Registry.attach(registry.shared)
          const memory = new Uint8Array(new SharedArrayBuffer(256))
          const [handle, scratch] = [new Uint8Array(registry.shared), memory].map((view) =>
            addon().attach(view),
          )
          addon().registryAttach(handle!)
          for (const [i, unit] of known.entries()) {
            expect(reader.lookup(unit)).toBe(-1)
            expect(registry.registerUnit(unit)).toBe(i)
          }
          for (const unit of [...known, ...asked]) {
            const expected = known.indexOf(unit)
            const bytes = Buffer.from(unit)
            memory.set(bytes)
            const native = addon().registryLookup(handle!, scratch!, bytes.length)
            expect(reader.lookup(unit)).toBe(expected)
            expect(native).toBe(expected < 0 ? -6 : expected)
          }
          expect(reader.units()).toEqual(known)
          for (const open of [handle!, scratch!]) addon().detach(open)
          registry.close()
        },
      ),
      { numRuns: 50 },
    )
  })

  it('keep their index when registered again, and fill the table', () => {
    const registry = create(2)
    expect(registry.registerUnit('a')).toBe(0)
    expect(registry.registerUnit('b')).toBe(1)
    expect(registry.registerUnit('a')).toBe(0)
    expect(attempt(() => registry.registerUnit('c'))).toEqual(failing('TICKSWAP_E_REGISTRY_FULL'))
  })

  it('have names of 1 to 240 bytes', () => {
    const registry = create()
    expect(registry.registerUnit('ü'.repeat(120))).toBe(0)
    expect(registry.units()).toEqual(['ü'.repeat(120)])
    for (const name of ['', 'ü'.repeat(121)])
      expect(attempt(() => registry.registerUnit(name))).toEqual(failing('TICKSWAP_E_UNIT_INVALID'))
  })
})

describe('versions', () => {
  it('come back as they were registered', () => {
    const registry = create()
    const unit = registry.registerUnit('traffic')
    const part = fc.nat(0xffffffff)
    const prerelease = fc.constantFrom('', '-rc.1', '-alpha', '-0.1.beta-2', `-${'x'.repeat(200)}`)
    const metadata = fc.constantFrom('', '+g0a1b', '+a.b.c')
    const hash = fc.bigInt({ min: 0n, max: 0xffffffffffffffffn }).map((n) => n.toString(16).padStart(16, '0'))
    fc.assert(
      fc.property(fc.tuple(part, part, part, part), prerelease, metadata, hash, (key, pre, meta, content) => {
        const version = Version.parse(`${key.join('.')}${pre}${meta}`)
        const draft = { unit, version, hash: content, timestamp: 2 ** 52 + key[0], flags: key[1] }
        const record = registry.registerVersion(draft)
        expect(registry.record(record)).toEqual({ ...draft, record, state: 'candidate' })
        registry.setState(record, 'retired')
      }),
    )
  })

  it.each([
    ['a hash that is too short', { hash: 'ff' }],
    ['a hash in capitals', { hash: '00000000000000FF' }],
    ['half a millisecond', { timestamp: 0.5 }],
    ['a negative timestamp', { timestamp: -1 }],
    ['an unknown unit', { unit: 1 }],
    ['no unit', { unit: -1 }],
  ])('are refused with %s', (_, change) => {
    const registry = create()
    const unit = registry.registerUnit('a')
    const draft = { unit, version: Version.parse('1.0.0'), hash: HASH, timestamp: 0, ...change }
    expect(attempt(() => registry.registerVersion(draft))).toEqual(failing('TICKSWAP_E_OPTION'))
    expect(registry.diagnostics().registered).toBe(0)
  })

  it.each([-1, 0, 0.5, Number.NaN, 8])('know no record %s in an empty registry', (index) => {
    expect(attempt(() => create().record(index))).toEqual(failing('TICKSWAP_E_NO_SUCH_VERSION'))
  })

  it('change their state', () => {
    const registry = create()
    const record = add(registry, registry.registerUnit('a'))
    for (const state of ['active', 'permanent', 'quarantined', 'retired', 'candidate'] as const) {
      registry.setState(record, state)
      expect(registry.record(record).state).toBe(state)
    }
    expect(attempt(() => registry.setState(record, 'free' as never))).toEqual(failing('TICKSWAP_E_OPTION'))
    expect(attempt(() => registry.setState(1, 'active'))).toEqual(failing('TICKSWAP_E_OPTION'))
  })

  it('come by the thousand through a small table', () => {
    const registry = create(1, 6)
    const unit = registry.registerUnit('a')
    let live = add(registry, unit)
    goLive(registry, unit, live)
    for (let build = 1; build < 5000; build++) {
      const next = add(registry, unit, `1.0.0.${build}`)
      if (build % 3 === 0) {
        registry.setState(next, 'quarantined')
        continue
      }
      goLive(registry, unit, next)
      registry.setState(live, 'retired')
      live = next
      expect(registry.record(registry.active(unit)).version.build).toBe(build)
    }
    expect(registry.diagnostics()).toMatchObject({ versions: 6, registered: 5000, reclaimed: 4994, grown: 0 })
  })

  it('fill the table when none is retired', () => {
    const registry = create(1, 2)
    const unit = registry.registerUnit('a')
    goLive(registry, unit, add(registry, unit))
    add(registry, unit)
    expect(attempt(() => add(registry, unit))).toEqual(failing('TICKSWAP_E_REGISTRY_FULL'))
  })
})

describe('generations', () => {
  it('show nothing before they are published, and all of it after', () => {
    const registry = create()
    const [a, b] = [registry.registerUnit('a'), registry.registerUnit('b')]
    const moves = [
      { unit: a, record: add(registry, a) },
      { unit: b, record: add(registry, b) },
    ]
    const generation = registry.stage(moves)
    expect([generation, registry.generation(), registry.active(a), registry.active(b)]).toEqual([
      1, 0, -1, -1,
    ])
    expect(registry.diagnostics().staged).toBe(1)
    registry.publish(generation)
    expect([registry.generation(), registry.active(a), registry.active(b)]).toEqual([1, 0, 1])
    expect(registry.diagnostics().staged).toBe(0)
  })

  it('can be staged one after the other, rolled back, and looked back at', () => {
    const registry = create()
    const unit = registry.registerUnit('a')
    const [old, fresh] = [add(registry, unit, '1.0.0'), add(registry, unit, '2.0.0')]
    expect(goLive(registry, unit, old)).toBe(1)
    expect(goLive(registry, unit, fresh)).toBe(2)
    const back = registry.stage([{ unit, record: old }])
    expect([back, registry.active(unit, 1), registry.active(unit, 2)]).toEqual([3, old, fresh])
    expect([registry.isWhole(2), registry.isWhole(1), registry.isWhole(0)]).toEqual([true, true, false])
    registry.publish(back)
    expect([registry.active(unit), registry.active(unit, 2), registry.isWhole(1)]).toEqual([
      old,
      fresh,
      false,
    ])
  })

  it('can leave a unit without a version', () => {
    const registry = create()
    const unit = registry.registerUnit('a')
    goLive(registry, unit, add(registry, unit))
    goLive(registry, unit, -1)
    expect(registry.active(unit)).toBe(-1)
  })

  it('replace a staging that was not published', () => {
    const registry = create()
    const unit = registry.registerUnit('a')
    const [first, second] = [add(registry, unit), add(registry, unit)]
    registry.stage([{ unit, record: first }])
    expect(registry.stage([])).toBe(1)
    expect(registry.stage([{ unit, record: second }])).toBe(1)
    registry.publish(1)
    expect(registry.active(unit)).toBe(second)
  })

  it('are not published unless they are staged', () => {
    const registry = create()
    const unit = registry.registerUnit('a')
    const wrongState = failing('TICKSWAP_E_REGISTRY_STATE')
    expect(attempt(() => registry.publish(0))).toEqual(wrongState)
    expect(attempt(() => registry.publish(1))).toEqual(wrongState)
    const record = add(registry, unit)
    registry.stage([{ unit, record }])
    expect(attempt(() => registry.publish(2))).toEqual(wrongState)
    registry.setState(record, 'quarantined')
    expect(attempt(() => registry.publish(1))).toEqual(wrongState)
    expect(registry.generation()).toBe(0)
  })

  it('take no retired version, no unknown one and none of another unit', () => {
    const registry = create()
    const [a, b] = [registry.registerUnit('a'), registry.registerUnit('b')]
    const [old, other] = [add(registry, a), add(registry, b)]
    registry.setState(old, 'retired')
    const code = (unit: number, record: number) => attempt(() => registry.stage([{ unit, record }]))
    expect(code(a, old)).toEqual(failing('TICKSWAP_E_REGISTRY_STATE'))
    expect(code(a, other)).toEqual(failing('TICKSWAP_E_OPTION'))
    expect(code(a, 7)).toEqual(failing('TICKSWAP_E_OPTION'))
    expect(code(2, old)).toEqual(failing('TICKSWAP_E_OPTION'))
    expect(code(-1, old)).toEqual(failing('TICKSWAP_E_OPTION'))
    const many = Array.from({ length: 50 }, () => ({ unit: b, record: other }))
    expect(attempt(() => registry.stage(many))).toEqual(failing('TICKSWAP_E_OPTION'))
  })

  it('do not lose the version that is live', () => {
    const registry = create()
    const unit = registry.registerUnit('a')
    const record = add(registry, unit)
    goLive(registry, unit, record)
    const refusal = attempt(() => registry.setState(record, 'retired'))
    expect(refusal).toEqual(failing('TICKSWAP_E_REGISTRY_STATE'))
    expect(registry.record(record).state).toBe('candidate')
  })

  it('know no active version of a unit that is none', () => {
    const registry = create()
    for (const unit of [-1, 4, 1e9, Number.NaN]) expect(registry.active(unit)).toBe(-1)
  })
})
