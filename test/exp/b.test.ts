import { afterEach, expect, test } from 'vitest'
import { createRuntime, joinRuntime } from '../../dist/index.js'
import { counter } from '../support/counter.ts'
import { Fleet } from '../support/fleet.ts'
import { Scratch } from '../support/scratch.ts'

const open: { close?: () => Promise<void>; remove?: () => Promise<void> }[] = []
afterEach(async () => {
  for (const it of open.splice(0).reverse()) {
    await it.close?.()
    await it.remove?.()
  }
})
const sleep = (ms: number) => new Promise((r) => setTimeout(r, ms))
async function start(files: Record<string, string>, options: any = {}) {
  const scratch = await Scratch.create(files)
  open.push(scratch)
  const fleet = await Fleet.start(scratch, { unit: 'counter', ...options })
  open.push(fleet)
  return { scratch, fleet }
}
const names = (f: Fleet) => f.reports.map((r) => [r.outcome, r.units.map((u) => `${u.unit} ${u.from}->${u.to}`).join(), r.findings.map((x) => x.code + ' ' + x.message).join()])

test('E4 paused participant keeps its own state over a rollback', async () => {
  const col = `mine: u32(1, { scope: 'participant' }),`
  const imp = `import { u32 as _u } from 'tickswap/module'`
  const { scratch, fleet } = await start({ 'counter.ts': counter({ columns: col }), 'x.ts': `import { defineUnit } from 'tickswap/module'
export const unit = defineUnit({ version: '1.0.0', state: { soft: () => ({ n: 0 }) } })
export const inc = () => ++unit.state.soft.n` }, { workers: 0 })
  const other = await joinRuntime(fleet.runtime.ticket(), { name: 'other' })
  const oc: any = other.use('counter'), ox: any = other.use('x')
  other.tick(fleet.frame)
  oc.exports.step(1, 5); oc.exports.step(1, 5); ox.exports.inc(); ox.exports.inc()
  oc.state.columns.mine[0] = 42
  other.pause()
  await scratch.write('counter.ts', counter({ columns: col, by: 2, body: 'let age = 0', step: `if (worker === -1 && ++age === 8) throw new Error('x')` }))
  await fleet.report('rolled-back')
  await fleet.frames(5)
  await sleep(50)
  console.log('E4', oc.version, oc.state.soft, ox.state.soft, [...oc.state.columns.mine], names(fleet))
  expect(oc.state.soft).toEqual({ calls: 2 }); expect(ox.state.soft).toEqual({ n: 2 }); expect(oc.state.columns.mine[0]).toBe(42)
})
test('E7 call in a paused participant while one other is online', async () => {
  const { scratch, fleet } = await start({ 'counter.ts': counter() }, { workers: 0, runtime: { probation: { ticks: 1000000 } } })
  const other = await joinRuntime(fleet.runtime.ticket(), { name: 'other' })
  const oc: any = other.use('counter')
  await scratch.write('counter.ts', counter({ by: 2 }).replace(`=> 'v1`, `=> { throw new Error('no') }; const unused = () => 'v1`))
  await fleet.report('committed')
  await fleet.frames(2); await sleep(30)
  const board = new Int32Array(fleet.runtime.ticket().board)
  const before = [oc.version, board[5]]
  let r: any; try { r = oc.exports.label() } catch (e) { r = e }
  console.log('E7', before, r, 'outcome while main is between ticks:', board[5])
  expect(board[5]).not.toBe(5)
})
test('E8 rollback in probation', async () => {
  const { scratch, fleet } = await start({ 'counter.ts': counter() }, { workers: 0, runtime: { probation: { ticks: 20 }, watch: false } })
  await scratch.write('counter.ts', counter({ version: '1.1.0', by: 2 }))
  console.log((await fleet.during(fleet.runtime.swap('counter'))).outcome)
  const first = await fleet.during(fleet.runtime.rollback('counter')).catch((e) => e.code)
  console.log('E8 first', typeof first === 'string' ? first : first.units)
  await fleet.frames(40); await sleep(20); await fleet.frames(3)
  await scratch.write('counter.ts', counter({ version: '1.2.0', by: 3 }))
  console.log((await fleet.during(fleet.runtime.swap('counter'))).units)
  const second = await fleet.during(fleet.runtime.rollback('counter')).catch((e) => e.code)
  console.log('E8 second', typeof second === 'string' ? second : second.units)
})
test('E9 swap reads helper', async () => {
  const { scratch, fleet } = await start({ 'counter.ts': counter({ imports: `import { h } from './h.ts'`, body: 'export const help = () => h()' }), 'h.ts': 'export const h = () => 1' }, { workers: 0, runtime: { watch: false } })
  await scratch.write('h.ts', 'export const h = () => 2')
  const r = await fleet.during(fleet.runtime.swap('counter'))
  console.log('E9', r.outcome)
  expect(r.outcome).toBe('committed')
})
test('E10 edits that were rolled back with another one', async () => {
  const unit = (n: number, step = '') => `import { defineUnit } from 'tickswap/module'
export const unit = defineUnit({ version: '1.0.0' })
export const step = () => { ${step} }
export const n = () => ${n}`
  const { scratch, fleet } = await start({ 'counter.ts': unit(1), 'b.ts': unit(1) }, { workers: 0 })
  const b: any = fleet.runtime.use('b')
  await Promise.all([scratch.write('counter.ts', unit(2, `throw new Error('x')`)), scratch.write('b.ts', unit(2))])
  await fleet.report('rolled-back')
  const since = fleet.reports.length
  await scratch.write('counter.ts', unit(3))
  await fleet.report('permanent', since)
  await fleet.frames(3)
  console.log('E10', fleet.handle.exports.n!(), b.exports.n(), names(fleet))
  const s2 = fleet.reports.length
  if (b.exports.n() === 1) { await scratch.write('b.ts', unit(2)); await sleep(200); await fleet.frames(60) }
  console.log('E10 again', b.exports.n(), names(fleet).slice(s2))
  expect(b.exports.n()).toBe(2)
})
test('E10b two helpers, one fixed', async () => {
  const files = (a: string, b: string) => ({ 'counter.ts': counter({ imports: `import { a } from './a.ts'\nimport { b } from './b.ts'`, body: 'export const sum = () => a() + b()', step: 'a()' }), 'a.ts': a, 'b.ts': b })
  const { scratch, fleet } = await start(files('export const a = () => 1', 'export const b = () => 1'), { workers: 0 })
  await Promise.all([scratch.write('a.ts', `export const a = () => { throw new Error('x') }`), scratch.write('b.ts', 'export const b = () => 10')])
  await fleet.report('rolled-back')
  const since = fleet.reports.length
  await scratch.write('a.ts', 'export const a = () => 100')
  await fleet.report('permanent', since)
  console.log('E10b', fleet.handle.exports.sum!())
  expect(fleet.handle.exports.sum!()).toBe(110)
})
test('E10c edit after a rollback by hand', async () => {
  const { scratch, fleet } = await start({ 'counter.ts': counter({ imports: `import { h } from './h.ts'`, body: 'export const help = () => h()' }), 'h.ts': 'export const h = () => 1' }, { workers: 0 })
  await Promise.all([scratch.write('counter.ts', counter({ imports: `import { h, k } from './h.ts'`, body: 'export const help = () => h() + k()' })), scratch.write('h.ts', 'export const h = () => 1\nexport const k = () => 10')])
  await fleet.report('permanent')
  let since = fleet.reports.length
  await fleet.during(fleet.runtime.rollback('counter'))
  await fleet.report('permanent', since)
  since = fleet.reports.length
  await scratch.write('counter.ts', counter({ imports: `import { h, k } from './h.ts'`, body: 'export const help = () => h() + k() + 100' }))
  await fleet.until(() => fleet.reports.length > since, 'something')
  console.log('E10c', names(fleet).slice(since))
  expect(fleet.reports[since]!.outcome).toBe('committed')
})
test('E11 never ticking', async () => {
  const scratch = await Scratch.create({ 'counter.ts': counter() }); open.push(scratch)
  const r = await createRuntime({ units: scratch.dir, deadlines: { prepareMs: 300 } }); open.push(r)
  const events: any[] = []
  r.on('reject', (x) => events.push([x.id, x.units[0]?.to]))
  await scratch.write('counter.ts', counter({ by: 2 }))
  await sleep(4000)
  console.log('E11', events)
  expect(events.length).toBe(1)
})
test('E13 own column restored through down', async () => {
  const { scratch, fleet } = await start({ 'counter.ts': counter({ columns: `mine: u32(1, { scope: 'participant' }),`, step: 'unit.state.columns.mine[0]!++' }) }, { runtime: { probation: { ticks: 40 } }, workers: 1 })
  const migrate = `migrate: { '^1.0.0': { up(old, next) { next.columns.yours[0] = old.columns.mine[0] }, down(next, old) { old.columns.mine[0] = next.columns.yours[0] } } },`
  await scratch.write('counter.ts', counter({ version: '2.0.0', columns: `yours: u32(1, { scope: 'participant' }),`, unit: migrate, body: 'let age = 0', step: `unit.state.columns.yours[0]!++; if (worker === -1 && ++age === 10) throw new Error('late')` }))
  const rep = await fleet.report('rolled-back')
  await fleet.frames(2)
  console.log('E13', rep.restored, (fleet.handle.state.columns as any).mine[0], fleet.frame)
  expect((fleet.handle.state.columns as any).mine[0]).toBe(fleet.frame)
})
test('E15 offer after refusal', async () => {
  const { scratch, fleet } = await start({ 'counter.ts': counter() }, { workers: 1, runtime: { deadlines: { prepareMs: 300, parkMs: 100 } } })
  await scratch.write('counter.ts', counter({ by: 2, unit: 'verify: () => false,', body: `;(globalThis as any).evaluated = ((globalThis as any).evaluated ?? 0) + 1` }))
  await fleet.report('reversed')
  ;(globalThis as any).evaluated = 0
  const other = await joinRuntime(fleet.runtime.ticket(), { name: 'other' })
  await sleep(50)
  console.log('E15', (globalThis as any).evaluated)
  await other.close()
  expect((globalThis as any).evaluated).toBe(0)
})
test('E16 guard after probation', async () => {
  const { scratch, fleet } = await start({ 'counter.ts': counter() }, { workers: 0 })
  await scratch.write('counter.ts', counter({ by: 2 }))
  await fleet.report('committed')
  const { label } = fleet.handle.exports as any
  await fleet.report('permanent')
  await fleet.frames(3)
  globalThis.gc?.()
  const m0 = process.memoryUsage().heapUsed
  for (let i = 0; i < 400_000; i++) label(i, i, i)
  globalThis.gc?.()
  const grown = (process.memoryUsage().heapUsed - m0) / 1e6
  console.log('E16 MB', grown)
  expect(grown).toBeLessThan(20)
})
test('E18 a meeting that is called off leaves nobody parked', async () => {
  const { scratch, fleet } = await start({ 'counter.ts': counter() }, { workers: 1, runtime: { probation: { ticks: 3 }, deadlines: { prepareMs: 400, parkMs: 3000 } } })
  await scratch.write('counter.ts', counter({ by: 1, body: '// a' }))
  await fleet.report('permanent')
  await fleet.frames(20)
  const steps = () => (fleet.handle.state.columns as any).steps
  const before = [steps()[0], fleet.frame]
  const lazy = await joinRuntime(fleet.runtime.ticket(), { name: 'lazy' })
  lazy.tick(fleet.frame)
  await scratch.write('counter.ts', counter({ by: 5, body: '// b' }))
  // lazy loads the candidate but does not come to the boundary
  const lt = setInterval(() => {}, 1)
  let n = 0
  const t0 = performance.now()
  let worst = 0
  while (fleet.reports.length < 3 && n < 400) { const f = performance.now(); await fleet.step(); if (n < 100) lazy.tick(fleet.frame - 1e6); n++; worst = Math.max(worst, performance.now() - f); await sleep(2) }
  clearInterval(lt)
  console.log('E18', before, 'now', steps()[0], fleet.frame, 'worst frame', worst, names(fleet))
  lazy.pause()
  await lazy.close()
  expect(steps()[0]).toBe(fleet.frame)
}, 60000)
test('E23 two ranges', async () => {
  const { scratch, fleet } = await start({ 'counter.ts': counter() }, { workers: 0 })
  fleet.runtime.use('counter', '<1.5'); fleet.runtime.use('counter', '^1.0.0')
  await scratch.write('counter.ts', counter({ version: '1.6.0' }))
  await fleet.until(() => fleet.reports.length > 0, 'any')
  console.log('E23', names(fleet))
  expect(fleet.reports[0]!.outcome).toBe('refused')
})
