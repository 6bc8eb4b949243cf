import { execFileSync, spawn } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { afterEach, expect, test } from 'vitest'
import type { RuntimeOptions, SwapOptions, SwapProgress, SwapReport } from '../../dist/index.js'
import { counter } from '../support/counter.ts'
import { open } from '../support/opened.ts'
import { openFleet } from '../support/opened-fleet.ts'
import { Scratch } from '../support/scratch.ts'

const children: { kill(signal: 'SIGKILL'): boolean }[] = []
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL')
})

async function start(runtime: Partial<RuntimeOptions> = {}, files: Record<string, string> = {}) {
  const { scratch, fleet } = await openFleet(
    { 'counter.ts': counter(), ...files },
    {
      workers: 1,
      runtime: { watch: false, probation: { ticks: 4 }, ...runtime },
    },
  )
  const progress: SwapProgress[] = []
  fleet.runtime.on('progress', (each) => progress.push(each))
  /** Without a tick: until the swap has been heard of so often in a phase, or in so many attempts. */
  const heard = async (is: () => boolean) => {
    const end = performance.now() + 10_000
    while (!is() && performance.now() < end) await new Promise((turn) => setTimeout(turn, 4))
    expect(is(), JSON.stringify(progress)).toBe(true)
  }
  const swap = (options: SwapOptions = {}) =>
    fleet.during(fleet.runtime.swap('counter', options)) as Promise<SwapReport>
  return { scratch, fleet, swap, progress, heard }
}

const modules = (count: number, lines: number) =>
  Object.fromEntries(
    Array.from({ length: count }, (_, n) => [
      `part${n}.ts`,
      Array.from({ length: lines }, (_, i) => `export const f${i} = (x: number): number => x + ${i}`).join(
        '\n',
      ),
    ]),
  )
const importing = (count: number, more = '') =>
  counter({
    by: 2,
    imports: Array.from({ length: count }, (_, n) => `import { f0 as part${n} } from './part${n}.ts'`).join(
      '\n',
    ),
    body: `export const parts = [${Array.from({ length: count }, (_, n) => `part${n}`).join()}]${more}`,
  })

test('staging that takes too long is refused, with phase, age and file; the next attempt has more time', async () => {
  const { scratch, fleet, swap } = await start({}, modules(60, 400))
  await scratch.write('counter.ts', importing(60))
  const refused = await swap({ deadlines: { stageMs: 10 } })
  expect(refused.outcome).toBe('refused')
  const [found] = refused.findings
  expect(found).toMatchObject({ code: 'TICKSWAP_E_PHASE_TIMEOUT' })
  expect(found!.message).toMatch(
    /^stage has taken \d+ ms, and deadlines\.stageMs is 10; at the time: .*\.ts$/,
  )
  expect(found!.advice.length).toBeGreaterThan(20)
  expect(fleet.handle.version).toBe('1.0.0')
  expect((await swap()).outcome).toBe('committed')
  expect(fleet.mixed).toBe(0)
})

test('a pipe where a module was does not hold up the control thread', async () => {
  const { scratch, fleet, swap } = await start()
  const text = counter({ by: 3 })
  await rm(scratch.path('counter.ts'))
  execFileSync('mkfifo', [scratch.path('counter.ts')])
  const refused = await swap()
  expect(refused.findings[0]).toMatchObject({ code: 'TICKSWAP_E_FILE_KIND', severity: 'error' })
  await rm(scratch.path('counter.ts'))
  await scratch.write('counter.ts', text)
  expect((await swap()).outcome).toBe('committed')
  expect(fleet.mixed).toBe(0)
})

test('a file that is gone while somebody saves it is read again, and the report says how often', async () => {
  const { scratch, fleet, swap, progress } = await start()
  await rm(scratch.path('counter.ts'))
  // At once, as soon as it has been looked for twice: it is not looked for long.
  fleet.runtime.on('progress', () => {
    const looks = progress.filter(({ phase }) => phase === 'stage').length
    if (looks === 2) writeFileSync(scratch.path('counter.ts'), counter({ by: 4 }))
  })
  const report = await swap()
  expect(report.outcome, JSON.stringify(report.findings)).toBe('committed')
  expect(report.retried).toMatchObject([{ phase: 'stage', why: expect.stringContaining('cannot be read') }])
  await fleet.report('permanent')

  await rm(scratch.path('counter.ts'))
  const gone = await swap()
  expect(gone.findings[0]).toMatchObject({ code: 'TICKSWAP_E_FILE_MISSING' })
  expect(gone.retried![0]!.waitedMs).toBeGreaterThan(100)
})

