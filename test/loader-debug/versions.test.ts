import { spawn } from 'node:child_process'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { afterEach, expect, test } from 'vitest'
import { createRuntime, type Runtime } from '../../dist/index.js'
import { Scratch } from '../support/scratch.ts'

const open: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const close of open.splice(0).reverse()) await close()
})

/** A unit whose `kept` is what an engine might hold on to: a callback of the version that made it. */
const road = (version: string, line = '') => `import { defineUnit } from 'tickswap/module'
export const unit = defineUnit({ version: '${version}' })
${line}
export const step = (): void => {}
export const kept = () => { throw new Error('from ${version}') }
`
const caller = `import { defineUnit } from 'tickswap/module'
export const unit = defineUnit({ version: '3.0.0' })
export const run = (f: () => unknown) => f()
`

/** ticks: probation does not end by itself */
const LONG = 1_000_000

type Api = Record<string, (...args: unknown[]) => unknown>

async function start(files: Record<string, string>, ticks = 5) {
  const scratch = await Scratch.create(files)
  open.push(() => scratch.remove())
  const runtime = await createRuntime({ units: scratch.dir, watch: false, probation: { ticks } })
  open.push(() => runtime.close())
  runtime.tick()
  return { scratch, runtime }
}

/** Swaps what was saved, and ticks until it is permanent. */
async function settled(runtime: Runtime): Promise<void> {
  const permanent = new Promise<void>((resolve) => runtime.on('permanent', () => resolve()))
  expect(await during(runtime, runtime.swap('road'))).toMatchObject({ outcome: 'committed' })
  await during(runtime, permanent)
}

/** Ticks until a promise is settled. */
async function during<T>(runtime: Runtime, promise: Promise<T>): Promise<T> {
  let isSettled = false
  const settle = () => {
    isSettled = true
  }
  promise.then(settle, settle)
  while (!isSettled) {
    runtime.tick()
    await new Promise((resolve) => setImmediate(resolve))
  }
  return promise
}

function caught(step: () => unknown): Error {
  try {
    step()
  } catch (error) {
    return error as Error
  }
  throw new Error('nothing was thrown')
}

const lines = (runtime: Runtime, error: unknown, file: string) =>
  runtime
    .explain(error)
    .split('\n')
    .filter((line) => line.includes(file))

test('an error from code that was replaced says which version it is of, and which one runs', async () => {
  const { scratch, runtime } = await start({ 'road.ts': road('1.0.0') })
  const { kept } = runtime.use<Api>('road').exports
  const place = `${pathToFileURL(scratch.path('road.ts')).href}:5:35`
  expect(lines(runtime, caught(kept!), 'road.ts')).toEqual([expect.stringMatching(/road\.ts:5:35\)?$/)])

  await scratch.write('road.ts', road('1.0.1', '// a line\n// and another'))
  await settled(runtime)
  const old = lines(runtime, caught(kept!), 'road.ts')
  expect(old).toEqual([expect.stringContaining('[road 1.0.0; 1.0.1 runs]')])
  expect(old[0]).toContain(place)
  // Nobody has to ask: a log that writes `error.stack` says so too, once.
  const logged = caught(kept!)
    .stack!.split('\n')
    .filter((line) => line.includes('road.ts'))
  expect(logged).toEqual(old)
  const fresh = lines(runtime, caught(runtime.use<Api>('road').exports.kept!), 'road.ts')
  expect(fresh).toEqual([expect.stringMatching(/road\.ts:6:35\)?$/)])
})

test('a frame whose column the loader corrects names its version too', async () => {
  const file = (version: string) => `import { defineUnit } from 'tickswap/module'
export const unit = defineUnit({ version: '${version}' })
export const kept = (): void => { for (live of [1, 2]) throw new Error('from ${version}') }
export let live = 0
`
  const { scratch, runtime } = await start({ 'road.ts': file('1.0.0') })
  const { kept } = runtime.use<Api>('road').exports
  await scratch.write('road.ts', file('1.0.1'))
  await settled(runtime)
  const [line] = lines(runtime, caught(kept!), 'road.ts')
  expect(caught(kept!).stack).toContain(line)
  expect(line).toMatch(/road\.ts:3:62\) \[road 1\.0\.0; 1\.0\.1 runs\]$/)
})

