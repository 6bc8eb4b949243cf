import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { createLoader, type Loader } from '../../dist/units/code/loader.js'
import { Project } from './project.ts'

let root: string
const loaders: Loader[] = []
const log: unknown[] = []
const write = (name: string, text: string): string => {
  const path = join(root, name)
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, text)
  return path
}
const open = async (options: object = {}): Promise<Loader> => {
  const loader = await createLoader({ root, ...options })
  loaders.push(loader)
  return loader
}

beforeEach(() => {
  root = realpathSync(mkdtempSync(join(tmpdir(), 'tickswap-events-')))
  log.length = 0
  Object.assign(globalThis, { log: (value: unknown) => log.push(value) })
})
afterEach(async () => {
  for (const loader of loaders.splice(0)) await loader.close()
  rmSync(root, { recursive: true, force: true })
})

const EVENTS = ['beforeUpdate', 'afterUpdate', 'beforePrune', 'invalidate', 'error']

/** An entry that hears of everything. */
const main = (imports: string, more = '') => `${imports}
${EVENTS.map((name) => `import.meta.hot.on('vite:${name}', (payload) => log(['${name}', payload]))`).join('\n')}
import.meta.hot.accept()
${more}`

test('events of an update, a prune, an invalidation and an error, in order and with their payloads', async () => {
  const loader = await open()
  write('main.js', main(`import './a.js'`))
  const a = write(
    'a.js',
    `import './b.js'\nlog('a')\nimport.meta.hot.accept()\nimport.meta.hot.dispose(() => log('dispose a'))`,
  )
  const b = write('b.js', `import.meta.hot?.prune(() => log('prune b'))`)
  await loader.import('./main.js')
  expect(log).toEqual(['a'])
  log.length = 0
  await loader.reload(
    write(
      'a.js',
      `log('a2')\nimport.meta.hot.accept((m) => { if (m.again) import.meta.hot.invalidate('again') })`,
    ),
  )
  const update = {
    type: 'update',
    updates: [{ type: 'js-update', path: a, acceptedPath: a, timestamp: expect.any(Number) }],
  }
  expect(log).toEqual([
    'a2',
    ['beforeUpdate', update],
    ['beforePrune', { type: 'prune', paths: [b] }],
    'dispose a',
    'prune b',
    ['afterUpdate', update],
  ])
  log.length = 0
  await loader.reload(write('a.js', `export const again = true`))
  expect(log[1]).toEqual(['invalidate', { path: a, message: 'again' }])
  log.length = 0
  await expect(loader.reload(write('a.js', `throw new RangeError('no')`))).rejects.toThrow('no')
  expect(log).toEqual([['error', { type: 'error', err: expect.objectContaining({ message: 'no' }) }]])
})

test('off, decline and send', async () => {
  const loader = await open()
  write(
    'main.js',
    `import './a.js'
const heard = () => log('heard')
import.meta.hot.on('vite:afterUpdate', heard)
import.meta.hot.off('vite:afterUpdate', heard)
import.meta.hot.decline()
import.meta.hot.send('my:event', 1)
import.meta.hot.accept('./a.js')`,
  )
  write('a.js', 'export const a = 1')
  await loader.import('./main.js')
  await loader.reload(write('a.js', 'export const a = 2'))
  expect(log).toEqual([])
})

test('a participant, which never awaits, hears of updates too', () => {
  const project = new Project({
    'main.js': main(`import { a } from './a.js'`, 'export const read = () => a'),
    'a.js': 'export const a = 1',
  })
  return project
    .boot('main.js')
    .then(async ({ read }) => {
      await project.edit({ 'a.js': 'export const a = 2' })
      expect(read()).toBe(2)
      const path = project.path('a.js')
      expect(log).toMatchObject([
        ['beforeUpdate', { updates: [{ path }] }],
        ['afterUpdate', { updates: [{ path }] }],
      ])
    })
    .finally(() => project.close())
})

const PLAIN = {
  'main.js': `import { b } from './b.js'\nlog('main ' + b)\nexport const seen = b`,
  'b.js': `import { a } from './a.js'\nexport const b = a`,
  'a.js': `export const a = 1`,
}

test('an edit that nobody accepts: refused on request, with the path of importers', async () => {
  const loader = await open({ unaccepted: 'refuse' })
  for (const [name, text] of Object.entries(PLAIN)) write(name, text)
  const namespace = await loader.import('./main.js')
  const error = await loader.reload(write('a.js', 'export const a = 2')).catch((thrown) => thrown)
  expect(error).toMatchObject({ code: 'TICKSWAP_E_NOT_ACCEPTED' })
  expect(error.message).toContain(['a.js', 'b.js', 'main.js'].map((name) => join(root, name)).join(' to '))
  expect([namespace.seen, log]).toEqual([1, ['main 1']])
})

test('the same edit in a program that never mentions import.meta.hot evaluates the path again', async () => {
  const loader = await open()
  for (const [name, text] of Object.entries(PLAIN)) write(name, text)
  const namespace = await loader.import('./main.js')
  const { evaluated } = await loader.reload(write('a.js', 'export const a = 2'))
  expect(evaluated).toEqual(['a.js', 'b.js', 'main.js'].map((name) => join(root, name)))
  expect([namespace.seen, log]).toEqual([2, ['main 1', 'main 2']])
})

test('it is refused as soon as some module of the program says what it accepts', async () => {
  const loader = await open()
  for (const [name, text] of Object.entries(PLAIN)) write(name, text)
  write('main.js', `import './other.js'\n${PLAIN['main.js']}`)
  write('other.js', 'import.meta.hot.accept()')
  await loader.import('./main.js')
  const edit = loader.reload(write('a.js', 'export const a = 2'))
  await expect(edit).rejects.toMatchObject({ code: 'TICKSWAP_E_NOT_ACCEPTED' })
  expect(log).toEqual(['main 1'])
})
