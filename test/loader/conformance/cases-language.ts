import { type Case, main } from './case.ts'

const attempt = `const attempt = (f) => { try { return f() } catch (e) { return e.name + ': ' + e.message } }\n`
const kind = `const kind = (f) => { try { return f() } catch (e) { return e.name } }\n`

export const cases: readonly Case[] = [
  main(
    'named, default, namespace and renamed imports',
    `
import d, { a, b as renamed, default as again } from './dep.js'
import * as ns from './dep.js'
export const result = [d, a, renamed, again, ns.default, ns.a, Object.keys(ns)]`,
    { 'dep.js': `export const a = 1; const x = 2; export { x as b }; export default 'd'` },
  ),
  main(
    'default and namespace in one statement',
    `
import d, * as ns from './dep.js'
export const result = [d, ns.default === d, ns.x]`,
    { 'dep.js': `export default {}; export const x = 1` },
  ),
  main(
    'string names',
    `
import { 'a b' as ab } from './dep.js'
import * as ns from './dep.js'
export const result = [ab, ns['a b'], Object.keys(ns)]`,
    { 'dep.js': `const v = 5; export { v as 'a b' }` },
  ),
  main(
    'order of evaluation',
    `
import './a.js'
import './b.js'
log('main')
import './c.js'`,
    {
      'a.js': `import './c.js'\nlog('a')`,
      'b.js': `import './a.js'\nlog('b')`,
      'c.js': `log('c')`,
    },
  ),
  main(
    'a module is evaluated once',
    `
import { x } from './a.js'
import { x as y } from './b.js'
export const result = x === y`,
    {
      'a.js': `export { x } from './c.js'`,
      'b.js': `export { x } from './c.js'`,
      'c.js': `log('c'); export const x = {}`,
    },
  ),
  main(
    'live bindings: let, assigned in every way',
    `
import { n, o, steps } from './dep.js'
import * as ns from './dep.js'
export const result = steps.map((step) => { step(); return [n, o, ns.n, ns.o] })`,
    {
      'dep.js': `
export let n = 0, o = 'o'
export const steps = [
  () => { n = 1 }, () => n++, () => ++n, () => { n += 5 }, () => { n **= 2 }, () => n--,
  () => { [n] = [70] }, () => { [n, o] = [71, 'p'] }, () => { ({ n } = { n: 80 }) }, () => { ({ x: n = 81 } = {}) },
  () => { ({ n, ...o } = { n: 1, z: 2 }) }, () => { [...o] = 'abc' }, () => { [[n], { o }] = [[4], { o: 5 }] },
  () => { for (n of [1, 2, 3]); }, () => { for (n in { k: 1 }) {} }, () => { for ([n, o] of [[1, 2], [3, 4]]) log([n, o]) },
  () => { for (n = 0; n < 5; n++) log(n) }, () => { n ??= 1; o &&= 2; n ||= 9 }, () => { n = undefined; n ??= 'q' },
  () => { const f = () => { n = 'inner' }; f() }, () => { n = o = 'chain' }, () => { (n) = 'parens' },
  () => { let n = 'shadow'; n = 'not exported'; return n }, () => { ((n) => { n = 3 })(1) },
  () => { var { length: n } = 'abc'; n++ }, () => { try { throw 1 } catch (n) { n = 2 } },
  () => { class C { static { n = 'static block' } } }, () => { n = (o = 'a', 'b') }, () => log(n = 'value'),
  () => log(n++), () => { log([n = 4, n++, ++n, n--]) }, () => { if ((n = 7) > 5) o = n },
  () => { label: for (n of [1, 2, 3]) { if (n === 2) break label; continue label } },
  () => { [n = 'default'] = [] }, () => { ({ a: { b: n } } = { a: { b: 'deep' } }) }, () => eval('1'),
  async () => { n = await 1 }, function* () { n = yield 1 }, () => { n = \`\${n = 'template'}!\` },
]`,
    },
  ),
  main(
    'live bindings: functions, classes, default declarations reassigned',
    `
import f, { g, C, swap, v } from './dep.js'
const before = [f(), g(), C.name, v]
swap()
export const result = [before, f(), g(), C, v]`,
    {
      'dep.js': `
export default function f() { return 'f' }
export function g() { return 'g' }
export class C {}
export var v = 1
export function swap() { f = () => 'f2'; g = () => 'g2'; C = 'C2'; [v] = [2] }`,
    },
  ),
  main(
    'default expression is a copy, default of a list is live',
    `
import copy from './copy.js'
import live, { inc, x } from './live.js'
inc()
export const result = [copy, live, x]`,
    {
      'copy.js': `let x = 1; export default x; x = 2`,
      'live.js': `let x = 1; export { x as default, x }; export function inc() { x++ }`,
    },
  ),
  main(
    'reassigned from outside, through re-exports and stars',
    `
import { a } from './facade.js'
import * as ns from './facade.js'
import { set } from './origin.js'
set(2)
export const result = [a, ns.a, ns.inner.a]`,
    {
      'facade.js': `export * from './middle.js'; export * as inner from './origin.js'`,
      'middle.js': `import { a } from './origin.js'; export { a }`,
      'origin.js': `export let a = 1; export function set(x) { a = x }`,
    },
  ),
  main(
    'names of functions and classes',
    `
import d from './d1.js'; import e from './d2.js'; import f from './d3.js'; import g from './d4.js'; import h from './d5.js'
import i from './d6.js'; import j from './d7.js'; import k from './d8.js'; import * as l from './d9.js'; import m from './d10.js'
export const result = [d, e, f, g, h, i, j, k, l.default, l.arrow, l.Klass, m].map((x) => x.name)`,
    {
      'd1.js': `export default () => {}`,
      'd2.js': `export default function () {}`,
      'd3.js': `export default class {}`,
      'd4.js': `export default (function () {})`,
      'd5.js': `export default async () => {}`,
      'd6.js': `export default function* () {}`,
      'd7.js': `export default async function () {}`,
      'd8.js': `export default class { static name = 'own' }`,
      'd9.js': `export let arrow = () => {}; export const Klass = class {}; export { arrow as default }; arrow = () => 1`,
      'd10.js': `export default function named() {}`,
    },
  ),
  main(
    'default without semicolon before what could continue it',
    `
import d from './dep.js'
export const result = [typeof d, d()]`,
    {
      'dep.js': `export default () => { return 1 }\n(log)('called')\n;[1].forEach(log)`,
    },
  ),
  main(
    'statements without semicolons around imports and exports',
    `
const x = log
import { a } from './dep.js'
(1, log)('not a call of x')
export { a }
;[a].forEach(log)
export const result = a`,
    {
      'dep.js': `export const a = 1\nexport { a as b }\n/x/.test('x')\nexport * from './e.js'\n\`t\``,
      'e.js': ``,
    },
  ),
  main(
    'a name from two stars is ambiguous and not in the namespace',
    `
import * as ns from './stars.js'
export const result = [Object.keys(ns), ns.same, ns.both, 'both' in ns]`,
    {
      'stars.js': `export * from './a.js'; export * from './b.js'`,
      'a.js': `export const both = 1; export const a = 1; export { same } from './c.js'; export default 1`,
      'b.js': `export const both = 2; export const b = 2; export { same } from './c.js'`,
      'c.js': `export const same = 's'`,
    },
  ),
  main('importing an ambiguous name', `import { both } from './stars.js'`, {
    'stars.js': `export * from './a.js'; export * from './b.js'`,
    'a.js': `export const both = 1`,
    'b.js': `export const both = 2`,
  }),
  main(
    'own exports win over stars',
    `
import * as ns from './stars.js'
export const result = ns.x`,
    { 'stars.js': `export * from './a.js'; export const x = 'own'`, 'a.js': `export const x = 'star'` },
  ),
  main(
    'stars in a circle',
    `
import * as ns from './a.js'
import { x, y, z } from './b.js'
export const result = [Object.keys(ns), x, y, z]`,
    {
      'a.js': `export * from './b.js'; export const x = 1`,
      'b.js': `export * from './c.js'; export const y = 2`,
      'c.js': `export * from './a.js'; export const z = 3`,
    },
  ),
  main('a circle of re-exports without a source', `import { a } from './x.js'`, {
    'x.js': `export { a } from './y.js'`,
    'y.js': `export { a } from './x.js'`,
  }),
  main('missing export', `import { nope } from './dep.js'`, { 'dep.js': `export const a = 1` }),
  main('missing default', `import nope from './dep.js'`, { 'dep.js': `export const a = 1` }),
  main('missing re-export', `import './dep.js'`, {
    'dep.js': `export { nope } from './e.js'`,
    'e.js': `export const a = 1`,
  }),
  main('link errors come before any evaluation', `import './first.js'\nimport { nope } from './dep.js'`, {
    'first.js': `log('first')`,
    'dep.js': `export const a = 1`,
  }),
  main('syntax errors come before any evaluation', `import './first.js'\nimport './dep.js'`, {
    'first.js': `log('first')`,
    'dep.js': `let let = 1`,
  }),
  ...[
    'let a; let a',
    'export { nope }',
    'const a = 1; export { a }; export { a }',
    'return 1',
    'with (a) {}',
    'var x = 010',
    'new.target',
    'let await = 1',
    'yield = 1',
    'import { a } from "./e.js"; let a = 1',
    'export default 1; export default 2',
    '<!-- c',
    'delete x',
    'function f(a, a) {}',
    'import a, { a } from "./e.js"',
    'arguments = 1',
    'eval = 1',
    'class A { #x; #x }',
    'import.meta = 1',
    'break',
    'x: y: x: 1',
    '({ a: 1, __proto__: null, __proto__: null })',
    'super.x',
    'for (let x, y of z);',
    '/(/',
    'await: 1',
    'import { "x" } from "./e.js"',
    'a => { "use strict" } = 1',
    '}',
    '{',
    '})(',
    'function* g() { yield = 1 }',
    'async () => { let await }',
    'if (1) export const z = 1',
    'export const a = 1, a = 2',
    '`${',
    '"\\08"',
    'let [a, a] = []',
  ].map((text) => main(`syntax error: ${text}`, text, { 'e.js': 'export const a = 1' })),
  main(
    'TDZ across a cycle',
    `${attempt}
import { early, late } from './b.js'
export const a = 1
export let b = 2
export class C {}
export default 'd'
export { early }
export const result = [early, late()]`,
    {
      'b.js': `import d, { a, b, C } from './main.js'
import * as ns from './main.js'
const attempt = (f) => { try { return f() } catch (e) { return e.name + ': ' + e.message } }
export const early = [() => a, () => b, () => C, () => d, () => ns.a, () => ns.b, () => typeof a, () => Object.keys(ns), () => 'a' in ns].map(attempt)
export const late = () => [a, b, C.name, d, ns.a, ns.b, Object.keys(ns)]`,
    },
    { messages: true },
  ),
  main(
    'bindings of a cycle appear one by one',
    `
import { read } from './b.js'
export const before = read()
export const a = 1
log(read())
export let b = 2, c = 3
log(read())
export class D {}
log(read())
b = 20
log(read())
export const { e, f: [g] } = { e: 5, f: [6] }
log(read())
export var h = 7
log(read())
export const i = 8; log(read()); export const j = 9
log(read())
export default a + 1
log(read())
export { a as alias }
const fn = () => {}
export { fn }
export const result = read()`,
    {
      'b.js': `import d, { a, b, c, D, e, g, h, i, j, alias, fn } from './main.js'
const one = (f) => { try { const v = f(); return typeof v === 'function' ? v.name : v } catch (e) { return e.name } }
export const read = () => [() => d, () => a, () => b, () => c, () => D, () => e, () => g, () => h, () => i, () => j, () => alias, () => fn].map(one)`,
    },
  ),
  main(
    'hoisted functions across a cycle',
    `
import { fromB } from './b.js'
export function hoisted() { return 'hoisted ' + typeof later }
export function* gen() { yield 1 }
export async function asy() {}
export default function () { return 'default' }
var later = 1
export var v = 1
export const result = fromB`,
    {
      'b.js': `import d, { hoisted, gen, asy, v } from './main.js'
export const fromB = [hoisted(), [...gen()], typeof asy, d(), d.name, v]`,
    },
  ),
  main(
    'a function of a cycle uses an import that is there already',
    `
import './first.js'
import { fromB } from './b.js'
import { value } from './first.js'
export function useFirst() { return value }
export const result = fromB`,
    {
      'first.js': `export const value = 'first'`,
      'b.js': `import { useFirst } from './main.js'\nexport const fromB = useFirst()`,
    },
  ),
  main(
    'an export let of a cycle set early by a hoisted function',
    `${kind}
import { seen } from './b.js'
export let x = 1
export var y = 2
export function setY(v) { y = v }
export function setX(v) { x = v }
export const result = [seen, x, y]`,
    {
      'b.js': `import { x, y, setX, setY } from './main.js'
const kind = (f) => { try { return f() } catch (e) { return e.name } }
export const seen = [kind(() => y), kind(() => setY('set')), kind(() => y), kind(() => setX(1))]`,
    },
  ),
  main(
    'class hierarchy across a cycle',
    `
import { Base } from './base.js'
import { make } from './derived.js'
export const result = make().describe()`,
    {
      'base.js': `import { Derived } from './derived.js'
export class Base { describe() { return this instanceof Derived ? 'derived' : 'base' } }`,
      'derived.js': `import { Base } from './base.js'
export class Derived extends Base {}
export const make = () => new Derived()`,
    },
  ),
  main(
    'a module that imports itself',
    `${kind}
import { a, f } from './main.js'
import * as self from './main.js'
const early = [kind(() => a), f()]
export const a = 1
export function f() { return 'f' }
export const result = [early, a, self.a, Object.keys(self)]`,
  ),
  main(
    'cycle of three with stars and namespace',
    `
import * as a from './a.js'
export const result = [a.fromC(), a.a, Object.keys(a)]`,
    {
      'a.js': `export * from './b.js'; export const a = 'a'`,
      'b.js': `export * from './c.js'; export const b = 'b'`,
      'c.js': `import * as a from './a.js'; import { b } from './b.js'; export const fromC = () => [a.a, b, Object.keys(a)]`,
    },
  ),
  main(
    'namespace object',
    `${attempt}
import * as ns from './dep.js'
export const result = [
  Object.prototype.toString.call(ns), ns[Symbol.toStringTag], Object.getPrototypeOf(ns), Object.isExtensible(ns), Object.isFrozen(ns), Object.isSealed(ns),
  Reflect.ownKeys(ns), Object.getOwnPropertyDescriptor(ns, 'b'), Object.getOwnPropertyDescriptor(ns, Symbol.toStringTag), Object.getOwnPropertyDescriptor(ns, 'nope'),
  'b' in ns, 'nope' in ns, ns.nope, ns.toString, Reflect.set(ns, 'b', 3), Reflect.set(ns, 'nope', 3), Reflect.deleteProperty(ns, 'b'), Reflect.deleteProperty(ns, 'nope'), Reflect.defineProperty(ns, 'b', { value: 5 }),
  Reflect.defineProperty(ns, 'b', { value: 2 }), Reflect.defineProperty(ns, 'b', { value: 2, writable: true, enumerable: true, configurable: false }), Reflect.defineProperty(ns, 'b', { get() {} }), Reflect.defineProperty(ns, 'n', { value: 1 }), Reflect.setPrototypeOf(ns, null), Reflect.setPrototypeOf(ns, {}), Reflect.preventExtensions(ns),
  Object.entries(ns), JSON.stringify(ns), { ...ns }, Object.assign({}, ns), (() => { const k = []; for (const x in ns) k.push(x); return k })(), Object.hasOwn(ns, 'b'), Object.prototype.hasOwnProperty.call(ns, 'z'), ns.b, ns['z'], ns?.b, ns.default,
]`,
    { 'dep.js': `export const z = 1, b = 2, A = 3, _ = 4, $ = 5, é = 6; export default 7` },
  ),
  main(
    'namespace object refuses changes',
    `${kind}
import * as ns from './dep.js'
export const result = [kind(() => { ns.b = 1 }), kind(() => { ns.nope = 1 }), kind(() => delete ns.b), kind(() => delete ns.nope), kind(() => { ns.b++ }),
  kind(() => Object.defineProperty(ns, 'b', { value: 9 })), kind(() => Object.setPrototypeOf(ns, {})), kind(() => { [ns.b] = [1] }), kind(() => Object.freeze(ns)), ns.b]`,
    { 'dep.js': `export let b = 2` },
  ),
  main(
    'the namespace is one object',
    `
import * as a from './dep.js'
import * as b from './dep.js'
import { self, inner } from './other.js'
const c = await import('./dep.js')
export const result = [a === b, a === c, a === self, a === inner]`,
    {
      'dep.js': `export const x = 1`,
      'other.js': `import * as self from './dep.js'; export { self }; export * as inner from './dep.js'`,
    },
  ),
  main(
    'this of a call through a namespace, and of a plain import',
    `
import { f } from './dep.js'
import * as ns from './dep.js'
export const result = [f(), (0, ns.f)(), typeof ns.f()]`,
    { 'dep.js': `export function f() { return this }` },
  ),
  main(
    'this, strict mode, arguments, top-level names',
    `${kind}
export const result = [this, typeof require, typeof module, typeof exports, typeof __filename, typeof __dirname, (function () { return this })(),
  kind(() => { undeclared = 1 }), (() => this)(), kind(() => { Object.freeze([]).push(1) }), kind(() => { 'x'.length = 1 })]
var leak = 1
function leak2() {}
log(['leak' in globalThis, 'leak2' in globalThis])`,
  ),
  main(
    'imports cannot be written to',
    `${attempt}
import d, { a } from './dep.js'
import * as ns from './dep.js'
export const result = [() => { a = 1 }, () => { a++ }, () => { d = 1 }, () => { ns = 1 }, () => { [a] = [1] }, () => { ({ a } = {}) }, () => { for (a of [1]); }, () => { a ||= 1 }, () => { ({ x: a = 2 } = {}) }, () => a].map(attempt)`,
    { 'dep.js': `export const a = 5; export default 6` },
    { messages: true },
  ),
  main(
    'shadowed imports',
    `
import { a, b } from './dep.js'
import * as ns from './dep.js'
function f(a) { a = a + 1; return a }
const g = () => { let b = 1; { let b = 2; b++ } return ++b }
const h = (ns) => ns.a
const i = ({ a, ...rest }) => [a, rest]
const j = () => { for (let a = 0; a < 2; a++); try { throw { a: 9 } } catch ({ a }) { return a } }
const k = function a() { return typeof a }
class L { a = a; static b = b; m(b = a) { return b } }
export const result = [f(1), g(), h({ a: 'x' }), i({ a: 1, z: 2 }), j(), k(), new L().a, L.b, new L().m(), a, b, { a, b }, { ns }.ns.a, ((x = a) => x)()]`,
    { 'dep.js': `export const a = 'A', b = 'B'` },
  ),
  main(
    'var and function at the top level, exported before and after',
    `
export { v, f, later }
var v = 1
function f() { return v++ }
f()
if (true) { var later = 'later' }
for (var i = 0; i < 3; i++);
export { i }
import * as self from './main.js'
export const result = [v, later, i, self.v, self.i]`,
  ),
  main(
    'import.meta',
    `
import path from 'node:path'
export const result = [Object.keys(import.meta).sort(), Object.getPrototypeOf(import.meta), import.meta.url.startsWith('file:///'), path.basename(import.meta.filename), path.basename(import.meta.dirname) === path.basename(path.dirname(import.meta.filename)),
  import.meta === import.meta, import.meta.resolve('./x.js').endsWith('/x.js'), import.meta.resolve('node:fs'), import.meta.resolve('fs'), typeof import.meta.resolve, (() => import.meta)().url === import.meta.url, Object.isExtensible(import.meta), new URL('./a?b#c', import.meta.url).search]`,
  ),
  main(
    'dynamic import',
    `
const a = await import('./dep.js')
const name = './dep' + '.js'
const b = await import(name)
const fs = await import('node:fs')
const c = await import(import.meta.resolve('./dep.js'))
export const result = [a === b, a === c, a.x, typeof fs.readFileSync, await import('./dep.js').then((m) => m.default), await Promise.all([import('./o.js'), import('./o.js')]).then(([m, n]) => m === n)]`,
    {
      'dep.js': `log('once'); export const x = 1; export default 'd'`,
      'o.js': `log('other')`,
    },
  ),
  main(
    'dynamic import fails when it is called',
    `
const error = (p) => p.then(() => 'no error', (e) => e.name)
log('start')
export const result = [await error(import('./syntax.js')), await error(import('./link.js')), await error(import('./throws.js')), await error(import('./throws.js')), await error(import({ toString() { throw new RangeError() } })), await error(import('./absent.js')).then(Boolean)]`,
    {
      'syntax.js': `let let`,
      'link.js': `import { no } from './syntax2.js'`,
      'syntax2.js': `export const a = 1`,
      'throws.js': `log('throws'); throw new TypeError('x')`,
    },
  ),
  main(
    'dynamic import in a cycle',
    `
export const x = 1
export const result = import('./dep.js').then((m) => m.f())`,
    { 'dep.js': `import { x } from './main.js'; export const f = () => x` },
  ),
  main(
    'top-level await: order',
    `
import './a.js'
import './b.js'
log('main')
export const result = await Promise.resolve(1)`,
    {
      'a.js': `log('a1'); await null; log('a2'); await null; log('a3')`,
      'b.js': `import './c.js'; log('b1'); await null; log('b2')`,
      'c.js': `log('c')`,
    },
  ),
  main(
    'top-level await: siblings wait only for what they import',
    `
import './p.js'
import './q.js'
import './r.js'
log('main')`,
    {
      'p.js': `log('p1'); await new Promise((r) => setTimeout(r, 20)); log('p2')`,
      'q.js': `log('q')`,
      'r.js': `import './p.js'; import './s.js'; log('r')`,
      's.js': `log('s1'); await null; log('s2')`,
    },
  ),
  main(
    'top-level await: diamond',
    `
import { x } from './l.js'
import { y } from './r.js'
export const result = [x, y]`,
    {
      'l.js': `import { base } from './base.js'; log('l'); export const x = base`,
      'r.js': `import { base } from './base.js'; log('r'); export const y = await base`,
      'base.js': `log('base'); export const base = await Promise.resolve('b')`,
    },
  ),
  main(
    'top-level await: in a cycle',
    `
import { b } from './b.js'
export const a = await Promise.resolve('a')
log('main ' + b)
export const result = [a, b]`,
    {
      'b.js': `import { a } from './main.js'; export const b = await Promise.resolve('b'); try { a } catch (e) { log(e.name) }`,
    },
  ),
  main('top-level await: rejection', `import './a.js'\nlog('never')`, {
    'a.js': `import './b.js'; await null; throw new RangeError('async')`,
    'b.js': `log('b')`,
  }),
  main(
    'top-level for await, await using in blocks, await in a class',
    `
const seen = []
for await (const x of (async function* () { yield 1; yield 2 })()) seen.push(x)
class A { static x = 1; [await 'key'] = 2 }
export const result = [seen, new A().key, await (async () => 5)()]`,
  ),
  main(
    'await as a call is not top-level await',
    `
const f = async () => await (1)
export const result = await f()`,
  ),
  main(
    'export from an async module is there after it',
    `
import { v, w } from './a.js'
export const result = [v, w]`,
    { 'a.js': `export let v = 1; await null; v = 2; export const w = await 3` },
  ),
  main(
    'a module that throws',
    `import './a.js'\nlog('never')`,
    { 'a.js': `log('a'); throw new TypeError('thrown')` },
    { messages: true },
  ),
  main('a module that throws a primitive', `throw 42`),
  main(
    'a failed module fails again, and is not run again',
    `log('main'); throw new Error('always')`,
    {},
    { imports: ['main.js', 'main.js'], messages: true },
  ),
  main(
    'what was evaluated before a failure stays',
    `import { n } from './ok.js'\nimport './bad.js'`,
    {
      'ok.js': `log('ok'); export const n = 1`,
      'bad.js': `log('bad'); throw new Error('bad')`,
      'second.js': `import { n } from './ok.js'; export const result = n`,
    },
    { imports: ['main.js', 'second.js', 'bad.js'] },
  ),
  main(
    'external modules',
    `
import fs, { readFileSync, promises } from 'node:fs'
import * as path from 'path'
import { EventEmitter } from 'events'
export const result = [fs.readFileSync === readFileSync, typeof promises.readFile, path.default === path.default.posix, typeof path.join, typeof EventEmitter, Object.keys(await import('node:path')).includes('join')]`,
  ),
  main('missing export of an external', `import { nope } from 'node:fs'`),
  main(
    'packages',
    `
import cjs, { named } from 'cjs-pkg'
import * as cjsNs from 'cjs-pkg'
import esm, { x } from 'esm-pkg'
import sub from 'esm-pkg/sub'
import { feature } from 'esm-pkg/features/one.js'
import '#internal'
import { hash } from '#pattern/x'
import self from 'self-pkg/inner'
export const result = [cjs, named, cjsNs.default === cjs, esm, x, sub, feature, hash, self]`,
    {
      'package.json': `{"name":"self-pkg","type":"module","imports":{"#internal":"./internal.js","#pattern/*":{"import":"./lib/*.js","default":"./no.js"}},"exports":{"./inner":"./inner.js"}}`,
      'internal.js': `log('internal')`,
      'lib/x.js': `export const hash = 'hash'`,
      'inner.js': `export default 'self'`,
      'node_modules/cjs-pkg/package.json': `{"name":"cjs-pkg","main":"./lib/main"}`,
      'node_modules/cjs-pkg/lib/main.js': `exports.named = 1; exports.other = require('./more')`,
      'node_modules/cjs-pkg/lib/more.js': `module.exports = { deep: true }`,
      'node_modules/esm-pkg/package.json': `{"name":"esm-pkg","type":"module","exports":{".":{"browser":"./b.js","import":"./i.js","require":"./r.cjs"},"./sub":"./sub.js","./features/*":"./f/*"}}`,
      'node_modules/esm-pkg/i.js': `export default 'import'; export const x = 1`,
      'node_modules/esm-pkg/sub.js': `export default 'sub'`,
      'node_modules/esm-pkg/f/one.js': `export const feature = 1`,
    },
  ),
  main('a package that does not export a path', `import 'esm-pkg/hidden.js'`, {
    'node_modules/esm-pkg/package.json': `{"name":"esm-pkg","type":"module","exports":"./i.js"}`,
    'node_modules/esm-pkg/i.js': ``,
    'node_modules/esm-pkg/hidden.js': ``,
  }),
  main(
    'JSON',
    `
import data from './data.json' with { type: 'json' }
import again, * as ns from './data.json' with { type: 'json' }
const dynamic = await import('./data.json', { with: { type: 'json' } })
export const result = [data, data === again, Object.keys(ns), dynamic.default === data]`,
    { 'data.json': `{"a":[1,2,{"b":null}]}` },
  ),
  main('JSON that does not parse', `import data from './data.json' with { type: 'json' }`, {
    'data.json': `{"a":}`,
  }),
  main(
    'CommonJS: .cjs',
    `
import whole, { a, b } from './dep.cjs'
import * as ns from './dep.cjs'
export const result = [whole, a, b, whole === ns.default, ns.a, Object.keys(ns).filter((k) => k !== 'module.exports')]`,
    {
      'dep.cjs': `exports.a = 1; module.exports.b = 2; log([typeof require, this === module.exports, typeof __filename, require('./other.cjs')])`,
      'other.cjs': `module.exports = 'other'`,
    },
  ),
  main(
    'CommonJS: module.exports of any kind',
    `
import f from './f.cjs'
import { x, default as d } from './o.cjs'
import n from './n.cjs'
export const result = [f(), x, d, n]`,
    {
      'f.cjs': `module.exports = function () { return 'called' }`,
      'o.cjs': `module.exports = { x: 1, y: 2 }`,
      'n.cjs': `module.exports = 5`,
    },
  ),
  main(
    'CommonJS: one instance however it is reached, sloppy mode, cycles',
    `
import './a.cjs'
import b from './b.cjs'
export const result = [b, b.viaA]`,
    {
      'a.cjs': `log('a'); exports.early = 1; const b = require('./b.cjs'); exports.late = 2; b.viaA = require('./a.cjs') === module.exports; undeclaredGlobal = 1; delete globalThis.undeclaredGlobal`,
      'b.cjs': `log('b'); const a = require('./a.cjs'); exports.sawEarly = a.early; exports.sawLate = a.late`,
    },
  ),
  main('CommonJS: missing named export', `import { nope } from './dep.cjs'`, { 'dep.cjs': `exports.a = 1` }),
  main(
    'CommonJS: re-exports and __esModule',
    `
import * as re from './re.cjs'
import es, { y } from './es.cjs'
export const result = [re.a, re.b, es, y]`,
    {
      're.cjs': `module.exports = require('./inner.cjs')`,
      'inner.cjs': `exports.a = 1; exports.b = 2`,
      'es.cjs': `Object.defineProperty(exports, '__esModule', { value: true }); exports.default = 'd'; exports.y = 'y'`,
    },
  ),
  main(
    'hashbang, BOM, CRLF and odd line ends',
    `\ufeff#!/usr/bin/env node\r\nimport { a } from './dep.js'\r\n\r\nexport const result = a\u2028/* c */`,
    { 'dep.js': `#! x\nexport const a = 1` },
  ),
  main(
    'names outside of ASCII, escapes, and those the rewrite would use',
    `
import { é, 𠮷, À } from './dep.js'
const Á = 1, Â = 2
export let Ã = 3; Ã++
export const result = [é, 𠮷, À, Á, Â, Ã, \\u0061]
var \\u0061bc; import { a as \\u0061 } from './dep.js'`,
    { 'dep.js': `export const é = 1, 𠮷 = 2, À = 3, a = 4` },
  ),
  main(
    'things that look like imports and are not',
    `
const s = "import x from 'y'", t = \`export const \${'import.meta'} = import('z')\`, r = /import\\(.*\\)/, o = { import: 1, export: 2, from: 3, get default() { return 4 }, async: 5, await: 6 }
// import nothing from './nothing.js'
/* export default 1 */
class K { import() { return 'method' } static export = 1; get meta() { return import.meta.url.length > 0 } }
export const result = [s, t, r.source, o, new K().import(), K.export, new K().meta, o.import, o?.export]`,
  ),
  main(
    'comments and line breaks inside imports and exports',
    `
import /* d */ d /* , */ , { // first
  a, // second
  b as /* as */ c,
} /* from */ from /* here */ './dep.js' // end
export /* x */ const x = 1
export
  default /* e */
  /* f */ d
export { a /* a */, c as /* c */ cc } /**/
export const result = [d, a, c, x]`,
    { 'dep.js': `export default 0; export const a = 1, b = 2;` },
  ),
  main(
    'exports of destructuring',
    `
import { a, b, c, d, rest } from './dep.js'
export const result = [a, b, c, d, rest]`,
    {
      'dep.js': `export const { a, x: { b = 2 }, ...rest } = { a: 1, x: {}, y: 3, z: 4 }, [c, , d = 'dd'] = [5, 6]`,
    },
  ),
  main(
    'classes with fields, private names, static blocks, accessors',
    `
import { counter } from './dep.js'
export class A { #p = counter(); static #q = counter(); static s = this.#q; static { this.t = counter() } get p() { return this.#p } set p(v) { this.#p = v } static has(o) { return #p in o } }
const a = new A(); a.p++
export const result = [a.p, A.s, A.t, A.has(a), A.has({})]`,
    { 'dep.js': `let n = 0; export const counter = () => ++n` },
  ),
  main(
    'generators, async generators and labelled loops at the top level',
    `
function* g() { const x = yield 1; log(x); yield* [2, 3] }
const it = g(); log(it.next()); log(it.next('sent'))
outer: for (const a of [1, 2]) for (const b of [1, 2]) { if (b === 2) continue outer; log([a, b]) }
export const result = [...g()]`,
  ),
  main(
    'direct eval sees imports and exports',
    `
import { a } from './dep.js'
let local = 1
export const result = [eval('a'), eval('local + a'), (0, eval)('typeof a'), new Function('return typeof local')()]`,
    { 'dep.js': `export const a = 5` },
  ),
  main(
    'functions of one module called at the top level of another',
    `
import { register, all } from './registry.js'
import './one.js'
import './two.js'
register('main')
export const result = all()`,
    {
      'registry.js': `const list = []; export const register = (x) => list.push(x); export const all = () => list.join()`,
      'one.js': `import { register } from './registry.js'; register('one')`,
      'two.js': `import { register } from './registry.js'; register('two')`,
    },
  ),
  main(
    'an import used only in a closure, type position or not at all',
    `
import { a } from './dep.js'
import { b } from './dep.js'
import {} from './side.js'
export const result = (() => () => a)()()`,
    { 'dep.js': `log('dep'); export const a = 1, b = 2`, 'side.js': `log('side')` },
  ),
  main(
    'setters of globals and getters stay what they are',
    `
globalThis.__x = 1
export const result = [typeof __x, delete globalThis.__x, typeof __x]`,
  ),
  main(
    'optional chaining, nullish and logical assignment on imports',
    `
import { o, u } from './dep.js'
import * as ns from './dep.js'
o.n ??= 5; o.m ||= 6; o.k &&= 7
export const result = [o, u?.x, u?.[0]?.y, ns?.o?.n, ns.u?.(), ns.f?.(), ns.g?.()]`,
    { 'dep.js': `export const o = { k: 1 }; export let u; export const f = () => 'f'` },
  ),
  main(
    'tagged templates, regexp, numeric separators, bigints',
    `
import { tag } from './dep.js'
export const result = [tag\`a\${1}b\`, 1_000, 10n ** 20n, /(?<y>\\d+)/.exec('12').groups.y, 'a\\u{1F600}'.length]`,
    { 'dep.js': `export const tag = (s, ...v) => [s.raw, v]` },
  ),
]
