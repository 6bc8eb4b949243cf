// biome-ignore-all lint/suspicious/noTemplateCurlyInString: these are texts of programs
import { type Case, main } from './case.ts'
import { defaults } from './texts-defaults.ts'
import { modules } from './texts-modules.ts'
import { expressions, statements } from './texts-reads.ts'
import { writes } from './texts-writes.ts'

const KIND = `const kind = (f) => { try { const v = f(); return typeof v === 'function' ? 'fn ' + v.name : v } catch (e) { return e.name } }\n`

const D = {
  'd.js': `export const a = 1, o = { p: 1 }; export function f() { return this }; export class C { constructor() { this.t = new.target === C } static s() { return this === C } }; export let n = 0; export const inc = () => ++n; export default function () { return 'd' }; export const tag = function (s, ...v) { return [this === undefined, s.raw.length, v, s] }`,
}

/** Programs that import everything of `d.js` in their first line. */
const uses = (name: string, text: string): Case =>
  main(name, `import * as ns from './d.js'\nimport { a, o, f, C, n, inc, tag } from './d.js'\n${text}`, D)

const scopes = [
  uses(
    'defaults of parameters do not see what the body declares',
    `function g(x = ns.a) { var ns = { a: 'l' }; return [x, ns.a] } function h(x = ns.inc()) { var ns = 5; return [x, ns] } function i(g = () => ns.a) { var ns; return g() } function j({ x = a } = {}) { var a = 2; return [x, a] }\nexport const result = [g(), h(), i(), j()]`,
  ),
  main(
    'a default of a parameter writes to an export that the body hides',
    `import * as s from './main.js'\nexport let n = 1\nfunction f(x = (n = 5)) { var n = 'l'; return n }\nf(); export const result = s.n`,
  ),
  uses(
    'what a switch is about does not see what its cases declare',
    `function g() { switch (ns.a) { case 1: let ns = 'l'; return ns } } function h() { switch (ns.a) { case 1: function ns() {} return typeof ns } }\nexport const result = [g(), h()]`,
  ),
  uses(
    'delete of a member that is asked for',
    `${KIND}export const result = [() => delete ns?.a, () => delete ns?.['a'], () => delete ns?.zz, () => delete ns.o.p, () => ns.a].map(kind)`,
  ),
  uses(
    'names with escapes',
    `${KIND}export const result = [kind(() => { \\u0061 = 1 }), kind(() => { ({ \\u0061 } = {}) }), kind(() => { ({ \\u0061 = 5 } = {}) }), kind(() => \\u0061++), \\u{61}, \\u006es.a, n\\u0073.inc()]`,
  ),
  uses(
    'escapes of the letters that the rewrite uses',
    `export let x = 1\nconst \\u00c0 = 1, \\u{c1} = 2, \\u00c2 = 3, \\u00c3 = 4, \\u{0C4} = 5, \\u00c5 = 6\nx = 3\nexport const result = [ns.a, ns.inc(), \\u00c0, \\u00c1, \\u00c2, \\u00c3, \\u00c4, \\u00c5, x]`,
  ),
  uses(
    'calls in every form, and what is this in them',
    'export const result = [f() === undefined, (f)() === undefined, (0, f)() === undefined, f?.() === undefined, ns.f() === ns, ns?.f() === ns, ns.f?.() === ns, (ns.f)() === ns, (0, ns.f)() === undefined, f`x` === undefined, ns.f`x` === ns, new C().t, new ns.C().t, ns.C.s(), f.call(5), tag`a${1}`[0], (() => { const t = () => tag`x`[3]; return t() === t() })()]',
  ),
]

