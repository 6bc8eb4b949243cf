import { Fleet } from '../support/fleet.js'
import { folder } from '../support/scratch.js'
import { unitSource } from '../support/source.js'
import { summary } from '../support/stats.js'
import { columns, fill } from '../support/world.js'

export const name = 'rollback.1mb'
export const unit = 'ms'
export const targets = [
  { text: 'p99 < 2 ms', value: ({ p99 }) => p99, limit: 2 },
  { text: 'median <= 0.5 ms', value: ({ median }) => median, limit: 0.5 },
]

/** Fails at its fifth step in the last participant. */
const failing = (how, row) => (edit) =>
  unitSource({
    edit,
    columns,
    head: 'let age = 0',
    body: `if (row === ${row} && ++age === 5) ${how}`,
  })
const throwing = (row) => failing(`throw new Error('on purpose')`, row)
const spoiling = (row) => failing('unit.state.columns.c7[123] = 0 / 0', row)

/**
 * From the failure of a new version to the old code and state being live again. Participants
 * go back at the beginning of a tick: the time counts from there, and contains the meeting
 * of all, the inspection, the copy of the state, the old code's return and the replay of the
 * failed tick. It is the time inside tick() that the report of the rollback has for the
 * slowest participant.
 */
export async function run({ dir, quick }) {
  const rollbacks = quick ? 15 : 80
  const thrown = await returns(folder(dir, 'thrown'), 4, throwing(4), rollbacks)
  const spoiled = await returns(folder(dir, 'spoiled'), 4, spoiling(4), rollbacks)
  const alone = await returns(folder(dir, 'alone'), 0, throwing(0), rollbacks)
  const parts = [
    { name: 'of it: reverting the code', ...summary(thrown.code) },
    { name: 'non-finite number', ...summary(spoiled.whole) },
    { name: 'one participant, inside the call', ...summary(alone.whole) },
  ]
  return { ...summary(thrown.whole), parts }
}

async function returns(dir, workers, sourceOf, rollbacks) {
  const file = 'world.ts'
  folder(dir, 'units', { [file]: unitSource({ edit: 0, columns }) })
  const runtime = { watch: false, probation: { ticks: 60 } }
  const fleet = await Fleet.start(`${dir}/units`, { unit: 'world', workers, hz: 240, runtime })
  const times = { whole: [], code: [] }
  try {
    fill(fleet.columns)
    for (let edit = 1; edit <= rollbacks; edit++) {
      const { stallMs, phases } = await fleet.swap(file, sourceOf(edit), 'rolled-back')
      times.whole.push(stallMs)
      times.code.push(phases.rollback)
    }
    return times
  } finally {
    await fleet.close()
  }
}
