import { expect, onTestFinished, test } from 'vitest'
import { createRuntime, type SwapReport } from '../../dist/index.js'
import { open } from '../support/opened.ts'
import { Scratch } from '../support/scratch.ts'

const unit = (says: number) => `import { defineUnit } from 'tickswap/module'
export const unit = defineUnit({ version: '1.0.0' })
export const says = () => ${says}
`
const NAMES = ['a', 'b', 'c'] as const

async function engine() {
  const scratch = await Scratch.create(Object.fromEntries(NAMES.map((name) => [`${name}.ts`, unit(1)])))
  open.push(scratch)
  const runtime = await createRuntime({ units: scratch.dir, probation: { ticks: 3 } })
  open.push(runtime)
  const handles = NAMES.map((name) => runtime.use<{ says(): number }>(name))
  const loop = setInterval(() => runtime.tick(), 4)
  onTestFinished(() => clearInterval(loop))
  const refused: SwapReport[] = []
  runtime.on('reject', (report) => refused.push(report))
  const until = (condition: () => boolean) => expect.poll(condition, { timeout: 15_000 }).toBe(true)
  const refusalOf = (file: string) =>
    until(() => refused.some(({ findings }) => findings.some((found) => found.file === scratch.path(file))))
  return {
    scratch,
    refused,
    refusalOf,
    until,
    says: () => handles.map(({ exports }) => exports.says()).join(),
  }
}

test('a file that is broken for long keeps no other edit that was refused from the next try', async () => {
  const { scratch, refusalOf, until, says } = await engine()
  await scratch.write('c.ts', 'left for ( later')
  await refusalOf('c.ts')
  // In one burst: the refused file is the one that is not complete yet.
  await Promise.all([scratch.write('a.ts', unit(2)), scratch.write('b.ts', 'not ( yet')])
  await refusalOf('b.ts')
  await scratch.write('b.ts', unit(2))
  await until(() => says() === '2,2,1')
  await scratch.write('c.ts', unit(3))
  await until(() => says() === '2,2,3')
})

test('nor does one that was refused and is gone', async () => {
  const { scratch, refusalOf, until, says } = await engine()
  await scratch.write('new.ts', unit(1).replace("version: '1", "name: 'c', version: '1"))
  await refusalOf('new.ts')
  await scratch.removeFile('new.ts')
  await Promise.all([scratch.write('a.ts', unit(2)), scratch.write('b.ts', 'not ( yet')])
  await refusalOf('b.ts')
  await scratch.write('b.ts', unit(2))
  await until(() => says() === '2,2,1')
})

test('a file that takes the place of one that is gone is told that its unit runs on from there', async () => {
  const { scratch, refusalOf, refused } = await engine()
  await scratch.removeFile('c.ts')
  await refusalOf('c.ts')
  await scratch.write('moved/c.ts', unit(2))
  await refusalOf('moved/c.ts')
  const found = refused.flatMap(({ findings }) => findings).find(({ file }) => file?.endsWith('moved/c.ts'))
  expect(found).toMatchObject({ code: 'TICKSWAP_E_UNIT_REMOVED', unit: 'c' })
  expect(found!.message).toMatch(/is gone, and moves to .*moved\/c\.ts only at the next start/)
})
