import { graphFolder } from '../support/graph.js'
import { runHelper } from '../support/process.js'
import { against, summary } from '../support/stats.js'

export const name = 'graph.cold-200'
export const unit = 'ms'
export const targets = [
  { text: "<= Vite's module runner", value: ({ ratio }) => ratio, limit: 1, gate: 1.5 },
  { text: '<= 1000 ms', value: ({ median }) => median, limit: 1000 },
]

/** A program of 200 modules of 3 KB, from nothing to its first call, in a fresh process. */
export async function run({ dir, quick }) {
  const graph = graphFolder(dir, 'graph')
  const [ours, peer, kept] = [[], [], []]
  await runHelper('./graph-process.js', ['keep', graph])
  for (let start = 0; start < (quick ? 3 : 10); start++) {
    ours.push((await runHelper('./graph-process.js', ['tickswap', graph])).ms)
    peer.push((await runHelper('./graph-process.js', ['vite', graph])).ms)
    kept.push((await runHelper('./graph-process.js', ['kept', graph])).ms)
  }
  const parts = [{ name: 'from artifacts that were kept', ...summary(kept) }]
  return { ...against(ours, "Vite's module runner", peer), parts }
}
