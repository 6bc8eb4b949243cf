import { Worker } from 'node:worker_threads'
import { expect, test } from 'vitest'
import { createRuntime, type SwapReport } from '../../dist/index.js'
import { open } from '../support/opened.ts'
import { Scratch } from '../support/scratch.ts'

/** Everything that it has is a participant's own. */
const unit = (
  version: string,
  more = '',
  step = '',
) => `import { defineUnit, f32, u32 } from 'tickswap/module'
export const unit = defineUnit({
  version: '${version}',
  state: { columns: { mine: u32(1, { scope: 'participant' }), ${more} }, soft: () => ({ calls: 0 }) },
  ${more && `migrate: { '^1.0.0': { up(old, next) { next.columns.level[0] = 1 }, down() {} } },`}
})
export function step(): Promise<void> | void {
  unit.state.columns.mine[0]!++
  unit.state.soft.calls++
  ${step}
}
`
const FAILS = `if ((globalThis as any).fails) return Promise.reject(new Error('on purpose'))`
const two = unit('2.0.0', "level: f32(4, { scope: 'participant' })", FAILS)

test('a participant that rested in a probation goes back with all that it did before', async () => {
  const scratch = await Scratch.create({ 'lone.ts': unit('1.0.0') })
  open.push(scratch)
  const runtime = await createRuntime({
    units: scratch.dir,
    mode: 'independent',
    probation: { ticks: 100_000 },
  })
  const handle = runtime.use<{ step(): Promise<void> | void }>('lone')
  const words = new Int32Array(new SharedArrayBuffer(64))
  const workerData = { ticket: runtime.ticket(), words, unit: 'lone' }
  const worker = new Worker(new URL('../support/commanded-worker.js', import.meta.url), { workerData })
  const ended = new Promise((resolve) => worker.once('exit', resolve))
  open.push({
    async close() {
      Reflect.deleteProperty(globalThis, 'fails')
      Atomics.store(words, 0, 1)
      await ended
      await runtime.close()
    },
  })
  const reports: SwapReport[] = []
  for (const event of ['swap', 'rollback'] as const) runtime.on(event, (report) => reports.push(report))
  const made = { main: 0, worker: 0 }
  const stepMain = () => {
    runtime.tick()
    Promise.resolve(handle.exports.step()).catch(() => {})
    made.main++
  }
  const order = async (what: 1 | 2) => {
    words[2] = what
    Atomics.add(words, 1, 1)
    Atomics.notify(words, 1)
    const end = performance.now() + 10_000
    while (Atomics.load(words, 3) !== words[1] && performance.now() < end)
      await new Promise((turn) => setImmediate(turn))
    if (what === 1) made.worker++
  }
  const until = async (is: () => boolean, turn: () => Promise<void>) => {
    const end = performance.now() + 15_000
    while (!is() && performance.now() < end) await turn()
    expect(is(), JSON.stringify(reports)).toBe(true)
  }
  const both = async () => {
    stepMain()
    await order(1)
    await new Promise((turn) => setImmediate(turn))
  }
  for (let i = 0; i < 5; i++) await both()
  await scratch.write('lone.ts', two)
  await until(() => handle.version === '2.0.0' && words[6] === 2 && reports.length === 1, both)
  for (let i = 0; i < 5; i++) await both()
  await order(2)
  Object.assign(globalThis, { fails: true })
  // It fails between two of its ticks, so that the one that comes back from its rest is the first to act on it.
  stepMain()
  await new Promise((turn) => setImmediate(turn))
  await order(1)
  expect(words[6]).toBe(1)
  await until(() => reports.at(-1)?.outcome === 'rolled-back' && handle.version === '1.0.0', both)
  const { columns, soft } = handle.state as { columns: { mine: Uint32Array }; soft: { calls: number } }
  expect([columns.mine[0], soft.calls]).toEqual([made.main, made.main])
  expect([words[4], words[5]]).toEqual([made.worker, made.worker])
}, 40_000)
