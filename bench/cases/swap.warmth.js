import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { compileFunction } from 'node:vm'
import { Worker } from 'node:worker_threads'
import { createRuntime } from '../../dist/index.js'
import { stripTypes } from '../../dist/units/code/transform/strip.js'
import { crowdSource, FUNCTIONS, REHEARSE } from '../support/crowd.js'
import { folder } from '../support/scratch.js'
import { against, median, summary } from '../support/stats.js'
import { excess, LOOKED_AT, paced, Steps } from '../support/steps.js'

export const name = 'swap.warmth'
export const unit = 'ms'
export const targets = [
  { text: '<= 1/5 of the peer', value: ({ ratio }) => ratio, limit: 0.2, gate: 0.7 },
  { text: 'worst tick <= 2x steady', value: ({ worst }) => worst, limit: 2 },
]

/**
 * What the 60 ticks after a commit take beyond the steady tick, in each of 2 participants at 240 Hz: a unit of
 * 300 functions, each called once a tick, with a rehearsal. Its peer is the same unit, as JavaScript, loaded cold
 * by vm.compileFunction in the same thread at the same rate; beside it the same unit without a rehearsal.
 */
export async function run({ dir, quick }) {
  const swaps = quick ? 4 : 20
  const warm = await swapped(folder(dir, 'warm'), REHEARSE, swaps)
  const plain = await swapped(folder(dir, 'plain'), '', swaps)
  const cold = []
  for (let edit = 1; edit <= swaps; edit++) cold.push(excess(await loadedCold(edit)))
  const sums = (all) => all.map(({ sum }) => sum)
  const worst = (all) => all.map(({ worst }) => worst)
  return {
    ...against(sums(warm.found), `${FUNCTIONS} functions loaded cold`, sums(cold)),
    worst: median(worst(warm.found)),
    parts: [
      { name: 'without a rehearsal', ...summary(sums(plain.found)) },
      { name: 'worst tick over steady', unit: 'x', ...summary(worst(warm.found)) },
      { name: 'worst tick over steady, cold', unit: 'x', ...summary(worst(cold)) },
      { name: 'a steady tick', ...summary(warm.found.map(({ steady }) => steady)) },
      { name: 'warming before the commit, per participant', ...summary(warm.warmMs) },
      { name: 'of it: the most in one tick', ...summary(warm.worstWarmMs) },
    ],
  }
}

async function swapped(dir, extra, swaps) {
  const file = join(folder(dir, 'units', { 'crowd.ts': crowdSource(0, extra) }), 'crowd.ts')
  const runtime = await createRuntime({ units: join(dir, 'units'), watch: false })
  const handle = runtime.use('crowd')
  const workerData = { ticket: runtime.ticket(), unit: 'crowd' }
  const worker = new Worker(new URL('../support/steps-worker.js', import.meta.url), { workerData })
  const [steps, theirs] = [new Steps(), new Map()]
  const ready = new Promise((resolve, reject) => worker.once('message', resolve).once('error', reject))
  worker.on('message', ({ edit, times }) => theirs.set(edit, times))
  const turn = () => {
    runtime.tick()
    steps.turn(handle.exports.step)
  }
  const [found, warmMs, worstWarmMs] = [[], [], []]
  try {
    await Promise.all([ready, paced(turn, 60)])
    for (let edit = 1; edit <= swaps; edit++) {
      writeFileSync(file, crowdSource(edit, extra))
      const swap = runtime.swap('crowd')
      await paced(() => {
        turn()
        return !(steps.isComplete(edit) && theirs.has(edit))
      }, LOOKED_AT * 20)
      const report = await swap
      if (report.outcome !== 'committed') throw new Error(`edit ${edit}: ${report.findings[0]?.message}`)
      found.push(excess(steps.byEdit.get(edit)), excess(theirs.get(edit)))
      warmMs.push(...report.participants.map((each) => each.warmMs))
      worstWarmMs.push(...report.participants.map((each) => each.worstWarmMs))
    }
    return { found, warmMs, worstWarmMs }
  } finally {
    await worker.terminate()
    await runtime.close()
  }
}

/** The times of the first steps of the unit's text as plain JavaScript. */
async function loadedCold(edit) {
  const text = stripTypes(crowdSource(edit))
    .replace(/^import .*$/m, '')
    .replace(/export const unit = [\s\S]*?^\}\)$/m, '')
    .replace('export function', 'function')
  const unit = { state: { columns: { load: new Float32Array(1024) } } }
  const { step } = compileFunction(`${text}\nreturn { step }`, ['unit'])(unit)
  const steps = new Steps()
  await paced(() => steps.turn(step), LOOKED_AT)
  return steps.byEdit.get(edit)
}
