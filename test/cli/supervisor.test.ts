import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { Backoff } from '../../dist/cli/backoff.js'
import type { JournalEntry } from '../../dist/store/journal/entry.js'
import { Store } from '../../dist/store/store.js'
import { counter } from '../support/counter.ts'
import { folder, run, type Started, start } from './command.ts'

/** Ticks on and says what it learns. The first one saves its state after 100 steps. */
const ENGINE = `
import { createRuntime } from 'tickswap'
const ticks = Number(process.env.PROBATION ?? 1_000_000)
const store = { path: process.env.TICKSWAP_STORE!, saveEveryMs: 0 }
const runtime = await createRuntime({ units: './units', store, probation: { ticks } })
const say = (what: object) => console.log(JSON.stringify(what))
for (const event of ['swap', 'reject', 'permanent', 'rollback', 'warning'] as const)
  runtime.on(event, (payload: object) => say({ event, ...payload }))
const unit = runtime.use<{ step(dt: number, worker: number): void; label(): string }>('counter')
const { total } = unit.state.columns as { total: Float32Array }
say({ started: unit.version, label: unit.exports.label(), total: total[0] })
if (total[0] === 0) {
  for (let i = 0; i < 100; i++) {
    runtime.tick()
    unit.exports.step(1, -1)
  }
  await runtime.checkpoint()
  say({ saved: total[0] })
}
setInterval(() => {
  runtime.tick()
  unit.exports.step(1, -1)
}, 2)
`
const MS = 40_000
const BACK = '{"started":"1.0.0","label":"v1.0.0 by 1","total":100}'

function project(engine = ENGINE) {
  const root = folder({ 'engine.ts': engine, 'units/counter.ts': counter() })
  const store = join(root, 'kept')
  const edit = (text: string) => writeFileSync(join(root, 'units/counter.ts'), text)
  const launch = (args: readonly string[] = [], env: Record<string, string> = {}) =>
    start(['run', '--store', store, ...args, join(root, 'engine.ts')], {
      cwd: root,
      env: { ...process.env, ...env },
    })
  return { root, store, edit, launch }
}

async function end(engine: Started): Promise<number | null> {
  engine.child.kill('SIGTERM')
  return engine.ended
}

async function journalOf(path: string): Promise<JournalEntry[]> {
  const store = await Store.read(path)
  try {
    const entries: JournalEntry[] = []
    for await (const entry of store.journal.query()) entries.push(entry)
    expect((await store.verifyJournal()).breaks).toEqual([])
    expect((await store.verify()).problems).toEqual([])
    return entries
  } finally {
    await store.close()
  }
}

const later = (what: string) => counter({ by: 2, body: 'let age = 0', step: `if (++age > 3) ${what}` })
/** Units that end their process, and what is said of it. */
const DEATHS: Readonly<Record<string, readonly [string, RegExp]>> = {
  'process.abort()': [later('process.abort()'), /SIGABRT/],
  'a wrong access of native code': [later(`process.kill(process.pid, 'SIGSEGV')`), /SIGSEGV/],
  SIGKILL: [later(`process.kill(process.pid, 'SIGKILL')`), /SIGKILL/],
  'an exit of its own': [later('process.exit(9)'), /exit code 9/],
  'an exception that nobody catches': [
    later(`if (age === 4) setImmediate(() => { throw new Error('nobody') })`),
    /exit code 1 /,
  ],
  'a lack of memory': [
    later('{ const all: unknown[] = []; for (;;) all.push(new Array(100_000).fill(all.length)) }'),
    /SIGABRT|SIGTRAP/,
  ],
  'native code in its body, before anybody has it': [
    counter({ by: 2, body: `process.kill(process.pid, 'SIGSEGV')` }),
    /SIGSEGV/,
  ],
}

async function survives(text: string, how: RegExp): Promise<void> {
  const { store, edit, launch } = project()
  const engine = launch([], { NODE_OPTIONS: '--max-old-space-size=128' })
  await engine.prints('"saved":100', MS)
  edit(text)
  await engine.prints(BACK, MS)
  expect(engine.stderr).toMatch(
    /tickswap: the engine .* after \d+\.\d s while counter 1\.0\.0\.1 was on trial; it starts again in 100 ms \(1 of 5 in a minute\)/,
  )
  expect(engine.stderr).toMatch(how)
  await engine.prints('TICKSWAP_E_STORE_BOOT', MS)
  expect(engine.stdout).toContain('TICKSWAP_E_RESTARTED')
  // The same content is not tried again; another one is.
  edit('export const unit = {')
  await engine.prints('"event":"reject"', MS)
  edit(text)
  await engine.prints('TICKSWAP_E_QUARANTINED', MS)
  edit(counter({ by: 4 }))
  await engine.prints(/"event":"swap".*"from":"1\.0\.0"/, MS)
  expect(await end(engine)).toBe(143)
  const boots = (await journalOf(store)).filter(({ outcome }) => outcome === 'boot')
  expect(boots.map(({ reasons }) => reasons?.map(({ code }) => code))).toEqual([
    undefined,
    ['TICKSWAP_E_RESTARTED', 'TICKSWAP_E_STORE_BOOT'],
  ])
}

