import { join } from 'node:path'
import { measureReloads } from '../support/reload.js'
import { moduleSource } from '../support/source.js'
import { against } from '../support/stats.js'

export const name = 'reload.10kb'
export const unit = 'ms'
export const targets = [
  { text: "<= 1/5 of Vite's module runner", value: ({ ratio }) => ratio, limit: 1 / 5, gate: 0.3 },
  { text: 'p99 < 4 ms', value: ({ p99 }) => p99, limit: 4 },
]

/** The same, where a statement gets or loses an operator: that edit has to be parsed. */
const expressions = (edit) =>
  moduleSource({ edit }).replace(`mark: number = ${edit}`, edit % 2 ? `mark: number = ${edit - 1} + 1` : '$&')

/** Read, transform, compile and evaluate an edited TypeScript module of 10 KB. */
export async function run({ dir, quick }) {
  const reloads = quick ? 150 : 1000
  const { whole, peer, first } = await measureReloads(dir, { reloads })
  const other = await measureReloads(join(dir, 'expressions'), { reloads, text: expressions })
  const name = "Vite's module runner"
  const parts = [
    { name: 'an edit of more than a number', ...against(other.whole, name, other.peer) },
    { name: 'the first 20 of a process', ...against(first.whole, name, first.peer) },
  ]
  return { ...against(whole, name, peer), parts }
}
