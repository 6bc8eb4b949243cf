import { setTimeout as sleep } from 'node:timers/promises'
import { Fleet } from '../support/fleet.js'
import { source, viteRig } from '../support/rigs.js'
import { folder } from '../support/scratch.js'
import { unitSource } from '../support/source.js'

export const name = 'swap.mixed'
export const unit = 'ticks'
export const targets = [{ text: '0', value: ({ median }) => median, limit: 0, gate: true }]

const WORKERS = 4

/**
 * Ticks in which participants ran different versions, while the file is edited again as soon
 * as the swap before is over. Each participant says which edit its code is; a tick is mixed
 * when they disagree. The peer runs fewer ticks, at 240 Hz: its workers must yield.
 */
export async function run({ dir, quick }) {
  const ours = await lockstep(dir, quick ? 10_000 : 100_000)
  const theirs = await vite(dir, quick ? 1000 : 8000)
  const { frames, mixed, swaps } = ours
  return {
    n: frames,
    median: mixed,
    p99: mixed,
    swaps,
    peer: { name: `Vite, ${theirs.frames} ticks`, median: theirs.mixed, n: theirs.frames },
    remarks: [
      `${swaps} swaps in ${frames} ticks; Vite: ${theirs.edits} edits, ${theirs.lost} of them lost, in ${theirs.frames} ticks`,
    ],
  }
}

async function lockstep(dir, frames) {
  folder(dir, 'units', { 'world.ts': unitSource({ edit: 0 }) })
  const options = { unit: 'world', workers: WORKERS, runtime: { probation: { ticks: 20 } } }
  const fleet = await Fleet.start(`${dir}/units`, options)
  try {
    let edit = 0
    let seen = 0
    for (const end = fleet.frames + frames; fleet.frames < end; ) {
      if (seen === fleet.reports.filter(({ outcome }) => outcome !== 'committed').length) {
        fleet.write('world.ts', unitSource({ edit: ++edit }))
        seen++
      }
      await fleet.frame()
    }
    const bad = fleet.reports.find(({ outcome }) => !['committed', 'permanent'].includes(outcome))
    if (bad) throw new Error(`a swap was ${bad.outcome}: ${JSON.stringify(bad.findings)}`)
    const swaps = fleet.reports.filter(({ outcome }) => outcome === 'committed').length
    return { frames, mixed: fleet.mixed, swaps }
  } finally {
    await fleet.close()
  }
}

async function vite(dir, frames) {
  const rig = await viteRig(dir, { workers: WORKERS })
  try {
    const count = { frames: 0, mixed: 0, edits: 0 }
    await rig.fleet.run()
    while (count.frames < frames) {
      rig.fleet.log.forget()
      for (const end = count.edits + 10; count.edits < end; ) {
        await rig.fleet.save(++count.edits, source(count.edits))
        await sleep(60)
      }
      const { frames: ran, mixed } = rig.fleet.log.compare()
      count.frames += ran
      count.mixed += mixed
    }
    return { ...count, lost: rig.fleet.lost }
  } finally {
    await rig.close()
  }
}
