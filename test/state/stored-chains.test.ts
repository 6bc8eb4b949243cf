import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { Engine } from '../store/engine.ts'
import { counter } from '../support/counter.ts'
import { Fleet } from '../support/fleet.ts'
import { open } from '../support/opened.ts'
import { Scratch } from '../support/scratch.ts'

/** 2.0.0 knows the way from 1.0.0 and has part of it in another module; 3.0.0 knows the way from 2.0.0 only. */
const one = counter({
  columns: 'a: u32(100),',
  unit: 'init({ columns }) { columns.a.forEach((_, i) => { columns.a[i] = i }) },',
})
const two = (imports: string, twice: string) =>
  counter({
    version: '2.0.0',
    imports,
    columns: 'b: f32(100),',
    unit: `migrate: { '^1.0.0': {
      up(old, next) { old.columns.a.forEach((v: number, i: number) => { next.columns.b[i] = ${twice}(v) }) },
      down(next, old) { next.columns.b.forEach((v, i) => { old.columns.a[i] = v / 2 }) } } },`,
  })
const three = (step = '', body = '') =>
  counter({
    version: '3.0.0',
    body,
    step,
    columns: 'c: f32(100),',
    unit: `init({ columns }) { columns.c.fill(21) },
    migrate: { '^2.0.0': {
      up(old, next) { old.columns.b.forEach((v: number, i: number) => { next.columns.c[i] = v + 1 }) },
      down(next, old) { next.columns.c.forEach((v, i) => { old.columns.b[i] = v - 1 }) } } },`,
  })

/** Runs 1.0.0 and then `second` in a process that ends; what is left of them is in the store. */
async function history(second: string, more: Record<string, string> = {}) {
  const scratch = await Scratch.create({ 'units/counter.ts': one })
  open.push(scratch)
  const [units, path] = [scratch.path('units'), join(scratch.dir, 'store')]
  const engine = await Engine.start(units, { path })
  for (const [name, text] of Object.entries(more)) await scratch.write(`units/${name}`, text)
  await scratch.write('units/counter.ts', second)
  await engine.hears(({ event }) => event === 'permanent')
  await engine.close()
  const start = async () => {
    const runtime = { units, store: path, probation: { ticks: 4 } }
    const fleet = await Fleet.start(scratch, { unit: 'counter', workers: 2, runtime })
    open.push(fleet)
    return fleet
  }
  const edit = async (fleet: Fleet, text: string, outcome: 'permanent' | 'rolled-back' | 'refused') => {
    const since = fleet.reports.length
    await scratch.write('units/counter.ts', text)
    return fleet.report(outcome, since)
  }
  return { scratch, start, edit }
}

const columns = (fleet: Fleet) => fleet.handle.state.columns as unknown as Record<string, Float64Array>
const ones = Array.from({ length: 100 }, (_, i) => i)

test('state goes by a version that only an earlier process ran: up, back in probation, and down', async () => {
  const { scratch, start, edit } = await history(two("import { twice } from './twice.ts'", 'twice'), {
    'twice.ts': 'export const twice = (value: number) => value * 2',
  })
  // Nothing of 2.0.0 is left but what the store keeps.
  await scratch.write('units/counter.ts', one)
  await rm(scratch.path('units/twice.ts'))
  const fleet = await start()
  expect([fleet.handle.version, ...columns(fleet).a!]).toEqual(['1.0.0', ...ones])

  const fails = three("if (worker === 1 && ++age === 3) throw new Error('on purpose')", 'let age = 0')
  const failed = await edit(fleet, fails, 'rolled-back')
  expect(failed.restored).toMatchObject({ how: 'down', ticksLost: 0 })
  expect([...columns(fleet).a!]).toEqual(ones)

  const up = await edit(fleet, three(), 'permanent')
  expect(up.units[0]).toMatchObject({ from: '1.0.0', via: ['2.0.0'] })
  expect([...columns(fleet).c!]).toEqual(ones.map((value) => value * 2 + 1))

  const down = await edit(fleet, one, 'permanent')
  expect(down.units[0]).toMatchObject({ to: '1.0.0.1', via: ['2.0.0'] })
  expect([...columns(fleet).a!]).toEqual(ones)
  expect([...columns(fleet).steps!.subarray(0, 3)]).toEqual([fleet.frame, fleet.frame, fleet.frame])
  expect([fleet.mixed, fleet.allExceptions]).toEqual([0, 0])
})

test('a process that begins with the newest version goes back by stored ones it has never seen', async () => {
  const { scratch, start, edit } = await history(two('const twice = (v: number) => 2 * v', 'twice'))
  await scratch.write('units/counter.ts', three())
  const fleet = await start()
  expect(columns(fleet).c![0]).toBe(21)
  const down = await edit(fleet, one, 'permanent')
  expect(down.units[0]).toMatchObject({ from: '3.0.0', via: ['2.0.0'] })
  expect([...columns(fleet).a!]).toEqual(ones.map(() => 10))
})

test('a stored version that does not fit what runs now is no way, and the report says why', async () => {
  const other = (name: string) => `import { defineUnit } from 'tickswap/module'
    export const unit = defineUnit({ version: '1.0.0' })
    export const ${name} = (value: number) => value * 2`
  const { scratch, start, edit } = await history(two("import { twice } from './other.ts'", 'twice'), {
    'other.ts': other('twice'),
  })
  await scratch.write('units/counter.ts', one)
  await scratch.write('units/other.ts', other('double'))
  const fleet = await start()
  const refused = await edit(fleet, three(), 'refused')
  expect(refused.findings[0]).toMatchObject({ code: 'TICKSWAP_E_MIGRATION_MISSING', severity: 'error' })
  const broken = refused.findings.find(({ message }) => message.includes('which the store keeps'))
  expect(broken).toMatchObject({ code: 'TICKSWAP_E_MIGRATION_CHAIN', severity: 'warning' })
  expect(broken!.message).toMatch(/2\.0\.0.*twice/)
  // Together with what it needs it is one.
  await scratch.write('units/other.ts', other('twice'))
  let since = fleet.reports.length
  await fleet.report('permanent', since)
  since = fleet.reports.length
  await scratch.write('units/counter.ts', `${three()}\n`)
  expect((await fleet.report('permanent', since)).units.find(({ unit }) => unit === 'counter')).toMatchObject(
    {
      via: ['2.0.0'],
    },
  )
})
