/** `import.meta.hot` as Vite has it, case by case: programs, edits, and what is logged. */
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { expect, test, vi } from 'vitest'
import { createLoader } from '../../dist/units/code/loader.js'

interface Program {
  readonly name: string
  readonly files: Readonly<Record<string, string>>
  /** files that are saved, one reload after the other */
  readonly edits: readonly Readonly<Record<string, string>>[]
  /** what is logged; a code stands for a reload that was refused */
  readonly logged: readonly unknown[]
}

const a = (value: number, more = '') => `export const value = ${value}\nlog('a' + ${value})\n${more}`

const programs: readonly Program[] = [
  {
    name: 'a callback of the old version gets the new module',
    files: {
      'main.js': `import './a.js'`,
      'a.js': a(1, `import.meta.hot.accept((m) => log(['1', m.value]))`),
    },
    edits: [{ 'a.js': a(2, `import.meta.hot.accept((m) => log(['2', m.value]))`) }, { 'a.js': a(3) }],
    logged: ['a1', 'a2', ['1', 2], 'a3', ['2', 3]],
  },
  {
    name: 'an accepted module that only passes a name on',
    files: {
      'main.js': `import { value } from './b.js'\nimport.meta.hot.accept('./b.js', (m) => log(m.value))`,
      'b.js': `export { value } from './a.js'`,
      'a.js': a(1),
    },
    edits: [{ 'a.js': a(2) }],
    logged: ['a1', 'a2', 2],
  },
  {
    name: 'an accepted module that reads the new value when it is called',
    files: {
      'main.js': `import { get } from './b.js'\nimport.meta.hot.accept('./b.js', (m) => log([m.get(), get()]))`,
      'b.js': `import { value } from './a.js'\nexport const get = () => value`,
      'a.js': a(1),
    },
    edits: [{ 'a.js': a(2) }],
    logged: ['a1', 'a2', [2, 2]],
  },
  {
    name: 'a module that accepts itself hears of what it imports',
    files: {
      'main.js': `import './b.js'`,
      'b.js': `import { value } from './a.js'\nexport const get = () => value\nimport.meta.hot.accept((m) => log(m.get()))`,
      'a.js': a(1),
    },
    edits: [{ 'a.js': a(2) }],
    logged: ['a1', 'a2', 2],
  },
  {
    name: 'a module that accepts itself is where the update ends',
    files: {
      'main.js': `import './a.js'\nimport.meta.hot.accept('./a.js', () => log('importer'))`,
      'a.js': a(1, `import.meta.hot.accept((m) => log(['self', m.value]))`),
    },
    edits: [{ 'a.js': a(2) }],
    logged: ['a1', 'a2', ['self', 2]],
  },
  {
    name: 'of two importers one accepts, and the other runs again',
    files: {
      'main.js': `import './x.js'; import './y.js'; import.meta.hot.accept()`,
      'x.js': `import { value } from './a.js'\nlog('x' + value)\nimport.meta.hot.accept('./a.js', (m) => log(['x', m.value]))`,
      'y.js': `import { value } from './a.js'\nlog('y' + value)`,
      'a.js': a(1),
    },
    edits: [{ 'a.js': a(2) }],
    logged: ['a1', 'x1', 'y1', 'a2', 'y2', ['x', 2]],
  },
  {
    name: 'of many only those that were updated are not null',
    files: {
      'main.js': `import './a.js'; import './b.js'; import.meta.hot.accept(['./a.js', './b.js'], (all) => log(all.map((m) => m && m.value)))`,
      'a.js': a(1),
      'b.js': `export const value = 10`,
    },
    edits: [
      { 'a.js': a(2) },
      { 'b.js': `export const value = 20` },
      { 'a.js': a(3), 'b.js': `export const value = 30` },
    ],
    logged: ['a1', 'a2', [2, null], [null, 20], 'a3', [3, 30]],
  },
  {
    name: 'a module that is imported when it is asked for',
    files: {
      'main.js': `log((await import('./a.js')).value)\nimport.meta.hot.accept('./a.js', (m) => log(['new', m.value]))`,
      'a.js': a(1),
    },
    edits: [{ 'a.js': a(2) }],
    logged: ['a1', 1, 'a2', ['new', 2]],
  },
  {
    name: 'data is one object, and dispose comes before accept',
    files: {
      'main.js': `import './a.js'`,
      'a.js': a(
        1,
        `import.meta.hot.data.n = 1; import.meta.hot.dispose((d) => { d.n++; log(d === import.meta.hot.data) }); import.meta.hot.accept(() => log('accepted'))`,
      ),
    },
    edits: [
      { 'a.js': a(2, `log(import.meta.hot.data.n); import.meta.hot.accept()`) },
      { 'a.js': a(3, `log(import.meta.hot.data.n)`) },
    ],
    logged: ['a1', 'a2', 1, true, 'accepted', 'a3', 2],
  },
  {
    name: 'all are disposed before any is pruned',
    files: {
      'main.js': `import './a.js'; import './b.js'; import.meta.hot.accept()`,
      'a.js': `import.meta.hot.dispose(() => log('dispose a')); import.meta.hot.prune(() => log('prune a'))`,
      'b.js': `import.meta.hot.dispose(() => log('dispose b')); import.meta.hot.prune(() => log('prune b'))`,
    },
    edits: [{ 'main.js': `import.meta.hot.accept()` }],
    logged: ['dispose a', 'dispose b', 'prune a', 'prune b'],
  },
  {
    name: 'invalidate, in a callback and while the module is evaluated',
    files: {
      'main.js': `import { value } from './a.js'\nlog('main' + value)\nimport.meta.hot.accept()`,
      'a.js': a(1, `import.meta.hot.accept(() => { log('no'); import.meta.hot.invalidate('no') })`),
    },
    edits: [
      { 'a.js': a(2, `import.meta.hot.accept()`) },
      { 'a.js': a(3, `import.meta.hot.accept()\nimport.meta.hot.invalidate()`) },
    ],
    logged: ['a1', 'main1', 'a2', 'no', 'main2', 'a3', 'main3'],
  },
  {
    name: 'calls as they may be written, and one in a comment',
    files: {
      'main.js': `import './a.js'; import './b.js'; import { c } from './c.js'\nlog(c)
if (import.meta.hot) { import.meta.hot\n  .accept( \n \`./a.js\` , () => log('a')); import.meta.hot?.accept?.("./b.js", () => log('b')) }
// import.meta.hot.accept('./c.js')`,
      'a.js': '1',
      'b.js': '1',
      'c.js': 'export const c = 1',
    },
    edits: [{ 'a.js': '2' }, { 'b.js': '2' }, { 'c.js': 'export const c = 2' }],
    logged: [1, 'a', 'b', 'TICKSWAP_E_NOT_ACCEPTED'],
  },
  {
    name: 'listeners are those of the versions that run',
    files: {
      'main.js': `import './a.js'`,
      'a.js': a(
        1,
        `import.meta.hot.accept(); import.meta.hot.on('vite:beforeUpdate', () => log('before 1')); import.meta.hot.on('vite:afterUpdate', () => log('after 1'))`,
      ),
    },
    edits: [
      {
        'a.js': a(
          2,
          `import.meta.hot.accept(); import.meta.hot.on('vite:beforeUpdate', () => log('before 2')); import.meta.hot.on('vite:afterUpdate', () => log('after 2'))`,
        ),
      },
      { 'a.js': a(3) },
    ],
    logged: ['a1', 'a2', 'before 1', 'after 2', 'a3', 'before 2'],
  },
  {
    name: 'after errors the old version runs, until one is right',
    files: {
      'main.js': `import { value } from './a.js'\nimport.meta.hot.accept('./a.js', (m) => log([m.value, value]))\nimport.meta.hot.on('vite:error', ({ type }) => log(type))`,
      'a.js': a(1),
    },
    edits: [
      { 'a.js': 'export const value = 0; throw new RangeError("no")' },
      { 'a.js': 'let let' },
      { 'a.js': a(4) },
    ],
    logged: ['a1', 'error', 'RangeError', 'error', 'TICKSWAP_E_SYNTAX', 'a4', [4, 4]],
  },
]

test.each(programs)('$name', async ({ files, edits, logged }) => {
  const root = realpathSync(mkdtempSync(join(tmpdir(), 'tickswap-vite-')))
  const write = ([name, text]: readonly [string, string]): string => {
    const path = join(root, name)
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(path, text)
    return path
  }
  for (const file of Object.entries({ 'package.json': '{"type":"module"}', ...files })) write(file)
  const log: unknown[] = []
  Object.assign(globalThis, { log: (value: unknown) => log.push(value) })
  const loader = await createLoader({ root })
  try {
    await loader.import('./main.js')
    for (const edit of edits) {
      const report = await loader.reload(Object.entries(edit).map(write)).catch((error) => {
        log.push(error.code ?? error.name)
      })
      expect(report?.callbackErrors ?? []).toEqual([])
    }
    await vi.waitFor(() => expect(log).toEqual(logged))
  } finally {
    await loader.close()
    rmSync(root, { recursive: true, force: true })
  }
})
