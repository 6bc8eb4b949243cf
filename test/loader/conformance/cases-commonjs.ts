import { type Case, main } from './case.ts'

/** CommonJS, as Node makes modules of it. */
export const cases: readonly Case[] = [
  main('cjs importing from hot esm dir', `import x from './a.cjs'\nexport const result = x`, {
    'a.cjs': `const p = require('path'); module.exports = [typeof p.join, require('./b.json'), require.resolve('./b.json').endsWith('b.json'), module.id === __filename || module.id, module.loaded, typeof module.require, module.children.length, require.main === undefined, typeof require.cache, module.parent === undefined || module.parent === null || typeof module.parent, module.paths.length > 0]`,
    'b.json': '{"j":1}',
  }),
  main('cjs dynamic import', `import x from './a.cjs'\nexport const result = x.then(m => m.v)`, {
    'a.cjs': `module.exports = import('./b.js')`,
    'b.js': 'export const v = 1',
  }),
  main('cjs globals', `import x from './a.cjs'\nexport const result = x`, {
    'a.cjs': `module.exports = [typeof require, this === exports, arguments.length, __filename.endsWith('a.cjs'), (function () { return this === globalThis })(), typeof new.target]; return; never()`,
  }),
  main(
    'cjs throws',
    `import x from './a.cjs'`,
    { 'a.cjs': `throw new TypeError('cjs')` },
    { messages: true },
  ),
  main('cjs require missing', `import x from './a.cjs'`, { 'a.cjs': `require('./nope')` }),
  main('cjs require missing caught', `import x from './a.cjs'\nexport const result = x`, {
    'a.cjs': `try { require('./nope') } catch (e) { module.exports = [e.name, e.code] }`,
  }),
  main('cjs syntax error', `import x from './a.cjs'`, { 'a.cjs': `let let` }),
  main('cjs esm syntax', `import x from './a.cjs'`, { 'a.cjs': `export const a = 1` }),
  main('cjs require esm', `import x from './a.cjs'\nexport const result = x`, {
    'a.cjs': `try { module.exports = require('./b.mjs').v } catch (e) { module.exports = e.code }`,
    'b.mjs': 'export const v = 1',
  }),
  main(
    'cjs __esModule default',
    `import d, * as ns from './a.cjs'\nexport const result = [d, Object.keys(ns).filter(k => k !== 'module.exports'), ns.default === d, ns.__esModule]`,
    {
      'a.cjs': `Object.defineProperty(exports, '__esModule', { value: true }); exports.default = 'D'; exports.named = 'N'`,
    },
  ),
  main(
    'cjs module.exports name',
    `import * as ns from './a.cjs'\nexport const result = [Object.keys(ns), ns['module.exports'] === ns.default]`,
    { 'a.cjs': `exports.a = 1` },
  ),
  main('cjs reassigned later', `import d, { a } from './a.cjs'\nd.set(); export const result = [a, d.a]`, {
    'a.cjs': `exports.a = 1; exports.set = () => { exports.a = 2 }`,
  }),
  main('cjs getters', `import { a, b } from './a.cjs'\nexport const result = [a, b]`, {
    'a.cjs': `Object.defineProperty(exports, 'a', { enumerable: true, get: function () { return 1 } }); exports.b = void 0; exports.b = 2`,
  }),
  main(
    'cjs cycle with esm through import',
    `import x from './a.cjs'\nexport const y = 1\nexport const result = x.later()`,
    { 'a.cjs': `exports.a = 1; exports.later = () => import('./main.js').then((m) => m.y)` },
  ),
  main(
    'cjs require cache json identity',
    `import x from './a.cjs'\nimport j from './j.json' with { type: 'json' }\nexport const result = [x === j, x]`,
    { 'a.cjs': `module.exports = require('./j.json')`, 'j.json': '{"a":1}' },
  ),
  main(
    'js in commonjs package',
    `import { a } from './sub/a.js'\nimport d from './sub/a.js'\nexport const result = [a, d]`,
    { 'sub/package.json': '{}', 'sub/a.js': 'exports.a = 1' },
  ),
  main('js in commonjs package with type', `import { a } from './sub/a.js'\nexport const result = [a]`, {
    'sub/package.json': '{"type":"commonjs"}',
    'sub/a.js': 'exports.a = 1',
  }),
  main(
    'js in commonjs package with esm syntax',
    `import { a } from './sub/a.js'\nexport const result = [a]`,
    { 'sub/package.json': '{"type":"commonjs"}', 'sub/a.js': 'export const a = 1' },
  ),
  main('js detect module', `import { a } from './sub/a.js'\nexport const result = [a]`, {
    'sub/package.json': '{}',
    'sub/a.js': 'export const a = 1',
  }),
  main('js detect tla', `import './sub/a.js'\nexport const result = 1`, {
    'sub/package.json': '{}',
    'sub/a.js': 'await 1; log("x")',
  }),
  main('js detect: sloppy', `import './sub/a.js'\nexport const result = 1`, {
    'sub/package.json': '{}',
    'sub/a.js': 'log(typeof this); log(typeof require)',
  }),
  main('mjs and cjs extensions', `import './a.mjs'\nimport './b.cjs'`, {
    'a.mjs': `log(typeof this)`,
    'b.cjs': `log(typeof this)`,
  }),
]
