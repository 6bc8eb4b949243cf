import { describe, expect, test } from 'vitest'
import { openFleet } from '../support/opened-fleet.ts'

/** 12 MB of columns: more than is copied whole at a boundary. */
const ELEMENTS = 3 * 2 ** 20

/** Every participant writes a few places of the world in every step; `body` runs before that. */
const world = (version: string, body = '', extra = '') => `
import { defineUnit, f32, u32 } from 'tickswap/module'
export const unit = defineUnit({
  version: '${version}',
  state: { columns: { field: f32(${ELEMENTS}), steps: u32(16)${extra.includes('energy') ? ', energy: f32(1024)' : ''} } },
  ${extra}
})
export function step(dt: number, worker: number) {
  const { field, steps } = unit.state.columns
  const row = worker + 1
  steps[row]!++
  ${body}
  for (let i = 0; i < 5; i++) field[(steps[row]! * 7919 + i * 104729 + row * 1299709) % ${ELEMENTS}]! += 1
}
`
async function start(text: string, ticks: number) {
  const { scratch, fleet } = await openFleet(
    { 'world.ts': text },
    { unit: 'world', workers: 2, runtime: { probation: { ticks } } },
  )
  const columns = () => fleet.handle.state.columns as { field: Float32Array; steps: Uint32Array }
  /** The field is what the steps say, to the last place: nothing written was lost, nothing came back. */
  const isExact = () => {
    const { field, steps } = columns()
    const expected = new Float32Array(ELEMENTS)
    for (let row = 0; row < 3; row++)
      for (let step = 1; step <= steps[row]!; step++)
        for (let i = 0; i < 5; i++) expected[(step * 7919 + i * 104729 + row * 1299709) % ELEMENTS]! += 1
    return (
      Buffer.compare(
        Buffer.from(field.buffer, field.byteOffset, field.byteLength),
        Buffer.from(expected.buffer),
      ) === 0
    )
  }
  return { scratch, fleet, isExact, columns }
}

describe('a world larger than is copied whole', () => {
  test('comes back from a version that spoils it after some ticks, to the last number', async () => {
    const { scratch, fleet, isExact, columns } = await start(world('1.0.0'), 30)
    await fleet.frames(20)
    expect(isExact()).toBe(true)
    let age = 0
    for (const row of [1, 2]) {
      const since = fleet.reports.length
      const spoil = `if (row === ${row} && ++age === ${4 + row}) { field.fill(${++age}, 1000, 2000000); field[77] = 0 / 0 }`
      await scratch.write('world.ts', `let age = 0\n${world('1.0.0', spoil)}`)
      await fleet.report('rolled-back', since)
      await fleet.frames(5)
      expect(isExact()).toBe(true)
    }
    expect(columns().steps[0]).toBe(fleet.frame)
  })

  test('comes back through a migration, and passes the next probation', async () => {
    const { scratch, fleet, isExact, columns } = await start(world('1.0.0'), 12)
    const migrate = `migrate: { '^1.0.0': { up(old, next) { next.columns.energy[3] = 1 }, down() {} } },`
    const failing = `let age = 0\n${world('2.0.0', `if (row === 0 && ++age === 6) throw new Error('on purpose')`, migrate)}`
    await scratch.write('world.ts', failing)
    await fleet.report('rolled-back')
    await fleet.frames(5)
    expect(isExact()).toBe(true)
    const since = fleet.reports.length
    await scratch.write('world.ts', world('2.0.0', '', migrate))
    await fleet.report('permanent', since)
    await fleet.frames(5)
    expect(isExact()).toBe(true)
    expect(columns().steps[0]).toBe(fleet.frame)
    expect(fleet.mixed).toBe(0)
  })
})
