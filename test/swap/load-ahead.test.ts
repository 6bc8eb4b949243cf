import { afterAll, expect, test } from 'vitest'
import { createRuntime, type Runtime } from '../../dist/index.js'
import { counter } from '../support/counter.ts'
import { Scratch } from '../support/scratch.ts'

/** Modules note their evaluation here: a participant evaluates in its own thread, others do not see it. */
const evaluated: string[] = []
Object.assign(globalThis, { loadAheadEvaluated: evaluated })
const note = (name: string) => counter({ body: `;(globalThis as any).loadAheadEvaluated?.push('${name}')` })

let runtime: Runtime | undefined
let scratch: Scratch | undefined
afterAll(async () => {
  await runtime?.close()
  await scratch?.remove()
})

async function until(condition: () => boolean, what: string): Promise<void> {
  const end = performance.now() + 20_000
  while (!condition()) {
    if (performance.now() > end) throw new Error(`waited for ${what}`)
    await new Promise((resolve) => setImmediate(resolve))
  }
}

test('a loop that yields loads a candidate between two ticks, and runs it from the next one on', async () => {
  scratch = await Scratch.create({ 'counter.ts': note('first') })
  runtime = await createRuntime({ units: scratch.dir, watch: false, probation: { ticks: 2 } })
  const { ticks } = runtime
  runtime.tick()
  for (const name of ['second', 'third']) {
    await scratch.write('counter.ts', note(name))
    const swapped = runtime.swap('counter')
    const before = runtime.use('counter').version
    // Not one tick passes.
    const at = runtime.ticks
    await until(() => evaluated.includes(name), `the evaluation of ${name}`)
    expect(runtime.ticks).toBe(at)
    expect(runtime.use('counter').version).toBe(before)
    const done = swapped.then(({ outcome }) => outcome)
    let outcome: string | undefined
    void done.then((value) => {
      outcome = value
    })
    await until(() => {
      runtime!.tick()
      return outcome !== undefined
    }, 'the commit')
    expect(outcome).toBe('committed')
    await until(() => {
      runtime!.tick()
      return runtime!.history('counter').at(-1)?.outcome === 'permanent'
    }, 'the end of the probation')
  }
  expect(runtime.ticks).toBeGreaterThan(ticks)
})
