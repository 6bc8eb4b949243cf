import { defineUnit, f32, f64, i32, u8, u16, u32 } from 'tickswap/module'
import { BLOCK, CELLS, chance, DISTRICTS, districtOf, originOf, PEOPLE, ROWS, slotOf, WIDTH } from './city.ts'
import { AVENUE, lengthOf, type Network, NONE as NO_ROAD, NODES, NOWHERE, STEP_X, STEP_Y } from './network.ts'
import { headingTo, ROUTE_FRAMES, reportDelay, unit as roads } from './roads.ts'

/** what a person's trip is doing */
export const PARKED = 0
export const DRIVING = 1
export const RIDING = 2
export const ARRIVED = 3

/** cells that a car on a free street makes in a frame; avenues and bridges are faster */
export const SPEED_LIMIT = 0.22
const FASTER = 1.5
/** how much a crowded cell slows cars down, and the most that it does */
const CROWDING = 0.12
const STANDSTILL = 4
/** part of all trips that are made by car; the others ride underground */
export const BY_CAR = 0.28
const METRO_SPEED = 0.5
/** frames for which the lights at a crossing stay as they are */
const LIGHT_FRAMES = 36

export const unit = defineUnit({
  version: '1.4.0',
  requires: { roads: '^1.2.0' },
  state: {
    columns: {
      // one row for each person
      phase: u8(PEOPLE),
      at: u16(PEOPLE),
      goal: u16(PEOPLE),
      heading: u8(PEOPLE),
      along: f32(PEOPLE),
      speed: f32(PEOPLE),
      /** frames since the trip began */
      taken: u16(PEOPLE),
      /** cars in each cell, counted in turns of three frames: one fills, one is read, one is cleared */
      count: i32(3 * CELLS),
      /** cars in each cell, smoothed */
      flow: f32(2 * CELLS),
      cars: i32(2 * DISTRICTS),
      trips: u32(DISTRICTS),
      /** cells driven by the cars of each district, ever */
      odometer: f64(DISTRICTS),
      age: u32(DISTRICTS),
    },
  },
  verify({ columns }) {
    const { phase, at, goal, heading, along, speed, odometer, age } = columns
    for (let person = age[0]! % 8; person < PEOPLE; person += 8) {
      if (phase[person]! > ARRIVED) return false
      if (phase[person] !== DRIVING) continue
      if (at[person]! >= NODES || goal[person]! >= NODES || heading[person]! > 3) return false
      if (!(along[person]! >= 0 && along[person]! < WIDTH && speed[person]! >= 0)) return false
    }
    return odometer.every((cells) => cells >= 0 && cells < 1e15)
  },
})

type Cars = typeof unit.state.columns

/** Moves the cars of each district, and sees how full its roads are. */
export function step(first: number, last: number, frame: number): void {
  const cars = unit.state.columns
  const net = roads.state.columns
  for (let district = first; district < last; district++) {
    let driving = 0
    for (let person = district * ROWS; person < (district + 1) * ROWS; person++) {
      const phase = cars.phase[person]!
      if (phase === PARKED || phase === ARRIVED) continue
      cars.taken[person]!++
      if (phase === RIDING) ride(person, cars)
      else {
        driving++
        drive(person, cars, net, frame)
      }
    }
    cars.cars[slotOf(frame) * DISTRICTS + district] = driving
    measure(district, cars, net, frame)
    cars.age[district]!++
  }
  if (frame % ROUTE_FRAMES === ROUTE_FRAMES - 8) report(first, last, cars, net, frame)
}

function drive(person: number, cars: Cars, net: Network, frame: number): void {
  const at = cars.at[person]!
  const heading = cars.heading[person]!
  const along = cars.along[person]!
  const cell = cellAt(at, heading, along, net)
  Atomics.add(cars.count, (frame % 3) * CELLS + cell, 1)

  const jam = cars.flow[(slotOf(frame) ^ 1) * CELLS + cell]!
  const free = net.kind[cell]! >= AVENUE ? SPEED_LIMIT * FASTER : SPEED_LIMIT
  const speed = cars.speed[person]! + (free / (1 + slowdown(jam)) - cars.speed[person]!) * 0.25
  const ahead = along + speed
  const length = lengthOf(net, at, heading)
  const end = net.neighbour[at * 4 + heading]!
  if (ahead < length) {
    move(person, cars, ahead, speed)
  } else if (end !== cars.goal[person] && isRed(end, heading, net, frame)) {
    move(person, cars, Math.max(along, length - 0.6), 0)
  } else {
    cars.at[person] = end
    move(person, cars, ahead - length, speed)
    turn(person, cars, end, frame)
  }
}

const slowdown = (jam: number): number => Math.min(STANDSTILL, CROWDING * jam * jam)

