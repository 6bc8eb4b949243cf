import { afterEach, expect, test } from 'vitest'
import { Graph } from '../../dist/units/code/graph.js'
import { WarmUp } from '../../dist/units/code/warm-up.js'
import { Project } from './project.ts'

let project: Project | undefined
afterEach(() => project?.close())

test('practice on a module takes line breaks anywhere, and changes nothing', async () => {
  project = new Project({
    'main.ts': `import { half } from './half.ts'
export const text: string = \`of
  lines\`
/* a comment
   of lines */
export function result(): unknown[] {
  return [
    text, half
  ]
}
`,
    'half.ts': 'export const half = 0.5',
  })
  const main = await project.boot('main.ts')
  const before = project.stager.graph
  const warmUp = WarmUp.on(before)!
  for (let turn = 0; turn < 60; turn++) warmUp.turn()
  expect(project.stager.graph).toBe(before)
  expect(main.result()).toEqual(['of\n  lines', 0.5])
  await project.edit({ 'half.ts': 'export const half = 0.25' })
  expect(main.result()).toEqual(['of\n  lines', 0.25])
})

test('a graph without a module of statements is nothing to practise on', () => {
  expect(WarmUp.on(new Graph(new Map(), new Set()))).toBeUndefined()
})
