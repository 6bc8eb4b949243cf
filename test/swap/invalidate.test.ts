import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import { afterAll, expect, test } from 'vitest'
import { createRuntime, type Runtime, type SwapReport } from '../../dist/index.js'
import { counter } from '../support/counter.ts'
import { Scratch } from '../support/scratch.ts'

const table = (n: number) => `export const table = ${n}
export const again = () => import.meta.hot?.invalidate('asked')
import.meta.hot?.accept((next) => {
  if (next.table === 2) import.meta.hot?.invalidate('too much has changed')
})
`
/** The table takes new versions of itself, so the unit goes on with what it has made of the old one. */
const unit = counter({
  imports: `import { again, table } from './table.ts'`,
  body: `const doubled = table * 2\nexport const read = () => [table, doubled]\nexport { again }`,
})
type Counter = { read(): number[]; again(): void }

const PARTICIPANT = `
  const { parentPort, workerData } = require('node:worker_threads')
  import(workerData.index).then(async ({ joinRuntime }) => {
    const runtime = await joinRuntime(workerData.ticket)
    const counter = runtime.use('counter')
    const timer = setInterval(() => runtime.tick(), 1)
    parentPort.on('message', async (message) => {
      if (message === 'read') return parentPort.postMessage(counter.exports.read())
      clearInterval(timer)
      parentPort.close()
      await runtime.close()
    })
    parentPort.postMessage('ready')
  })
`

let runtime: Runtime | undefined
let scratch: Scratch | undefined
let worker: Worker | undefined
afterAll(async () => {
  await worker?.terminate()
  await runtime?.close()
  await scratch?.remove()
})

test('invalidate has the importers evaluated again, once for all participants', async () => {
  scratch = await Scratch.create({ 'counter.ts': unit, 'table.ts': table(1) })
  runtime = await createRuntime({ units: scratch.dir, watch: false, probation: { ticks: 2 } })
  const index = new URL('../../dist/index.js', import.meta.url).href
  worker = new Worker(PARTICIPANT, { eval: true, workerData: { index, ticket: runtime.ticket() } })
  await once(worker, 'message')
  const done: SwapReport[] = []
  runtime.on('permanent', (report) => done.push(report))
  runtime.on('reject', (report) => done.push(report))
  const ticking = async (condition: () => boolean, what: string) => {
    const end = performance.now() + 20_000
    while (!condition()) {
      if (performance.now() > end) throw new Error(`waited for ${what}; ${JSON.stringify(done)}`)
      runtime!.tick()
      await new Promise((resolve) => setTimeout(resolve, 1))
    }
  }
  const inWorker = async () => {
    const answer = once(worker!, 'message')
    worker!.postMessage('read')
    return (await answer)[0] as number[]
  }
  const { exports } = runtime.use<Counter>('counter')
  expect(exports.read()).toEqual([1, 2])

  await scratch.write('table.ts', table(2))
  void runtime.swap('counter')
  await ticking(() => done.length === 2, 'the swap and the one that invalidate asks for')
  expect(done.map(({ outcome }) => outcome)).toEqual(['permanent', 'permanent'])
  const read = () => runtime!.use<Counter>('counter').exports.read()
  expect(read()).toEqual([2, 4])
  expect(await inWorker()).toEqual([2, 4])

  // Without invalidate the unit keeps what it has made, until somebody asks.
  await scratch.write('table.ts', table(3))
  void runtime.swap('counter')
  await ticking(() => done.length === 3, 'the second edit')
  expect(read()).toEqual([3, 4])
  runtime.use<Counter>('counter').exports.again()
  await ticking(() => done.length === 4, 'the swap that was asked for')
  expect(read()).toEqual([3, 6])
  expect(await inWorker()).toEqual([3, 6])
  expect(done.map(({ id }) => id)).toEqual([1, 2, 3, 4])
})
