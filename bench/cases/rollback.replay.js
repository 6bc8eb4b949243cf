import { Fleet } from '../support/fleet.js'
import { folder } from '../support/scratch.js'
import { unitSource } from '../support/source.js'
import { summary } from '../support/stats.js'
import { columns, fill } from '../support/world.js'

export const name = 'rollback.replay'
export const unit = 'ms'
export const targets = []

/** Ticks of the new version before it fails: more than its rehearsal and its warming have. */
const LIVED = 40
const WORKERS = 3
const extra = 'deterministic: true,'

/** Throws after its last good step, in the last participant. */
const failing = (row) => (edit) =>
  unitSource({
    edit,
    columns,
    extra,
    head: 'let age = 0',
    body: `if (row === ${row} && ++age > ${LIVED}) throw new Error('on purpose')`,
  })

/**
 * A rollback that brings 1 MB of columns back to the commit and makes the calls of the 41 ticks since again, twice: the
 * time inside tick() of the slowest participant, or inside the call that failed where it is the only one. The peer goes back
 * to the last good tick and makes one tick's calls.
 */
export async function run({ dir, quick }) {
  const rollbacks = quick ? 10 : 40
  const alone = await stalls(folder(dir, 'one'), 0, 'replay', rollbacks)
  const fleet = await stalls(folder(dir, 'all'), WORKERS, 'replay', rollbacks)
  const down = await stalls(folder(dir, 'down'), WORKERS, 'down', rollbacks)
  const peer = { name: 'to the last good tick', ...summary(down) }
  const whole = summary(fleet)
  const parts = [{ name: 'one participant, inside the call', ...summary(alone) }]
  return { ...whole, peer, ratio: whole.median / peer.median, parts }
}

async function stalls(dir, workers, state, rollbacks) {
  const file = 'world.ts'
  folder(dir, 'units', { [file]: unitSource({ edit: 0, columns, extra }) })
  const runtime = {
    watch: false,
    probation: { ticks: 200 },
    rollback: { state },
    flapping: { times: 1_000_000 },
  }
  const fleet = await Fleet.start(`${dir}/units`, { unit: 'world', workers, hz: 240, runtime })
  try {
    fill(fleet.columns)
    const times = []
    for (let edit = 1; edit <= rollbacks; edit++) {
      const { stallMs, restored } = await fleet.swap(file, failing(workers)(edit), 'rolled-back')
      const isReplayed = restored.how === 'replay'
      if (isReplayed !== (state === 'replay')) throw new Error(`the state went back by ${restored.how}`)
      times.push(stallMs)
    }
    return times
  } finally {
    await fleet.close()
  }
}
