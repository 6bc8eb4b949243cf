import { cpSync } from 'node:fs'
import { join } from 'node:path'
import { createRuntime } from '../../dist/index.js'
import { Store } from '../../dist/store/store.js'
import { folder, PROJECT } from '../support/scratch.js'
import { summary } from '../support/stats.js'

export const name = 'backup.ratio'
export const unit = '% of the state'
export const targets = [{ text: '<= 10 %', value: ({ median }) => median, limit: 10, gate: 40 }]

const SYSTEMS = ['terrain', 'roads', 'zoning', 'power', 'traffic', 'citizens', 'economy']
const DISTRICTS = 32
const BACKUPS = 10
const FRAMES_BETWEEN = 60

/**
 * Bytes kept for ten states of the demo's city, saved a second of it apart, over the bytes of the states. The first of
 * each unit is whole, the others are differences; each is read back and compared with its hash when it is stored.
 */
export async function run({ dir }) {
  const [units, path] = [join(folder(dir, 'city'), 'units'), join(folder(dir, 'store'), 'store')]
  cpSync(join(PROJECT, 'examples', 'city', 'systems'), units, { recursive: true })
  const store = { path, saveEveryMs: 0, keep: { states: BACKUPS + 1 } }
  const runtime = await createRuntime({ units, watch: false, store })
  const systems = SYSTEMS.map((name) => runtime.use(name))
  for (let frame = 0; frame < BACKUPS * FRAMES_BETWEEN; frame++) {
    runtime.tick(frame)
    for (const { exports } of systems) exports.step(0, DISTRICTS, frame)
    if (frame % FRAMES_BETWEEN === FRAMES_BETWEEN - 1) await runtime.checkpoint()
  }
  await runtime.close()
  return kept(path)
}

async function kept(path) {
  const store = await Store.read(path)
  const states = []
  for (const system of SYSTEMS) states.push(await store.backups.list(system))
  const { problems } = await store.verify()
  await store.close()
  if (problems.length > 0) throw new Error(problems[0].message)
  const rounds = Array.from({ length: BACKUPS }, (_, i) => {
    const round = states.map((each) => each[i])
    const sum = (field) => round.reduce((total, state) => total + state[field], 0)
    return (sum('stored') / sum('size')) * 100
  })
  const mean = rounds.reduce((total, percent) => total + percent, 0) / BACKUPS
  return {
    ...summary(rounds),
    median: mean,
    remarks: [`the first ${rounds[0].toFixed(1)} %, the last ${rounds.at(-1).toFixed(1)} %`],
  }
}
