import { type Case, main } from './case.ts'

const NAME_ONLY = `const kind = (f) => { try { return f() } catch (e) { return e.name } }\n`
/** Namespace objects, exports that are written to, and stars. */
export const cases: readonly Case[] = [
  main(
    'inspect namespace values',
    `import * as ns from './d.js'\nexport const result = [Object.entries(ns), JSON.stringify(ns), Object.values(ns)]`,
    { 'd.js': 'export const b = 1, a = 2' },
  ),
  main(
    'namespace of late let',
    `import * as ns from './d.js'\nns.set(5)\nexport const result = [Object.entries(ns).map(([k, v]) => [k, typeof v]), ns.x, { ...ns }.x, Object.getOwnPropertyDescriptors(ns).x]`,
    { 'd.js': 'export let x = 1; export const set = (v) => { x = v }' },
  ),
  main(
    'namespace tdz',
    `${NAME_ONLY}import { check } from './b.js'\nexport const a = 1\nexport function f() {}\nexport let b\nexport default 5\nexport const result = [check, b]`,
    {
      'b.js': `${NAME_ONLY}import * as ns from './main.js'
export const check = [() => ns.a, () => ns.b, () => ns.default, () => typeof ns.f, () => Object.keys(ns), () => Object.getOwnPropertyDescriptor(ns, 'a'), () => Object.getOwnPropertyNames(ns), () => Reflect.ownKeys(ns).length, () => 'a' in ns, () => Reflect.has(ns, 'a'), () => Object.hasOwn(ns, 'a'), () => ns.hasOwnProperty, () => Object.entries(ns), () => ({ ...ns }), () => { for (const k in ns) return k }, () => JSON.stringify(ns), () => Object.isFrozen(ns), () => Object.freeze(ns), () => { ns.a = 1 }, () => delete ns.a, () => delete ns.zz, () => Reflect.defineProperty(ns, 'a', { value: 1 }), () => Object.prototype.propertyIsEnumerable.call(ns, 'a'), () => ns.result, () => Object.assign({}, ns)].map(kind)`,
    },
  ),
  main(
    'namespace prevent etc',
    `${NAME_ONLY}import * as ns from './d.js'\nexport const result = [() => Object.preventExtensions(ns) === ns, () => Object.seal(ns) === ns, () => Object.freeze(ns), () => Object.setPrototypeOf(ns, null) === ns, () => Object.setPrototypeOf(ns, {}), () => Reflect.setPrototypeOf(ns, {}), () => ns.__proto__, () => ns instanceof Object, () => String(ns), () => ns + '', () => Symbol.iterator in ns, () => ns[Symbol.toStringTag], () => { ns.a = 2 }, () => { ns.q = 2 }, () => { delete ns.a }, () => delete ns.q, () => Reflect.set(ns, 'a', 1), () => Object.defineProperty(ns, 'a', { value: 1 }) === ns, () => Object.defineProperty(ns, 'a', { value: 3 }), () => Object.defineProperty(ns, 'q', { value: 3 }), () => Object.defineProperty(ns, Symbol.toStringTag, { value: 'Module' }) === ns, () => Reflect.get(ns, 'a', {}), () => Object.create(ns).a, () => new Proxy(ns, {}).a, () => Array.isArray(ns), () => typeof ns, () => ns?.a, () => Reflect.apply(Object.prototype.toString, ns, []), () => Object.is(ns, ns), () => structuredClone({ ...ns }), () => Reflect.ownKeys(ns), () => new WeakMap([[ns, 1]]).get(ns), () => ns.then].map(kind)`,
    { 'd.js': 'export const a = 1, b = 2' },
  ),
  main('namespace with then export', `const r = await import('./d.js'); export const result = [r]`, {
    'd.js': `export function then(resolve) { resolve('thenable') }`,
  }),
  main(
    'namespace key order numbers and unicode',
    `import * as ns from './d.js'\nexport const result = Reflect.ownKeys(ns)`,
    {
      'd.js': `const x = 1; export { x as '10', x as '9', x as 'é', x as Z, x as a, x as '𠮷', x as '\uffff', x as _, x as $, x as '', x as default, x as '__proto__', x as 'constructor', x as toString }`,
    },
  ),
  main(
    'proto named exports',
    `import * as ns from './d.js'\nimport { '__proto__' as p, constructor as c, hasOwnProperty as h } from './d.js'\nexport const result = [p, c, h, ns.__proto__, ns.constructor, ns.hasOwnProperty, ns['__proto__'], Object.keys(ns)]`,
    { 'd.js': `const p = 'p'; export { p as '__proto__', p as constructor, p as hasOwnProperty }` },
  ),
  main(
    'import named like Object.prototype',
    `import { toString } from './d.js'\nimport * as ns from './d.js'\nexport const valueOf = 1\nexport const result = [toString, ns.toString, valueOf]`,
    { 'd.js': `export const toString = 'ts'` },
  ),
  main('missing named like Object.prototype', `import { toString } from './d.js'`, {
    'd.js': `export const a = 'ts'`,
  }),
  main(
    'ns member missing',
    `import * as ns from './d.js'\nexport const result = [ns.toString, ns.nope, ns.constructor, ns?.nope?.x, ns['to' + 'String'], typeof ns.nope]`,
    { 'd.js': `export const a = 1` },
  ),
  main(
    'ns computed & destructure & loops',
    `import * as ns from './d.js'\nconst { a, ...rest } = ns; const k = 'b'; const out = []; for (const x in ns) out.push(x); for (const [q, v] of Object.entries(ns)) out.push(q, v)\nexport const result = [a, rest, ns[k], out, (({ b }) => b)(ns), [ns][0].a, ((n = ns) => n.a)()]`,
    { 'd.js': `export const a = 1, b = 2` },
  ),
  main(
    'ns write through member',
    `${NAME_ONLY}import * as ns from './d.js'\nexport const result = [() => { ns.a = 1 }, () => { ns.a++ }, () => { ns.a ||= 1 }, () => { ns.a &&= 1 }, () => { [ns.a] = [1] }, () => { ({ x: ns.a } = { x: 1 }) }, () => { for (ns.a of [1]); }, () => { delete ns.a }, () => { ns.o.x = 5; return ns.o.x }, () => delete ns.o.x].map(kind)`,
    { 'd.js': `export const a = 1; export const o = {}` },
  ),
  main(
    'class fields and super through imports',
    `import { B } from './d.js'\nimport * as ns from './d.js'\nclass A extends B { x = super.m(); static y = super.s(); #z = ns.k; get z() { return this.#z } }\nclass C extends ns.B {}\nexport const result = [new A().x, A.y, new A().z, new C().m()]`,
    { 'd.js': `export class B { m() { return 'm' } static s() { return 's' } }; export const k = 'k'` },
  ),
  main(
    'shadowing ns',
    `import * as ns from './d.js'\nconst f = (ns) => ns.a(); const g = () => { const ns = { a: () => 'local' }; return ns.a() }; { let ns = { a: () => 'block' }; log(ns.a()) } try { throw { a: () => 'catch' } } catch (ns) { log(ns.a()) } for (const ns of [{ a: () => 'for' }]) log(ns.a()); class ns2 { m(ns) { return ns.a() } }\nexport const result = [f({ a: () => 'param' }), g(), ns.a(), new ns2().m(ns)]`,
    { 'd.js': `export const a = () => 'real'` },
  ),
  main(
    'switch/labels/blocks scoping',
    `import { a } from './d.js'\nlet out = []; switch (1) { case 1: let a = 'sw'; out.push(a) } { const a = 'bl'; out.push(a) } for (let a = 0; a < 1; a++) out.push(a); out.push(a); a: for (;;) { break a } out.push((function a() { return typeof a })()); out.push((class a { static n = a.name }).n); export const result = out`,
    { 'd.js': `export const a = 'imp'` },
  ),
  main('function in block', `{ function f() { return 1 } log(f()) } export const result = typeof f`),
  main(
    'hoisting var/function at top',
    `log(typeof f); log(v); var v = 1; function f() {} export const result = [v]; export { v }`,
  ),
  main(
    'export before declare',
    `export { a, b as c, d as default }; const a = 1; let b = 2; class d {} import * as s from './main.js'; export const result = [s.a, s.c, s.default.name]`,
  ),
  main(
    'getter order',
    `import { a } from './d.js'\nimport * as ns from './d.js'\nlog(a); ns.f(); export const result = [a, ns.a]`,
    { 'd.js': `export let a = 1; export function f() { a = a + 1; return a }` },
  ),
  main(
    'exports in for-of/in heads',
    `import * as ns from './d.js'\nns.run(); export const result = [ns.a, ns.b, ns.c]`,
    {
      'd.js': `export let a, b, c; export function run() { for (a of [1, 2]) log(a); for (b in { x: 1 }) log(b); for ({ c } of [{ c: 3 }]) log(c); for (a = 5; a < 7; a++); for ([a, b = a] of [[9]]) ; }`,
    },
  ),
  main(
    'logical assignment results',
    `import * as ns from './d.js'\nexport const result = [ns.run(), ns.a, ns.b]`,
    {
      'd.js': `export let a = null, b = 1; export const run = () => [a ??= 5, b &&= 0, b ||= 7, a += 1, a++, ++a, a--, (a = 9, b = 8)]`,
    },
  ),
  main(
    'write observed at once',
    `import { x } from './d.js'\nimport { setAndRead } from './d.js'\nexport const result = setAndRead(() => x)`,
    {
      'd.js': `export let x = 0; export const setAndRead = (r) => { const out = []; out.push((x = 1, r())); x++; out.push(r()); [x] = [7]; out.push(r()); ({ x } = { x: 8 }); out.push(r()); for (x of [9, 10]) out.push(r()); out.push((x += 5) + r()); const f = (y = (x = 99)) => r(); out.push(f()); return out }`,
    },
  ),
  main(
    'exported function redefined by itself',
    `import f from './d.js'\nimport { g } from './d.js'\nexport const result = [f(), f(), g(), g()]`,
    {
      'd.js': `export default function f() { f = () => 'second'; return 'first' }\nexport function g() { g = () => 'g2'; return 'g1' }`,
    },
  ),
  main(
    'same local exported thrice',
    `import d, { a, b } from './d.js'\nimport { set } from './d.js'\nset(); export const result = [d, a, b]`,
    { 'd.js': `let x = 1; export { x as a, x as b, x as default }; export const set = () => { x = 2 }` },
  ),
  main(
    're-export of imported binding stays live',
    `import { y } from './m.js'\nimport * as ns from './m.js'\nimport { set } from './d.js'\nset(); export const result = [y, ns.y, ns.ns.x]`,
    {
      'm.js': `import { x } from './d.js'; import * as ns from './d.js'; export { x as y, ns }`,
      'd.js': `export let x = 1; export const set = () => { x = 2 }`,
    },
  ),
  main(
    'stars with default and conflicts',
    `import * as ns from './s.js'\nimport { default as d } from './s.js'\nexport const result = Object.keys(ns)`,
    {
      's.js': `export * from './a.js'; export * from './b.js'`,
      'a.js': `export default 1; export const a = 1`,
      'b.js': `export default 2`,
    },
  ),
  main(
    'star cycles with names',
    `import * as a from './a.js'\nimport * as b from './b.js'\nexport const result = [Object.keys(a), Object.keys(b), a.x === b.x]`,
    {
      'a.js': `export * from './b.js'; export const onlyA = 1`,
      'b.js': `export * from './a.js'; export * from './c.js'; export const onlyB = 2`,
      'c.js': `export const x = {}; export * from './a.js'`,
    },
  ),
  main('star shadowed and indirect conflict', `import { x } from './s.js'\nexport const result = x`, {
    's.js': `export * from './a.js'; export { x } from './b.js'`,
    'a.js': `export const x = 'a'`,
    'b.js': `export const x = 'b'`,
  }),
  main('star from same binding via two ways', `import { x } from './s.js'\nexport const result = x`, {
    's.js': `export * from './a.js'; export * from './b.js'`,
    'a.js': `export { x } from './c.js'`,
    'b.js': `export * from './c.js'`,
    'c.js': `export const x = 'c'`,
  }),
  main(
    'export * as and import cycles',
    `import { ns } from './a.js'\nexport const m = 1\nexport const result = [ns.ns === ns.ns.ns, Object.keys(ns)]`,
    {
      'a.js': `export * as ns from './b.js'`,
      'b.js': `export * as ns from './b.js'; export { m } from './main.js'`,
    },
  ),
]