test('after a rollback by hand the version that was taken back is the one that does not run', async () => {
  const { scratch, runtime } = await start({ 'road.ts': road('1.0.0') })
  await scratch.write('road.ts', road('1.1.0'))
  await settled(runtime)
  const { kept } = runtime.use<Api>('road').exports
  await during(runtime, runtime.rollback('road'))
  expect(lines(runtime, caught(kept!), 'road.ts')[0]).toContain('[road 1.1.0; 1.0.0 runs]')
})

test('a version in probation is not blamed for what code of the version before it throws', async () => {
  const { scratch, runtime } = await start({ 'road.ts': road('1.0.0'), 'caller.ts': caller }, LONG)
  const { kept } = runtime.use<Api>('road').exports
  const rollbacks: unknown[] = []
  runtime.on('rollback', (report) => rollbacks.push(report))
  await scratch.write('road.ts', road('1.0.1'))
  await during(runtime, runtime.swap('road'))
  expect(caught(() => runtime.use<Api>('caller').exports.run!(kept)).message).toBe('from 1.0.0')
  for (let ticks = 0; ticks < 20; ticks++) {
    runtime.tick()
    await new Promise((resolve) => setImmediate(resolve))
  }
  expect(rollbacks).toEqual([])
  expect(runtime.use('road').version).toBe('1.0.1')
})

test('a version in probation is blamed for what it throws in a call of another unit', async () => {
  const { scratch, runtime } = await start({ 'road.ts': road('1.0.0'), 'caller.ts': caller }, LONG)
  await scratch.write('road.ts', road('1.0.1'))
  await during(runtime, runtime.swap('road'))
  const back = new Promise<{ findings: readonly { message: string }[] }>((resolve) =>
    runtime.on('rollback', resolve),
  )
  const { kept } = runtime.use<Api>('road').exports
  try {
    runtime.use<Api>('caller').exports.run!(kept)
  } catch {
    // The only participant: the old version has answered, and thrown as well.
  }
  expect((await during(runtime, back)).findings[0]!.message).toContain('Error: from 1.0.1')
  expect(runtime.use('road').version).toBe('1.0.0')
})

test('an uncaught error of a timer that an old version left behind names the version', async () => {
  const timer = (version: string) => `import { defineUnit } from 'tickswap/module'
export const unit = defineUnit({ version: '${version}' })
export const later = () => void setTimeout(() => { throw new Error('late') }, 50)
`
  const scratch = await Scratch.create({ 'road.ts': timer('1.0.0') })
  open.push(() => scratch.remove())
  await scratch.write(
    'engine.mjs',
    `import { writeFileSync } from 'node:fs'
import { createRuntime } from '${new URL('../../dist/index.js', import.meta.url)}'
const runtime = await createRuntime({ units: process.argv[2], watch: false, probation: { ticks: 1 } })
setInterval(() => runtime.tick(), 1)
runtime.use('road').exports.later()
writeFileSync(process.argv[2] + '/road.ts', ${JSON.stringify(timer('1.0.1'))})
await runtime.swap('road')
`,
  )
  const child = spawn(process.execPath, [scratch.path('engine.mjs'), scratch.dir], { stdio: 'pipe' })
  let stderr = ''
  child.stderr.on('data', (data) => {
    stderr += data
  })
  const code = await new Promise((resolve) => child.once('close', resolve))
  expect(stderr).toContain(`${fileURLToPath(pathToFileURL(scratch.path('road.ts')))}:3:58`)
  expect(stderr).toContain('[road 1.0.0; 1.0.1 runs]')
  expect(code).toBe(1)
})

test("an engine's own Error.prepareStackTrace still makes the text, and is left as it was", async () => {
  const { runtime } = await start({ 'road.ts': road('1.0.0') })
  const own = (error: Error, sites: unknown[]) => `${error.message}, ${sites.length > 0}`
  const before = Error.prepareStackTrace
  Error.prepareStackTrace = own
  try {
    expect(runtime.explain(caught(runtime.use<Api>('road').exports.kept!))).toBe('from 1.0.0, true')
    expect(Error.prepareStackTrace).toBe(own)
  } finally {
    Error.prepareStackTrace = before as typeof Error.prepareStackTrace
  }
})
