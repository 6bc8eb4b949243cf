import { beforeEach, describe, expect, it } from 'vitest'
import { arrayType } from '../../dist/units/column.js'
import type { BoundUnit } from '../../dist/units/unit.js'
import * as citizens from '../../examples/city/systems/citizens.ts'
import { DISTRICTS } from '../../examples/city/systems/city.ts'
import * as economy from '../../examples/city/systems/economy.ts'
import * as power from '../../examples/city/systems/power.ts'
import * as roads from '../../examples/city/systems/roads.ts'
import * as terrain from '../../examples/city/systems/terrain.ts'
import * as traffic from '../../examples/city/systems/traffic.ts'
import * as zoning from '../../examples/city/systems/zoning.ts'

const SYSTEMS = { terrain, roads, zoning, power, traffic, citizens, economy }
const units = Object.values(SYSTEMS).map((system) => system.unit as unknown as BoundUnit)

/** Gives every unit fresh memory, and founds the city. */
function found(): void {
  for (const unit of units) {
    const columns = Object.entries(unit.definition.state?.columns ?? {}).map(([name, column]) => {
      const Type = arrayType(column.type)
      return [name, new Type(new SharedArrayBuffer(column.length * Type.BYTES_PER_ELEMENT) as never)]
    })
    unit.bind({ columns: Object.fromEntries(columns), soft: {} })
  }
  for (const unit of units) unit.definition.init?.(unit.state)
}

/** Steps as `shares` workers would, each frame in another order of workers. */
function run(from: number, to: number, shares: number): void {
  for (let frame = from; frame < to; frame++)
    for (let i = 0; i < shares; i++) {
      const share = (i * 3 + frame) % shares
      const first = Math.floor((DISTRICTS * share) / shares)
      const last = Math.floor((DISTRICTS * (share + 1)) / shares)
      for (const system of Object.values(SYSTEMS)) system.step(first, last, frame)
    }
}

function checksums(): Record<string, number> {
  const sums: Record<string, number> = {}
  for (const [system, { unit }] of Object.entries(SYSTEMS))
    for (const [name, column] of Object.entries((unit as unknown as BoundUnit).state.columns)) {
      const words = new Uint32Array(column.buffer.slice(0, column.byteLength & ~3))
      let sum = 0
      for (let i = 0; i < words.length; i++) sum = Math.imul(sum ^ words[i]!, 0x01000193)
      sums[`${system}.${name}`] = sum
    }
  return sums
}

function check(frame: number): void {
  for (const [name, { unit }] of Object.entries(SYSTEMS)) {
    const { state, definition } = unit as unknown as BoundUnit
    expect(definition.verify?.(state), `${name} after frame ${frame}`).not.toBe(false)
    for (const [column, values] of Object.entries(state.columns))
      if (values instanceof Float32Array || values instanceof Float64Array)
        expect(values.every(Number.isFinite), `${name}.${column} after frame ${frame}`).toBe(true)
  }
}

describe('the systems of the city', () => {
  beforeEach(found)

  it('begin with ten thousand people and more', () => {
    expect(citizens.census(1).people).toBeGreaterThanOrEqual(10_000)
    check(0)
  })

  it('come out the same, however many workers share the districts, in any order', { timeout: 30_000 }, () => {
    run(0, 600, 1)
    const alone = checksums()
    for (const shares of [1, 5]) {
      found()
      run(0, 600, shares)
      expect(checksums(), `${shares} shares`).toEqual(alone)
    }
  })

  it('keep their invariants for two days and more', { timeout: 30_000 }, () => {
    for (let frame = 0; frame < 3600; frame += 200) {
      run(frame, frame + 200, 5)
      check(frame + 200)
    }
  })

  it('live: people commute, the city grows, the lights come on', () => {
    const before = citizens.census(0).people
    run(0, 260, 5)
    const morning = traffic.carsOut(260)
    const dayLoad = power.grid(260).load
    run(260, 1080, 5)
    expect(morning).toBeGreaterThan(300)
    expect(power.grid(1080).load).toBeGreaterThan(dayLoad)
    expect(citizens.census(1080).people).toBeGreaterThan(before + 500)
    expect(roads.reachAt(1080)).toBeGreaterThan(roads.FIRST_REACH)
  })

  it('loses nobody when one system falls a few frames behind, as after a rollback', () => {
    run(0, 200, 5)
    const kept = Object.entries((traffic.unit as unknown as BoundUnit).state.columns).map(
      ([name, column]) => [name, column.slice()] as const,
    )
    run(200, 230, 5)
    for (const [name, column] of kept)
      (traffic.unit as unknown as BoundUnit).state.columns[name]!.set(column as never)
    run(230, 1200, 5)
    check(1200)
    const place = citizens.unit.state.columns.place
    const onTheWay = place.reduce((count, one) => count + (one === citizens.ON_THE_WAY ? 1 : 0), 0)
    expect(onTheWay).toBeLessThan(citizens.census(1200).people / 3)
  })
})
