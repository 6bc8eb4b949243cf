import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { createRuntime } from '../../dist/index.js'
import { folder } from '../support/scratch.js'
import { unitSource } from '../support/source.js'
import { against } from '../support/stats.js'

export const name = 'store.stall'
export const unit = 'ns'
export const targets = [
  {
    text: 'no tick sleeps more often while the store writes',
    value: ({ sleeps }) => sleeps,
    limit: 0,
    gate: 5,
  },
]

const BATCH = 1000

/**
 * `tick()` while the control thread saves states and packs them as fast as the disk takes it, against the same runtime
 * with nothing to write, in turns. `sleeps` counts the times at which Linux says that the thread gave up its processor of
 * its own accord, to wait for something, within batches of ticks: how many more there are than with nothing to write.
 * Others that push it aside do not count.
 */
export async function run({ dir, quick }) {
  folder(dir, 'units', { 'world.ts': unitSource({ edit: 0 }) })
  const store = { path: join(dir, 'store'), saveEveryMs: 0 }
  const runtime = await createRuntime({ units: `${dir}/units`, store })
  try {
    const [turns, batches] = quick ? [6, 50] : [20, 50]
    await measure(runtime, 50, async () => {})
    const [rest, busy] = [newSamples(), newSamples()]
    let saves = 0
    for (let turn = 0; turn < turns; turn++) {
      add(rest, await measure(runtime, batches, async () => {}))
      let pending
      add(
        busy,
        await measure(runtime, batches, async () => {
          pending ??= runtime.checkpoint().then(() => {
            pending = undefined
            saves++
          })
        }),
      )
      await pending
    }
    if (saves === 0) throw new Error('nothing was saved meanwhile')
    const result = against(busy.samples, 'nothing to write', rest.samples)
    const sleeps = Math.max(0, busy.sleeps - rest.sleeps)
    const remarks = [
      `${saves} states saved meanwhile`,
      `${busy.sleeps} sleeps with, ${rest.sleeps} without, in ${turns * batches * BATCH} ticks each`,
    ]
    return { ...result, sleeps, remarks }
  } finally {
    await runtime.close()
  }
}

const newSamples = () => ({ samples: [], sleeps: 0 })

function add(sum, { samples, sleeps }) {
  sum.samples.push(...samples)
  sum.sleeps += sleeps
}

async function measure(runtime, batches, between) {
  const samples = new Float64Array(batches)
  let sleeps = 0
  for (let batch = 0; batch < batches; batch++) {
    const before = sleepsOfThread()
    const from = performance.now()
    for (let i = 0; i < BATCH; i++) runtime.tick()
    samples[batch] = ((performance.now() - from) / BATCH) * 1e6
    sleeps += sleepsOfThread() - before
    await between()
    await new Promise((resolve) => setImmediate(resolve))
  }
  return { samples, sleeps }
}

function sleepsOfThread() {
  const status = readFileSync('/proc/thread-self/status', 'latin1')
  return Number(/^voluntary_ctxt_switches:\s*(\d+)/m.exec(status)[1])
}
