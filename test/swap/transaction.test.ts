import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { describe, expect, test } from 'vitest'
import type { SwapProgress, SwapReport } from '../../dist/index.js'
import { Board, SlotWord, Word } from '../../dist/swap/board.js'
import { counter } from '../support/counter.ts'
import { open } from '../support/opened.ts'
import { type Api, columnsOf, type FleetOptions, openCompanion, openFleet } from '../support/opened-fleet.ts'
import { Scratch } from '../support/scratch.ts'

const start = (files: Record<string, string>, options: Partial<FleetOptions> = {}) =>
  openFleet(files, { workers: 0, ...options })
const byHand = { runtime: { watch: false } }

describe('a swap', () => {
  test('that is a dry run goes as far as the commit in every participant, and changes nothing', async () => {
    const { scratch, fleet } = await start({ 'counter.ts': counter() }, { ...byHand, workers: 2 })
    await scratch.write('counter.ts', counter({ version: '2.0.0', columns: 'extra: f32(8),' }))
    const report = await fleet.during(fleet.runtime.swap('counter', { strategy: 'dry-run' }))
    expect(report).toMatchObject({
      outcome: 'dry-run',
      strategy: 'dry-run',
      verdict: 'needs-migration',
      findings: [],
    })
    expect(report.participants.map(({ participant }) => participant)).toEqual([
      'main',
      'worker-0',
      'worker-1',
    ])
    expect(report.phases.migrate).toBeGreaterThan(0)
    expect(fleet.handle.version).toBe('1.0.0')
    // A dry run that would fail says so.
    await scratch.write('counter.ts', counter({ version: '2.0.0', unit: 'verify: () => false,' }))
    const bad = await fleet.during(fleet.runtime.swap('counter', { strategy: 'dry-run' }))
    expect(bad).toMatchObject({ outcome: 'reversed', findings: [{ code: 'TICKSWAP_E_VERIFY_FAILED' }] })
    expect(fleet.mixed).toBe(0)
  })

  test('that is manual waits for consent, by unit or by id, and not for ever', async () => {
    const { scratch, fleet } = await start({ 'counter.ts': counter() }, byHand)
    const progress: SwapProgress[] = []
    fleet.runtime.on('progress', (event) => progress.push(event))
    await scratch.write('counter.ts', counter({ by: 2 }))
    const waits = () => progress.find(({ phase }) => phase === 'confirm')
    const swap = fleet.runtime.swap('counter', { strategy: 'manual' })
    await fleet.until(() => waits() !== undefined, 'the swap to ask')
    expect(fleet.handle.version).toBe('1.0.0')
    expect(waits()).toMatchObject({ units: ['counter'], strategy: 'manual' })
    expect(await fleet.during(fleet.runtime.confirm('roads'))).toBe(false)
    expect(await fleet.during(fleet.runtime.confirm(waits()!.id))).toBe(true)
    expect(await fleet.during(swap)).toMatchObject({ outcome: 'committed' })
    await fleet.report('permanent')
    await scratch.write('counter.ts', counter({ by: 3 }))
    const alone = fleet.runtime.swap('counter', { strategy: 'manual', deadlines: { confirmMs: 60 } })
    expect(await fleet.during(alone)).toMatchObject({
      outcome: 'refused',
      findings: [{ code: 'TICKSWAP_E_UNCONFIRMED' }],
    })
  })

  test('that is cancelled before its commit leaves everything as it was, waiting or under way', async () => {
    const { scratch, fleet } = await start({ 'counter.ts': counter() }, byHand)
    await scratch.write('counter.ts', counter({ by: 2 }))
    const cancel = new AbortController()
    const swap = fleet.runtime.swap('counter', { strategy: 'manual', signal: cancel.signal })
    const queued = new AbortController()
    const next = fleet.runtime.rollback('counter', { to: '1.0.0', signal: queued.signal })
    next.catch(() => {})
    await fleet.frames(20)
    cancel.abort()
    expect(await fleet.during(swap)).toMatchObject({
      outcome: 'refused',
      findings: [{ code: 'TICKSWAP_E_CANCELLED' }],
    })
    expect(await fleet.during(fleet.runtime.swap('counter'))).toMatchObject({ outcome: 'committed' })
    const late = fleet.runtime.swap('counter', { signal: AbortSignal.abort() })
    expect(await fleet.during(late)).toMatchObject({ outcome: expect.stringMatching(/refused|unchanged/) })
  })

  test('that is forced passes over requirements and quarantine, and keeps a backup', async () => {
    const { scratch, fleet } = await start({ 'counter.ts': counter() }, byHand)
    fleet.runtime.use('counter', '^1.0.0')
    await scratch.write('counter.ts', counter({ version: '2.0.0' }))
    expect(await fleet.during(fleet.runtime.swap('counter'))).toMatchObject({ outcome: 'refused' })
    const forced = await fleet.during(fleet.runtime.swap('counter', { strategy: 'force' }))
    expect(forced).toMatchObject({
      outcome: 'committed',
      findings: [{ code: 'TICKSWAP_E_REQUIREMENT', severity: 'warning' }],
    })
    await fleet.report('permanent')
    const [unit] = await fleet.during(fleet.runtime.units())
    expect(unit).toMatchObject({ version: '2.0.0.1', backups: ['1.0.0'] })
  })

  test('replaces one of the same units that waits, or is the same', async () => {
    const { scratch, fleet } = await start({ 'counter.ts': counter() }, byHand)
    await scratch.write('counter.ts', counter({ by: 2 }))
    const first = fleet.runtime.swap('counter', { strategy: 'manual', deadlines: { confirmMs: 300 } })
    await fleet.frames(5)
    const [second, third, fourth] = [
      fleet.runtime.swap('counter', { strategy: 'dry-run' }),
      fleet.runtime.swap('counter'),
      fleet.runtime.swap('counter'),
    ]
    expect(await fleet.during(second)).toMatchObject({ findings: [{ code: 'TICKSWAP_E_REPLACED' }] })
    expect(await fleet.during(first)).toMatchObject({ findings: [{ code: 'TICKSWAP_E_UNCONFIRMED' }] })
    const [a, b] = [await fleet.during(third), await fleet.during(fourth)]
    expect(a.outcome).toBe('committed')
    expect(b.id).toBe(a.id)
  })

  test('of one unit brings those of its consistency group', async () => {
    const member = (n: number) => `import { defineUnit } from 'tickswap/module'
export const unit = defineUnit({ version: '1.0.0', group: 'pair' })
export const n = () => ${n}
`
    const { scratch, fleet } = await start(
      { 'counter.ts': counter(), 'a.ts': member(1), 'b.ts': member(1) },
      byHand,
    )
    await Promise.all([scratch.write('a.ts', member(2)), scratch.write('b.ts', member(2))])
    const report = await fleet.during(fleet.runtime.swap('a'))
    expect(report.units.map(({ unit }) => unit).sort()).toEqual(['a', 'b'])
    const units = await fleet.during(fleet.runtime.units())
    expect(units.find(({ unit }) => unit === 'b')!.group).toEqual(['a', 'b'])
  })

  test('says when it was prepared, ordered and live, and who was slowest', async () => {
    const { scratch, fleet } = await start({ 'counter.ts': counter() }, { workers: 1 })
    await scratch.write(
      'counter.ts',
      counter({ by: 2, body: 'let age = 0', step: 'if (worker < 0 && ++age > 3) throw new Error()' }),
    )
    const { preparedAt, orderedAt, liveAt, slowest, rolledBack } = await fleet.report('rolled-back')
    expect(preparedAt!).toBeLessThanOrEqual(orderedAt!)
    expect(orderedAt!).toBeLessThan(liveAt!)
    expect(slowest!.commit).toMatch(/main|worker-0/)
    expect(rolledBack!.failedAt).toBeGreaterThan(liveAt!)
    expect(rolledBack!.actedAt).toBeGreaterThanOrEqual(rolledBack!.failedAt)
    expect(rolledBack!.liveAt).toBeGreaterThanOrEqual(rolledBack!.actedAt)
  })
})

