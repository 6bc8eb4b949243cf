import { measureReloads } from '../support/reload.js'
import { against } from '../support/stats.js'

export const name = 'reload.participant'
export const unit = 'ms'
export const targets = [
  { text: '<= 1/3 of the whole reload', value: ({ ratio }) => ratio, limit: 1 / 3, gate: true },
  { text: '<= 0.3 ms', value: ({ median }) => median, limit: 0.3 },
]

/** The part of a reload that a participant does: everything after what the control thread hands over. */
export async function run({ dir, quick }) {
  const { whole, participant } = await measureReloads(dir, { reloads: quick ? 150 : 1000 })
  return against(participant, 'the whole reload', whole)
}