const namespaces = [
  uses(
    'what inherits from a namespace',
    `${KIND}const o = Object.create(ns), p = { __proto__: ns, f() { return super.a }, g() { super.a = 5; return this.a } }, q = Object.create(ns, { a: { value: 1 } }), r = Object.freeze(Object.create(ns)); export const result = [() => { o.a = 2; return [o.a, ns.a, Object.hasOwn(o, 'a')] }, () => { o.a = 3; return o.a }, () => { o.zz = 1; return o.zz }, () => p.f(), () => p.g(), () => { q.a = 2 }, () => { r.a = 2 }, () => { r.zz = 2 }, () => { o[Symbol.toStringTag] = 'x'; return 1 }, () => Reflect.set(o, 'n', 9), () => Reflect.set(ns, 'a', 1), () => Reflect.set(ns, 'a', 1, o), () => Reflect.set(ns, 'zz', 1, {}), () => Reflect.set(ns, 'zz', 1), () => { ns.a = 1 }, () => Object.keys(o)].map(kind)`,
  ),
]

/** Writes to the import `a`, and to the namespace `ns`: TypeErrors all of them, after what is read first. */
const REFUSED = [
  ...['a = 1', 'a += 1', 'a -= (1)', '(a) *= ((2))', 'a **= /* += */ 2', 'a++', '--a', '(a)++', '++(a)'],
  ...[
    'a ||= 1',
    'a ||= (1)',
    '(a) &&= (1, 2)',
    'a /* c */ &&= 1',
    'n ??= 1',
    'z ||= (1)',
    'z ??= 1',
    '(z) &&= 1',
  ],
  ...['[a] = [1]', '({ a } = {})', '({ a = 3 } = {})', '({ x: a } = {})', '[...a] = []', '({ ...a } = {})'],
  ...[
    'for (a of [1]) ;',
    'for ((a) of [1]) ;',
    'for (a in { x: 1 }) ;',
    'for ([a] of [[1]]) ;',
    'for ({ a } of [{}]) ;',
  ],
  ...[
    'ns = 1',
    'ns++',
    'ns ||= 1',
    '({ ns } = {})',
    '[ns] = []',
    'return typeof a++',
    'return -a--',
    'b = a = 1',
  ],
  ...[
    'a += log("rhs")',
    'a ||= log("never")',
    'z ||= log("rhs")',
    'a = log("rhs")',
    'o.p = a = 1',
    'return (a += 1, 2)',
  ],
]

const refused = [
  main(
    'writes to imports in every form',
    `${KIND}import * as ns from './d.js'\nimport { a, n, z, o } from './d.js'\nlet b\nexport const result = [${REFUSED.map((text) => `kind(() => { ${text} })`).join()}, a, n, z]`,
    { 'd.js': `export const a = 1, o = {}; export let n = null, z = 0` },
  ),
  main(
    'writes to imports that have no value yet',
    `import './b.js'\nexport const a = 1, n = null, z = 0, o = {}\nimport { got } from './b.js'\nexport const result = got`,
    {
      'b.js': `${KIND}import * as ns from './main.js'\nimport { a, n, z, o } from './main.js'\nlet b\nexport const got = [${REFUSED.map((text) => `kind(() => { ${text} })`).join()}]`,
    },
  ),
]

const cycles = [
  main(
    'what a declarator declares is seen by the next one',
    `import { see } from './b.js'\nexport let a = 1, b = see(), { c, f } = { c: 3, f: () => 1 }, d = see(), g = () => 2\nexport var v = 1, w = see()\nexport const result = [a, b, c, d, w, f.name, g.name]`,
    {
      'b.js': `import { a, b, c, v } from './main.js'\nimport * as ns from './main.js'\nconst t = (f) => { try { return f() } catch (e) { return e.name } }\nexport function see() { return [t(() => a), t(() => b), t(() => c), t(() => v), t(() => ns.a), t(() => ns.c)] }`,
    },
  ),
  main(
    'a circle has failed as a whole, also what of it was through',
    `const e = []; for (const f of ['a', 'b', 'c', 'a']) try { await import('./' + f + '.js') } catch (x) { e.push(x) } export const result = [e.length, e[0] === e[1], e[1] === e[2], e[2] === e[3], String(e[0])]`,
    {
      'a.js': `import './b.js'; export let x = 1; throw new Error('a')`,
      'b.js': `import './c.js'; import './a.js'; log('b')`,
      'c.js': `import './b.js'; log('c')`,
    },
  ),
]

