import { cpSync } from 'node:fs'
import { join } from 'node:path'
import { runHelper } from '../support/process.js'
import { folder, PROJECT } from '../support/scratch.js'
import { against } from '../support/stats.js'

export const name = 'start.cold'
export const unit = 'ms'
/** There is nothing yet to hold it against but the peer; a warm start will be held against it. */
export const targets = []

/** From createRuntime to the first tick in a fresh process: the city of the demo, nothing cached. */
export async function run({ dir, quick }) {
  const units = join(folder(dir, 'start'), 'units')
  cpSync(join(PROJECT, 'examples', 'city', 'systems'), units, { recursive: true })
  const [ours, peer] = [[], []]
  for (let start = 0; start < (quick ? 5 : 20); start++) {
    ours.push((await runHelper('./start-process.js', ['tickswap', units])).ms)
    peer.push((await runHelper('./start-process.js', ['vite', units])).ms)
  }
  return against(ours, 'Vite, server and runner', peer)
}
