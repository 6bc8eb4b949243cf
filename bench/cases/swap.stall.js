import { bareMeetings } from '../support/barrier.js'
import { Fleet } from '../support/fleet.js'
import { folder } from '../support/scratch.js'
import { floatColumns, unitSource } from '../support/source.js'
import { against, summary } from '../support/stats.js'

export const name = 'swap.stall'
export const unit = 'ms'
export const targets = [
  { text: 'p99 <= 1 ms', value: ({ p99 }) => p99, limit: 1 },
  { text: 'p99 <= 4x threads at a bare barrier', value: ({ tail }) => tail, limit: 4 },
  { text: 'median <= 10x of these', value: ({ typical }) => typical, limit: 10, gate: 25 },
]

/**
 * Time that participants spend inside the tick() that commits, 1 MB of columns. Beside it, in the same run, as many
 * plain threads that run the same frames and meet at a barrier of one counter and one wait, where nobody has anything
 * to do: on few cores no runtime that lets all change at one tick takes less than they do.
 */
export async function run({ dir, quick }) {
  const four = await stalls(folder(dir, 'four'), { participants: 4, hz: 240, swaps: quick ? 25 : 150 })
  const many = await stalls(folder(dir, 'many'), { participants: 32, hz: 60, swaps: quick ? 8 : 40 })
  const [few, all] = [four[0], many[0]]
  const { name: _, ...worst } = few.p99 > all.p99 ? few : all
  const typical = Math.max(few.ratio, all.ratio)
  const tail = Math.max(...[few, all].map(({ p99, peer }) => p99 / peer.p99))
  return { ...worst, typical, tail, parts: [...four, ...many] }
}

async function stalls(dir, { participants, hz, swaps }) {
  const source = (edit) => unitSource({ edit, columns: floatColumns(26, 10_000) })
  const runtime = { watch: false, probation: { ticks: 2 }, deadlines: { parkMs: 2000 } }
  const file = 'world.ts'
  folder(dir, 'units', { [file]: source(0) })
  const bare = () => bareMeetings({ threads: participants, hz, meetings: swaps })
  // Before and after, so that what else the machine does is in both.
  const peer = await bare()
  const fleet = await Fleet.start(`${dir}/units`, { unit: 'world', workers: participants - 1, hz, runtime })
  const [taken, busy] = [[], []]
  let idle
  try {
    await fleet.run(hz / 2)
    idle = fleet.idleTicks.slice(-hz / 4)
    for (let edit = 1; edit <= swaps + 2; edit++) {
      const report = await fleet.swap(file, source(edit))
      // The first swaps run code of the runtime that was never compiled before.
      if (edit <= 2) continue
      taken.push(...report.participants.map(({ stallMs }) => stallMs))
      busy.push(...report.participants.map(({ stallMs, phases }) => stallMs - phases.park))
    }
  } finally {
    await fleet.close()
  }
  peer.push(...(await bare()))
  const name = `${participants} participants`
  return [
    { name, ...against(taken, `${participants} threads at a bare barrier`, peer) },
    { name: `${participants}, once all have arrived`, ...summary(busy) },
    { name: `${participants} threads at a bare barrier`, ...summary(peer) },
    { name: `${participants}, tick() with nothing to do`, ...summary(idle) },
  ]
}
