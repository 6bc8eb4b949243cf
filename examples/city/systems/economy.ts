import { defineUnit, f64, u32 } from 'tickswap/module'
import { census, peopleIn } from './citizens.ts'
import { clamp, DISTRICTS, mix, slotOf, sum } from './city.ts'
import { extensionAt, grid, order as orderPower } from './power.ts'
import { FIRST_REACH, order as orderRoads, reachAt } from './roads.ts'
import { homesIn, jobsIn, order as orderZones } from './zoning.ts'

/** what a person and a job pay in a frame, at full tax */
export const TAX = 0.028
export const TRADE = 0.022
/** what a person costs in a frame: schools, lamps, asphalt */
export const UPKEEP = 0.021
export const FOUNDING = 120_000
/** the treasury that the city does not touch */
const RESERVE = 60_000
/** what it costs to extend roads by one cell, and plants by one part in a hundred */
export const ROAD_COST = 9500
export const PLANT_COST = 5000
/** cells by which the city may grow in a frame */
export const PACE = 0.012
const FARTHEST = 95

export const unit = defineUnit({
  version: '1.0.0',
  requires: { roads: '^1.0.0', zoning: '^1.0.0', power: '^1.0.0', citizens: '^1.0.0' },
  state: {
    columns: {
      /** balance of each district in a frame, published */
      balance: f64(2 * DISTRICTS),
      treasury: f64(1),
      earned: f64(1),
      spent: f64(1),
      /** wish for homes, shops, works as it stands */
      wish: f64(3),
      age: u32(DISTRICTS),
    },
  },
  init() {
    const { treasury, wish } = unit.state.columns
    treasury[0] = FOUNDING
    wish.fill(0.8)
  },
  verify({ columns }) {
    const { treasury, earned, spent, wish } = columns
    const booked = FOUNDING + earned[0]! - spent[0]!
    // a frame's money may be between the books at this moment
    const kept = Math.abs(treasury[0]! - booked) <= 1e5 + Math.abs(booked) * 1e-6
    return kept && wish.every((one) => one >= 0 && one <= 1)
  },
})

/** Each district pays its taxes; the owner of the first keeps the books and plans for all. */
export function step(first: number, last: number, frame: number): void {
  const { balance, age } = unit.state.columns
  const out = slotOf(frame) * DISTRICTS
  for (let district = first; district < last; district++) {
    const people = peopleIn(district, frame)
    const busy = Math.min(people * 0.7, jobsIn(district, frame))
    balance[out + district] = people * (TAX - UPKEEP) + busy * TRADE
    age[district]!++
  }
  if (first === 0) govern(frame)
}

function govern(frame: number): void {
  const { balance, treasury, earned } = unit.state.columns
  const income = sum(balance, (slotOf(frame) ^ 1) * DISTRICTS, DISTRICTS)
  treasury[0]! += income
  earned[0]! += income
  orderRoads(growRoads(frame), frame)
  orderPower(growPlants(frame), frame)
  planZones(frame)
}

function spend(cost: number): void {
  const { treasury, spent } = unit.state.columns
  treasury[0]! -= cost
  spent[0]! += cost
}

/** New roads, as long as there is money and there are people for them. */
function growRoads(frame: number): number {
  const reach = reachAt(frame)
  const { treasury } = unit.state.columns
  if (treasury[0]! < RESERVE || reach >= FARTHEST) return reach
  const by = PACE * clamp((treasury[0]! - RESERVE) / RESERVE, 0, 1)
  spend(by * ROAD_COST * (reach / FIRST_REACH))
  return reach + by
}

/** More plants when less than a tenth of their output is to spare. */
function growPlants(frame: number): number {
  const extension = extensionAt(frame)
  const { load, output } = grid(frame)
  if (output > load * 1.1 || unit.state.columns.treasury[0]! < RESERVE / 2) return extension
  spend(PLANT_COST * 0.08)
  return extension + 0.0008
}

function planZones(frame: number): void {
  const { wish } = unit.state.columns
  const { people, idle } = census(frame)
  let homes = 0
  let jobs = 0
  for (let district = 0; district < DISTRICTS; district++) {
    homes += homesIn(district, frame)
    jobs += jobsIn(district, frame)
  }
  const housed = clamp(1.4 - ((homes - people) / (people + 1)) * 4, 0, 1)
  const employed = clamp(0.35 + (idle / (people + 1)) * 5 + (people * 0.7 - jobs) / (people + 1), 0, 1)
  wish[0] = mix(wish[0]!, housed, 0.01)
  wish[1] = mix(wish[1]!, employed, 0.01)
  wish[2] = mix(wish[2]!, employed * 0.95, 0.01)
  orderZones(wish[0]!, wish[1]!, wish[2]!, frame)
}
