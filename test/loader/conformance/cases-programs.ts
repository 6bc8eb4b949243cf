import { type Case, main } from './case.ts'

const NAME_ONLY = `const kind = (f) => { try { return f() } catch (e) { return e.name } }\n`
/** Circles of imports, `import.meta`, and texts that are easy to get wrong. */
export const cases: readonly Case[] = [
  main('cycle call order', `import './a.js'\nlog('main')`, {
    'a.js': `import { b } from './b.js'; log('a ' + b()); export function a() { return 'a' }`,
    'b.js': `import { a } from './a.js'; log('b ' + a()); export function b() { return 'b' + a() }`,
  }),
  main('cycle tdz caught and later fine', `import './a.js'`, {
    'a.js': `import { b, get } from './b.js'; export const a = 'A'; log(b); log(get())`,
    'b.js': `import { a } from './a.js'; export let b; try { b = a } catch (e) { b = e.name } export const get = () => a`,
  }),
  main('cycle tdz uncaught', `import './a.js'\nlog('never')`, {
    'a.js': `import { b } from './b.js'; export const a = b`,
    'b.js': `import { a } from './a.js'; export const b = a + 1`,
  }),
  main('cycle typeof tdz', `import './a.js'`, {
    'a.js': `import './b.js'; export const a = 1; export class C {}; export let l`,
    'b.js': `import { a, C, l } from './a.js'; for (const f of [() => typeof a, () => new C(), () => l, () => { l }, () => \`\${a}\`, () => ({ a }), () => [...a], () => a?.x]) try { log(f()) } catch (e) { log(e.name) }`,
  }),
  main('cycle default forms', `import './a.js'`, {
    'a.js': `import './b.js'; export default class { static x = 1 }`,
    'b.js': `import D from './a.js'; try { log(D) } catch (e) { log(e.name) } queueMicrotask(() => log(D.name))`,
  }),
  main('cycle default fn anonymous', `import './a.js'`, {
    'a.js': `import './b.js'; export default function () { return 'hoisted' }`,
    'b.js': `import f from './a.js'; log(f()); log(f.name)`,
  }),
  main('cycle default arrow', `import './a.js'`, {
    'a.js': `import './b.js'; export default () => 'late'`,
    'b.js': `import f from './a.js'; try { log(f()) } catch (e) { log(e.name) }`,
  }),
  main('cycle default generator/async', `import './a.js'`, {
    'a.js': `import './b.js'; import './c.js'; export default async function* () { yield 1 }`,
    'b.js': `import f from './a.js'; log(typeof f); log(f.constructor.name); log(f.name)`,
    'c.js': 'export {}',
  }),
  main('var exports in cycles', `import './a.js'`, {
    'a.js': `import { show } from './b.js'; show(); export var v = 1; show(); v = 2; show(); v++; show()`,
    'b.js': `import { v } from './a.js'; export const show = () => log(v); show()`,
  }),
  main(
    'self import in cycle',
    `import { a } from './main.js'\n${NAME_ONLY}log(kind(() => a)); export const a = 1; log(a)\nexport const result = a`,
  ),
  main('cycle re-export tdz', `import { x } from './a.js'\nexport const result = x`, {
    'a.js': `export { x } from './b.js'; import './b.js'`,
    'b.js': `import { x as y } from './a.js'; try { log(y) } catch (e) { log(e.name) } export const x = 5`,
  }),
  main('cycle star tdz', `import { x } from './a.js'\nexport const result = x`, {
    'a.js': `export * from './b.js'`,
    'b.js': `import * as a from './a.js'; import { x as y } from './a.js'; try { log(a.x) } catch (e) { log(e.name) } try { log(y) } catch (e) { log(e.name) } export const x = 5`,
  }),
  main(
    'import.meta.resolve',
    `${NAME_ONLY}const r = (s) => kind(() => import.meta.resolve(s).replace(/.*case-\\d+/, ''))\nexport const result = [r('./a.js'), r('../b'), r('/abs'), r('fs'), r('node:fs'), r('pkg'), r('nope'), r('#i'), r('data:x'), r('file:///x'), r('https://x/y'), r('./a b'), r('./%41'), r('pkg/none')]`,
    {
      'package.json': `{"type":"module","imports":{"#i":"./i.js"}}`,
      'i.js': '',
      'node_modules/pkg/package.json': '{"exports":"./i.js"}',
      'node_modules/pkg/i.js': '',
    },
  ),
  main(
    'optional calls and spread on imports',
    `import { f, o, u } from './d.js'\nexport const result = [f?.(), o?.f(), u?.(), u?.x.y.z(), Math.max(...[f()]), new (class { constructor(x) { this.x = x } })(f()).x, o.f.call(null), f\`\`, (f)(), (0, f)(), !f(), void f(), typeof f(), -f()]`,
    { 'd.js': `export const f = () => 1; export const o = { f: () => 2 }; export let u` },
  ),
  main(
    'decl order default & names of classes',
    `import D, { C } from './d.js'\nexport const result = [D.name, C.name, new D() instanceof D, D.length, C.toString()]`,
    { 'd.js': `export default class extends Array {}\nexport class C { a = 1 }` },
  ),
  main(
    'toString of functions',
    `import { f, g, C, h } from './d.js'\nexport const result = [f, g, C, h].map(String)`,
    {
      'd.js': `export function f(a, b) { return a /* c */ + b }\nexport const g = async (x) => { await x }\nexport class C { m() { return 1 } }\nexport const h = { m() { return f(1) } }.m`,
    },
  ),
  main(
    'error stack positions',
    `import { f } from './d.js'\nlet s; try { f() } catch (e) { s = e.stack }\nexport const result = s.split('\\n').slice(0, 3).map((l) => l.replace(/\\(?file.*case-\\d+\\//, ''))`,
    { 'd.js': `export let n = 0\nexport function f() { n = n + 1; throw new Error('x') }` },
  ),
  main(
    'error thrown identity',
    `export const result = [await import('./d.js').catch((e) => [e.name, e.message, e.code, Object.keys(e)])]`,
    { 'd.js': `class MyError extends Error { name = 'MyError'; code = 'X' }; throw new MyError('m')` },
  ),
  main(
    'Symbol.toStringTag of generators etc',
    `function* g() {} async function a() {} async function* ag() {}\nexport const result = [g, a, ag, g(), ag()].map((x) => Object.prototype.toString.call(x))`,
  ),
  main(
    'queueMicrotask order',
    `log(1); queueMicrotask(() => log('m')); Promise.resolve().then(() => log('p')); log(2); await null; log(3)`,
  ),
  main('microtasks between modules', `import './a.js'\nimport './b.js'\nlog('main')`, {
    'a.js': `log('a'); Promise.resolve().then(() => log('a micro'))`,
    'b.js': `log('b')`,
  }),
  main(
    'process.nextTick and modules',
    `import './a.js'\nimport './b.js'\nlog('main'); await new Promise((r) => setTimeout(r))`,
    {
      'a.js': `log('a'); process.nextTick(() => log('tick')); Promise.resolve().then(() => log('micro'))`,
      'b.js': `log('b')`,
    },
  ),
  main(
    'cached ns from promise',
    `const [a, b] = await Promise.all([import('./d.js'), import('./d.js')])\nexport const result = [a === b, a.x]`,
    { 'd.js': `log('d'); await 0; export const x = 1` },
  ),
  main(
    'concurrent imports sharing deps',
    `const [a, b] = await Promise.all([import('./a.js'), import('./b.js')])\nexport const result = [a.s === b.s]`,
    {
      // Which of the two Node has read first is not said.
      'a.js': `export { s } from './s.js'`,
      'b.js': `export { s } from './s.js'`,
      's.js': `log('s'); await 0; export const s = {}`,
    },
  ),
  main('import() inside import()', `export const result = (await import('./a.js')).x`, {
    'a.js': `export const x = (await import('./b.js')).y + 1`,
    'b.js': `import './c.js'; export const y = 1`,
    'c.js': `log('c')`,
  }),
  main(
    'bad import then good',
    `const r = []; await import('./bad.js').catch((e) => r.push(e.name)); r.push((await import('./good.js')).v); export const result = r`,
    {
      'bad.js': `import './good.js'; import { nope } from './good.js'`,
      'good.js': `log('good'); export const v = 1`,
    },
  ),
  main(
    'global this pollution',
    `var topVar = 1; function topFn() {} export const result = ['topVar' in globalThis, 'topFn' in globalThis]`,
  ),
  main(
    'strict this in callbacks',
    `export const result = [(function () { return this })(), [1].map(function () { return this })[0], (() => typeof this)()]`,
  ),
  main(
    'html comments in strings and templates',
    'export const result = ["<!-- x", `--> y`, /<!--/.source, 1 - -1]',
  ),
  main(
    'regex vs division',
    `let a = 4, g = 2; export const result = [a / 2 / g, a++ / 2, (a) / 2, [a] / 2, /=/.test('='), a\n/g\n/1]`,
  ),
  main(
    'asi and imports',
    `let x = 1\nimport './e.js'\n;[1].forEach(log)\nimport { a } from './e.js'\nlet y = a\nexport { y }\n(function () { log('iife') })()\nexport * from './e.js'\n;\`t\`.length\nexport const z = 1\n/x/g.test('x')\nexport const result = [x, y, z]`,
    { 'e.js': 'export const a = 1' },
  ),
  main(
    'asi return/yield',
    `function f() { return\n1 } function* g() { yield\n1 } export const result = [f(), [...g()]]`,
  ),
  main('async arrow newline', `const async = (x) => x; const r = async\n(5)\nexport const result = r`),
  main(
    'exports named async/get/set/of/let',
    `import { async, get, set, of, from, as } from './d.js'\nexport const result = [async, get, set, of, from, as]`,
    { 'd.js': `export const async = 1, get = 2, set = 3, of = 4, from = 5, as = 6` },
  ),
  main(
    'imports renamed keywords',
    `import { if as i, class as c, default as d, await as w, yield as y } from './d.js'\nexport const result = [i, c, d, w, y]`,
    { 'd.js': `const v = 1; export { v as if, v as class, v as default, v as await, v as yield }` },
  ),
  main(
    'many imports',
    `${Array.from({ length: 300 }, (_, i) => `import { v${i} } from './d.js'`).join('\n')}\nexport const result = ${Array.from({ length: 300 }, (_, i) => `v${i}`).join(' + ')}`,
    { 'd.js': Array.from({ length: 300 }, (_, i) => `export const v${i} = ${i}`).join('\n') },
  ),
  main(
    'latin1 names used',
    `${[...'ÀÁÂÃÄÅÆÇÈÉÊËÌÍÎÏÐÑÒÓÔÕÖØÙÚÛÜÝÞßàáâãäåæçèéêëìíîïðñòóôõöøùúûüýþÿªµº'].map((c) => `const ${c} = 1`).join('\n')}\nimport * as ns from './d.js'\nexport let zz = 1; zz++; export const result = [À, ns.f(), zz]`,
    { 'd.js': 'export const f = () => 1' },
  ),
  main(
    'deep chain',
    `import { v } from './m0.js'\nexport const result = v`,
    Object.fromEntries(
      Array.from({ length: 60 }, (_, i) => [
        `m${i}.js`,
        i === 59 ? 'export const v = 59' : `export { v } from './m${i + 1}.js'`,
      ]),
    ),
  ),
]
