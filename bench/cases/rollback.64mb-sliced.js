import { Fleet } from '../support/fleet.js'
import { folder } from '../support/scratch.js'
import { unitSource } from '../support/source.js'
import { summary } from '../support/stats.js'

export const name = 'rollback.64mb-sliced'
export const unit = 'ms'
export const targets = [
  { text: 'median <= 1/2 of all rows at once', value: ({ ratio }) => ratio, limit: 1 / 2, gate: true },
]

/** 64 MB of a column of the version before, and as much with another one beside it in the next. */
const ROWS = 8 * 2 ** 20
/** Pages that the engine writes in every frame. */
const PAGES = 40
/** Frames after which the version throws: at once, and when the way back has been gone ahead. */
const [AT_ONCE, AHEAD] = [2, 120]
const body = (age) => `for (let i = 0; i < ${PAGES}; i++) {
  const { place, beat } = unit.state.columns
  beat[0]++
  place[((beat[0]! * 7919) % 16384) * 1024]! += 1
}
if (row === 1 && ++age === ${age}) throw new Error('on purpose')`

const version = (edit, age, columns, extra = '') =>
  unitSource({
    edit,
    version: edit === 0 ? '1.0.0' : '2.0.0',
    columns: { ...columns, beat: 'f32(1)' },
    head: 'let age = 0',
    body: body(age),
    extra,
  })
const next = (edit, age) =>
  version(
    edit,
    age,
    { place: `f32(${2 * ROWS})`, mark: 'f32(1)' },
    `migrate: { '^1.0.0': {
      rows: ${ROWS},
      lossy: true,
      upRange(old, next, from, to) {
        const [before, after] = [old.columns.place, next.columns.place]
        for (let i = 2 * from; i < 2 * to; i++) after[i] = before[i] + 1
      },
      downRange(next, old, from, to) {
        const [before, after] = [old.columns.place, next.columns.place]
        for (let i = 2 * from; i < 2 * to; i++) before[i] = after[i] - 1
      },
    } },`,
  )

/**
 * From the boundary at which a failure is acted on until the old code, and 64 MB of state moved back through `down`,
 * are live in the last of two participants. Beside it a version that fails before its way back could be gone ahead.
 */
export async function run({ dir, quick }) {
  const file = 'world.ts'
  folder(dir, 'units', { [file]: version(0, -1, { place: `f32(${2 * ROWS})` }) })
  const runtime = {
    watch: false,
    probation: { ticks: 100_000, budgetMs: 1000 },
    flapping: { times: 1_000_000 },
    deadlines: { evaluateMs: 5000, prepareMs: 60_000, leadMs: 10_000 },
  }
  const fleet = await Fleet.start(`${dir}/units`, { unit: 'world', workers: 1, hz: 120, runtime })
  const times = { [AT_ONCE]: [], [AHEAD]: [] }
  try {
    for (let edit = 1; edit <= (quick ? 6 : 20); edit++) {
      const age = edit % 2 ? AT_ONCE : AHEAD
      const { rolledBack, restored } = await fleet.swap(file, next(edit, age), 'rolled-back')
      if (restored.how !== 'down') throw new Error(`it went back by ${restored.how}`)
      times[age].push(rolledBack.liveAt - rolledBack.actedAt)
    }
  } finally {
    await fleet.close()
  }
  const [whole, ahead] = [summary(times[AT_ONCE]), summary(times[AHEAD])]
  return {
    ...ahead,
    peer: { name: 'all rows at the boundary', ...whole },
    ratio: ahead.median / whole.median,
  }
}
