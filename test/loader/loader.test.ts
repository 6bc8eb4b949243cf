import { mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { createLoader, type Loader } from '../../dist/units/code/loader.js'

let root: string
let loader: Loader
const write = (name: string, text: string): string => {
  writeFileSync(join(root, name), text)
  return `./${name}`
}

beforeEach(async () => {
  root = realpathSync(mkdtempSync(join(tmpdir(), 'tickswap-loader-')))
  loader = await createLoader({ root })
})
afterEach(async () => {
  await loader.close()
  rmSync(root, { recursive: true, force: true })
})

test('import, reload, graph, close', async () => {
  write('a.ts', `import { b } from './b.ts'\nexport const run = (): number => b()`)
  write('b.ts', `export const b = (): number => 1`)
  const a = (await loader.import('./a.ts')) as { run(): number }
  expect(a.run()).toBe(1)
  const report = await loader.reload([write('b.ts', `export const b = (): number => 2`)])
  expect(report).toMatchObject({ evaluated: [join(root, 'b.ts')], rebound: [join(root, 'a.ts')] })
  expect(a.run()).toBe(2)
  expect(
    loader.graph().map(({ file, imports, importers, evaluated }) => [file, imports, importers, evaluated]),
  ).toEqual([
    [join(root, 'b.ts'), [], [join(root, 'a.ts')], true],
    [join(root, 'a.ts'), [join(root, 'b.ts')], [], true],
  ])
  await loader.close()
  await expect(loader.import('./a.ts')).rejects.toMatchObject({ code: 'TICKSWAP_E_CLOSED' })
})

test('files are named by path, absolute or relative to the root, or by URL', async () => {
  write('a.ts', `export const a: number = 1`)
  const file = join(root, 'a.ts')
  const names = ['./a.ts', 'a.ts', file, pathToFileURL(file).href, pathToFileURL(file)]
  const namespaces = await Promise.all(names.map((name) => loader.import(name)))
  for (const namespace of namespaces) expect(namespace).toBe(namespaces[0])
  for (const [n, name] of names.entries()) {
    write('a.ts', `export const a: number = ${n + 2}`)
    expect((await loader.reload([name])).evaluated).toEqual([file])
    expect((await loader.import(name)).a).toBe(n + 2)
  }
})

test('one transaction: a broken file holds the others back, and mending it brings all of them', async () => {
  write(
    'main.ts',
    `import { a } from './a.ts'\nimport { b } from './b.ts'\nexport const read = () => [a(), b()]`,
  )
  write('a.ts', `export const a = () => 'a1'`)
  write('b.ts', `export const b = () => 'b1'`)
  const main = (await loader.import('./main.ts')) as { read(): string[] }
  const both = [write('a.ts', `export const a = () => 'a2'`), write('b.ts', `export const b = ( => 'b2'`)]
  const error = await loader.reload(both).catch((thrown) => thrown)
  expect(error).toBeInstanceOf(SyntaxError)
  expect(error.code).toBe('TICKSWAP_E_SYNTAX')
  expect(error.finding).toMatchObject({ file: join(root, 'b.ts'), line: 1 })
  expect(main.read()).toEqual(['a1', 'b1'])
  await loader.reload(write('b.ts', `export const b = () => 'b2'`))
  expect(main.read()).toEqual(['a2', 'b2'])
})

test('link errors are SyntaxErrors, what a module throws comes as it is', async () => {
  write('main.ts', `import { a } from './a.ts'\nexport const read = () => a`)
  write('a.ts', `export const a = 1`)
  await loader.import('./main.ts')
  await expect(loader.reload(write('a.ts', `export const b = 1`))).rejects.toMatchObject({
    name: 'SyntaxError',
    code: 'TICKSWAP_E_LINK',
  })
  const thrown = await loader
    .reload(write('a.ts', `export const a = 1\nthrow { my: 'error' }`))
    .catch((e) => e)
  expect(thrown).toEqual({ my: 'error' })
})

test('a kept namespace follows the swaps', async () => {
  write('a.ts', `export let n = 1; export const set = (x: number) => { n = x }`)
  const kept = (await loader.import('./a.ts')) as { n: number; set(x: number): void }
  await loader.reload(
    write(
      'a.ts',
      `export let n = 2; export const set = (x: number) => { n = x * 10 }\nexport const more = 1`,
    ),
  )
  expect(kept.n).toBe(2)
  kept.set(3)
  expect(kept.n).toBe(30)
  expect(Object.keys(await loader.import('./a.ts'))).toEqual(['more', 'n', 'set'])
})

test('dynamic imports: computed names, new versions, files that appear later', async () => {
  write(
    'main.ts',
    `export const load = (name: string) => import('./' + name + '.ts')\nexport const fixed = () => import('./late.ts')`,
  )
  write('x.ts', `export const v = 1`)
  const main = (await loader.import('./main.ts')) as Record<
    'load' | 'fixed',
    (name?: string) => Promise<{ v: number }>
  >
  expect((await main.load('x')).v).toBe(1)
  await loader.reload(write('x.ts', `export const v = 2`))
  expect((await main.load('x')).v).toBe(2)
  await expect(main.fixed()).rejects.toMatchObject({
    code: 'ERR_MODULE_NOT_FOUND',
    finding: { code: 'TICKSWAP_E_RESOLVE' },
  })
  write('late.ts', `export const v = 'late'`)
  expect((await main.fixed()).v).toBe('late')
})

test('a module with top-level await is refused where nothing can wait, and taken where it can', async () => {
  write('main.ts', `import { a } from './a.ts'\nexport const read = () => a`)
  write('a.ts', `export const a = await Promise.resolve(1)`)
  const main = (await loader.import('./main.ts')) as { read(): number }
  await loader.reload(write('a.ts', `export const a = await Promise.resolve(2)`))
  expect(main.read()).toBe(2)
})
