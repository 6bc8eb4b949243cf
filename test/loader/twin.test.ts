import { afterEach, expect, test } from 'vitest'
import { type Exports, Project } from './project.ts'

let project: Project
afterEach(() => project.close())

function twinOf(prepared: { twin(ids: string[]): TwinLike }, name: string, most = 100) {
  const twin = prepared.twin([project.path(name)])
  const steps = twin.evaluate(most)
  let step = steps.next()
  while (!step.done) step = steps.next()
  return { isWhole: step.value, exports: () => twin.namespace(project.path(name)) as Exports }
}

interface TwinLike {
  evaluate(most: number): Generator<undefined, boolean>
  namespace(id: string): object
}

test('a twin has variables of its own, in what is new and in what runs', async () => {
  const main = (by: number) => `import { note, seen } from './note.ts'
import * as all from './note.ts'
let sum = 0
export const step = () => { sum += ${by}; note(sum); return [sum, seen, all.seen] }`
  project = new Project({
    'main.ts': main(1),
    'note.ts': `export let seen = 0\nexport function note(value: number) { seen = value }`,
  })
  const live = await project.boot('main.ts')
  live.step()
  const stage = await project.stage({ 'main.ts': main(10) })
  const prepared = project.linker.prepare(stage.update)
  const { isWhole, exports } = twinOf(prepared, 'main.ts')
  expect(isWhole).toBe(true)
  expect(exports().step()).toEqual([10, 10, 10])
  expect(exports().step()).toEqual([20, 20, 20])
  expect(live.step()).toEqual([2, 2, 2])
  prepared.commit()
  prepared.settle()
  expect(project.exports('main.ts').step()).toEqual([10, 10, 10])
  expect(exports().step()).toEqual([30, 30, 30])
})

test('a twin of a module of which only an import changes has the new import', async () => {
  project = new Project({
    'main.ts': `import { rate } from './rate.ts'\nexport const step = () => rate()`,
    'rate.ts': 'export const rate = () => 1',
  })
  const live = await project.boot('main.ts')
  const stage = await project.stage({ 'rate.ts': 'export const rate = () => 2' })
  const prepared = project.linker.prepare(stage.update)
  expect(twinOf(prepared, 'main.ts').exports().step()).toBe(2)
  expect(live.step()).toBe(1)
  prepared.discard()
})

test('circles, CommonJS and JSON; nothing hot is told of it', async () => {
  project = new Project({
    'main.ts': `import { odd } from './odd.ts'
import settings from './settings.json' with { type: 'json' }
import counter from './counter.cjs'
export const even = (n: number): boolean => (n === 0 ? true : odd(n - 1))
export const read = () => [settings.size, counter.next(), import.meta.hot === undefined, import.meta.filename]
if (import.meta.hot) import.meta.hot.dispose(() => { throw new Error('disposed of') })`,
    'odd.ts': `import { even } from './main.ts'\nexport const odd = (n: number): boolean => (n === 0 ? false : even(n - 1))`,
    'settings.json': '{ "size": 3 }',
    'counter.cjs': 'let n = 0\nexports.next = () => ++n',
  })
  const live = await project.boot('main.ts')
  const stage = await project.stage({ 'settings.json': '{ "size": 4 }' })
  const prepared = project.linker.prepare(stage.update)
  const { exports } = twinOf(prepared, 'main.ts')
  expect(exports().even(10)).toBe(true)
  expect(exports().read()).toEqual([4, 1, true, project.path('main.ts')])
  expect(live.read()).toEqual([3, 1, false, project.path('main.ts')])
  prepared.discard()
})

test('what awaits, or is too large, has no twin', async () => {
  project = new Project({
    'main.ts': `import { late } from './late.ts'\nexport const read = () => late`,
    'late.ts': 'export const late = await Promise.resolve(1)',
  })
  await project.boot('main.ts')
  const stage = await project.stage({
    'main.ts': `import { late } from './late.ts'\nexport const read = () => -late`,
  })
  const prepared = project.linker.prepare(stage.update)
  expect(twinOf(prepared, 'main.ts').isWhole).toBe(false)
  prepared.discard()
  const other = await project.stage({ 'main.ts': 'export const read = () => 1' })
  const second = project.linker.prepare(other.update)
  expect(twinOf(second, 'main.ts', 0).isWhole).toBe(false)
  expect(twinOf(second, 'main.ts', 1).isWhole).toBe(true)
  second.discard()
})
