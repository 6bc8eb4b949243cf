import { Fleet } from '../support/fleet.js'
import { folder } from '../support/scratch.js'
import { unitSource } from '../support/source.js'
import { summary } from '../support/stats.js'

export const name = 'migrate.64mb-sliced'
export const unit = 'ms'
export const targets = [
  { text: 'worst <= 4 ms', value: ({ max }) => max, limit: 4 },
  { text: 'worst <= 0.5 copies of the state', value: ({ copies }) => copies, limit: 0.5 },
  // The worst of a few swaps is the machine's as much as ours; it is told, and this is held.
  { text: 'median <= 0.5 copies', value: ({ medianCopies }) => medianCopies, limit: 0.5, gate: true },
]

/** 64 MB of a column that is there; the next version has another one beside it. */
const ROWS = 8 * 2 ** 20
/** Pages that the engine writes in every frame. */
const PAGES = 40
const body = `for (let i = 0; i < ${PAGES}; i++) {
  const { place, beat } = unit.state.columns
  beat[0]++
  place[((beat[0]! * 7919) % 16384) * 1024]! += 1
}`

const version = (edit, columns, extra = '') =>
  unitSource({ edit, version: `${edit + 1}.0.0`, columns: { ...columns, beat: 'f32(1)' }, body, extra })
const wide = (edit) =>
  version(
    edit,
    { place: `f32(${2 * ROWS})`, mark: `f32(${ROWS})` },
    `migrate: { '<${edit + 1}.0.0': {
      rows: ${ROWS},
      lossy: true,
      upRange(old, next, from, to) {
        const [place, mark] = [old.columns.place, next.columns.mark]
        for (let i = from; i < to; i++) mark[i] = place[2 * i] + place[2 * i + 1]
      },
    } },`,
  )

/**
 * The stall of the worst participant when 64 MB of columns move to another layout, main thread and a worker that write
 * to it in every frame. The rows are moved beside the old version; the boundary moves what was written since.
 */
export async function run({ dir, quick }) {
  const swaps = quick ? 3 : 10
  const file = 'world.ts'
  folder(dir, 'units', { [file]: version(0, { place: `f32(${2 * ROWS})` }) })
  const runtime = {
    watch: false,
    probation: { ticks: 4 },
    backups: 1,
    deadlines: { evaluateMs: 5000, prepareMs: 60_000 },
  }
  const fleet = await Fleet.start(`${dir}/units`, { unit: 'world', workers: 1, hz: 120, runtime })
  const stalls = []
  const parts = { migrate: [], verify: [], commit: [] }
  try {
    for (let edit = 1; edit <= swaps; edit++) {
      const { participants, phases } = await fleet.swap(file, wide(edit))
      // Waiting for the others is the meeting's; what is done there is the migration's.
      stalls.push(Math.max(...participants.map((each) => each.stallMs - each.phases.park)))
      for (const phase of Object.keys(parts)) parts[phase].push(phases[phase])
    }
  } finally {
    await fleet.close()
  }
  const copy = wholeCopy()
  const whole = summary(stalls)
  return {
    ...whole,
    max: Math.max(...stalls),
    copies: Math.max(...stalls) / copy,
    medianCopies: whole.median / copy,
    parts: Object.entries(parts).map(([phase, ms]) => ({ name: phase, ...summary(ms) })),
    remarks: [`a copy of 64 MB by .set takes ${copy.toFixed(1)} ms`],
  }
}

function wholeCopy() {
  const [from, to] = [new Uint8Array(ROWS * 8).fill(1), new Uint8Array(ROWS * 8).fill(2)]
  const times = Array.from({ length: 5 }, () => {
    const at = performance.now()
    to.set(from)
    return performance.now() - at
  })
  return times.sort((a, b) => a - b)[2]
}