const files = [
  main(
    'import() reads options as the language has it',
    `const r = []; for (const o of [undefined, null, 1, {}, { with: undefined }, { with: null }, { with: {} }, { with: { type: 1 } }, { get with() { throw new RangeError('g') } }, { with: { get type() { throw new RangeError('t') } } }, { with: Object.create({ type: 'json' }) }, { with: Object.defineProperty({}, 'type', { value: 'x' }) }, { with: [] }, { with: 'x' }]) r.push(await import('./a.js', o).then((n) => Object.keys(n), (e) => e.name)); export const result = r`,
    { 'a.js': `export const x = 1` },
  ),
  main(
    'relative specifiers are URLs',
    `const r = []; for (const s of ['./a.js ', './a.js\\n', './a.js/', './x/../a.js', './/a.js', '.\\\\a.js', './%61.js', './a%2ejs', './d.js/x', '@', '@x', './', '..', '']) r.push(await import(s).then((n) => n.x, (e) => [e.name, e.code])); export const result = r`,
    { 'a.js': `export const x = 1`, 'd.js': '' },
  ),
  main(
    'packages that lead where they may not, and files that are not JSON',
    `export const result = await Promise.all(['pkg', '#out', '#builtin', './sub/a.js', 'broken', 'mixed', '@', '@x/', 'numbers'].map((s) => import(s).then(() => 'ok', (e) => [e.name, e.code])))`,
    {
      'package.json': `{"type":"module","imports":{"#out":"../x.js","#builtin":"node:fs"}}`,
      'node_modules/pkg/package.json': '{"exports":"../out.js"}',
      'node_modules/broken/package.json': '{',
      'node_modules/mixed/package.json': '{"exports":{".":"./a.js","import":"./a.js"}}',
      'node_modules/numbers/package.json': '{"exports":{"1":"./a.js"}}',
      'sub/package.json': '{',
      'sub/a.js': '',
    },
  ),
  main(
    'import.meta.resolve',
    `const r = (s) => { try { return import.meta.resolve(s).replace(new URL('.', import.meta.url), 'BASE/') } catch (e) { return e.code } }\nexport const result = ['./%61.js', './a.js?q#h', './nope.js', '.', './', 'node:nope', 'fs', 'nope', 'http://a/b', '#x'].map(r)`,
    { 'a.js': '', 'package.json': `{"type":"module","imports":{"#x":"./a.js"}}` },
  ),
  main(
    'files without a type: what they declare decides',
    `const r = {}; for (const n of 'abcdef') try { r[n] = Object.keys(await import('./sub/' + n + '.js')) } catch (e) { r[n] = e.name } r.g = Object.keys(await import('./plain')); export const result = r`,
    {
      'sub/package.json': '{}',
      'sub/a.js': 'const require = 1',
      'sub/b.js': 'return 1',
      'sub/c.js': 'const module = 1; await 0',
      'sub/d.js': 'var require = 1; this.x',
      'sub/e.js': 'class exports {}',
      'sub/f.js': 'let let',
      plain: 'export const x = 1',
    },
  ),
  main(
    'JSON: a query makes an instance of its own',
    `import d from './d.json' with { type: 'json' }\nimport e from './d.json?q' with { type: 'json' }\nimport m from './m.json' with { type: 'json' }\nexport const result = [d === e, d, m]`,
    { 'd.json': '{}', 'm.json': '\ufeff\ufeff1' },
  ),
  main(
    'long sums and chains',
    `export const n = ${'1+'.repeat(5000)}1\nexport const s = ${"'a'+".repeat(4000)}''\nexport const result = [n, s.length]`,
  ),
]

