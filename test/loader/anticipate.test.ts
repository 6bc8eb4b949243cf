import { expect, onTestFinished, test } from 'vitest'
import { Stager } from '../../dist/units/code/stager.js'
import { hash, Project } from './project.ts'

/** A project of three modules, and what its stager has said that it read since they were loaded. */
async function start() {
  const project = new Project({
    'main.ts': `import { a } from './a.ts'\nimport { b } from './b.ts'\nexport const read = () => [a, b]`,
    'a.ts': `export const a = 1`,
    'b.ts': `export const b = 1`,
  })
  onTestFinished(() => project.close())
  const heard: string[] = []
  const onRead = (id: string) => void heard.push(id.slice(project.root.length + 1))
  const stager = new Stager({ root: project.root, hash, onRead, contents: new Map() })
  stager.accept(await stager.boot([project.path('main.ts')]))
  heard.length = 0
  const staged = async (files: readonly string[]) => {
    const { update } = await stager.stage(files.map((name) => project.path(name)))
    return update.artifacts.map(({ code }) => /(?:const) (.*?)\s*$/m.exec(code)![1])
  }
  return { project, stager, heard, staged }
}

test('an edit that was staged ahead is what staging it gives, and nobody hears of it before', async () => {
  const { project, stager, heard, staged } = await start()
  const file = project.write('a.ts', 'export const a = 2')
  stager.anticipate(file)
  expect(heard).toEqual([])
  expect(await staged(['a.ts'])).toEqual(['a = 2'])
  expect(heard).toEqual(['a.ts'])
  expect(await staged(['a.ts'])).toEqual(['a = 2'])
  expect(heard).toEqual(['a.ts', 'a.ts'])
})

test('what was staged ahead is dropped when the file, the edit or the graph is another one', async () => {
  const { project, stager, staged } = await start()
  const file = project.write('a.ts', 'export const a = 2')
  stager.anticipate(file)
  project.write('a.ts', 'export const a = 3')
  expect(await staged(['a.ts'])).toEqual(['a = 3'])
  stager.anticipate(file)
  project.write('b.ts', 'export const b = 2')
  expect((await staged(['a.ts', 'b.ts'])).sort()).toEqual(['a = 3', 'b = 2'])
  stager.anticipate(file)
  stager.accept(await stager.stage([project.path('b.ts')]))
  stager.anticipate(file)
  stager.accept(await stager.stage([file]))
  expect(await staged(['a.ts'])).toEqual([])
})

test('a new module that the edit imports is read again too', async () => {
  const { project, stager, staged } = await start()
  const file = project.write('a.ts', `export { c as a } from './c.ts'\nconst x = 1`)
  project.write('c.ts', 'export const c = 1')
  stager.anticipate(file)
  project.write('c.ts', 'export const c = 2')
  expect(await staged(['a.ts'])).toContain('c = 2')
})

test('half of a file, one that is gone and one that is unknown are no error', async () => {
  const { project, stager, staged } = await start()
  stager.anticipate(project.write('a.ts', 'export const a = '))
  stager.anticipate(project.path('nobody.ts'))
  project.write('a.ts', 'export const a = 2')
  expect(await staged(['a.ts'])).toEqual(['a = 2'])
})
