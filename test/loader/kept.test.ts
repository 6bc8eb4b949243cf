/** Artifacts that were kept, as a store keeps them, and a stager that starts from them. */
import { deserialize, serialize } from 'node:v8'
import { afterEach, expect, test } from 'vitest'
import type { Artifact } from '../../dist/units/code/artifact.js'
import { Linker } from '../../dist/units/code/linker.js'
import { Stager } from '../../dist/units/code/stager.js'
import { hash, Project } from './project.ts'

let project: Project
afterEach(() => project.close())

const FILES = {
  'main.ts': `import { double } from './lib/double.ts'
import { back } from './circle.ts'
enum Level { Low, High = 5 }
export const result = () => [double(Level.High), back()]
export const here = 1
export const later = () => import('./later.ts')`,
  'lib/double.ts': 'export const double = (n: number): number => n * 2',
  'circle.ts': `import { here } from './main.ts'\nexport const back = () => here`,
  'later.ts': 'export const answer: number = 42',
}

/** Everything of a first start, as it comes back from a disk. */
async function firstStart(files: Record<string, string>) {
  project = new Project(files)
  await project.boot('main.ts')
  const modules = [...project.stager.graph.modules.values()]
  return new Map(modules.map((each) => [each.id, deserialize(serialize(each)) as Artifact]))
}

/** A second start, from what was kept; tells which of it was taken as it is. */
async function secondStart(kept: ReadonlyMap<string, Artifact>) {
  const stager = new Stager({ root: project.root, hash, kept: (id) => kept.get(id) })
  const linker = new Linker()
  const stage = await stager.boot([project.path('main.ts')])
  await linker.loadAsync(stage.update)
  stager.accept(stage)
  const taken = [...stager.graph.modules.values()].filter(
    ({ id, cache }) => cache !== undefined && cache === kept.get(id)?.cache,
  )
  const names = taken.map(({ id }) => id.slice(project.root.length + 1)).sort()
  // biome-ignore lint/suspicious/noExplicitAny: what the modules of a test export
  return { main: linker.namespace(project.path('main.ts')) as any, names, stager, linker }
}

test('a second start takes what the first one made, and can be edited', async () => {
  const { main, names, stager, linker } = await secondStart(await firstStart(FILES))
  expect(names).toEqual(['circle.ts', 'later.ts', 'lib/double.ts'])
  expect(main.result()).toEqual([10, 1])
  expect((await main.later()).answer).toBe(42)
  const file = project.write('lib/double.ts', 'export const double = (n: number): number => n * 3')
  const stage = await stager.stage([file])
  linker.prepare(stage.update).commit()
  expect(main.result()).toEqual([15, 1])
})

test('what changed since is staged anew', async () => {
  const kept = await firstStart(FILES)
  project.write('lib/double.ts', 'export const double = (n: number): number => n * 4')
  const { main, names } = await secondStart(kept)
  expect(names).toEqual(['circle.ts', 'later.ts'])
  expect(main.result()).toEqual([20, 1])
})

test('an import that leads elsewhere now, or came to be in a circle, is staged anew', async () => {
  const kept = await firstStart({
    'package.json': '{ "type": "module", "imports": { "#a": "./a1.ts" } }',
    'main.ts': `import { a } from '#a'\nimport { b } from './b.ts'\nexport const result = () => [a, b()]`,
    'a1.ts': 'export const a = 1',
    'a2.ts': 'export const a = 2',
    'b.ts': `import { c } from './c.ts'\nexport const b = () => c`,
    'c.ts': 'export const c = 1',
  })
  project.write('package.json', '{ "type": "module", "imports": { "#a": "./a2.ts" } }')
  project.write('c.ts', `import { b } from './b.ts'\nexport const c = 3\nexport const d = () => b()`)
  const { main, names } = await secondStart(kept)
  expect(names).toEqual([])
  expect(main.result()).toEqual([2, 3])
})

test('an import() that led nowhere, and leads somewhere now, is staged anew', async () => {
  const kept = await firstStart({ 'main.ts': `export const later = () => import('./none.ts')` })
  project.write('none.ts', 'export const some = 1')
  const { main, names } = await secondStart(kept)
  expect(names).toEqual([])
  expect((await main.later()).some).toBe(1)
})
