import { cpSync } from 'node:fs'
import { join } from 'node:path'
import { runHelper } from '../support/process.js'
import { folder, PROJECT } from '../support/scratch.js'
import { against } from '../support/stats.js'

export const name = 'start.warm'
export const unit = 'ms'
export const targets = [
  { text: 'half of a cold start', value: (result) => result.ratio, limit: 0.5, gate: 0.9 },
]

/** From createRuntime to the first tick in a fresh process, with the store of an earlier run and without one. */
export async function run({ dir, quick }) {
  const [units, store] = [join(folder(dir, 'start'), 'units'), join(folder(dir, 'store'), 'store')]
  cpSync(join(PROJECT, 'examples', 'city', 'systems'), units, { recursive: true })
  const [warm, cold] = [[], []]
  await runHelper('./start-process.js', ['tickswap', units, store])
  for (let start = 0; start < (quick ? 7 : 20); start++) {
    warm.push((await runHelper('./start-process.js', ['tickswap', units, store])).ms)
    cold.push((await runHelper('./start-process.js', ['tickswap', units])).ms)
  }
  return against(warm, 'the same without a store', cold)
}
