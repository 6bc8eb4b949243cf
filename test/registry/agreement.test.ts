import fc from 'fast-check'
import { expect, it } from 'vitest'
import { addon } from '../../dist/native/addon.js'
import { LAYOUT, VERSION_STATES, type VersionState } from '../../dist/registry/layout.js'
import { RECORD_AND_TAIL_BYTES, readRecord } from '../../dist/registry/record.js'
import { Registry } from '../../dist/registry/registry.js'
import { Version } from '../../dist/version/version.js'

/** A registry, a reader of it in TypeScript, and a view of it in C. */
function both() {
  const registry = Registry.create({ units: 1, versions: 2, mostUnits: 20, mostVersions: 40, ownSlots: 4 })
  const reader = Registry.attach(registry.shared)
  const memory = new Uint8Array(new SharedArrayBuffer(RECORD_AND_TAIL_BYTES))
  const handle = addon().attach(new Uint8Array(registry.shared))
  const scratch = addon().attach(memory)
  addon().registryAttach(handle)
  const close = () => {
    for (const open of [handle, scratch]) addon().detach(open)
    registry.close()
  }
  const native = {
    lookup: (name: string) => {
      const bytes = Buffer.from(name).subarray(0, RECORD_AND_TAIL_BYTES)
      memory.set(bytes)
      return addon().registryLookup(handle, scratch, bytes.length)
    },
    active: (generation: number, unit: number) => addon().registryActive(handle, generation, unit),
    record: (index: number) => {
      const status = addon().registryRead(handle, scratch, index)
      return status < 0 ? status : readRecord(index, memory.slice())
    },
  }
  return { registry, reader, handle, native, close }
}

type Pair = ReturnType<typeof both>
const attempt = <T>(action: () => T): T | string => {
  try {
    return action()
  } catch (error) {
    return (error as { code: string }).code
  }
}

const name = fc.oneof(
  fc.constantFrom('a', 'b', '', 'ü'.repeat(120), 'x'.repeat(241)),
  fc.string({ unit: 'grapheme', maxLength: 12 }),
)
const index = fc.oneof(fc.nat(24), fc.constantFrom(0xffff_fffe, 0xffff_ffff))
const part = fc.nat(0xffff_ffff)
const version = fc
  .tuple(part, part, part, part, fc.constantFrom('', '-rc.1'), fc.constantFrom('', '+g0a1b'))
  .map(([a, b, c, d, pre, meta]) => Version.parse(`${a}.${b}.${c}.${d}${pre}${meta}`))
const slot = fc.nat(3)
const step: fc.Arbitrary<(pair: Pair) => unknown> = fc.oneof(
  name.map(
    (text) =>
      ({ registry }: Pair) =>
        registry.registerUnit(text),
  ),
  fc.tuple(index, version).map(([unit, text]) => ({ registry }: Pair) => {
    return registry.registerVersion({ unit, version: text, hash: 'ff00ff00ff00ff00', timestamp: unit })
  }),
  fc
    .tuple(index, fc.constantFrom(...VERSION_STATES.slice(1)))
    .map(([record, state]) => ({ registry }: Pair) => {
      return registry.setState(record, state as VersionState)
    }),
  fc
    .array(fc.record({ unit: index, record: index }), { maxLength: 3 })
    .map((moves) => ({ registry }: Pair) => {
      return registry.stage(moves)
    }),
  fc.integer({ min: 1, max: 2 }).map((ahead) => ({ registry }: Pair) => {
    return registry.publish(registry.generation() + ahead)
  }),
  slot.map(
    (own) =>
      ({ reader }: Pair) =>
        reader.enter(own),
  ),
  slot.map(
    (own) =>
      ({ handle }: Pair) =>
        addon().registryEnter(handle, own),
  ),
  slot.map(
    (own) =>
      ({ reader }: Pair) =>
        reader.tick(own),
  ),
  slot.map(
    (own) =>
      ({ handle }: Pair) =>
        addon().registryTick(handle, own),
  ),
  slot.map(
    (own) =>
      ({ reader }: Pair) =>
        reader.leave(own),
  ),
  slot.map(
    (own) =>
      ({ handle }: Pair) =>
        addon().registryLeave(handle, own),
  ),
)

/** Every question about everything there is, and about some things that there are not. */
function expectAgreement({ reader, handle, native }: Pair, asked: readonly string[]): void {
  addon().registryExtend(handle)
  const generation = reader.generation()
  expect(addon().registryGeneration(handle)).toBe(generation)
  expect(addon().registryGrowths(handle)).toBe(reader.diagnostics().grown)
  for (const text of [...reader.units(), ...asked]) {
    const found = reader.lookup(text)
    expect(native.lookup(text)).toBe(found < 0 ? -6 : found)
  }
  for (const viewed of [generation, generation - 1, generation - 2, generation + 1].filter((n) => n >= 0)) {
    expect(addon().registryIsWhole(handle, viewed)).toBe(reader.isWhole(viewed))
    for (const unit of [...Array(25).keys(), 0xffff_ffff]) {
      const record = reader.active(unit, viewed)
      expect(native.active(viewed, unit)).toBe(record < 0 ? LAYOUT.NO_RECORD : record)
    }
  }
  for (const record of [...Array(44).keys(), 0xffff_ffff]) {
    const found = attempt(() => reader.record(record))
    expect(native.record(record)).toEqual(found === 'TICKSWAP_E_NO_SUCH_VERSION' ? -1 : found)
  }
}

it('the readers in TypeScript and in C see the same, whatever was done', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), fc.array(name, { maxLength: 4 }), (steps, asked) => {
      const pair = both()
      // What is refused must change nothing either.
      for (const take of steps) attempt(() => take(pair))
      expectAgreement(pair, asked)
      pair.close()
    }),
    { numRuns: 150 },
  )
})
