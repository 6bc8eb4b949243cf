/** Not a unit: lays the road network out. */
import { CELLS, chance, HEIGHT, hash, WIDTH } from './city.ts'
import {
  AVENUE,
  BRIDGE,
  CENTRE_X,
  CENTRE_Y,
  lengthOf,
  NEVER,
  type Network,
  NODES,
  NONE,
  NOWHERE,
  remoteness,
  STEP_X,
  STEP_Y,
  STREET,
} from './network.ts'
import { buildable, isLand } from './terrain.ts'

const SEED = 7
const WIDEST_BRIDGE = 9

/** Plans all roads, and when each will be built. Once, when the city is founded. */
export function layOut(net: Network): void {
  const { kind, due, access, neighbour, edgeDue, nodeX, nodeY } = net
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
    if (node % across < across - 1) tryEdge(net, node, node + 1, 0, Math.floor(node / across) % 3 === 1)
    if (node + across < count) tryEdge(net, node, node + across, 1, (node % across) % 4 === 2)
  }
  for (let round = 0; round < 3; round++) dropPiers(net, count)
  dropIslands(net, count)
  for (let node = 0; node < count; node++) for (const heading of [0, 1]) pave(net, node, heading, across)
  serve(net, count)
}

/** Positions of the roads along one side, four to seven cells apart. */
function lines(length: number, salt: number): number[] {
  const at: number[] = []
  for (let x = 2; x < length - 1; x += 4 + (hash(x, salt, SEED) % 3) + (chance(x, salt, 99) < 0.2 ? 1 : 0))
    at.push(x)
  return at
}

/** Joins two crossings if the ground between them allows a road, or a bridge where it is an avenue. */
function tryEdge(net: Network, a: number, b: number, heading: number, avenue: boolean): void {
  const { nodeX, nodeY, neighbour, edgeDue } = net
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
function dropPiers(net: Network, count: number): void {
  const { neighbour, nodeX, nodeY } = net
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
function dropIslands(net: Network, count: number): void {
  const { neighbour } = net
  const open = [nearest(net, CENTRE_X, CENTRE_Y, count)]
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

function isCutOff(node: number, neighbour: Uint16Array): boolean {
  for (let i = node * 4; i < node * 4 + 4; i++) if (neighbour[i] !== NOWHERE) return false
  return true
}

function nearest(net: Network, x: number, y: number, count: number): number {
  const { nodeX, nodeY, neighbour } = net
  let best = -1
  let least = Number.POSITIVE_INFINITY
  for (let node = 0; node < count; node++) {
    if (isCutOff(node, neighbour)) continue
    const distance = Math.abs(nodeX[node]! - x) + Math.abs(nodeY[node]! - y)
    if (distance < least) [best, least] = [node, distance]
  }
  return best
}

/** Marks the cells of an edge, and how soon the cells beside it can be built on. */
function pave(net: Network, node: number, heading: number, across: number): void {
  const { kind, due, edgeDue, nodeX, nodeY } = net
  const length = lengthOf(net, node, heading)
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
    openUp(net, x, y, when)
  }
}

function openUp(net: Network, x: number, y: number, when: number): void {
  const { access } = net
  for (let v = Math.max(0, y - 2); v <= Math.min(HEIGHT - 1, y + 2); v++)
    for (let u = Math.max(0, x - 2); u <= Math.min(WIDTH - 1, x + 2); u++) {
      const cell = v * WIDTH + u
      if (when < access[cell]!) access[cell] = when
    }
}

/** Gives every cell beside a road the crossing that its people start from. */
function serve(net: Network, count: number): void {
  const { gate, access } = net
  for (let cell = 0; cell < CELLS; cell++)
    gate[cell] =
      access[cell] === NEVER ? NOWHERE : nearest(net, cell % WIDTH, Math.floor(cell / WIDTH), count)
}
