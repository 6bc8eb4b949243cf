import { resolve } from '../../dist/index.js'
import { summary } from '../support/stats.js'
import { rowWithDeadEnds, timed } from '../support/unit-graph.js'

export const name = 'resolve.conflict-50'
export const unit = 'ms'
export const targets = [
  { text: 'median < 100 ms', value: ({ median }) => median, limit: 100 },
  { text: 'a conflict a version, 19', value: ({ conflicts }) => conflicts, limit: 19, gate: true },
  { text: 'a decision a version, 1001', value: ({ decisions }) => decisions, limit: 1001, gate: true },
]

/** 50 units with 20 versions each, whose dead ends are seen only 50 decisions later: 20^50 ways to go wrong. */
export function run({ quick }) {
  const units = rowWithDeadEnds(50)
  const { samples, last } = timed(quick ? 10 : 50, () => resolve({ units }))
  if (!last.isResolved) throw new Error(`no versions were found: ${last.sentence}`)
  return { ...summary(samples), ...last.effort }
}
