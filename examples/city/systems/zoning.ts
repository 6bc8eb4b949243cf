import { defineUnit, f32, u8, u16, u32 } from 'tickswap/module'
import {
  BLOCK,
  CELLS,
  chance,
  clamp,
  DISTRICTS,
  HEIGHT,
  next,
  noise,
  originOf,
  slotOf,
  sow,
  sum,
  WIDTH,
} from './city.ts'
import { AVENUE, NEVER, NONE as NO_ROAD, remoteness } from './network.ts'
import { reachAt, unit as roads } from './roads.ts'
import { buildable, FOREST, unit as terrain } from './terrain.ts'

/** what a cell is used for */
export const EMPTY = 0
export const RESIDENTIAL = 1
export const COMMERCIAL = 2
export const INDUSTRIAL = 3
export const PARK = 4

/** people and jobs in a cell that is built as high as can be */
export const HOMES = 30
export const SHOPS = 34
export const WORKS = 26
/** part of the way to its full height that a cell grows at each visit */
export const GROWTH = 0.02
/** cells with free jobs that a district makes known */
export const OFFERS = 8
export const NO_CELL = 0xffff

const SEED = 40

export const unit = defineUnit({
  version: '1.1.0',
  requires: { terrain: '^1.0.0', roads: '^1.0.0' },
  state: {
    columns: {
      plan: u8(CELLS),
      zone: u8(CELLS),
      /** the density that a cell can have, and has: 0 to 1 */
      limit: f32(CELLS),
      density: f32(CELLS),
      /** homes and jobs in each row of cells of each district */
      rowHomes: f32(DISTRICTS * BLOCK),
      rowJobs: f32(DISTRICTS * BLOCK),
      homes: f32(2 * DISTRICTS),
      jobs: f32(2 * DISTRICTS),
      offers: u16(2 * DISTRICTS * OFFERS),
      /** wish for homes, shops and works, 0 to 1, doubled by frame */
      demand: f32(2 * 3),
      rng: u32(DISTRICTS),
      age: u32(DISTRICTS),
    },
  },
  init() {
    const { plan, limit, density, demand, offers, rng, age } = unit.state.columns
    const { access } = roads.state.columns
    sow(rng, SEED)
    demand.fill(0.8)
    offers.fill(NO_CELL)
    for (let cell = 0; cell < CELLS; cell++) {
      plan[cell] = planFor(cell)
      limit[cell] = limitFor(cell)
      if (access[cell]! <= reachAt(0)) density[cell] = limit[cell]! * (0.7 + 0.25 * chance(cell, 1, SEED))
    }
    for (let frame = 0; frame < 4 * BLOCK; frame++) step(0, DISTRICTS, frame)
    age.fill(0)
  },
  verify({ columns }) {
    const { zone, density, homes, jobs, demand } = columns
    for (let cell = 0; cell < CELLS; cell++)
      if (zone[cell]! > PARK || !(density[cell]! >= 0 && density[cell]! <= 1)) return false
    return [homes, jobs, demand].every((column) => column.every((value) => value >= 0))
  },
})

/** Lets each district build on one of its rows of cells, and makes known what homes and jobs it has. */
export function step(first: number, last: number, frame: number): void {
  const { homes, jobs, rowHomes, rowJobs, age } = unit.state.columns
  const slot = slotOf(frame)
  const row = frame % BLOCK
  for (let district = first; district < last; district++) {
    growRow(district, row, frame)
    homes[slot * DISTRICTS + district] = sum(rowHomes, district * BLOCK, BLOCK)
    jobs[slot * DISTRICTS + district] = sum(rowJobs, district * BLOCK, BLOCK)
    advertise(district, slot)
    age[district]!++
  }
}

function growRow(district: number, row: number, frame: number): void {
  const { plan, zone, limit, density, demand, rowHomes, rowJobs, rng } = unit.state.columns
  const { access } = roads.state.columns
  const reach = reachAt(frame)
  const seen = (slotOf(frame) ^ 1) * 3
  const from = originOf(district) + row * WIDTH
  let people = 0
  let work = 0
  for (let cell = from; cell < from + BLOCK; cell++) {
    const use = plan[cell]!
    if (use === EMPTY || access[cell]! > reach) continue
    zone[cell] = use
    if (use === PARK) continue
    const target = limit[cell]! * (0.55 + 0.45 * demand[seen + use - 1]!)
    const pace = GROWTH * (0.4 + 1.2 * next(rng, district))
    density[cell] = clamp(density[cell]! + (target - density[cell]!) * pace, 0, 1)
    if (use === RESIDENTIAL) people += density[cell]! * HOMES
    else work += density[cell]! * (use === COMMERCIAL ? SHOPS : WORKS)
  }
  rowHomes[district * BLOCK + row] = people
  rowJobs[district * BLOCK + row] = work
}

