import { createRuntime } from '../../dist/index.js'
import { bytesPerTurn } from '../support/heap.js'
import { race, verdictOfRace } from '../support/race.js'
import { folder } from '../support/scratch.js'
import { unitSource } from '../support/source.js'

export const name = 'tick.idle'
export const unit = 'ns'
export const targets = [
  { text: '<= 3x a plain shared read', value: ({ ratio }) => ratio, limit: 3, gate: 5 },
  { text: '0 bytes a call', value: ({ bytes }) => bytes, limit: 0, gate: true },
]

/** tick() of a runtime in which nothing changes, and the read of shared memory it stands on. */
export async function run({ dir, quick }) {
  folder(dir, 'units', { 'world.ts': unitSource({ edit: 0 }) })
  const runtime = await createRuntime({ units: `${dir}/units` })
  try {
    runtime.tick()
    const words = new Uint32Array(new SharedArrayBuffer(4))
    const tick = (turns) => {
      for (let i = 0; i < turns; i++) runtime.tick()
    }
    const read = (turns) => {
      let sum = 0
      for (let i = 0; i < turns; i++) sum += words[0]
      return sum
    }
    const options = { rounds: quick ? 10 : 40, batch: 10_000, roundMs: 20 }
    const samples = await race({ 'tick()': tick, 'plain u32[0]': read }, options)
    return { ...verdictOfRace(samples), bytes: bytesPerTurn(tick) }
  } finally {
    await runtime.close()
  }
}
