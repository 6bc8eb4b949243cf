import { Fleet } from '../support/fleet.js'
import { folder } from '../support/scratch.js'
import { floatColumns, unitSource } from '../support/source.js'
import { summary } from '../support/stats.js'

export const name = 'rollback.8mb'
export const unit = 'ms'
export const targets = [{ text: 'median <= 1 ms', value: ({ median }) => median, limit: 1 }]

const columns = floatColumns(26, 80_000)
const WORKERS = 3

/** Throws at its fifth step in the last participant. */
const failing = (edit) =>
  unitSource({
    edit,
    columns,
    head: 'let age = 0',
    body: `if (row === ${WORKERS} && ++age === 5) throw new Error('on purpose')`,
  })

/**
 * From the boundary at which the failure is acted on until the old code and 8 MB of state are live in the last
 * of 4 participants: the copy of the state, the decision, and the old code's return in each of them.
 */
export async function run({ dir, quick }) {
  const file = 'world.ts'
  folder(dir, 'units', { [file]: unitSource({ edit: 0, columns }) })
  const runtime = { watch: false, probation: { ticks: 60 }, flapping: { times: 1_000_000 } }
  const fleet = await Fleet.start(`${dir}/units`, { unit: 'world', workers: WORKERS, hz: 120, runtime })
  const [whole, code, stall] = [[], [], []]
  try {
    for (const [index, name] of Object.keys(columns).entries()) fleet.columns[name].fill(index + 0.5)
    for (let edit = 1; edit <= (quick ? 10 : 60); edit++) {
      const { stallMs, phases, rolledBack } = await fleet.swap(file, failing(edit), 'rolled-back')
      whole.push(rolledBack.liveAt - rolledBack.actedAt)
      code.push(phases.rollback)
      stall.push(stallMs)
    }
  } finally {
    await fleet.close()
  }
  const parts = [
    { name: 'of it: reverting the code, in the slowest participant', ...summary(code) },
    { name: 'inside tick(), with the meeting and the replay of the failed tick', ...summary(stall) },
  ]
  return { ...summary(whole), parts }
}
