import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { createLoader, type Loader } from '../../dist/units/code/loader.js'

let root: string
let loader: Loader
const log: unknown[] = []
const write = (name: string, text: string): string => {
  const path = join(root, name)
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, text)
  return path
}
const edit = (name: string, text: string) => loader.reload(write(name, text))

beforeEach(async () => {
  root = realpathSync(mkdtempSync(join(tmpdir(), 'tickswap-hot-')))
  loader = await createLoader({ root })
  log.length = 0
  Object.assign(globalThis, { log: (value: unknown) => log.push(value) })
})
afterEach(async () => {
  await loader.close()
  rmSync(root, { recursive: true, force: true })
})

test('accept(self), dispose and data: the new version first, then the old one is disposed', async () => {
  const text = (n: number, more = '') => `log('evaluate ${n}, data ' + JSON.stringify(import.meta.hot.data))
export const n = ${n}
import.meta.hot.dispose((data) => { data.from = ${n}; log('dispose ${n}') })
import.meta.hot.accept((module) => log('accept in ${n}: ' + module.n))
${more}`
  write('main.js', `import { n } from './a.js'\nlog('main ' + n)\nexport const read = () => n`)
  write('a.js', text(1))
  const main = (await loader.import('./main.js')) as { read(): number }
  const { evaluated } = await edit('a.js', text(2))
  expect(evaluated).toEqual([join(root, 'a.js')])
  expect(main.read()).toBe(2)
  await expect(edit('a.js', text(3, 'throw new RangeError("no")'))).rejects.toThrow(RangeError)
  expect(main.read()).toBe(2)
  await edit('a.js', text(4))
  expect(log).toEqual([
    'evaluate 1, data {}',
    'main 1',
    'evaluate 2, data {}',
    'dispose 1',
    'accept in 1: 2',
    'evaluate 3, data {"from":1}',
    'evaluate 4, data {"from":1}',
    'dispose 2',
    'accept in 2: 4',
  ])
})

test('accept(one) and accept(many) keep the importer', async () => {
  write(
    'main.js',
    `import { a } from './a.js'
import { b } from './b.js'
log('main')
const sum = a + b
import.meta.hot.accept('./a.js', (module) => log(['a', module.a]))
import.meta.hot.accept(['./a.js', './b.js'], ([x, y]) => log(['both', x?.a, y?.b]))
export const read = () => [sum, a, b]`,
  )
  write('a.js', `export const a = 1`)
  write('b.js', `export const b = 10`)
  const main = (await loader.import('./main.js')) as { read(): number[] }
  await edit('b.js', `export const b = 20`)
  await edit('a.js', `export const a = 2`)
  expect(main.read()).toEqual([11, 2, 20])
  expect(log).toEqual(['main', ['both', undefined, 20], ['a', 2], ['both', 2, undefined]])
})

test('prune, and events', async () => {
  write(
    'main.js',
    `import './a.js'\nimport.meta.hot.accept()\nimport.meta.hot.on('vite:afterUpdate', () => log('after'))`,
  )
  write('a.js', `import.meta.hot?.prune(() => log('pruned'))\nimport.meta.hot.dispose(() => log('disposed'))`)
  await loader.import('./main.js')
  const { removed } = await edit('main.js', `import.meta.hot.accept()`)
  expect(removed).toEqual([join(root, 'a.js')])
  expect(log).toEqual(['disposed', 'pruned'])
})

test('invalidate evaluates the importers', async () => {
  write('main.js', `import { a } from './a.js'\nexport const seen = a\nimport.meta.hot.accept()`)
  write(
    'a.js',
    `export const a = 1\nimport.meta.hot.accept((module) => { if (module.a > 1) import.meta.hot.invalidate('too new') })`,
  )
  await loader.import('./main.js')
  const report = await edit('a.js', `export const a = 2`)
  expect(report.evaluated).toEqual(['a.js', 'main.js'].map((name) => join(root, name)))
  expect((await loader.import('./main.js')).seen).toBe(2)
})

test('a module may invalidate itself at any time', async () => {
  write('main.js', `import { late } from './a.js'\nlog('main')\nexport { late }\nimport.meta.hot.accept()`)
  write('a.js', `export const late = () => import.meta.hot.invalidate()`)
  const main = await loader.import('./main.js')
  ;(main.late as () => void)()
  await vi.waitUntil(() => log.length === 2)
  expect(log).toEqual(['main', 'main'])
})

test('an edit that nobody accepts is refused with the path of importers', async () => {
  write(
    'main.js',
    `import { b } from './b.js'\nlog('main')\nexport const seen = b\nif (import.meta.hot) import.meta.hot.dispose(() => {})`,
  )
  write('b.js', `import { a } from './a.js'\nexport const b = a`)
  write('a.js', `export const a = 1`)
  await loader.import('./main.js')
  const error = await edit('a.js', `export const a = 2`).catch((thrown) => thrown)
  expect(error).toMatchObject({ code: 'TICKSWAP_E_NOT_ACCEPTED' })
  expect(error.message).toContain(['a.js', 'b.js', 'main.js'].map((name) => join(root, name)).join(' to '))
  expect(log).toEqual(['main'])
})

test('what a callback throws is reported, and the update stands', async () => {
  write('main.js', `export const a = 1\nimport.meta.hot.accept(() => { throw new TypeError('mine') })`)
  await loader.import('./main.js')
  const { callbackErrors } = await edit('main.js', `export const a = 2`)
  expect(callbackErrors).toEqual([new TypeError('mine')])
  expect((await loader.import('./main.js')).a).toBe(2)
})