describe('a participant that rests', () => {
  test('and cannot load the candidate holds back the swap', async () => {
    const { scratch, fleet } = await start(
      { 'counter.ts': counter() },
      // Nobody waits for it for long: its news may come in probation.
      { runtime: { probation: { ticks: 100_000 } } },
    )
    const other = await openCompanion(fleet)
    const here = globalThis as { loads?: number }
    here.loads = 0
    // Both are in one thread: the second evaluation here is the other's.
    const body = `if (typeof (globalThis as any).loads === 'number' && ++(globalThis as any).loads === 2) throw new Error('not here')`
    await scratch.write('counter.ts', counter({ by: 2, body }))
    await fleet.until(() => fleet.reports.some(({ outcome }) => outcome !== 'committed'), 'an end')
    const last = fleet.reports.findLast(({ outcome }) => outcome !== 'committed')!
    expect(['refused', 'reversed', 'rolled-back']).toContain(last.outcome)
    expect(last.findings[0]!.message).toMatch(/not here/)
    await fleet.frames(2)
    expect([fleet.handle.version, other.use('counter').version]).toEqual(['1.0.0', '1.0.0'])
    delete here.loads
  })

  test('blocked for long, finds few messages waiting, and what runs', async () => {
    const { scratch, fleet } = await start(
      { 'counter.ts': counter() },
      { runtime: { watch: false, probation: { ticks: 1 } } },
    )
    const other = await openCompanion(fleet)
    const board = new Board(fleet.runtime.ticket().board)
    const slot = [0, 1].find((each) => board.state(each) === 1)!
    // As if it had taken nothing for a long time.
    board.store(board.at(slot, SlotWord.TAKEN), -1000)
    for (let n = 2; n < 14; n++) {
      await scratch.write('counter.ts', counter({ by: n }))
      const since = fleet.reports.length
      await fleet.during(fleet.runtime.swap('counter'))
      await fleet.report('permanent', since)
    }
    expect(board.load(board.at(slot, SlotWord.HELD))).toBe(1)
    const handle = other.use<Api>('counter')
    other.tick(fleet.frame)
    expect(board.load(board.at(slot, SlotWord.HELD))).toBe(0)
    expect(handle.exports.label!()).toBe('v1.0.0 by 13')
  })
})

