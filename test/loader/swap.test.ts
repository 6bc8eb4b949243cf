import { afterEach, expect, test } from 'vitest'
import { Linker } from '../../dist/units/code/linker.js'
import { Project } from './project.ts'

let project: Project
afterEach(() => project.close())

test('an edit of a leaf rebinds its importers without evaluating them', async () => {
  project = new Project({
    'main.ts': `import { rate } from './rate.ts'
let ticks = 0
export function step(dt: number): number { ticks++; return rate() * dt }
export const count = () => ticks`,
    'rate.ts': `export const rate = (): number => 1`,
  })
  const main = await project.boot('main.ts')
  expect(main.step(2)).toBe(2)
  const stage = await project.edit({ 'rate.ts': `export const rate = (): number => 3` })
  expect(stage.update.evaluate).toEqual([project.path('rate.ts')])
  expect(stage.update.rebind).toEqual([project.path('main.ts')])
  expect(main.step(2)).toBe(6)
  expect(main.count()).toBe(2)
})

test('modules whose evaluation goes through a changed value are evaluated again', async () => {
  project = new Project({
    'main.ts': `import { table } from './table.ts'\nexport const first = (): number => table[0]!`,
    'table.ts': `import { make } from './make.ts'\nexport const table = make()`,
    'make.ts': `import { size } from './size.ts'\nexport function make() { return [size, size] }`,
    'size.ts': `export const size = 1`,
  })
  const main = await project.boot('main.ts')
  const stage = await project.edit({ 'size.ts': `export const size = 2` })
  expect(stage.update.evaluate).toEqual(['size.ts', 'make.ts', 'table.ts'].map((name) => project.path(name)))
  expect(main.first()).toBe(2)
})

test('nothing changes before the commit, and revert brings everything back', async () => {
  project = new Project({
    'main.ts': `import { value, bump } from './state.ts'
import * as state from './state.ts'
export const read = () => [value, state.value, state.name]
export { bump }`,
    'state.ts': `export let value = 0; export const name = 'old'\nexport function bump() { value++ }`,
  })
  const main = await project.boot('main.ts')
  main.bump()
  const stage = await project.stage({
    'state.ts': `export let value = 100; export const name = 'new'\nexport function bump() { value += 5 }`,
  })
  const prepared = project.linker.prepare(stage.update)
  expect(main.read()).toEqual([1, 1, 'old'])
  expect((prepared.namespace(project.path('state.ts')) as { value: number }).value).toBe(100)
  prepared.commit()
  expect(main.read()).toEqual([100, 100, 'new'])
  main.bump()
  expect(main.read()).toEqual([105, 105, 'new'])
  prepared.revert()
  expect(main.read()).toEqual([1, 1, 'old'])
  main.bump()
  expect(main.read()).toEqual([2, 2, 'old'])
  prepared.commit()
  prepared.settle()
  expect(main.read()).toEqual([105, 105, 'new'])
})

test('a module that throws while it is evaluated leaves the running one alone', async () => {
  project = new Project({
    'main.ts': `import { f } from './f.ts'\nexport const run = () => f()`,
    'f.ts': `export const f = () => 1`,
  })
  const main = await project.boot('main.ts')
  const stage = await project.stage({ 'f.ts': `export const f = () => 2\nthrow new RangeError('no')` })
  expect(() => project.linker.prepare(stage.update)).toThrow(RangeError)
  expect(main.run()).toBe(1)
  await project.edit({ 'f.ts': `export const f = () => 3` })
  expect(main.run()).toBe(3)
})

test('going back to a kept artifact', async () => {
  project = new Project({
    'main.ts': `import { f } from './f.ts'\nexport const run = () => f()`,
    'f.ts': `export const f = () => 1`,
  })
  const main = await project.boot('main.ts')
  const old = project.stager.artifact(project.path('f.ts'))!
  const same = project.stager.artifact(project.path('main.ts'))!
  await project.edit({ 'f.ts': `export const f = () => 2` })
  const back = await project.stager.stage({ artifacts: [old, same] })
  expect(back.update.evaluate, 'what is the same does not run again').toEqual([project.path('f.ts')])
  const prepared = project.linker.prepare(back.update)
  prepared.commit()
  prepared.settle()
  project.stager.accept(back)
  expect(main.run()).toBe(1)
  expect(await project.stager.stage([project.path('f.ts')])).toMatchObject({
    update: { evaluate: [project.path('f.ts')] },
  })
})

