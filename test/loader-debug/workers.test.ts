import { once } from 'node:events'
import { pathToFileURL } from 'node:url'
import { Worker } from 'node:worker_threads'
import { afterEach, expect, test } from 'vitest'
import { createRuntime, type Runtime, type SwapReport } from '../../dist/index.js'
import { Scratch } from '../support/scratch.ts'
import { frames, marks } from './places.ts'

const open: (() => unknown)[] = []
afterEach(async () => {
  for (const close of open.splice(0).reverse()) await close()
})

const HELPER = `export type Why = string
export const fail = (why: Why): never => { throw /*!fail*/new Error(why) }
`
const unit = (version: string) => `import { defineUnit } from 'tickswap/module'
import { fail, type Why } from './helper.ts'
export const unit = defineUnit({ version: '${version}' })
interface Car { speed: number }
export class Traffic { private cars: Car[] = []; move(): never { return /*!method*/fail('move' as Why) } }
export const sync = (): never => /*!sync*/new Traffic()./*!move*/move()
export async function later(): Promise<void> {
  await new Promise<void>((resolve) => setImmediate(resolve))
  /*!later*/fail('later')
}
`

interface Engine {
  readonly scratch: Scratch
  readonly runtime: Runtime
  ask<T>(act: string, args?: object): Promise<T>
}

async function start(): Promise<Engine> {
  const scratch = await Scratch.create({ 'traffic.ts': unit('1.0.0'), 'helper.ts': HELPER })
  open.push(() => scratch.remove())
  const runtime = await createRuntime({ units: scratch.dir, watch: false, probation: { ticks: 3 } })
  open.push(() => runtime.close())
  const worker = new Worker(new URL('./participant.js', import.meta.url), {
    workerData: { ticket: runtime.ticket() },
  })
  open.push(() => worker.terminate())
  await once(worker, 'message')
  const timer = setInterval(() => runtime.tick(), 1)
  open.push(() => clearInterval(timer))
  const ask = async (act: string, args: object = {}) => {
    const answer = once(worker, 'message')
    worker.postMessage({ act, ...args })
    return (await answer)[0]
  }
  return { scratch, runtime, ask }
}

async function swap({ scratch, runtime, ask }: Engine, files: Record<string, string>): Promise<void> {
  for (const [name, text] of Object.entries(files)) await scratch.write(name, text)
  const permanent = new Promise<SwapReport>((resolve) => runtime.on('permanent', resolve))
  expect(await runtime.swap('traffic')).toMatchObject({ outcome: 'committed' })
  await permanent
  // The worker settles at its own next tick.
  const end = performance.now() + 5000
  while ((await ask('version', { unit: 'traffic' })) !== runtime.use('traffic').version)
    if (performance.now() > end) throw new Error('the worker has not followed')
}

function expectPlaces(
  scratch: Scratch,
  stack: string,
  sources: Record<string, string>,
  names: string[],
): void {
  const files = Object.keys(sources).map((name) => scratch.path(name))
  const all = Object.assign(
    {},
    ...Object.entries(sources).map(([name, text]) => marks(scratch.path(name), text)),
  )
  expect(frames(stack, files), stack).toEqual(names.map((name) => all[name]))
}

const CASES: [string, string[]][] = [
  ['sync', ['fail', 'method', 'move']],
  ['later', ['fail', 'later']],
]

test.each(CASES)('the stack of %s() in a worker, before and after a swap', async (name, names) => {
  const engine = await start()
  const before = await engine.ask<{ stack: string }>('call', { unit: 'traffic', name })
  expectPlaces(engine.scratch, before.stack, { 'traffic.ts': unit('1.0.0'), 'helper.ts': HELPER }, names)
  const [moved, helper] = [`// moved\n\n${unit('1.1.0')}`, `/* moved */\n${HELPER}`]
  await swap(engine, { 'traffic.ts': moved, 'helper.ts': helper })
  const after = await engine.ask<{ stack: string }>('call', { unit: 'traffic', name })
  expectPlaces(engine.scratch, after.stack, { 'traffic.ts': moved, 'helper.ts': helper }, names)
  expect(after.stack).not.toContain('runs]')
})

test('in a worker, frames of a version that was replaced name it, and its place in its own text', async () => {
  const engine = await start()
  await engine.ask('keep', { unit: 'traffic', as: 'old' })
  await swap(engine, { 'traffic.ts': `\n\n${unit('1.1.0')}` })
  const { stack } = await engine.ask<{ stack: string }>('call', { of: 'old', name: 'sync' })
  expectPlaces(engine.scratch, stack, { 'traffic.ts': unit('1.0.0'), 'helper.ts': HELPER }, [
    'fail',
    'method',
    'move',
  ])
  const named = stack.split('\n').filter((line) => line.includes('[traffic 1.0.0; 1.1.0 runs]'))
  expect(named).toHaveLength(2)
  expect(named.every((line) => line.includes('traffic.ts:'))).toBe(true)
})

test('a breakpoint in a worker is hit at its line and column, and at the new one after a swap', async () => {
  const engine = await start()
  const file = engine.scratch.path('helper.ts')
  const url = pathToFileURL(file).href
  await engine.ask('debug')
  const { line, column } = marks(file, HELPER).fail!
  await engine.ask('break', { url, line, column })
  await engine.ask('call', { unit: 'traffic', name: 'sync' })
  const [pause] = await engine.ask<{ url: string; line: number }[]>('paused')
  expect(pause).toMatchObject({ url, line })

  const moved = `// moved\n${HELPER}`
  await swap(engine, { 'helper.ts': moved })
  const next = marks(file, moved).fail!
  await engine.ask('break', { url, line: next.line, column: next.column })
  await engine.ask('call', { unit: 'traffic', name: 'sync' })
  const pauses = await engine.ask<{ url: string; line: number }[]>('paused')
  expect(pauses.at(-1)).toMatchObject({ url, line: next.line })
})