describe('an engine that dies while it tries a version', () => {
  test('starts again with what was permanent and the last state, however it died', {
    timeout: 120_000,
  }, async () => {
    const ends = Object.entries(DEATHS).map(async ([way, [text, how]]) => {
      await survives(text, how).catch((cause) => Promise.reject(new Error(way, { cause })))
    })
    for (const ended of await Promise.allSettled(ends)) if (ended.status === 'rejected') throw ended.reason
  })

  test('what failed once is not what a later start runs, be it dead or rolled back', {
    timeout: 60_000,
  }, async () => {
    const { edit, launch } = project()
    const first = launch([], { PROBATION: '20' })
    await first.prints('"saved":100', MS)
    edit(counter({ by: 2, step: `throw new Error('no')` }))
    await first.prints('"event":"rollback"', MS)
    await end(first)
    for (let starts = 0; starts < 2; starts++) {
      const again = launch()
      await again.prints('"started":"1.0.0","label":"v1.0.0 by 1"', MS)
      await again.prints('TICKSWAP_E_STORE_BOOT', MS)
      await end(again)
    }
    edit(counter({ by: 3 }))
    const edited = launch()
    await edited.prints(/"started":"1\.0\.0\.\d","label":"v1\.0\.0 by 3"/, MS)
    await end(edited)
  })
})

describe('which ends are the end', () => {
  test('a unit that ends the process outside of probation', { timeout: 60_000 }, async () => {
    const { edit, launch } = project()
    const engine = launch([], { PROBATION: '5' })
    await engine.prints('"saved":100', MS)
    edit(counter({ by: 2, body: 'let age = 0', step: 'if (++age > 200) process.exit(9)' }))
    await engine.prints('"event":"permanent"', MS)
    expect(await engine.ended).toBe(9)
    expect(engine.stderr).toBe('')
  })

  test('with --restart never every one, also in probation', { timeout: 60_000 }, async () => {
    const { edit, launch } = project()
    const engine = launch(['--restart', 'never'])
    await engine.prints('"saved":100', MS)
    edit(later('process.exit(9)'))
    expect(await engine.ended).toBe(9)
    expect(engine.stderr).toBe('')
  })

  test('with --restart always those that nobody wanted, five in a minute', { timeout: 60_000 }, async () => {
    const root = folder({ 'engine.mjs': `console.log('up'); process.exit(3)` })
    const from = performance.now()
    const { code, stdout, stderr } = await run(['run', '--restart', 'always', 'engine.mjs'], { cwd: root })
    expect(code).toBe(3)
    expect(stdout).toBe('up\n'.repeat(6))
    expect(performance.now() - from).toBeGreaterThan(3100)
    const waits = [...stderr.matchAll(/starts again in (\d+) ms \((\d) of 5 in a minute\)/g)]
    expect(waits.map(([, ms, n]) => [ms, n])).toEqual([
      ['100', '1'],
      ['200', '2'],
      ['400', '3'],
      ['800', '4'],
      ['1600', '5'],
    ])
    expect(stderr).toMatch(/exit code 3 after .* it has been started again 5 times within a minute/)
    const fine = folder({ 'engine.mjs': `console.log('up')` })
    expect((await run(['run', '--restart', 'always', 'engine.mjs'], { cwd: fine })).stdout).toBe('up\n')
  })

  test('SIGTERM while it waits to start again', { timeout: 60_000 }, async () => {
    const root = folder({ 'engine.mjs': `console.log('up'); process.exit(3)` })
    const engine = start(['run', '--restart', 'always', 'engine.mjs'], { cwd: root })
    const end = performance.now() + MS
    while (!engine.stderr.includes('1600 ms')) {
      expect(performance.now()).toBeLessThan(end)
      await new Promise((resolve) => setTimeout(resolve, 5))
    }
    engine.child.kill('SIGTERM')
    expect(await engine.ended).toBe(143)
    expect(engine.stdout).toBe('up\n'.repeat(5))
  })

  test('waits double up to ten seconds, and begin anew after a minute that went well', () => {
    const backoff = new Backoff()
    const waits: (number | undefined)[] = []
    let now = 0
    for (let i = 0; i < 10; i++) {
      now += 20_000
      waits.push(backoff.next(now, 20_000)?.waitMs)
    }
    expect(waits).toEqual([100, 200, 400, 800, 1600, 3200, 6400, 10_000, 10_000, 10_000])
    expect(backoff.next(now + 70_000, 70_000)).toEqual({ waitMs: 100, count: 1 })
  })
})
