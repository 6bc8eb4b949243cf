import { expect, test } from 'vitest'
import { Rehearsal } from '../../dist/control/rehearsal.js'
import { hashHex } from '../../dist/native/addon.js'
import { Stager } from '../../dist/units/code/stager.js'
import { counter } from '../support/counter.ts'
import { open } from '../support/opened.ts'
import { Scratch } from '../support/scratch.ts'

test('a candidate that comes while the thread takes in what runs gets its own answer', async () => {
  const scratch = await Scratch.create({ 'counter.ts': counter() })
  open.push(scratch)
  const file = scratch.path('counter.ts')
  const stager = new Stager({ root: scratch.dir, hash: hashHex })
  const boot = await stager.boot([file])
  stager.accept(boot)
  await scratch.write('counter.ts', counter({ version: '1.1.0' }))
  const { update } = await stager.stage([file])
  const limits = { evaluateMs: 10_000, rehearseMs: 10_000, memoryMb: 512 }
  const rehearsal = new Rehearsal(() => boot.update, limits)
  open.push(rehearsal)
  const warm = rehearsal.warm()
  const contracts = await rehearsal.evaluate(update, [file])
  expect(contracts.map(({ name, version }) => [name, version])).toEqual([['counter', '1.1.0']])
  await warm
})
