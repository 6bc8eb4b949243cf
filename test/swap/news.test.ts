import { afterEach, expect, test } from 'vitest'
import { joinRuntime } from '../../dist/index.js'
import { counter } from '../support/counter.ts'
import { Fleet } from '../support/fleet.ts'
import { Scratch } from '../support/scratch.ts'

const open: { close?(): Promise<void>; remove?(): Promise<void> }[] = []
afterEach(async () => {
  for (const each of open.splice(0).reverse()) await (each.close?.() ?? each.remove?.())
})

test('a worker that never yields to its event loop hears of swaps at its ticks, and has their history', async () => {
  const scratch = await Scratch.create({ 'counter.ts': counter() })
  open.push(scratch)
  const fleet = await Fleet.start(scratch, { unit: 'counter' })
  open.push(fleet)
  for (let n = 1; n <= 3; n++) {
    const since = fleet.reports.length
    await scratch.write('counter.ts', counter({ version: `1.${n}.0`, by: n }))
    await fleet.report('permanent', since)
  }
  for (const worker of [0, 1]) {
    await fleet.until(() => fleet.heard(worker).swaps === 3, `worker ${worker} to hear of three swaps`)
    expect(fleet.heard(worker).entries).toBe(fleet.runtime.history('counter').length)
  }
})

test('a listener that throws keeps nothing from the others', async () => {
  const scratch = await Scratch.create({ 'counter.ts': counter() })
  open.push(scratch)
  const fleet = await Fleet.start(scratch, { unit: 'counter', workers: 0 })
  open.push(fleet)
  const heard: string[] = []
  fleet.runtime.on('swap', () => {
    throw new Error('no')
  })
  fleet.runtime.on('swap', () => heard.push('swap'))
  fleet.runtime.on('warning', ({ code }) => heard.push(code))
  await scratch.write('counter.ts', counter({ by: 2 }))
  await fleet.report('permanent')
  expect(heard).toEqual(['TICKSWAP_E_LISTENER', 'swap'])
})

test('a participant that joined has left when close() returns: its loop need not yield for it', async () => {
  const scratch = await Scratch.create({ 'counter.ts': counter() })
  open.push(scratch)
  const fleet = await Fleet.start(scratch, { unit: 'counter', workers: 0 })
  open.push(fleet)
  const other = await joinRuntime(fleet.runtime.ticket())
  other.tick()
  const { participants } = fleet.runtime.diagnostics().registry
  const closed = other.close()
  expect(fleet.runtime.diagnostics().registry.participants).toBe(participants - 1)
  expect(() => other.use('counter')).toThrow(/TICKSWAP_E_CLOSED/)
  await closed
})
