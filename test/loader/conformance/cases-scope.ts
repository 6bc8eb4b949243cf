import { type Case, main } from './case.ts'

const WITH_MESSAGE = `const kind = (f) => { try { return f() } catch (e) { return e.name + ': ' + e.message } }\n`
/** `this`, `arguments`, eval, and which instance a specifier means. */
export const cases: readonly Case[] = [
  main(
    'this in ns.f()',
    `import * as ns from './d.js'
export const result = [ns.f() === ns, ns.g() === ns, (0, ns.f)() === undefined, ns['f']() === ns, new ns.C().v, ns.t\`x\` === ns, ns?.f() === ns, ns.f?.() === ns, ns.f.call(7)]`,
    {
      'd.js': `export function f() { return this }; export let g = function () { return this }; export class C { v = 1 }; export function t() { return this }`,
    },
  ),
  main(
    'this in calls of named imports',
    `import d, { f, g, o } from './d.js'
export const result = [f(), g(), d(), o.m() === o, [f][0]() instanceof Array]`,
    {
      'd.js': `export function f() { return this }; export const g = function () { return this }; export default function () { return this }; export const o = { m() { return this } }`,
    },
  ),
  main(
    'module this and globals',
    `export const result = [this, typeof this, (() => this)(), (function () { return this })(), typeof globalThis, typeof require, typeof module, typeof exports, typeof __filename, typeof __dirname]`,
  ),
  main('arguments at top level', `export const result = typeof arguments`),
  main('arguments at top level throws', `log('a'); export const result = arguments.length`),
  main('arguments in arrow', `const f = () => arguments; export const result = f()`),
  main(
    'arguments assigned as property name',
    `const o = { arguments: 1 }; function f() { return arguments.length } export const result = [o.arguments, f(1,2)]`,
  ),
  main(
    'strict: undeclared assignment',
    `${WITH_MESSAGE}export const result = [kind(() => { undeclared = 1 }), kind(() => { Object.freeze([]).push(1) }), kind(() => { delete Object.prototype }), kind(() => { 'x'.length = 1 })]`,
    {},
    { messages: true },
  ),
  main('eval only use of namespace', `import * as ns from './d.js'\nexport const result = eval('ns.a')`, {
    'd.js': 'export const a = 1',
  }),
  main('eval writes export let', `import { x, w } from './d.js'\nw(); export const result = x`, {
    'd.js': `export let x = 1; export const w = () => { eval('x = 2') }`,
  }),
  main('eval import meta', `${WITH_MESSAGE}export const result = [kind(() => eval('import.meta'))]`),
  main('eval var does not leak', `eval('var zz = 1'); export const result = typeof zz`),
  main(
    'dynamic import in eval',
    `export const result = eval('import("./d.js")').then(m => m.a)`,
    { 'd.js': 'export const a = 1' },
    { notInParticipants: true },
  ),
  main(
    'dynamic import in new Function',
    `export const result = new Function('return import("node:fs")')().then(m => typeof m.readFileSync, e => e.code)`,
    {},
    { notInParticipants: true },
  ),
  main(
    'namespace identity everywhere',
    `import * as a from './d.js'\nimport * as b from './e.js'\nimport { ns as c } from './e.js'\nconst d = await import('./d.js')\nexport const result = [a === b.ns, a === c, a === d, a.self === a]`,
    {
      'd.js': `import * as self from './d.js'; export { self }; export const x = 1`,
      'e.js': `export * as ns from './d.js'`,
    },
  ),
  main(
    'instances: query strings',
    `import { o as a } from './d.js?x=1'\nimport { o as b } from './d.js?x=2'\nimport { o as c } from './d.js'\nexport const result = [a === b, a === c]`,
    { 'd.js': `log(new URL(import.meta.url).search); export const o = {}` },
  ),
  main(
    'instances: hash',
    `import { o as a } from './d.js#x'\nimport { o as c } from './d.js'\nexport const result = [a === c]`,
    { 'd.js': `export const o = {}` },
  ),
  main(
    'instances: encoded and dotted 2',
    `import { o as a } from './%64.js'\nimport { o as b } from './sub/../d.js'\nimport { o as c } from '././d.js'\nexport const result = [a === b, b === c]`,
    { 'd.js': `export const o = {}` },
  ),
]
