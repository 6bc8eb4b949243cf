import { existsSync } from 'node:fs'
import { expect, test } from 'vitest'
import { createRuntime, joinRuntime } from '../../dist/index.js'
import { counter } from '../support/counter.ts'
import { open } from '../support/opened.ts'
import { Scratch } from '../support/scratch.ts'

/** Options that would be none if nobody looked, and what the refusal has to name. */
const WRONG: readonly (readonly [object, string])[] = [
  [{ units: '' }, 'units'],
  [{ units: new URL('http://localhost/') }, 'units'],
  [{ units: 'file:///%zz' }, 'units'],
  [{ watch: 'no' }, 'watch'],
  [{ name: 5 }, 'name'],
  [{ name: '' }, 'name'],
  [{ name: 'x'.repeat(1000) }, 'name'],
  [{ mode: null }, 'mode'],
  [{ flapping: 5 }, 'flapping'],
  [{ flapping: { tims: 3 } }, 'flapping.tims'],
  [{ probation: null }, 'probation'],
  [{ probation: 60 }, 'probation'],
  [{ probation: [] }, 'probation'],
  [{ probation: { tick: 5 } }, 'probation.tick'],
  [{ probation: { ticks: null } }, 'probation.ticks'],
  [{ probation: { budgetRatio: 0 } }, 'probation.budgetRatio'],
  [{ probation: { heapBytes: 0 } }, 'probation.heapBytes'],
  [{ rehearsal: true }, 'rehearsal'],
  [{ rehearsal: { memory: 64 } }, 'rehearsal.memory'],
  [{ syncTest: null }, 'syncTest'],
  [{ backups: null }, 'backups'],
  [{ backups: '4' }, 'backups'],
  [{ backups: { most: 3 } }, 'backups.most'],
  [{ rollback: 'down' }, 'rollback'],
  [{ rollback: { log: true } }, 'rollback.log'],
  [{ rollback: { log: { tick: 1 } } }, 'rollback.log.tick'],
  [{ store: { path: './x', resume: 'yes' } }, 'store.resume'],
  [{ socket: null }, 'socket'],
  [{ admin: null }, 'admin'],
  [{ admin: { prt: 1 } }, 'admin.prt'],
  [{ admin: { port: 0, alerts: { stall: 1 } } }, 'admin.alerts.stall'],
  [{ admin: { port: 0, webhooks: {} } }, 'admin.webhooks'],
  [{ picture: 5 }, 'picture'],
  [{ log: null }, 'log'],
  [{ log: { levl: 'info' } }, 'log.levl'],
  [{ deadlines: 5 }, 'deadlines'],
  [{ deadlines: { parkMS: 5 } }, 'deadlines.parkMS'],
]

test.each(WRONG)('option %j is refused by name', async (options, name) => {
  const scratch = await Scratch.create({ 'counter.ts': counter() })
  open.push(scratch)
  const made = createRuntime({ units: scratch.dir, ...(options as object) })
  made.then(
    (runtime) => runtime.close(),
    () => {},
  )
  await expect(made).rejects.toMatchObject({
    code: 'TICKSWAP_E_OPTION',
    message: expect.stringContaining(`${name}`),
  })
})

test('a flag that there is not is no policy', async () => {
  const scratch = await Scratch.create({ 'counter.ts': counter() })
  open.push(scratch)
  const made = createRuntime({ units: scratch.dir, flags: { excluded: ['yankd'] } })
  made.then(
    (runtime) => runtime.close(),
    () => {},
  )
  await expect(made).rejects.toMatchObject({ code: 'TICKSWAP_E_FLAG_UNKNOWN' })
})

test('a participant has a name that can be shown', async () => {
  const scratch = await Scratch.create({ 'counter.ts': counter() })
  open.push(scratch)
  const runtime = await createRuntime({ units: scratch.dir })
  open.push(runtime)
  await expect(joinRuntime(runtime.ticket(), { name: '' })).rejects.toMatchObject({
    code: 'TICKSWAP_E_OPTION',
  })
})

test.runIf(existsSync('/proc/self'))('a folder that nobody can make is refused at once', async () => {
  const scratch = await Scratch.create({ 'counter.ts': counter() })
  open.push(scratch)
  const start = (more: object) => createRuntime({ units: scratch.dir, ...more })
  await expect(start({ store: '/proc/tickswap' })).rejects.toMatchObject({ code: 'TICKSWAP_E_STORE_OPEN' })
  await expect(start({ socket: '/proc/tickswap' })).rejects.toMatchObject({ code: 'TICKSWAP_E_SOCKET' })
})

test('what a call takes is looked at when it is made', async () => {
  const scratch = await Scratch.create({ 'counter.ts': counter() })
  open.push(scratch)
  const runtime = await createRuntime({ units: scratch.dir })
  open.push(runtime)
  const { swap, rollback, health, on } = runtime as unknown as Record<string, (...args: unknown[]) => unknown>
  const refused = expect.objectContaining({ code: 'TICKSWAP_E_OPTION' })
  const call = async (method: typeof swap, ...args: unknown[]) => method!.apply(runtime, args)
  for (const args of [
    [['counter']],
    [5, {}],
    ['counter', null],
    ['counter', { strateg: 'auto' }],
    ['counter', { signal: 5 }],
    ['counter', { deadlines: 5 }],
  ])
    await expect(call(swap, ...args), JSON.stringify(args)).rejects.toEqual(refused)
  for (const options of [null, { too: '1.0.0' }, { signal: {} }])
    await expect(call(rollback, 'counter', options), JSON.stringify(options)).rejects.toEqual(refused)
  await expect(call(health, 5)).rejects.toEqual(refused)
  await expect(call(on, 'swapped', () => {})).rejects.toEqual(refused)
  await expect(call(on, 'swap', 5)).rejects.toEqual(refused)
})

test('a column cannot be replaced by an array of its own', async () => {
  const scratch = await Scratch.create({ 'counter.ts': counter() })
  open.push(scratch)
  const runtime = await createRuntime({ units: scratch.dir })
  open.push(runtime)
  const { columns } = runtime.use('counter').state as { columns: Record<string, unknown> }
  expect(() => {
    columns.total = new Float32Array(64)
  }).toThrow(TypeError)
})
