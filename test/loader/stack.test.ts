import { afterEach, expect, test } from 'vitest'
import { Project } from './project.ts'

let project: Project
afterEach(() => project.close())

/** Every `at(N)` of a text has to see itself at its own line and column. */
const texts: Record<string, string> = {
  'plain.ts': `import { at } from './at.ts'
export function f(x: number): unknown { return [at(1), x as unknown as string, at(2)] }
export const g = (): unknown => at(3)
export default class K { m(a?: string): unknown { return at(4) } static s = at(5) }
export const list: unknown[] = [at(6), f(1), g(), new K().m(), K.s]`,
  'first line.ts': `import { at } from './at.ts'; export const a = at(1); export default at(2); export const b = [at(3)]
at(4)`,
  'writes.ts': `import { at } from './at.ts'
export let n: any = 0, o: unknown
function set(x: unknown): unknown {
  n = at(1)
  n = x; at(2)
  n = at(3); o = at(4)
  if (x) { n = at(5) } else { at(6) }
  for (n of [1]) at(7)
  for (n of [1]) { at(8) }
  for (n of [1]) {
    at(9)
  }
  [n, o] = [at(10), at(11)];
  ({ n, o } = { n: at(12), o: at(13) }); at(14)
  const y = (n = at(15), at(16))
  n!++; at(17)
  const z = [n = at(18), at(19)]
  return n = at(20)
}
set(1)
const arrow = () => n = at(21)
arrow(); at(22)`,
  'defaults.ts': `import { at } from './at.ts'
export default () => { return at(1) }
export { at as again }; at(2)
import * as ns from './at.ts'
ns.at(3); ns?.at(4); [ns.at(5)]
at(6) /* ü */; at(7)
const meta = [import.meta.url, at(8), import.meta.filename, at(9)]`,
  'circular.ts': `import { at } from './at.ts'
import { back } from './back.ts'
export const a = at(1), b = at(2)
export const c = at(3); export const d = at(4); at(5)
export class E { static x = at(6) } at(7)
export function later() { return at(8) }
back()`,
}

test.each(Object.keys(texts))('columns in %s', async (name) => {
  const text = texts[name]!
  project = new Project({
    [name]: text,
    'back.ts': `import { later } from './circular.ts'\nexport const back = () => later()`,
    'at.ts': `export const seen: string[] = []
export const at = (n: number): unknown => {
  const frame = new Error('at').stack!.split('\\n')[2]!
  seen.push(n + '@' + /:(\\d+:\\d+)\\)?$/.exec(frame)![1])
  return 1
}`,
  })
  const main = await project.boot(name)
  if (typeof main.default === 'function' && name === 'defaults.ts') main.default()
  const { seen } = project.exports('at.ts') as { seen: string[] }
  const expected = new Set(
    text.split('\n').flatMap((line, row) =>
      [...line.matchAll(/\b(?:ns\??\.)?at\((\d+)\)/g)].map((match) => {
        const inner = match[0].indexOf('at(')
        return `${match[1]}@${row + 1}:${match.index + inner + 1}`
      }),
    ),
  )
  const wrong = [...new Set(seen)].filter((place) => !expected.has(place))
  expect(wrong).toEqual([])
  expect(seen.length).toBeGreaterThan(3)
})

test('frames of an old version keep their own columns when the file is another one', async () => {
  const text = (version: number, more: string) => `export let live = 0
export function old() { for (live of [1, 2]) throw new Error('from ${version}') }${more}`
  project = new Project({ 'a.js': text(1, '') })
  const main = await project.boot('a.js')
  const old = main.old
  const columnOf = (f: () => void): number => {
    try {
      f()
    } catch (error) {
      return Number(/a\.js:2:(\d+)/.exec((error as Error).stack!)![1])
    }
    return 0
  }
  const expected = columnOf(old)
  expect(expected).toBe(text(1, '').split('\n')[1]!.indexOf('new Error') + 1)
  await project.edit({ 'a.js': 'export const other = 1\n' })
  expect(columnOf(old)).toBe(expected)
  await project.edit({ 'a.js': text(3, '').replace('for (live', '  for (live') })
  expect(columnOf(old)).toBe(expected)
})
