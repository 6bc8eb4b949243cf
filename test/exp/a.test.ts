import { spawn } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
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
async function script(text: string, ms = 8000) {
  const scratch = await Scratch.create({ 'u/counter.ts': counter(), 'bad/counter.ts': counter({ unit: `setup() { throw new Error('no') },` }) })
  open.push(scratch)
  await scratch.write('s.mjs', text.replaceAll('INDEX', new URL('../../dist/index.js', import.meta.url).href).replaceAll('UNITS', scratch.path('u')).replaceAll('BAD', scratch.path('bad')))
  const child = spawn(process.execPath, [scratch.path('s.mjs')], { stdio: 'pipe' })
  let out = ''
  child.stdout.on('data', (d) => (out += d)); child.stderr.on('data', (d) => (out += d))
  const code = await new Promise((resolve) => {
    const t = setTimeout(() => { child.kill('SIGKILL'); resolve('HUNG') }, ms)
    child.on('exit', (c) => { clearTimeout(t); resolve(c) })
  })
  return { code, out }
}

test('E2 createRuntime failing in setup: process exits', async () => {
  const r = await script(`import { createRuntime } from 'INDEX'
    try { await createRuntime({ units: 'BAD' }) } catch (e) { console.log('rejected', e.message) }`)
  console.log('E2', r)
  expect(r.code).toBe(0)
})
test('E3 join after close', async () => {
  const r = await script(`import { createRuntime, joinRuntime } from 'INDEX'
    const r = await createRuntime({ units: 'UNITS' }); const t = r.ticket(); await r.close()
    try { await joinRuntime(t); console.log('joined') } catch (e) { console.log('rejected', e.code) }`)
  console.log('E3', r)
  expect(r.code).toBe(0)
})
test('E3b no close: process exits', async () => {
  const r = await script(`import { createRuntime, joinRuntime } from 'INDEX'
    const r = await createRuntime({ units: 'UNITS' }); r.tick(); r.tick(); console.log(1)`)
  console.log('E3b', r)
  expect(r.code).toBe(0)
})
test('E12 close twice', async () => {
  const r = await script(`import { createRuntime, joinRuntime } from 'INDEX'
    const r = await createRuntime({ units: 'UNITS' }); r.tick();
    const x = await Promise.allSettled([r.close(), r.close()]); console.log(JSON.stringify(x.map((y) => y.status + (y.reason?.code ?? ''))))
    try { r.swap('counter').catch((e) => console.log('async', e.code)) } catch (e) { console.log('sync', e.code) }`)
  console.log('E12', r)
  expect(r.code).toBe(0)
  expect(r.out).toContain('["fulfilled","fulfilled"]')
})
test('E12b tick after close of a joined one blocks others', async () => {
  const { scratch, fleet } = await start({ 'counter.ts': counter() }, { workers: 0 })
  const other = await joinRuntime(fleet.runtime.ticket(), { name: 'other' })
  other.tick(fleet.frame)
  other.pause()
  await other.close()
  await scratch.write('counter.ts', counter({ by: 2 }))
  for (let i = 0; i < 100 && fleet.reports.length === 0; i++) { await fleet.step(); other.tick(fleet.frame); await sleep(2) }
  console.log('E12b', fleet.reports.map((r) => [r.outcome, r.findings.map((f) => f.message)]))
  await fleet.report('committed')
})
test('E14 uncloneable soft', async () => {
  const { scratch, fleet } = await start({ 'counter.ts': counter(), 'x.ts': `import { defineUnit } from 'tickswap/module'
export const unit = defineUnit({ version: '1.0.0', state: { soft: () => ({ f: () => 1 }) } })
export const x = () => 1` }, { workers: 0 })
  await scratch.write('counter.ts', counter({ by: 2 }))
  await fleet.report('committed')
})
test('E1 edit while starting', async () => {
  const out: any[] = []
  for (const wait of [20, 40, 60, 80, 100, 130, 160, 200]) {
    const scratch = await Scratch.create({ 'counter.ts': counter() })
    const p = createRuntime({ units: scratch.dir })
    await sleep(wait)
    await writeFile(scratch.path('counter.ts'), counter({ by: 77 }))
    const r = await p.catch((e) => e)
    if (r instanceof Error) { out.push([wait, r.message]); continue }
    const h = r.use('counter')
    const events: any[] = []
    for (const e of ['swap', 'reject', 'permanent', 'warning'] as const) r.on(e, (x: any) => events.push([e, x.units, x.findings ?? x.message]))
    const end = Date.now() + 1500
    while (Date.now() < end && !/77/.test(h.exports.label())) { r.tick(); await sleep(4) }
    out.push([wait, h.exports.label(), h.version, JSON.stringify(events).slice(0, 400)])
    await r.close()
    await scratch.remove()
  }
  console.log('E1', out)
  for (const [, label] of out) expect(label).toMatch(/77/)
})
