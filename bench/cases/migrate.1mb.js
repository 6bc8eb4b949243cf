import { Fleet } from '../support/fleet.js'
import { folder } from '../support/scratch.js'
import { unitSource } from '../support/source.js'
import { against, summary } from '../support/stats.js'
import { asObjects, columns, ENTITIES, fill } from '../support/world.js'

export const name = 'migrate.1mb'
export const unit = 'ms'
export const targets = [
  { text: 'p99 < 3 ms', value: ({ p99 }) => p99, limit: 3 },
  { text: 'median <= 1 ms', value: ({ median }) => median, limit: 1 },
]

/** Each version has a column that the one before had not, computed from two others for every entity. */
const migrating = (edit) =>
  unitSource({
    edit,
    version: `${edit + 1}.0.0`,
    columns: { ...columns, [`energy${edit}`]: `f32(${ENTITIES})` },
    extra: `migrate: { '<${edit + 1}.0.0': {
      up(old, next) {
        const { c0, c1, energy${edit}: energy } = next.columns
        for (let i = 0; i < energy.length; i++) energy[i] = c0[i]! * c0[i]! + c1[i]! * c1[i]!
      },
      down() {}, lossy: true,
    } },`,
  })

/** The same swap when every column is carried over by name and the new one stays empty. */
const carrying = (edit) =>
  unitSource({
    edit,
    version: `${edit + 1}.0.0`,
    columns: { ...columns, [`energy${edit}`]: `f32(${ENTITIES})` },
    extra: `migrate: { '<${edit + 1}.0.0': { up() {}, down() {}, lossy: true } },`,
  })

/** Backup, migration and verification of 1 MB of columns, at the boundary, main thread and one worker. */
export async function run({ dir, quick }) {
  const swaps = quick ? 25 : 150
  const computed = await migrations(folder(dir, 'computed'), migrating, swaps)
  const carried = await migrations(folder(dir, 'carried'), carrying, swaps)
  const peer = clones(quick ? 25 : 100)
  const parts = [
    { name: 'carried by name only', ...against(carried.whole, 'structuredClone, objects', peer) },
    ...['backup', 'migrate', 'verify'].map((phase) => ({ name: phase, ...summary(computed[phase]) })),
  ]
  return { ...against(computed.whole, 'structuredClone, objects', peer), parts }
}

async function migrations(dir, sourceOf, swaps) {
  const file = 'world.ts'
  folder(dir, 'units', { [file]: sourceOf(0) })
  const runtime = { watch: false, probation: { ticks: 2 } }
  const fleet = await Fleet.start(`${dir}/units`, { unit: 'world', workers: 1, hz: 240, runtime })
  const times = { whole: [], backup: [], migrate: [], verify: [] }
  try {
    fill(fleet.columns)
    for (let edit = 1; edit <= swaps; edit++) {
      const { backup, migrate, verify } = (await fleet.swap(file, sourceOf(edit))).phases
      times.whole.push(backup + migrate + verify)
      times.backup.push(backup)
      times.migrate.push(migrate)
      times.verify.push(verify)
    }
    return times
  } finally {
    await fleet.close()
  }
}

/** The same world as objects, copied as a program without columns would keep it. */
function clones(times) {
  const objects = asObjects()
  return Array.from({ length: times }, () => {
    const from = performance.now()
    structuredClone(objects)
    return performance.now() - from
  })
}
