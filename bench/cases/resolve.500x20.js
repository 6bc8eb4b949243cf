import { resolve } from '../../dist/index.js'
import { summary } from '../support/stats.js'
import { layeredGraph, timed } from '../support/unit-graph.js'

export const name = 'resolve.500x20'
export const unit = 'ms'
export const targets = [
  { text: 'median < 50 ms', value: ({ median }) => median, limit: 50 },
  { text: 'one decision a unit', value: ({ decisions }) => decisions, limit: 500, gate: true },
]

/** Versions for 500 units with 20 each, of which none can stay at its first choice. */
export function run({ quick }) {
  const units = layeredGraph(500)
  const { samples, last } = timed(quick ? 10 : 50, () => resolve({ units }))
  if (!last.isResolved) throw new Error(`no versions were found: ${last.sentence}`)
  return { ...summary(samples), ...last.effort, changed: last.changed.length }
}