test('a swap that waits for its turn longer than it may is refused', async () => {
  const { scratch, fleet, swap } = await start({ probation: { ticks: 100_000, leastTicks: 100_000 } })
  await scratch.write('counter.ts', counter({ by: 2 }))
  expect((await swap()).outcome).toBe('committed')
  await scratch.write('counter.ts', counter({ by: 3 }))
  const refused = await swap({ deadlines: { queueMs: 60 } })
  expect(refused).toMatchObject({ outcome: 'refused', findings: [{ code: 'TICKSWAP_E_PHASE_TIMEOUT' }] })
  expect(refused.findings[0]!.message).toMatch(/^detect has taken 60 ms, and deadlines\.queueMs is 60/)
  expect(fleet.handle.exports.label!()).toContain('by 2')
})

test('a swap that a straggler stopped is tried again as often as it was asked to', async () => {
  const { scratch, fleet, progress, heard } = await start({ deadlines: { prepareMs: 100 } })
  await scratch.write('counter.ts', counter({ by: 2 }))
  // The main thread does not tick: everybody waits for it.
  const first = await fleet.runtime.swap('counter')
  expect(first.findings[0]).toMatchObject({ code: 'TICKSWAP_E_STRAGGLER' })
  expect(first.retried).toBeUndefined()
  const again = fleet.runtime.swap('counter', { retries: 3 })
  const attempts = () => new Set(progress.map(({ id }) => id)).size
  await heard(() => attempts() > 2)
  const report = await fleet.during(again)
  expect(report.outcome).toBe('committed')
  expect(report.retried).toMatchObject([{ phase: 'prepare', why: expect.stringContaining('(prepare)') }])
  expect(report.retried![0]!.waitedMs).toBeGreaterThanOrEqual(250)

  const controller = new AbortController()
  await scratch.write('counter.ts', counter({ by: 3 }))
  await fleet.report('permanent')
  const cancelled = fleet.runtime.swap('counter', { retries: 8, signal: controller.signal })
  const before = attempts()
  await heard(() => attempts() > before + 1)
  controller.abort()
  expect((await fleet.during(cancelled)).findings[0]).toMatchObject({ code: 'TICKSWAP_E_CANCELLED' })
})

test('options that are no deadlines are refused', async () => {
  const { fleet } = await start()
  const code = (options: object) => fleet.runtime.swap('counter', options).catch((error) => error.code)
  expect(await code({ deadlines: { stageMs: 0 } })).toBe('TICKSWAP_E_OPTION')
  expect(await code({ deadlines: { leadMs: 5 } })).toBe('TICKSWAP_E_OPTION')
  expect(await code({ retries: 9 })).toBe('TICKSWAP_E_OPTION')
})

test('a process that has no file descriptor left reads the files a moment later', async () => {
  const scratch = await Scratch.create({ 'counter.ts': counter() })
  open.push(scratch)
  const script = fileURLToPath(new URL('./fixtures/crowded.mjs', import.meta.url))
  const text = counter({ by: 2 })
  const child = spawn('bash', [
    '-c',
    `ulimit -n 256; exec "$0" "$@"`,
    process.execPath,
    script,
    scratch.dir,
    text,
  ])
  children.push(child)
  let [said, complained] = ['', '']
  child.stdout.on('data', (line) => {
    said += line
  })
  child.stderr.on('data', (line) => {
    complained += line
  })
  await new Promise((resolve) => child.once('close', resolve))
  expect(said, complained).not.toBe('')
  const report = JSON.parse(said) as SwapReport
  expect(report.outcome, JSON.stringify(report.findings)).toBe('committed')
  expect(report.retried).toMatchObject([{ phase: 'stage', why: expect.stringContaining('EMFILE') }])
}, 30_000)
