import { defineUnit, f32, u8, u16, u32 } from 'tickswap/module'
import { BLOCK, CELLS, DISTRICTS, districtOf, originOf, slotOf, WIDTH } from './city.ts'
import { BRIDGE, NODES, NOWHERE } from './network.ts'
import { layOut } from './paving.ts'
import { findRoutes } from './routing.ts'

/** frames in which every route is computed anew */
export const ROUTE_FRAMES = 256
/** cells around the centre that roads span at the start */
export const FIRST_REACH = 33

export const unit = defineUnit({
  version: '1.2.0',
  requires: { terrain: '^1.0.0' },
  state: {
    columns: {
      /** what is or will be there */
      kind: u8(CELLS),
      /** the reach of the city at which the cell's road is built; NEVER where there is none */
      due: f32(CELLS),
      /** the least `due` of the roads beside a cell */
      access: f32(CELLS),
      built: u8(CELLS),
      /** the crossing that serves a cell, or NOWHERE */
      gate: u16(CELLS),
      nodeX: u8(NODES),
      nodeY: u8(NODES),
      /** the crossing at the end of each of four headings, or NOWHERE */
      neighbour: u16(NODES * 4),
      edgeDue: f32(NODES * 4),
      /** heading to take at crossing n towards goal g, at slot + g * NODES + n */
      hop: u8(2 * NODES * NODES),
      /** delay that traffic reports for each edge, doubled by routing epoch */
      delay: f32(2 * NODES * 4),
      /** how far from its centre the city is building, doubled by frame */
      reach: f32(2),
      age: u32(DISTRICTS),
    },
  },
  init() {
    unit.state.columns.reach.fill(FIRST_REACH)
    layOut(unit.state.columns)
    for (let goal = 0; goal < NODES; goal++) findRoutes(unit.state.columns, goal, 0, FIRST_REACH)
    unit.state.columns.hop.copyWithin(NODES * NODES, 0)
    for (let row = 0; row < BLOCK; row++) step(0, DISTRICTS, row)
    unit.state.columns.age.fill(0)
  },
  verify({ columns }) {
    const { kind, neighbour, reach, hop, age } = columns
    if (!(reach[0]! >= 0 && reach[1]! >= 0)) return false
    if (!kind.every((one) => one <= BRIDGE)) return false
    if (!neighbour.every((one) => one < NODES || one === NOWHERE)) return false
    for (let i = age[0]! % 64; i < hop.length; i += 64) if (hop[i]! > 4) return false
    return true
  },
})

/** Builds what is due, and brings the routes to some of the crossings up to date. */
export function step(first: number, last: number, frame: number): void {
  const { due, built, reach, age, nodeX, nodeY } = unit.state.columns
  const reached = reach[slotOf(frame) ^ 1]!
  const row = frame % BLOCK
  for (let district = first; district < last; district++) {
    const from = originOf(district) + row * WIDTH
    for (let cell = from; cell < from + BLOCK; cell++) if (due[cell]! <= reached) built[cell] = 1
    age[district]!++
  }
  const epoch = Math.floor(frame / ROUTE_FRAMES)
  for (let goal = frame % ROUTE_FRAMES; goal < NODES; goal += ROUTE_FRAMES) {
    const owner = districtOf(nodeY[goal]! * WIDTH + nodeX[goal]!)
    if (owner >= first && owner < last) findRoutes(unit.state.columns, goal, (epoch + 1) & 1, reached)
  }
}

/** The heading from crossing `node` to crossing `goal`; 4 when there is no way. */
export function headingTo(goal: number, node: number, frame: number): number {
  const slot = Math.floor(frame / ROUTE_FRAMES) & 1
  return unit.state.columns.hop[(slot * NODES + goal) * NODES + node]!
}

/** Tells routing how long an edge takes beyond its length, in cells. Written by the owner of the crossing. */
export function reportDelay(node: number, heading: number, delay: number, frame: number): void {
  const slot = (Math.floor(frame / ROUTE_FRAMES) + 1) & 1
  unit.state.columns.delay[(slot * NODES + node) * 4 + heading] = delay
}

/** Orders roads out to a distance from the centre; seen by all in the next frame. */
export function order(reach: number, frame: number): void {
  unit.state.columns.reach[slotOf(frame)] = reach
}

export const reachAt = (frame: number): number => unit.state.columns.reach[slotOf(frame) ^ 1]!
