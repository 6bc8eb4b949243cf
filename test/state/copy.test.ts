import fc from 'fast-check'
import { expect, it } from 'vitest'
import { copyColumns } from '../../dist/state/copy.js'
import { layoutOf, viewsOf } from '../../dist/state/layout.js'
import { copySoft } from '../../dist/state/soft.js'
import { type Column, type ColumnArray, f32, f64, u8 } from '../../dist/units/column.js'

const TYPES = { f32, f64, u8 }
/** Some columns are large enough for the native copy, most are not. */
const column = fc.record({
  type: fc.constantFrom('f32', 'f64', 'u8'),
  length: fc.oneof(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 9_000, max: 40_000 })),
  grows: fc.constantFrom(0, 0, 0, 3, -1),
})
type Named = readonly [name: string, column: Column]
const shapes = fc.record({
  columns: fc.array(column, { minLength: 1, maxLength: 8 }),
  left: fc.nat(),
  added: fc.nat(),
  isShared: fc.boolean(),
})

const bytesOf = ({ buffer, byteOffset, byteLength }: ColumnArray) =>
  Buffer.from(buffer as ArrayBuffer, byteOffset, byteLength)
const sameBytes = (a: ColumnArray, b: ColumnArray) => bytesOf(a).equals(bytesOf(b))

it('copies columns as they are one by one, and nothing beside them', () => {
  fc.assert(
    fc.property(shapes, ({ columns, left, added, isShared }) => {
      const make = (type: string, length: number) => TYPES[type as 'f32'](Math.max(1, length)) as Column
      const old = columns.map(({ type, length }, i): Named => [`c${i}`, make(type, length)])
      const next = columns.map(({ type, length, grows }, i): Named => [`c${i}`, make(type, length + grows)])
      // One that the next version does not have, and one that the old one had not, so that the others move.
      next.splice(left % next.length, 1)
      next.splice(added % (next.length + 1), 0, ['more', u8(70)])
      const room = (bytes: number) => (isShared ? new SharedArrayBuffer(bytes) : new ArrayBuffer(bytes))
      const [from, to] = [old, next].map((all) => {
        const layout = layoutOf(Object.fromEntries(all), 'shared')
        return viewsOf(layout, room(layout.bytes))
      }) as [ReturnType<typeof viewsOf>, ReturnType<typeof viewsOf>]
      for (const [i, each] of Object.values(from).entries())
        for (let at = 0; at < each.length; at++) each[at] = (at * 7 + i) % 251
      for (const each of Object.values(to)) each.fill(9)
      const right = Object.fromEntries(Object.entries(to).map(([name, each]) => [name, each.slice()]))
      const pairs = Object.keys(from).flatMap((name) => (to[name] ? [[from[name]!, to[name]] as const] : []))
      for (const name of Object.keys(from))
        right[name]?.set(from[name]!.subarray(0, right[name].length) as never)
      copyColumns(pairs)
      for (const [name, each] of Object.entries(to)) expect(sameBytes(each, right[name]!), name).toBe(true)
    }),
    { numRuns: 100 },
  )
})

it('copies soft state as structuredClone does', () => {
  const values = fc.oneof(fc.anything({ withDate: true, withMap: true }), fc.integer(), fc.string())
  fc.assert(
    fc.property(fc.dictionary(fc.oneof(fc.string(), fc.constant('__proto__')), values), (soft) => {
      let right: object
      try {
        right = structuredClone(soft)
      } catch {
        return
      }
      expect(copySoft(soft)).toEqual(right)
      expect(copySoft(soft)).not.toBe(soft)
    }),
    { numRuns: 500 },
  )
  const kept = new Map([['a', 1]])
  expect(copySoft(kept as never)).toEqual(kept)
})
