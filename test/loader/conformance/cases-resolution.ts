import { type Case, main } from './case.ts'

const WITH_MESSAGE = `const kind = (f) => { try { return f() } catch (e) { return e.name + ': ' + e.message } }\n`
/** What specifiers lead to, how they fail, and packages. */
export const cases: readonly Case[] = [
  main('missing relative', `import './nope.js'`),
  main('missing extension', `import './d'`, { 'd.js': '' }),
  main('directory import', `import './dir'`, { 'dir/index.js': '' }),
  main('directory import slash', `import './dir/'`, { 'dir/index.js': '' }),
  main('missing package', `import 'nope-pkg'`),
  main('missing builtin', `import 'node:nope'`),
  main('missing #import', `import '#nope'`),
  main('invalid specifier', `import '%2f'`),
  main('encoded slash', `import './a%2fb.js'`),
  main('unknown extension', `import './d.txt'`, { 'd.txt': 'x' }),
  main('http import', `import 'http://localhost/x.js'`),
  main(
    'codes of resolution errors in import()',
    `const code = (s) => import(s).then(() => 'ok', (e) => [e.name, e.code])
export const result = [await code('./nope.js'), await code('nope-pkg'), await code('node:nope'), await code('#nope'), await code('./dir'), await code('./d.txt'), await code(''), await code('./a%2fb.js'), await code('esm-pkg/hidden'), await code('http://x/y.js'), await code('%2f'), await code('blob:x'), await code('esm-pkg/none')]`,
    {
      'dir/index.js': '',
      'd.txt': 'x',
      'j.json': '{}',
      'node_modules/esm-pkg/package.json': `{"name":"esm-pkg","type":"module","exports":{".":"./i.js","./none":"./none.js"}}`,
      'node_modules/esm-pkg/i.js': '',
    },
  ),
  main('json with wrong attribute', `import './d.js' with { type: 'json' }`, { 'd.js': '' }),
  main('unknown attribute type', `import './d.js' with { type: 'nope' }`, { 'd.js': '' }),
  main('unknown attribute key', `import './d.js' with { foo: 'bar' }`, { 'd.js': '' }),
  main('json named export', `import { a } from './j.json' with { type: 'json' }`, { 'j.json': '{"a":1}' }),
  main(
    'json primitives',
    `import a from './a.json' with { type: 'json' }\nimport b from './b.json' with { type: 'json' }\nimport c from './c.json' with { type: 'json' }\nexport const result = [a, b, c]`,
    { 'a.json': '[1]', 'b.json': 'null', 'c.json': '"s"' },
  ),
  main('json with BOM', `import a from './a.json' with { type: 'json' }\nexport const result = a`, {
    'a.json': '\ufeff{"x":1}',
  }),
  main(
    'json __proto__',
    `import a from './a.json' with { type: 'json' }\nexport const result = [Object.keys(a), Object.getPrototypeOf(a) === Object.prototype]`,
    { 'a.json': '{"__proto__":{"x":1}}' },
  ),
  main(
    'data: url',
    `import d, { a } from 'data:text/javascript,export default 1; export const a = 2'\nconst x = await import('data:text/javascript,export const b = 3')\nimport j from 'data:application/json,{"q":1}' with { type: 'json' }\nexport const result = [d, a, x.b, j]`,
  ),
  main(
    'builtin forms',
    `import * as a from 'fs'\nimport * as b from 'node:fs'\nconst c = await import('fs')\nexport const result = [a === b, a === c, Object.prototype.toString.call(a)]`,
  ),
  main(
    'syncBuiltinESMExports',
    `import fs, { existsSync } from 'node:fs'\nimport * as ns from 'node:fs'\nimport { syncBuiltinESMExports } from 'node:module'
const before = existsSync; const orig = fs.existsSync; fs.existsSync = () => 'fake'
const mid = existsSync === before; syncBuiltinESMExports()
const r = [mid, existsSync === before, existsSync('x'), ns.existsSync('x')]; fs.existsSync = orig; syncBuiltinESMExports()
export const result = [...r, existsSync === orig]`,
  ),
  main(
    'externals live',
    `import d, { counter, inc, fn, swap, obj } from 'pkg'\nimport * as ns from 'pkg'\nconst a = counter; inc(); const b = [counter, ns.counter]; const f1 = fn(); swap(); export const result = [a, b, f1, fn(), ns.fn(), { counter }, \`\${counter}\`, typeof counter, (() => counter)(), obj.x, d]`,
    {
      'node_modules/pkg/package.json': '{"name":"pkg","type":"module","exports":"./i.js"}',
      'node_modules/pkg/i.js': `export let counter = 0; export function inc() { counter++; obj.x++ }; export let fn = () => 'one'; export function swap() { fn = () => 'two' }; export const obj = { x: 0 }; export default 5`,
    },
  ),
  main(
    'externals live through re-export',
    `export { counter } from 'pkg'\nimport { inc } from 'pkg'\nexport * from 'pkg'\nimport { counter as c } from './main.js'\nimport * as self from './main.js'\nconst a = c; inc(); export const result = [a, c, self.counter, Object.keys(self)]`,
    {
      'node_modules/pkg/package.json': '{"name":"pkg","type":"module","exports":"./i.js"}',
      'node_modules/pkg/i.js': `export * from './j.js'`,
      'node_modules/pkg/j.js': `let n = 0; export { n as counter }; export function inc() { ({ n } = { n: n + 1 }) }`,
    },
  ),
  main(
    'externals live later',
    `import { value } from 'pkg'\nexport const result = new Promise((r) => setTimeout(() => r(value), 20))`,
    {
      'node_modules/pkg/package.json': '{"name":"pkg","type":"module","exports":"./i.js"}',
      'node_modules/pkg/i.js': `export let value = 'early'; setTimeout(() => { value = 'late' }, 5)`,
    },
  ),
  main(
    'assign to external import',
    `${WITH_MESSAGE}import { a } from 'pkg'\nexport const result = [kind(() => { a = 1 }), kind(() => { a++ })]`,
    {
      'node_modules/pkg/package.json': '{"name":"pkg","type":"module","exports":"./i.js"}',
      'node_modules/pkg/i.js': `export let a = 1; export const f = () => { a = 2 }`,
    },
    { messages: true },
  ),
  main('missing in external package', `import { nope } from 'pkg'`, {
    'node_modules/pkg/package.json': '{"name":"pkg","type":"module","exports":"./i.js"}',
    'node_modules/pkg/i.js': `export let a = 1`,
  }),
  main('link error of cjs package', `import { nope } from 'pkg'`, {
    'node_modules/pkg/index.js': `exports.a = 1`,
  }),
  main(
    'error in package',
    `log('x')\nimport 'pkg'`,
    {
      'node_modules/pkg/package.json': '{"name":"pkg","type":"module","exports":"./i.js"}',
      'node_modules/pkg/i.js': `throw new RangeError('pkg')`,
    },
    { messages: true },
  ),
  main('order externals and hot', `import './a.js'\nimport 'pkg'\nimport './b.js'\nlog('main')`, {
    'a.js': `log('a')`,
    'b.js': `log('b')`,
    'node_modules/pkg/package.json': '{"name":"pkg","type":"module","exports":"./i.js"}',
    'node_modules/pkg/i.js': `log('pkg')`,
  }),
  main('order externals shared', `import './a.js'\nimport 'pkg'\nlog('main')`, {
    'a.js': `import 'pkg2'; log('a')`,
    'node_modules/pkg/package.json': '{"name":"pkg","type":"module","exports":"./i.js"}',
    'node_modules/pkg/i.js': `log('pkg')`,
    'node_modules/pkg2/package.json': '{"name":"pkg2","type":"module","exports":"./i.js"}',
    'node_modules/pkg2/i.js': `log('pkg2')`,
  }),
  main('external with tla', `import './a.js'\nimport { x } from 'pkg'\nlog('main ' + x)`, {
    'a.js': `log('a')`,
    'node_modules/pkg/package.json': '{"name":"pkg","type":"module","exports":"./i.js"}',
    'node_modules/pkg/i.js': `log('p1'); await null; export const x = 1; log('p2')`,
  }),
  main(
    'package self reference + conditions',
    `import a from 'me/x'\nimport b from '#dep'\nimport c from 'me'\nexport const result = [a, b, c]`,
    {
      'package.json': `{"name":"me","type":"module","exports":{".":{"node":{"import":"./n.js"},"default":"./d.js"},"./x":["./x.js"]},"imports":{"#dep":{"node":"dep","default":"./d.js"}}}`,
      'n.js': 'export default "n"',
      'd.js': 'export default "d"',
      'x.js': 'export default "x"',
      'node_modules/dep/package.json': '{"name":"dep","type":"module","exports":"./i.js"}',
      'node_modules/dep/i.js': 'export default "dep"',
    },
  ),
  main(
    'package main legacy',
    `import a from 'p1'\nimport b from 'p2'\nimport c from 'p3/lib/x.js'\nexport const result = [a, b, c]`,
    {
      'node_modules/p1/index.js': 'module.exports = 1',
      'node_modules/p2/package.json': '{"main":"lib"}',
      'node_modules/p2/lib/index.js': 'module.exports = 2',
      'node_modules/p3/lib/x.js': 'module.exports = 3',
    },
  ),
  main('package scoped, nested', `import a from '@s/p/sub'\nimport './in/x.js'\nexport const result = a`, {
    'node_modules/@s/p/package.json': '{"exports":{"./sub":"./s.cjs"}}',
    'node_modules/@s/p/s.cjs': 'module.exports = 1',
    'in/x.js': `import y from 'q'; log(y)`,
    'in/node_modules/q/index.js': `module.exports = 'inner q'`,
    'node_modules/q/index.js': `module.exports = 'outer q'`,
  }),
]
