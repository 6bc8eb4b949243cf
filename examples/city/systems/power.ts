import { defineUnit, f32, u8, u16, u32 } from 'tickswap/module'
import {
  CELLS,
  chance,
  DISTRICTS,
  daylightAt,
  districtOf,
  hourAt,
  mix,
  noise,
  slotOf,
  smooth,
  sum,
  WIDTH,
} from './city.ts'
import { NONE as NO_ROAD, remoteness } from './network.ts'
import { unit as roads } from './roads.ts'
import { buildable, isLand, unit as terrain } from './terrain.ts'
import { EMPTY, homesIn, jobsIn, unit as zoning } from './zoning.ts'

/** kinds of plant; a district has at most one */
export const NO_PLANT = 0
export const COAL = 1
export const WIND = 2
export const SOLAR = 3

/** megawatts that a home, a job and the lamps of a district take at their highest */
export const PER_HOME = 0.012
export const PER_JOB = 0.016
export const LAMPS = 1.2

const SEED = 60
const NO_SITE = 0xffff

export const unit = defineUnit({
  version: '1.0.0',
  requires: { terrain: '^1.0.0', roads: '^1.0.0', zoning: '^1.0.0' },
  state: {
    columns: {
      plant: u8(DISTRICTS),
      site: u16(DISTRICTS),
      /** megawatts that a district's plant was built for */
      rating: f32(DISTRICTS),
      load: f32(2 * DISTRICTS),
      output: f32(2 * DISTRICTS),
      /** the part of its load that a district gets, 0 to 1 */
      served: f32(2 * DISTRICTS),
      /** how far the plants have been extended, 1 at the start, doubled by frame */
      extension: f32(2),
      age: u32(DISTRICTS),
    },
  },
  init() {
    const { served, extension, site, age } = unit.state.columns
    served.fill(1)
    extension.fill(1)
    site.fill(NO_SITE)
    buildPlants()
    for (let frame = 0; frame < 4; frame++) step(0, DISTRICTS, frame)
    age.fill(0)
  },
  verify({ columns }) {
    const { load, output, served, extension } = columns
    const sound =
      served.every((part) => part >= 0 && part <= 1) && extension.every((by) => by >= 1 && by < 1e6)
    return sound && load.every((mw) => mw >= 0) && output.every((mw) => mw >= 0)
  },
})

/** Feeds the grid and shares it out; when it is short, some districts go dim, in turns. */
export function step(first: number, last: number, frame: number): void {
  const { load, output, served, age } = unit.state.columns
  const out = slotOf(frame) * DISTRICTS
  const seen = DISTRICTS - out
  const wanted = sum(load, seen, DISTRICTS)
  const ratio = wanted > 0 ? sum(output, seen, DISTRICTS) / wanted : 1
  for (let district = first; district < last; district++) {
    load[out + district] = loadOf(district, frame)
    output[out + district] = outputOf(district, frame)
    const share = ratio >= 1 || chance(district, frame >> 7, SEED) < ratio - 0.1 ? 1 : 0.3
    served[out + district] = mix(served[seen + district]!, share, 0.08)
    age[district]!++
  }
}

function loadOf(district: number, frame: number): number {
  const hour = hourAt(frame)
  const evening =
    0.35 + 0.65 * smooth(16, 20, hour) * smooth(26, 22, hour) + 0.2 * smooth(5, 7, hour) * smooth(10, 8, hour)
  const office = 0.3 + 0.7 * smooth(6, 9, hour) * smooth(20, 17, hour)
  const homes = homesIn(district, frame)
  const jobs = jobsIn(district, frame)
  const lamps = homes + jobs > 0 ? LAMPS * (1 - daylightAt(frame)) : 0
  return homes * PER_HOME * evening + jobs * PER_JOB * office + lamps
}

function outputOf(district: number, frame: number): number {
  const { plant, rating, extension } = unit.state.columns
  const most = rating[district]! * extension[slotOf(frame) ^ 1]!
  if (plant[district] === WIND) return most * (0.25 + 0.75 * noise(frame / 260, district, SEED + 1))
  if (plant[district] === SOLAR) return most * daylightAt(frame)
  return most
}

/** The part of its load that a district gets, 0 to 1. */
export const servedIn = (district: number, frame: number): number =>
  unit.state.columns.served[(slotOf(frame) ^ 1) * DISTRICTS + district]!

/** Load and output of the whole grid, in megawatts. */
export function grid(frame: number): { load: number; output: number } {
  const { load, output } = unit.state.columns
  const seen = (slotOf(frame) ^ 1) * DISTRICTS
  return { load: sum(load, seen, DISTRICTS), output: sum(output, seen, DISTRICTS) }
}

/** Orders the plants extended to `by` times what they were; seen by all in the next frame. */
export function order(by: number, frame: number): void {
  unit.state.columns.extension[slotOf(frame)] = by
}

export const extensionAt = (frame: number): number => unit.state.columns.extension[slotOf(frame) ^ 1]!

/** Puts the plants outside of the town: wind where it is high, the others where there is room. */
function buildPlants(): void {
  const { plant, site, rating } = unit.state.columns
  for (const [kind, count, megawatts] of [
    [COAL, 3, 64],
    [WIND, 4, 30],
    [SOLAR, 3, 36],
  ] as const)
    for (let built = 0; built < count; built++) {
      const cell = bestSite(kind, built)
      const district = districtOf(cell)
      plant[district] = kind
      site[district] = cell
      rating[district] = megawatts
    }
}

function bestSite(kind: number, turn: number): number {
  const { plant } = unit.state.columns
  const { height } = terrain.state.columns
  let best = 0
  let most = Number.NEGATIVE_INFINITY
  for (let cell = 0; cell < CELLS; cell++) {
    const [x, y] = [cell % WIDTH, Math.floor(cell / WIDTH)]
    const free =
      (kind === WIND ? isLand(cell) : buildable(cell)) && roads.state.columns.kind[cell] === NO_ROAD
    if (!free || zoning.state.columns.plan[cell] !== EMPTY || plant[districtOf(cell)] !== NO_PLANT) continue
    const far = Math.abs(remoteness(x, y) - (kind === WIND ? 52 : 34 + turn * 4))
    const merit = (kind === WIND ? height[cell]! * 40 : 0) - far + noise(x / 6, y / 6, SEED + kind) * 12
    if (merit > most) [best, most] = [cell, merit]
  }
  return best
}
