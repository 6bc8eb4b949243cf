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
  // What it imports is loaded first: that takes longer than what runs.
  const slow = 'await new Promise((resolve) => setTimeout(resolve, 100))\nexport const snail = 1'
  await scratch.write('node_modules/slow/index.js', slow)
  await scratch.write('node_modules/slow/package.json', '{"type":"module","exports":"./index.js"}')
  const imports = "import { snail } from 'slow'"
  await scratch.write('counter.ts', counter({ version: '1.1.0', imports, body: 'export const is = snail' }))
  const { update } = await stager.stage([file])
  const limits = { evaluateMs: 10_000, rehearseMs: 10_000, memoryMb: 512 }
  const rehearsal = new Rehearsal(() => boot.update, limits)
  open.push(rehearsal)
  const warm = rehearsal.warm()
  const contracts = await rehearsal.evaluate(update, [file])
  expect(contracts.map(({ name, version }) => [name, version])).toEqual([['counter', '1.1.0']])
  await warm
})