test('units: closures, and which of them an edit moves', async () => {
  const unit = (body: string) =>
    `import { defineUnit } from 'tickswap/module'\n${body}\nexport const unit = defineUnit({ version: '1.0.0' })`
  project = new Project({
    'roads.ts': unit(`import { helper } from './shared.ts'\nexport const road = () => helper()`),
    'traffic.ts': unit(
      `import { road } from './roads.ts'\nimport './own.ts'\nexport const go = () => road()`,
    ),
    'own.ts': `export {}`,
    'shared.ts': `export const helper = () => 1`,
  })
  await project.boot('roads.ts', 'traffic.ts')
  const [roads, traffic] = ['roads.ts', 'traffic.ts'].map((name) => project.path(name)) as [string, string]
  expect(project.stager.unitFiles()).toEqual([roads, traffic])
  expect(project.stager.closure(traffic)).toEqual([traffic, project.path('own.ts')])
  const before = project.stager.closureHash(traffic)
  const stage = await project.edit({ 'shared.ts': `export const helper = () => 2` })
  expect(stage.units).toEqual([roads])
  expect(project.stager.closureHash(traffic)).toBe(before)
})

test.each([
  ['TICKSWAP_E_SYNTAX', `export const f = () => 1\nlet a = ;`, 2, 9],
  ['TICKSWAP_E_SYNTAX', `export const f = () => 1\nlet a: = 1`, 2, 8],
  ['TICKSWAP_E_SYNTAX', `export const f = () => 1\nlet a = 1\nlet a = 2`, 3, 5],
  ['TICKSWAP_E_LINK', `\nimport { nope } from './other.ts'\nexport const f = () => nope`, 2, 22],
  ['TICKSWAP_E_RESOLVE', `\n  import './absent.ts'\nexport const f = () => 1`, 2, 10],
  ['TICKSWAP_E_RESOLVE', `import 'no-such-package'\nexport const f = () => 1`, 1, 8],
  ['TICKSWAP_E_LINK', `export const g = () => 1`, 1, 19],
  ['TICKSWAP_E_FILE_EMPTY', ``, undefined, undefined],
])('%s with its place: %j', async (code, text, line, column) => {
  project = new Project({
    'main.ts': `import { f } from './f.ts'\nexport const run = () => f()`,
    'f.ts': `export const f = () => 1`,
    'other.ts': `export const some = 1`,
  })
  const main = await project.boot('main.ts')
  const error = await project.stage({ 'f.ts': text }).catch((thrown) => thrown)
  expect(error).toMatchObject({ code })
  expect(error.findings[0]).toMatchObject(line ? { line, column } : {})
  expect(main.run()).toBe(1)
})

test('a file that is gone is an error only while something needs it', async () => {
  project = new Project({
    'main.ts': `import { f } from './f.ts'\nexport const run = () => f()`,
    'f.ts': `export const f = () => 1`,
  })
  const main = await project.boot('main.ts')
  const { rmSync } = await import('node:fs')
  rmSync(project.path('f.ts'))
  await expect(project.stager.stage([project.path('f.ts')])).rejects.toMatchObject({
    code: 'TICKSWAP_E_FILE_MISSING',
  })
  expect(main.run()).toBe(1)
  const stage = await project.stager.stage([
    project.write('main.ts', `export const run = () => 7`),
    project.path('f.ts'),
  ])
  expect(stage.update.removed).toEqual([project.path('f.ts')])
})

test('code caches made after a run are taken, and a stack tells its files', async () => {
  project = new Project({
    'main.ts': `import { f } from './f.ts'\nexport const run = () => f()`,
    'f.ts': `export const f = (): never => { throw new Error('here') }`,
  })
  const [main, f] = [project.path('main.ts'), project.path('f.ts')]
  const cold = await project.stager.boot([main])
  const rehearsal = new Linker()
  await rehearsal.loadAsync(cold.update)
  const caches = new Map([main, f].map((id) => [id, rehearsal.codeCache(id)!]))
  const stage = project.stager.withCaches(cold, caches)
  expect(stage.update.artifacts.map(({ id, cache }) => [id, cache === caches.get(id)])).toEqual([
    [main, true],
    [f, true],
  ])
  project.stager.accept(stage)
  const linker = new Linker()
  linker.load(structuredClone(stage.update))
  const error = (() => {
    try {
      return (linker.namespace(main) as { run(): unknown }).run()
    } catch (thrown) {
      return thrown
    }
  })()
  expect(linker.filesInStack(error)).toEqual([f, main])
})