const commonJs = [
  main('CommonJS: a getter that throws', `import * as c from './c.cjs'\nexport const result = [c.a, c.b]`, {
    'c.cjs': `Object.defineProperty(exports, 'a', { enumerable: true, get: function () { return nope.x } }); exports.b = 1`,
  }),
  main('CommonJS: parents', `import d from './c.cjs'\nexport const result = d`, {
    'c.cjs': `const d = require('./d.cjs'); exports.r = [module.parent === undefined, d.parent === module]`,
    'd.cjs': `exports.parent = module.parent`,
  }),
  ...Object.entries({
    'a namespace, live': `log('e'); export let x = 1; export const inc = () => ++x`,
    'with a default': `log('e'); export default 5; export let x = 1; export const inc = () => ++x`,
    'with __esModule': `log('e'); export const __esModule = 1, x = 2, inc = () => 1; export default 5`,
    'its module.exports': `log('e'); const own = { x: 1, inc() {} }; export { own as 'module.exports' }; export const inc = () => 1`,
    'of a module that imports': `import { y } from './f.mjs'; log('e'); export const x = y, inc = () => 1`,
    'that throws': `log('e'); throw new RangeError('e')`,
  }).map(([name, text]) =>
    main(
      `CommonJS: require of an ES module: ${name}`,
      `import c from './c.cjs'\nlet e; try { e = await import('./e.mjs') } catch (x) { e = { inc() {}, x } }\ne.inc(); export const result = [c.keys, c.e && c.e.x, String(e.x), c.e === e, c.e && c.e.__esModule, c.again, c.error === e.x]`,
      {
        'c.cjs': `try { exports.e = require('./e.mjs'); exports.keys = Object.keys(exports.e); exports.again = exports.e === require('./e.mjs') } catch (x) { exports.error = x }`,
        'e.mjs': text,
        'f.mjs': `log('f'); export const y = 3`,
      },
    ),
  ),
  main('CommonJS: require of an ES module that awaits', `import c from './c.cjs'\nexport const result = c`, {
    'c.cjs': `try { require('./e.mjs') } catch (e) { module.exports = e.code }`,
    'e.mjs': `await 0`,
  }),
]

const changing = {
  'node_modules/pkg/package.json': '{"type":"module","exports":"./i.js"}',
  'node_modules/pkg/i.js': `export let n = 1; export const inc = () => ++n; export let f = function () { return [this === undefined, 1] }; export const swap = () => { f = function () { return [this === undefined, 2] } }`,
  'r.js': `export { n, f as g } from 'pkg'; import { n } from 'pkg'; export { n as m }`,
  'star.js': `export * from 'pkg'`,
  'far.js': `export { m as q } from './r.js'; export * from './star.js'`,
}
const pkg = {
  'node_modules/pkg/package.json': '{"type":"module","exports":"./i.js"}',
  'node_modules/pkg/i.js': `export let n = 1; export let f = function () { return this === undefined }; export let C = class { static s = 1; m() { return 'm' } }; export let o = { p: 1, f() { return this === o } }; export const swap = () => { n = 10; f = function () { return [this] }; C = class { static s = 2 }; o = { p: 2, f() { return 'new' } } }`,
}
const reads = [
  ...expressions.map((text) => `kind(() => (${text}))`),
  ...statements.map((text) => `kind(() => { ${text} })`),
].join(',\n')
const position = (from: string, files: Record<string, string>): Case =>
  main(
    `reads in every position of what changes in ${from}`,
    `${KIND}import { n, f, C, o, swap } from '${from}'\nconst class_ = () => (class extends C {}).s; const throw_ = (x) => x\nconst all = () => JSON.stringify([${reads}])\nconst before = all(); swap(); export const result = [before, all()]`,
    files,
  )

