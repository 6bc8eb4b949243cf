/** Not a unit: shortest times from every crossing to one. */
import { lengthOf, NEVER, type Network, NODES, NOWHERE } from './network.ts'

/** how much longer a road that is not built yet counts */
const UNBUILT = 30

const cost = new Float32Array(NODES)
const heap: number[] = []

/** Writes the headings towards one goal, from all crossings. */
export function findRoutes(net: Network, goal: number, slot: number, reach: number): void {
  const { neighbour, edgeDue, hop, delay } = net
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
      const length = lengthOf(net, node, heading) * (edgeDue[node * 4 + heading]! <= reach ? 1 : UNBUILT)
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