describe('frames', () => {
  test.each([
    ['beyond 2^31', 2 ** 31 - 20],
    ['that begin anew', 1_000_000],
  ])('%s keep the participants together', async (name, first) => {
    const { scratch, fleet } = await start({ 'counter.ts': counter() }, { workers: 2 })
    fleet.frame = first
    await fleet.frames(5)
    const since = fleet.reports.length
    await scratch.write('counter.ts', counter({ by: 2 }))
    await fleet.report('committed', since)
    if (name === 'that begin anew') fleet.frame = 0
    await fleet.report('permanent', since)
    await scratch.write('counter.ts', counter({ by: 3 }))
    const report: SwapReport = await fleet.report('permanent', since + 2)
    expect(report.outcome).toBe('permanent')
    expect(fleet.mixed).toBe(0)
    expect(fleet.reports.filter(({ outcome }) => outcome === 'reversed')).toEqual([])
  })
})

test('the slot of a worker that ends in a long probation is free for another', async () => {
  const { scratch, fleet } = await start(
    { 'counter.ts': counter() },
    { workers: 1, runtime: { maxParticipants: 2, probation: { ticks: 100_000 } } },
  )
  await scratch.write('counter.ts', counter({ by: 2 }))
  await fleet.report('committed')
  await fleet.kill(0)
  const board = new Board(fleet.runtime.ticket().board)
  await fleet.until(() => board.state(1) === 0, 'the slot to be free')
  const other = await openCompanion(fleet)
  expect(other.use('counter').version).toBe('1.0.0.1')
  await fleet.until(() => board.load(Word.PROBATION_PASSED) > 0, 'the probation to go on')
})

test('a refused or reversed swap costs no backup', async () => {
  const { scratch, fleet } = await start(
    { 'counter.ts': counter() },
    { runtime: { backups: 1, watch: false, probation: { ticks: 2 } } },
  )
  await scratch.write('counter.ts', counter({ by: 2 }))
  await fleet.during(fleet.runtime.swap('counter'))
  await fleet.report('permanent')
  const backups = async () => (await fleet.during(fleet.runtime.units()))[0]!.backups
  expect(await backups()).toEqual(['1.0.0'])
  await scratch.write('counter.ts', counter({ by: 3, unit: 'verify: () => false,' }))
  expect(await fleet.during(fleet.runtime.swap('counter'))).toMatchObject({ outcome: 'reversed' })
  expect(await backups()).toEqual(['1.0.0'])
  // What was reversed for its own fault is in quarantine, until somebody lifts it.
  expect(await fleet.during(fleet.runtime.swap('counter'))).toMatchObject({
    outcome: 'refused',
    findings: [{ code: 'TICKSWAP_E_QUARANTINED' }],
  })
  const [entry] = await fleet.during(fleet.runtime.quarantine.list())
  expect(entry).toMatchObject({ units: [{ unit: 'counter' }], reason: expect.stringMatching(/verify/) })
  expect(await fleet.during(fleet.runtime.quarantine.lift(entry!.units[0]!.hash))).toBe(1)
  expect(await fleet.during(fleet.runtime.swap('counter'))).toMatchObject({ outcome: 'reversed' })
  expect(columnsOf(fleet.handle).steps![0]).toBe(fleet.frame)
})

