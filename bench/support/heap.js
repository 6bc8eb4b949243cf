import { getHeapStatistics } from 'node:v8'

const TURNS = 400_000
const BATCHES = 21

/**
 * Bytes that one turn of a warm loop allocates, to a hundredth: the growth of the used heap
 * over a batch, less that of an empty batch, which is what looking at the heap costs. The
 * median of many batches ignores the few into which something else fell. Needs --expose-gc.
 *
 * @throws when the method does not see an allocation that is known to be there
 */
export function bytesPerTurn(loop) {
  const kept = [undefined, undefined]
  const boxes = growth((turns) => {
    for (let i = 0; i < turns; i++) kept[i & 1] = { i }
  })
  const empty = growth(() => {})
  if (boxes - empty < TURNS)
    throw new Error(`the heap meter does not see objects: ${boxes} bytes for ${TURNS}`)
  return Math.max(0, Math.round(((growth(loop) - empty) / TURNS) * 100) / 100)
}

function growth(loop) {
  loop(TURNS)
  const grown = Array.from({ length: BATCHES }, () => {
    globalThis.gc({ type: 'minor' })
    const before = getHeapStatistics().used_heap_size
    loop(TURNS)
    return getHeapStatistics().used_heap_size - before
  })
  return grown.sort((a, b) => a - b)[BATCHES >> 1]
}
