import { defineUnit, f32, u8, u16, u32 } from 'tickswap/module'
import { BLOCK, CELLS, chance, DISTRICTS, districtOf, HEIGHT, hash, originOf, slotOf, WIDTH } from './city.ts'
import { buildable, isLand } from './terrain.ts'

/** kinds of road */
export const NONE = 0
export const STREET = 1
export const AVENUE = 2
export const BRIDGE = 3

/** most crossings that the network may have */
export const NODES = 384
export const NOWHERE = 0xffff
/** frames in which every route is computed anew */
export const ROUTE_FRAMES = 256
/** where the town was founded */
export const CENTRE_X = 55
export const CENTRE_Y = 33
/** cells around the centre that roads span at the start */
export const FIRST_REACH = 33

const SEED = 7
const NEVER = 1e9
/** how much longer a road that is not built yet counts */
const UNBUILT = 30
const WIDEST_BRIDGE = 9
/** steps in the four headings: east, south, west, north */
export const STEP_X = [1, 0, -1, 0] as const
export const STEP_Y = [0, 1, 0, -1] as const

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
    layOut()
    for (let goal = 0; goal < NODES; goal++) for (const slot of [0, 1]) findRoutes(goal, slot, FIRST_REACH)
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
    if (owner >= first && owner < last) findRoutes(goal, (epoch + 1) & 1, reached)
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

export function lengthOf(node: number, heading: number): number {
  const { neighbour, nodeX, nodeY } = unit.state.columns
  const end = neighbour[node * 4 + heading]!
  if (end === NOWHERE) return 0
  return Math.abs(nodeX[end]! - nodeX[node]!) + Math.abs(nodeY[end]! - nodeY[node]!)
}

/** Distance from the centre as the city grows: along its axes, with some chance in it. */
export const remoteness = (x: number, y: number): number =>
  Math.hypot((x - CENTRE_X) * 0.82, (y - CENTRE_Y) * 1.25) + chance(x >> 2, y >> 2, SEED) * 9

// ---- laying out: once, when the city is founded ----

function layOut(): void {
  const { kind, due, access, neighbour, edgeDue, nodeX, nodeY } = unit.state.columns
  kind.fill(NONE)
  due.fill(NEVER)
  access.fill(NEVER)
  neighbour.fill(NOWHERE)
  edgeDue.fill(NEVER)
  const columns = lines(WIDTH, 1)
  const rows = lines(HEIGHT, 2)
  const across = columns.length
  for (let j = 0; j < rows.length; j++)
    for (let i = 0; i < across && j * across + i < NODES; i++) {
      nodeX[j * across + i] = columns[i]!
      nodeY[j * across + i] = rows[j]!
    }
  const count = Math.min(NODES, across * rows.length)
  for (let node = 0; node < count; node++) {
    if (node % across < across - 1) tryEdge(node, node + 1, 0, Math.floor(node / across) % 3 === 1)
    if (node + across < count) tryEdge(node, node + across, 1, (node % across) % 4 === 2)
  }
  for (let round = 0; round < 3; round++) dropPiers(count)
  dropIslands(count)
  for (let node = 0; node < count; node++) for (const heading of [0, 1]) pave(node, heading, across)
  serve(count)
}

/** Positions of the roads along one side, four to seven cells apart. */
function lines(length: number, salt: number): number[] {
  const at: number[] = []
  for (let x = 2; x < length - 1; x += 4 + (hash(x, salt, SEED) % 3) + (chance(x, salt, 99) < 0.2 ? 1 : 0))
    at.push(x)
  return at
}

/** Joins two crossings if the ground between them allows a road, or a bridge where it is an avenue. */
function tryEdge(a: number, b: number, heading: number, avenue: boolean): void {
  const { nodeX, nodeY, neighbour, edgeDue } = unit.state.columns
  const [x, y] = [nodeX[a]!, nodeY[a]!]
  const length = nodeX[b]! - x + nodeY[b]! - y
  let wet = 0
  for (let i = 0; i <= length; i++) {
    const cell = (y + STEP_Y[heading]! * i) * WIDTH + x + STEP_X[heading]! * i
    if (!isLand(cell)) wet++
    else if (!buildable(cell)) return
  }
  if (wet > 0 && (!avenue || wet > WIDEST_BRIDGE)) return
  if (!avenue && chance(a, heading, SEED + 3) < 0.13) return
  const middle = remoteness(x + (STEP_X[heading]! * length) / 2, y + (STEP_Y[heading]! * length) / 2)
  const due = avenue ? middle * 0.9 : middle
  neighbour[a * 4 + heading] = b
  neighbour[b * 4 + heading + 2] = a
  edgeDue[a * 4 + heading] = due
  edgeDue[b * 4 + heading + 2] = due
}

/** Takes away bridges that end in the water. */
function dropPiers(count: number): void {
  const { neighbour, nodeX, nodeY } = unit.state.columns
  for (let node = 0; node < count; node++) {
    const ways = neighbour.subarray(node * 4, node * 4 + 4)
    if (isLand(nodeY[node]! * WIDTH + nodeX[node]!)) continue
    if (ways[0] !== NOWHERE && ways[2] !== NOWHERE) continue
    if (ways[1] !== NOWHERE && ways[3] !== NOWHERE) continue
    ways.forEach((end, heading) => {
      if (end !== NOWHERE) neighbour[end * 4 + ((heading + 2) & 3)] = NOWHERE
    })
    ways.fill(NOWHERE)
  }
}