test('when one of several units has no way back, all of them return to the state of the commit', async () => {
  const a = (
    version: string,
    columns: string,
    more = '',
    step = '',
  ) => `import { defineUnit, u32 } from 'tickswap/module'
export const unit = defineUnit({ version: '${version}', state: { columns: { n: u32(1), ${columns} } }, ${more} })
export const step = () => { unit.state.columns.n[0]!++; ${step} }
`
  const { scratch, fleet } = await start(
    { 'counter.ts': a('1.0.0', ''), 'b.ts': a('1.0.0', 'gone: u32(4),') },
    // Not over before its commit is known here, however busy the machine is.
    { runtime: { probation: { ticks: 100_000 } } },
  )
  const b = fleet.runtime.use<Api>('b')
  const both = `migrate: { '^1.0.0': { up() {}, down() {} } },`
  const oneWay = `migrate: { '^1.0.0': { up() {}, down() { throw new Error('no way back') }, lossy: true } },`
  const fails = `if ((globalThis as any).failNow) throw new Error('x')`
  await Promise.all([
    scratch.write('counter.ts', a('2.0.0', 'extra: u32(4),', both, fails)),
    scratch.write('b.ts', a('2.0.0', '', oneWay)),
  ])
  await fleet.report('committed')
  expect(fleet.reports[0]!.units).toHaveLength(2)
  for (let i = 0; i < 8; i++) {
    await fleet.step()
    b.exports.step!()
  }
  const here = globalThis as { failNow?: boolean }
  here.failNow = true
  await fleet.step()
  delete here.failNow
  const report = await fleet.report('rolled-back')
  expect(report.restored!.how).toBe('backup')
  expect(report.restored!.ticksLost).toBeGreaterThan(5)
  // Neither is further than the other: both stand where they stood at the commit.
  expect(columnsOf(b).n![0]).toBe(0)
  const missing = fleet.frame - columnsOf(fleet.handle).n![0]!
  expect(Math.abs(missing - report.restored!.ticksLost)).toBeLessThanOrEqual(1)
})

test('the end of the control thread refuses what any participant waits for', async () => {
  const scratch = await Scratch.create({ 'counter.ts': counter() })
  open.push(scratch)
  const index = new URL('../../dist/index.js', import.meta.url).href
  await scratch.write(
    'worker.mjs',
    `import { parentPort, workerData } from 'node:worker_threads'
import { joinRuntime } from '${index}'
const runtime = await joinRuntime(workerData)
const asked = runtime.swap('counter').then(() => 'done', (error) => error.code)
parentPort.postMessage('asked')
parentPort.postMessage(await asked)
await runtime.close()
`,
  )
  await scratch.write(
    'main.mjs',
    `import { appendFileSync } from 'node:fs'
import { Worker } from 'node:worker_threads'
import { createRuntime } from '${index}'
const started = []
Worker.prototype.on = new Proxy(Worker.prototype.on, { apply(on, self, args) { started.push(self); return Reflect.apply(on, self, args) } })
const runtime = await createRuntime({ units: '${scratch.dir}', watch: false })
const [control] = started
appendFileSync('${scratch.path('counter.ts')}', '// edited')
const worker = new Worker('${scratch.path('worker.mjs')}', { workerData: runtime.ticket() })
const said = []
worker.on('message', async (message) => {
  said.push(message)
  if (message === 'asked') await control.terminate()
  else console.log(said.join(' '))
})
worker.once('exit', () => void runtime.close())
`,
  )
  const { stdout } = await promisify(execFile)(process.execPath, [scratch.path('main.mjs')], {
    timeout: 10_000,
  })
  expect(stdout.trim()).toBe('asked TICKSWAP_E_CLOSED')
})
