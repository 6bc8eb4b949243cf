import { syncBuiltinESMExports } from 'node:module'
import vm, { type ScriptOptions } from 'node:vm'
import { setEnvironmentData } from 'node:worker_threads'
import { afterAll, expect, onTestFinished, test } from 'vitest'
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

/** URLs of the scripts that this thread compiles. */
function watchScripts(): string[] {
  const { Script } = vm
  const compiled: string[] = []
  vm.Script = class extends Script {
    constructor(code: string, options?: ScriptOptions) {
      super(code, options)
      compiled.push(String(options?.filename))
    }
  }
  syncBuiltinESMExports()
  onTestFinished(() => {
    vm.Script = Script
    syncBuiltinESMExports()
  })
  return compiled
}

test('a participant compiles a candidate while the rehearsal thread evaluates it, and runs none of it', async () => {
  const gate = new Int32Array(new SharedArrayBuffer(4))
  setEnvironmentData('loadAheadGate', gate)
  const folder = await Scratch.create({ 'counter.ts': note('old') })
  onTestFinished(() => folder.remove())
  const deadlines = { evaluateMs: 60_000 }
  const engine = await createRuntime({ units: folder.dir, watch: false, probation: { ticks: 2 }, deadlines })
  onTestFinished(() => engine.close())
  engine.tick()
  const compiled = watchScripts()
  const wait = `import { getEnvironmentData, isMainThread } from 'node:worker_threads'
    if (!isMainThread) Atomics.wait(getEnvironmentData('loadAheadGate') as never, 0, 0)\n`
  await folder.write('counter.ts', wait + note('compiled'))
  let outcome: string | undefined
  void engine.swap('counter').then((report) => {
    outcome = report.outcome
  })
  const ofCandidate = () => compiled.filter((url) => url.endsWith('/counter.ts'))
  await until(() => ofCandidate().length > 0, 'the candidate to be compiled')
  // It hangs in the rehearsal thread: nobody has been asked to load it.
  expect(evaluated).not.toContain('compiled')
  Atomics.store(gate, 0, 1)
  Atomics.notify(gate, 0)
  await until(() => {
    engine.tick()
    return outcome !== undefined
  }, 'the commit')
  expect(outcome).toBe('committed')
  expect(evaluated).toContain('compiled')
  expect(ofCandidate()).toHaveLength(1)
})
