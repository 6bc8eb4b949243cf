import { Fleet } from '../support/fleet.js'
import { folder } from '../support/scratch.js'
import { floatColumns, unitSource } from '../support/source.js'
import { against } from '../support/stats.js'

export const name = 'swap.stall'
export const unit = 'ms'
export const targets = [{ text: 'p99 <= 1 ms', value: ({ p99 }) => p99, limit: 1 }]

/** Time that participants spend inside the tick() that commits, 1 MB of columns. */
export async function run({ dir, quick }) {
  const four = await stalls(folder(dir, 'four'), { participants: 4, hz: 240, swaps: quick ? 25 : 150 })
  const many = await stalls(folder(dir, 'many'), { participants: 32, hz: 60, swaps: quick ? 8 : 40 })
  const { name: _, ...worst } = four[0].p99 > many[0].p99 ? four[0] : many[0]
  return { ...worst, parts: [...four, ...many] }
}

async function stalls(dir, { participants, hz, swaps }) {
  const source = (edit) => unitSource({ edit, columns: floatColumns(26, 10_000) })
  const runtime = { watch: false, probation: { ticks: 2 }, deadlines: { parkMs: 2000 } }
  const file = 'world.ts'
  folder(dir, 'units', { [file]: source(0) })
  const fleet = await Fleet.start(`${dir}/units`, { unit: 'world', workers: participants - 1, hz, runtime })
  try {
    await fleet.run(hz / 2)
    const idle = fleet.idleTicks.slice(-hz / 4)
    const [taken, busy] = [[], []]
    for (let edit = 1; edit <= swaps + 2; edit++) {
      const report = await fleet.swap(file, source(edit))
      // The first swaps run code of the runtime that was never compiled before.
      if (edit <= 2) continue
      taken.push(...report.participants.map(({ stallMs }) => stallMs))
      busy.push(...report.participants.map(({ stallMs, phases }) => stallMs - phases.park))
    }
    const idleTick = 'tick() with nothing to do'
    return [
      { name: `${participants} participants`, ...against(taken, idleTick, idle) },
      { name: `${participants}, once all have arrived`, ...against(busy, idleTick, idle) },
    ]
  } finally {
    await fleet.close()
  }
}