const packages = [
  position('pkg', pkg),
  position('./hot.js', { 'hot.js': pkg['node_modules/pkg/i.js'] }),
  position('./r.js', { ...pkg, 'r.js': `export * from 'pkg'; export { n } from 'pkg'` }),
  main(
    'a package that changes its values, through other modules',
    `import { inc, swap } from 'pkg'\nimport { n as r, m, g } from './r.js'\nimport * as rs from './r.js'\nimport { n as t } from './star.js'\nimport * as ts from './star.js'\nimport { q, n as u } from './far.js'\nconst all = () => [r, m, rs.n, rs.m, t, ts.n, q, u, { ...rs }.n, { r }.r, g(), rs.g()[1], (({ m }) => m)(rs)]\nconst before = all(); inc(); swap(); export const result = [before, all()]`,
    changing,
  ),
  main(
    'a package runs in its turn, also where a namespace shows its names',
    `import * as ns from './hot.js'\nlog('main'); export const result = ns.x`,
    {
      'hot.js': `import './first.js'; export { x } from 'later'`,
      'first.js': `log('first')`,
      'node_modules/later/package.json': '{"type":"module","exports":"./i.js"}',
      'node_modules/later/i.js': `log('later'); export const x = 1`,
    },
  ),
]

const BOOM = `(() => { throw new Error('boom') })()`
const lines = Object.entries({
  'import.meta over lines': `const a = import\n.\n meta; BOOM`,
  'default over lines': `export default\n\n\n5; BOOM`,
  'default function over lines': `export default // c\n  function () {\n return BOOM }\nimport f from './main.js'\nf()`,
  'default class over lines': `export default class\nextends Object {\n static x = BOOM }`,
  'default between comments': `export default /* a\n */ BOOM`,
  'named default over lines': `export default\nfunction f() {}\nBOOM`,
  'lists and attributes over lines': `import {\n a,\n // c\n b\n} from\n'./d.js'\nimport d from './d.json' with\n{ type:\n'json' }\nexport {\n a\n}\nBOOM`,
  'import() over lines': `import(\n'./d.js'\n); BOOM`,
  'line ends of every sort': `import { a } from './d.js'\r\n\rexport let n = 1\u2028n = 2\u2029n = 3; BOOM`,
  'columns behind writes': `export let n; n=1;n=2; BOOM`,
}).map(([name, text]) =>
  main(
    `where it is thrown: ${name}`,
    text.replace('BOOM', BOOM),
    {
      'd.js': 'export const a = 1, b = 2',
      'd.json': '{}',
      'probe.js': `export const result = await import('./main.js').then(() => 'none', (e) => /main\\.js:(\\d+:\\d+)/.exec(e.stack)[1])`,
    },
    { imports: ['probe.js'] },
  ),
)

export const cases: readonly Case[] = [
  ...scopes,
  ...namespaces,
  ...refused,
  ...cycles,
  ...files,
  ...commonJs,
  ...packages,
  ...lines,
  ...writes.map((text) =>
    main(
      `write: ${text}`,
      `import { n, m, k, run } from './d.js'\nimport * as d from './d.js'\nconst r = run(() => [n, m, k]); export const result = [r, n, m, k, d.n, d.m, d.k]`,
      {
        'd.js': `export let n = 0, m = 0, k = 0\nexport function run(see) { const out = []; const o = { n: 1, m: 2, k: 3, x: { n: 4 } }; ${text}; out.push(see()); return out }`,
      },
    ),
  ),
  ...defaults.map((text) =>
    main(
      `default: ${text}`,
      `import * as s from './main.js'\n${text}\nexport const result = [s.default, Object.keys(s)].map((x) => typeof x === 'function' ? ['fn', x.name, x.length] : x)`,
    ),
  ),
  ...modules.map((text) =>
    main(`module: ${JSON.stringify(text)}`, text, {
      'e.js': 'export const a = 1; export default 2; export const b = 3',
      'd.json': '{"x":1}',
      'f.js': 'export const f = 1',
    }),
  ),
]