/** Takes away every road that cannot be reached from the centre. */
function dropIslands(count: number): void {
  const { neighbour } = unit.state.columns
  const open = [nearest(CENTRE_X, CENTRE_Y, count)]
  const seen = new Set(open)
  for (const node of open)
    for (let heading = 0; heading < 4; heading++) {
      const end = neighbour[node * 4 + heading]!
      if (end === NOWHERE || seen.has(end)) continue
      seen.add(end)
      open.push(end)
    }
  for (let node = 0; node < count; node++)
    if (!seen.has(node)) for (let heading = 0; heading < 4; heading++) neighbour[node * 4 + heading] = NOWHERE
}

function nearest(x: number, y: number, count: number): number {
  const { nodeX, nodeY, neighbour } = unit.state.columns
  let best = -1
  let least = Number.POSITIVE_INFINITY
  for (let node = 0; node < count; node++) {
    if (neighbour.subarray(node * 4, node * 4 + 4).every((end) => end === NOWHERE)) continue
    const distance = Math.abs(nodeX[node]! - x) + Math.abs(nodeY[node]! - y)
    if (distance < least) [best, least] = [node, distance]
  }
  return best
}

/** Marks the cells of an edge, and how soon the cells beside it can be built on. */
function pave(node: number, heading: number, across: number): void {
  const { kind, due, edgeDue, nodeX, nodeY } = unit.state.columns
  const length = lengthOf(node, heading)
  if (length === 0) return
  const avenue = heading === 0 ? Math.floor(node / across) % 3 === 1 : (node % across) % 4 === 2
  const when = edgeDue[node * 4 + heading]!
  for (let i = 0; i <= length; i++) {
    const x = nodeX[node]! + STEP_X[heading]! * i
    const y = nodeY[node]! + STEP_Y[heading]! * i
    const cell = y * WIDTH + x
    const wanted = !isLand(cell) ? BRIDGE : avenue ? AVENUE : STREET
    if (wanted > kind[cell]!) kind[cell] = wanted
    if (when < due[cell]!) due[cell] = when
    openUp(x, y, when)
  }
}

function openUp(x: number, y: number, when: number): void {
  const { access } = unit.state.columns
  for (let v = Math.max(0, y - 2); v <= Math.min(HEIGHT - 1, y + 2); v++)
    for (let u = Math.max(0, x - 2); u <= Math.min(WIDTH - 1, x + 2); u++) {
      const cell = v * WIDTH + u
      if (when < access[cell]!) access[cell] = when
    }
}

/** Gives every cell beside a road the crossing that its people start from. */
function serve(count: number): void {
  const { gate, access } = unit.state.columns
  for (let cell = 0; cell < CELLS; cell++)
    gate[cell] = access[cell] === NEVER ? NOWHERE : nearest(cell % WIDTH, Math.floor(cell / WIDTH), count)
}

// ---- routes: shortest times from everywhere to one crossing ----

const cost = new Float32Array(NODES)
const heap: number[] = []

/** Writes the headings towards one goal, from all crossings. */
function findRoutes(goal: number, slot: number, reach: number): void {
  const { neighbour, edgeDue, hop, delay } = unit.state.columns
  const base = (slot * NODES + goal) * NODES
  hop.fill(4, base, base + NODES)
  cost.fill(NEVER)
  cost[goal] = 0
  heap.length = 0
  push(goal)
  while (heap.length > 0) {
    const node = pop()
    for (let heading = 0; heading < 4; heading++) {
      const from = neighbour[node * 4 + heading]!
      if (from === NOWHERE) continue
      const back = (heading + 2) & 3
      const late = delay[((slot ^ 1) * NODES + from) * 4 + back]!
      const length = lengthOf(node, heading) * (edgeDue[node * 4 + heading]! <= reach ? 1 : UNBUILT)
      const total = cost[node]! + length + late
      if (total >= cost[from]! - 1e-3) continue
      cost[from] = total
      hop[base + from] = back
      push(from)
    }
  }
}

function push(node: number): void {
  let at = heap.push(node) - 1
  while (at > 0) {
    const parent = (at - 1) >> 1
    if (cost[heap[parent]!]! <= cost[heap[at]!]!) return
    swap(at, parent)
    at = parent
  }
}

function pop(): number {
  const top = heap[0]!
  const last = heap.pop()!
  if (heap.length === 0) return top
  heap[0] = last
  for (let at = 0; ; ) {
    let least = at
    for (const child of [2 * at + 1, 2 * at + 2])
      if (child < heap.length && cost[heap[child]!]! < cost[heap[least]!]!) least = child
    if (least === at) return top
    swap(at, least)
    at = least
  }
}

function swap(a: number, b: number): void {
  const kept = heap[a]!
  heap[a] = heap[b]!
  heap[b] = kept
}
