/** Not a unit: the words for roads that several systems share, and measures of the network. */
import { chance } from './city.ts'
import type { unit as roads } from './roads.ts'

/** kinds of road */
export const NONE = 0
export const STREET = 1
export const AVENUE = 2
export const BRIDGE = 3

/** most crossings that the network may have */
export const NODES = 384
export const NOWHERE = 0xffff
/** when a road is due that will never be built */
export const NEVER = 1e9
/** where the town was founded */
export const CENTRE_X = 55
export const CENTRE_Y = 33
/** steps in the four headings: east, south, west, north */
export const STEP_X = [1, 0, -1, 0] as const
export const STEP_Y = [0, 1, 0, -1] as const

export type Network = typeof roads.state.columns

/** Cells from a crossing to the next in a heading; 0 when there is none. */
export function lengthOf(net: Network, node: number, heading: number): number {
  const end = net.neighbour[node * 4 + heading]!
  if (end === NOWHERE) return 0
  return Math.abs(net.nodeX[end]! - net.nodeX[node]!) + Math.abs(net.nodeY[end]! - net.nodeY[node]!)
}

/** Distance from the centre as the city grows: along its axes, with some chance in it. */
export const remoteness = (x: number, y: number): number =>
  Math.hypot((x - CENTRE_X) * 0.82, (y - CENTRE_Y) * 1.25) + chance(x >> 2, y >> 2, 7) * 9