/** Makes a few places of work of the district known to all. */
function advertise(district: number, slot: number): void {
  const { offers, rng } = unit.state.columns
  const at = (slot * DISTRICTS + district) * OFFERS
  const before = ((slot ^ 1) * DISTRICTS + district) * OFFERS
  for (let i = 0; i < OFFERS; i++) offers[at + i] = offers[before + i]!
  const found = pick(district, rng, true)
  if (found !== NO_CELL) offers[at + Math.floor(next(rng, district) * OFFERS)] = found
}

/** A random cell of the district to work in or to live in, better the denser it is; NO_CELL if it found none. */
export function pick(district: number, rng: Uint32Array, work: boolean): number {
  const { zone, density } = unit.state.columns
  let best = NO_CELL
  for (let tries = 0; tries < 10; tries++) {
    const spot = Math.floor(next(rng, district) * BLOCK * BLOCK)
    const cell = originOf(district) + Math.floor(spot / BLOCK) * WIDTH + (spot % BLOCK)
    const use = zone[cell]!
    const fits = work ? use === COMMERCIAL || use === INDUSTRIAL : use === RESIDENTIAL
    if (fits && (best === NO_CELL || density[cell]! > density[best]!)) best = cell
  }
  return best
}

export const homesIn = (district: number, frame: number): number =>
  unit.state.columns.homes[(slotOf(frame) ^ 1) * DISTRICTS + district]!

export const jobsIn = (district: number, frame: number): number =>
  unit.state.columns.jobs[(slotOf(frame) ^ 1) * DISTRICTS + district]!

/** One of the places of work that a district has made known, or NO_CELL. */
export const offerOf = (district: number, index: number, frame: number): number =>
  unit.state.columns.offers[((slotOf(frame) ^ 1) * DISTRICTS + district) * OFFERS + index]!

/** Sets the wish for homes, shops and works; seen by all in the next frame. */
export function order(homes: number, shops: number, works: number, frame: number): void {
  unit.state.columns.demand.set([homes, shops, works], slotOf(frame) * 3)
}

// ---- the plan: once, when the city is founded ----

function planFor(cell: number): number {
  const { kind, access } = roads.state.columns
  if (kind[cell] !== NO_ROAD || !buildable(cell) || access[cell] === NEVER) return EMPTY
  const x = cell % WIDTH
  const y = Math.floor(cell / WIDTH)
  const far = remoteness(x, y)
  const patch = noise(x / 8, y / 7, SEED)
  const woods = terrain.state.columns.ground[cell] === FOREST ? 0.1 : 0
  if (patch + woods > 0.86 || chance(x, y, SEED + 1) < 0.035 + woods * 0.5) return PARK
  if (far > 17 && noise(x / 13, y / 10, SEED + 2) > 0.66) return INDUSTRIAL
  const busy = (far < 11 ? 0.62 : 0.04) + (besideAvenue(x, y) ? 0.32 : 0)
  return chance(x >> 1, y, SEED + 3) < busy ? COMMERCIAL : RESIDENTIAL
}

function limitFor(cell: number): number {
  const x = cell % WIDTH
  const y = Math.floor(cell / WIDTH)
  const far = remoteness(x, y)
  const hill = noise(x / 12, y / 12, SEED + 4)
  return clamp(
    0.34 + 0.6 * Math.exp(-((far / 19) ** 2)) + (hill - 0.5) * 0.35 + (chance(x, y, SEED + 5) - 0.5) * 0.3,
    0.12,
    1,
  )
}

function besideAvenue(x: number, y: number): boolean {
  const { kind } = roads.state.columns
  for (const [u, v] of [
    [x - 1, y],
    [x + 1, y],
    [x, y - 1],
    [x, y + 1],
  ] as const)
    if (u >= 0 && v >= 0 && u < WIDTH && v < HEIGHT && kind[v * WIDTH + u] === AVENUE) return true
  return false
}