function move(person: number, cars: Cars, along: number, speed: number): void {
  cars.along[person] = along
  cars.speed[person] = speed
  cars.odometer[(person / ROWS) | 0]! += speed
}

/** At a crossing: takes the next heading, or ends the trip. */
function turn(person: number, cars: Cars, node: number, frame: number): void {
  const heading = node === cars.goal[person] ? 4 : headingTo(cars.goal[person]!, node, frame)
  if (heading > 3) cars.phase[person] = ARRIVED
  else cars.heading[person] = heading
}

/** Where avenues cross there are lights, one axis at a time. */
function isRed(node: number, heading: number, net: Network, frame: number): boolean {
  if (net.kind[net.nodeY[node]! * WIDTH + net.nodeX[node]!]! < AVENUE) return false
  return ((Math.floor(frame / LIGHT_FRAMES) + node) & 1) === (heading & 1)
}

function ride(person: number, cars: Cars): void {
  cars.along[person]! -= METRO_SPEED
  if (cars.along[person]! <= 0) cars.phase[person] = ARRIVED
}

const cellAt = (node: number, heading: number, along: number, net: Network): number =>
  (net.nodeY[node]! + STEP_Y[heading]! * (along | 0)) * WIDTH +
  net.nodeX[node]! +
  STEP_X[heading]! * (along | 0)

/** Smooths last frame's count of cars, and clears the count that the next frame fills. */
function measure(district: number, cars: Cars, net: Network, frame: number): void {
  const { flow, count } = cars
  const out = slotOf(frame) * CELLS
  const seen = CELLS - out
  const counted = ((frame + 2) % 3) * CELLS
  const coming = ((frame + 1) % 3) * CELLS
  const origin = originOf(district)
  for (let row = origin; row < origin + BLOCK * WIDTH; row += WIDTH)
    for (let cell = row; cell < row + BLOCK; cell++) {
      if (net.kind[cell] === NO_ROAD) continue
      flow[out + cell] = flow[seen + cell]! * 0.92 + count[counted + cell]! * 0.08
      count[coming + cell] = 0
    }
}

/** Tells routing which streets are slow. */
function report(first: number, last: number, cars: Cars, net: Network, frame: number): void {
  const seen = (slotOf(frame) ^ 1) * CELLS
  for (let node = 0; node < NODES; node++) {
    const owner = districtOf(net.nodeY[node]! * WIDTH + net.nodeX[node]!)
    if (owner < first || owner >= last) continue
    for (let heading = 0; heading < 4; heading++) {
      const length = lengthOf(net, node, heading)
      let delay = 0
      for (let along = 0; along < length; along++) {
        delay += slowdown(cars.flow[seen + cellAt(node, heading, along, net)]!)
      }
      reportDelay(node, heading, delay, frame)
    }
  }
}

// ---- for the people ----

/** Sends a person from one cell to another; called by the worker that owns the person. */
export function depart(person: number, from: number, to: number, frame: number): void {
  const cars = unit.state.columns
  const net = roads.state.columns
  const start = net.gate[from]!
  const goal = net.gate[to]!
  cars.taken[person] = 0
  cars.trips[(person / ROWS) | 0]!++
  const heading = start === NOWHERE || goal === NOWHERE || start === goal ? 4 : headingTo(goal, start, frame)
  if (heading > 3) {
    cars.phase[person] = ARRIVED
  } else if (chance(person, 5, 5) < BY_CAR) {
    cars.phase[person] = DRIVING
    cars.at[person] = start
    cars.goal[person] = goal
    cars.heading[person] = heading
    cars.along[person] = 0
    cars.speed[person] = 0
  } else {
    const x = (from % WIDTH) - (to % WIDTH)
    const y = Math.floor(from / WIDTH) - Math.floor(to / WIDTH)
    cars.phase[person] = RIDING
    cars.along[person] = 8 + Math.abs(x) + Math.abs(y)
  }
}

/** Ends the trip of a person who has arrived or moved away. */
export function park(person: number): void {
  unit.state.columns.phase[person] = PARKED
}

export const phaseOf = (person: number): number => unit.state.columns.phase[person]!
export const framesTaken = (person: number): number => unit.state.columns.taken[person]!

/** Cars on the road in the whole city. */
export function carsOut(frame: number): number {
  const { cars } = unit.state.columns
  let total = 0
  for (let i = 0; i < DISTRICTS; i++) total += cars[(slotOf(frame) ^ 1) * DISTRICTS + i]!
  return total
}

/** The cell that a driving person is in, for drawing. */
export const whereabouts = (person: number): number => {
  const { at, heading, along } = unit.state.columns
  return cellAt(at[person]!, heading[person]!, along[person]!, roads.state.columns)
}
