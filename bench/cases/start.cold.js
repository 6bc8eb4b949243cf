import { runHelper } from '../support/process.js'
import { folder } from '../support/scratch.js'
import { moduleSource } from '../support/source.js'
import { against } from '../support/stats.js'

export const name = 'start.cold'
export const unit = 'ms'
/** There is nothing yet to hold it against but the peer; a warm start will be held against it. */
export const targets = []

const UNITS = 7

/** From createRuntime to the first tick in a fresh process: seven units of 10 KB each, nothing cached. */
export async function run({ dir, quick }) {
  const sources = Array.from({ length: UNITS }, (_, i) => [
    `units/system${i}.ts`,
    moduleSource({ edit: 0, kind: 'unit', seed: i + 1 }),
  ])
  const units = `${folder(dir, 'start', Object.fromEntries(sources))}/units`
  const [ours, peer] = [[], []]
  for (let start = 0; start < (quick ? 5 : 20); start++) {
    ours.push((await runHelper('./start-process.js', ['tickswap', units])).ms)
    peer.push((await runHelper('./start-process.js', ['vite', units])).ms)
  }
  return against(ours, 'Vite, server and runner', peer)
}
