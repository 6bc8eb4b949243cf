import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { Fleet } from '../support/fleet.js'
import { folder } from '../support/scratch.js'
import { unitSource } from '../support/source.js'
import { summary } from '../support/stats.js'

export const name = 'admin.load'
export const unit = 'ms'
export const targets = [
  { text: '2,500 requests a second', value: ({ perSecond }) => 2500 / perSecond, limit: 1.02, gate: 1.1 },
  { text: '99.9 % answered', value: ({ failedShare }) => failedShare, limit: 0.001, gate: true },
  { text: 'p50 < 1 ms', value: ({ median }) => median, limit: 1 },
  { text: 'no tick lost', value: ({ lost }) => lost, limit: 0, gate: true },
  { text: '1,000 event streams hear', value: ({ deaf }) => deaf, limit: 0, gate: true },
]

const HZ = 60
const CLIENTS = 1000

/** Requests and event streams beside an engine at 60 Hz with four participants. */
export async function run({ dir, quick }) {
  folder(dir, 'units', { 'world.ts': unitSource({ edit: 0 }) })
  const runtime = {
    admin: { port: 0, token: 'a-token-for-the-benchmark' },
    watch: false,
    probation: { ticks: 2 },
  }
  const fleet = await Fleet.start(`${dir}/units`, { unit: 'world', workers: 3, hz: HZ, runtime })
  const load = fork(fileURLToPath(new URL('../support/http-load.js', import.meta.url)))
  try {
    const { address } = fleet.runtime
    const url = `${address}api/units`
    const asked = await beside(fleet, load, { task: 'ask', url, perSecond: 2500, seconds: quick ? 2 : 8 })
    const events = {
      task: 'listen',
      url: `${address}api/events`,
      clients: CLIENTS,
      event: 'permanent',
      patienceMs: 20_000,
    }
    // First word: all streams are open. Then something happens, and the second says who heard of it.
    await beside(fleet, load, events)
    const { heard } = await beside(fleet, load, undefined, () =>
      fleet.swap('world.ts', unitSource({ edit: 1 })),
    )
    const { times, failed, perSecond } = asked
    return {
      ...summary(times),
      perSecond,
      failedShare: failed / asked.asked,
      lost: asked.lost,
      deaf: CLIENTS - heard,
    }
  } finally {
    load.kill()
    await fleet.close()
  }
}

/** Runs frames until the other process answers. `lost`: frames that the engine ran fewer than the clock allows. */
async function beside(fleet, load, task, act) {
  let answer
  once(load, 'message').then(([message]) => {
    answer = message
  })
  if (task) load.send(task)
  const from = performance.now()
  const first = fleet.frames
  await act?.()
  while (!answer) await fleet.frame()
  const due = Math.floor(((performance.now() - from) / 1000) * HZ)
  return { ...answer, lost: Math.max(0, due - (fleet.frames - first) - 1) }
}
