import { setTimeout as sleep } from 'node:timers/promises'
import { ENGINES, Engine } from '../support/engines.js'
import { against, summary } from '../support/stats.js'

export const name = 'write-to-live.one-process'
export const unit = 'ms'
/** Beside the others, and no more: by the clock the wait for a boundary is in it. */
export const targets = []

/** Edits in which a tool's own code is still being compiled. */
const FIRST = 5

/**
 * From the write of a file of 10 KB to the first call that runs it, in one process that calls
 * it 240 times a second, by the clock: with the watcher and the loader that each tool brings.
 */
export async function run({ dir, quick }) {
  const times = {}
  const lost = {}
  for (const tool of Object.keys(ENGINES)) {
    const taken = await edits(dir, tool, FIRST + (quick ? 10 : 40))
    times[tool] = taken.filter((ms) => ms !== undefined).slice(FIRST)
    lost[tool] = taken.length - taken.filter((ms) => ms !== undefined).length
  }
  const [[, ours], [peer, theirs], ...others] = Object.entries(times)
  return {
    ...against(ours, peer, theirs),
    others: others.map(([name, taken]) => ({ name, ...summary(taken) })),
    lost,
    remarks: [
      `lost edits: ${Object.entries(lost)
        .map(([tool, count]) => `${tool} ${count}`)
        .join(', ')}`,
    ],
  }
}

async function edits(dir, tool, count) {
  const engine = await Engine.start(dir, tool)
  const taken = []
  try {
    for (let edit = 1; edit <= count; edit++) {
      // Far enough apart for watchers that take saves in quick succession for one.
      await sleep(100 + ((edit * 7) % 23))
      taken.push(await engine.save(edit))
    }
  } finally {
    engine.stop()
  }
  return taken
}
