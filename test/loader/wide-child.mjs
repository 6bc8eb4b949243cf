// Wide random programs: ES modules of every extension, JSON, CommonJS, top-level await, `import()`, in any
// graph. The first load has to run the modules in the order in which Node does, and after each edit a
// fresh native load has to agree on every value.
//   node wide-child.mjs <runs> [seed]
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { inspect } from 'node:util'
import fc from 'fast-check'
import { createLoader } from '../../dist/units/code/loader.js'

const SIZE = 5
const NAMES = ['m0.js', 'lib/m1.mjs', 'm2.js', 'lib/deep/m3.js', 'm4.mjs']
const index = fc.nat({ max: SIZE - 1 })
const rarely = (arbitrary, weight = 12) =>
  fc.oneof({ weight, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary })

const esModule = fc.record({
  version: fc.nat({ max: 9 }),
  uses: fc.array(
    fc.record({
      of: index,
      how: fc.constantFrom(
        'named',
        'renamed',
        'default',
        'namespace',
        'string',
        'class',
        'let',
        'both',
        'side',
      ),
      when: fc.constantFrom('evaluation', 'call', 'call'),
    }),
    { maxLength: 3 },
  ),
  again: fc.array(
    fc.record({
      of: index,
      how: fc.constantFrom('star', 'named', 'default', 'namespace', 'chain', 'imported'),
    }),
    { maxLength: 2 },
  ),
  awaits: fc.constantFrom(0, 0, 0, 0, 1, 2, 3),
  dynamic: rarely(index, 3),
  data: rarely(fc.constantFrom('default', 'namespace', 'dynamic'), 3),
  common: rarely(fc.constantFrom('default', 'named', 'namespace', 'require'), 3),
  builtin: rarely(fc.constantFrom('named', 'default', 'namespace'), 5),
  pattern: fc.boolean(),
  loop: fc.boolean(),
  throws: rarely(fc.constantFrom("new Error('no')", "'a string'", 'undefined', "new RangeError('far')"), 40),
  wrong: rarely(
    fc.constantFrom(
      'let x = ;',
      "import { nothing } from './m0.js'",
      "import './gone.js'",
      'export { gone }',
      'await = 1',
    ),
    50,
  ),
})
const program = fc.record({
  modules: fc.array(esModule, { minLength: SIZE, maxLength: SIZE }),
  data: fc.nat({ max: 9 }),
  common: fc.nat({ max: 9 }),
  edits: fc.array(
    fc.oneof(
      {
        weight: 5,
        arbitrary: fc.record({
          modules: fc.array(fc.record({ at: index, module: esModule }), { minLength: 1, maxLength: 3 }),
        }),
      },
      // The number of a module and nothing else: what most edits are.
      { weight: 5, arbitrary: fc.record({ bump: index }) },
      { weight: 2, arbitrary: fc.record({ data: fc.nat({ max: 99 }) }) },
      { weight: 2, arbitrary: fc.record({ common: fc.nat({ max: 99 }) }) },
    ),
    { minLength: 1, maxLength: 4 },
  ),
})

const from = (i, name) => {
  const up = '../'.repeat(NAMES[i].split('/').length - 1)
  return `'${up || './'}${name}'`
}

/** Collects the lines of a module, what it reads while it is evaluated, and what it reads when it is called. */
class Text {
  lines = []
  reads = []
  calls = []

  /** @param isEarly read while the module is evaluated as well */
  add(line, isEarly, ...expressions) {
    this.lines.push(line)
    this.calls.push(...expressions)
    if (isEarly) this.reads.push(...expressions)
  }
}

/** Imports of another module: the declaration, and expressions that read it. */
const USES = {
  named: (of, own, source) => [`import { c${of} as ${own} } from ${source}`, own],
  renamed: (of, own, source) => [`import { f${of} as ${own} } from ${source}`, `${own}(d - 1)`],
  default: (_, own, source) => [`import ${own} from ${source}`, `${own}(d - 1)`],
  both: (of, own, source) => [`import ${own}, * as ${own}n from ${source}`, `${own}(d - 1) + ${own}n.c${of}`],
  namespace: (of, own, source) => [
    `import * as ${own} from ${source}`,
    `${own}.c${of} + ${own}.f${of}(d - 1)`,
    `('v${of}' in ${own}) + ${own}[Symbol.toStringTag]`,
  ],
  string: (_, own, source) => [`import { 'a name' as ${own} } from ${source}`, own],
  class: (of, own, source) => [`import { K${of} as ${own} } from ${source}`, `new ${own}().m(d - 1)`],
  let: (of, own, source) => [
    `import { v${of} as ${own}, set${of} as ${own}set } from ${source}`,
    own,
    `((was) => [was, ${own}set('x'), ${own}, ${own}set(was), ${own}])(${own})`,
  ],
  side: (_, __, source) => [`import ${source}`],
}

const REEXPORTS = {
  star: (_, __, source) => `export * from ${source}`,
  named: (of, own, source) => `export { f${of} as ${own} } from ${source}`,
  default: (_, own, source) => `export { default as ${own} } from ${source}`,
  namespace: (_, own, source) => `export * as ${own} from ${source}`,
  chain: (of, own, source) => `export { v${of} as 'odd ${own}' } from ${source}`,
  imported: (of, own, source) => `import { v${of} as i${own} } from ${source}\nexport { i${own} as ${own} }`,
}

const DATA = {
  default: (source) => [`import data from ${source} with { type: 'json' }`, 'JSON.stringify(data)'],
  namespace: (source) => [`import * as data from ${source} with { type: 'json' }`, 'data.default.n'],
  dynamic: (source) => [
    `export const parsed = async () => (await import(${source}, { with: { type: 'json' } })).default.n`,
  ],
}

const COMMON = {
  default: (source) => [`import cjs from ${source}`, 'cjs.n + cjs.f()'],
  named: (source) => [`import { n as cn, f as cf } from ${source}`, 'cn + cf()'],
  namespace: (source) => [
    `import * as cjs from ${source}`,
    'cjs.n + Object.keys(cjs).filter((k) => k !== "module.exports").join()',
  ],
  require: (source) => [
    `import { createRequire } from 'node:module'\nconst cjs = createRequire(import.meta.url)(${source})`,
    'typeof cjs.n',
  ],
}

const BUILTIN = {
  named: [`import { join } from 'node:path'`, "join('a', '..', 'b')"],
  default: [`import path from 'path'`, 'path.sep'],
  namespace: [`import * as path from 'node:path'`, 'path.sep + typeof path.default'],
}

const AWAITS = [
  [],
  ['await null'],
  ['for await (const x of [1, 2]) log(x)'],
  ['await new Promise((done) => setImmediate(done))'],
]

function importsOf(i, { uses, again, data, common, builtin, dynamic }) {
  const text = new Text()
  for (const [at, { of, how, when }] of uses.entries()) {
    // Of an earlier module there may be nothing to read yet; that is left to circles.
    const isEarly = when === 'evaluation' && of > i
    text.add(...spread(USES[how](of, `u${at}`, from(i, NAMES[of])), isEarly))
  }
  for (const [at, { of, how }] of again.entries())
    text.add(REEXPORTS[how](of, `again${i}${at}`, from(i, NAMES[of])), false)
  if (data) text.add(...spread(DATA[data](from(i, 'data.json')), true))
  if (common) text.add(...spread(COMMON[common](from(i, 'lib/common.cjs')), true))
  if (builtin) text.add(...spread(BUILTIN[builtin], true))
  if (dynamic === undefined) return text
  const imported = `await import(${from(i, NAMES[dynamic])})`
  text.add(
    `export const later${i} = async () => { const ns = ${imported}; return [ns.c${dynamic}, ns.v${dynamic}] }`,
    false,
  )
  return text
}

const spread = ([line, ...expressions], isEarly) => [line, isEarly, ...expressions]

function textOf(i, module) {
  const { version, awaits, pattern, loop, throws, wrong } = module
  const { lines, calls, reads } = importsOf(i, module)
  if (wrong) lines.push(wrong)
  lines.push(`log('${i} begins')`, ...AWAITS[awaits])
  if (pattern) {
    const names = `{ p${i}, q: { r: [r${i} = 'none'] = [] } = {}, ...rest${i} }`
    lines.push(`export const ${names} = { p${i}: ${version}, q: { r: [] }, z: 1 }`)
  }
  lines.push(
    `export const c${i} = 'c${i}v${version}' + [${reads.map((x) => `String(((d) => ${x})(1))`)}].join()`,
  )
  if (throws) lines.push(`throw ${throws}`)
  lines.push(`export let v${i} = 'start', w${i} = 0, z${i}`)
  if (loop) {
    lines.push(`for (w${i} = 0; w${i} < ${version}; w${i}++);`, `for (z${i} of ['a', '${version}']) ;`)
    lines.push(`({ x: v${i} = 2, ...z${i} } = { k: ${version} })`)
  }
  const shown = calls.map((x) => `String(${x})`)
  lines.push(
    `v${i} += 'v${version}'`,
    `export const set${i} = (to) => { [v${i}, { w${i} = w${i} }] = [to, {}]; return v${i} }`,
    `export function f${i}(d = 2) { return d <= 0 ? 'f${i}v${version}' : 'f${i}v${version}(' + [${shown}].join() + ')' }`,
    `export class K${i} { static s = c${i}; #p = ${version}; m(d) { return this.#p + K${i}.s + (d > 0 ? f${i}(d) : '') } }`,
    `const a${i} = 'a${version}'\nexport { a${i} as 'a name' }`,
    [
      `export default (d) => f${i}(d) + 'default'`,
      `export default function (d) { return f${i}(d) + 'fn' }`,
      `export { f${i} as default }`,
    ][version % 3],
    `log('${i} ends')`,
  )
  return `import { log } from ${from(i, 'log.js')}\n${lines.join('\n')}\n`
}

globalThis.wideLogs = {}
const LOG = 'export const log = (line) => void globalThis.wideLogs[import.meta.dirname]?.push(line)\n'
const commonText = (n) =>
  `exports.n = ${n}\nexports.f = function () { return 'common' + exports.n + require('./other.cjs') }\n` +
  (n % 2 ? `exports.odd = require('../data.json').n\n` : '')

function writeAll(folder, { modules, data, common }) {
  mkdirSync(join(folder, 'lib/deep'), { recursive: true })
  const write = (name, text) => writeFileSync(join(folder, name), text)
  write('package.json', '{"type":"module"}')
  write('log.js', LOG)
  write('data.json', JSON.stringify({ n: data, list: [data] }))
  write('lib/common.cjs', commonText(common))
  write('lib/other.cjs', 'module.exports = 7\n')
  for (const [i, each] of modules.entries()) write(NAMES[i], textOf(i, each))
}

function textOfValue(value, depth = 3) {
  if (value?.[Symbol.toStringTag] === 'Module') {
    const text = (key) => {
      try {
        return textOfValue(value[key], depth - 1)
      } catch (error) {
        return error.name
      }
    }
    return depth < 0 ? 'deep' : `{${Object.keys(value).map((key) => `${key}: ${text(key)}`)}}`
  }
  return typeof value === 'function' ? typeof value : inspect(value)
}

async function shown(namespace) {
  const lines = []
  for (const key of Object.keys(namespace)) {
    try {
      const value = namespace[key]
      const isClass = typeof value === 'function' && /^class/.test(String(value))
      const isCalled = typeof value === 'function' && !isClass && !key.startsWith('set')
      const result = isClass ? `${value.s} ${new value().m(1)}` : isCalled ? await value(2) : value
      lines.push([key, textOfValue(result)])
    } catch (error) {
      lines.push([key, error?.name ?? String(error)])
    }
  }
  return lines
}

const nameOf = (error) => (error instanceof Error ? error.name : `thrown ${String(error)}`)

async function outcome(root, load, { modules }) {
  // Node may crash when it imports what failed to link, or to await, once more.
  const goesOn = !modules.some(({ awaits, wrong }) => awaits > 0 || wrong)
  globalThis.wideLogs[root] = []
  const namespaces = []
  let error
  for (const name of NAMES) {
    try {
      namespaces.push(await load(name))
    } catch (thrown) {
      error ??= nameOf(thrown)
      namespaces.push({ thrown: nameOf(thrown) })
      if (!goesOn) break
    }
  }
  const log = globalThis.wideLogs[root]
  const values = []
  if (error && !goesOn) return { log, values, error }
  for (const namespace of namespaces) values.push(await shown(namespace))
  return { log, values, ...(error && { error }) }
}

const base = realpathSync(mkdtempSync(join(tmpdir(), 'tickswap-wide-')))
let counter = 0
const stats = { compared: 0, refused: 0, failed: 0 }

async function native(state) {
  const folder = join(base, `native-${counter++}`)
  writeAll(folder, state)
  const result = await outcome(folder, (name) => import(pathToFileURL(join(folder, name)).href), state)
  rmSync(folder, { recursive: true })
  delete globalThis.wideLogs[folder]
  return result
}

function same(native, loader, what) {
  if (JSON.stringify(native) === JSON.stringify(loader)) return
  const flat = (x) => (x?.values ? { ...x, values: x.values.map((each) => Object.fromEntries(each)) } : x)
  const lines = [what]
  const [a, b] = [flat(native), flat(loader)]
  for (const key of new Set([...Object.keys(a), ...Object.keys(b)])) {
    if (JSON.stringify(a[key]) === JSON.stringify(b[key])) continue
    if (key === 'values' && a.values && b.values) {
      for (const [i, each] of a.values.entries())
        for (const name of new Set([...Object.keys(each), ...Object.keys(b.values[i])]))
          if (each[name] !== b.values[i][name])
            lines.push(`m${i}.${name}: native ${each[name]} loader ${b.values[i][name]}`)
    } else lines.push(`${key}: native ${JSON.stringify(a[key])}\n  loader ${JSON.stringify(b[key])}`)
  }
  throw new Error(lines.join('\n'))
}

/** In a circle of stars, what V8 makes of an ambiguous name depends on where it began; and what awaits in a circle of `import()` never ends. */
function settled(state) {
  const reach = (at, to, seen) =>
    state.modules[at].again.some(
      ({ of, how }) =>
        how === 'star' && (of === to || (!seen.has(of) && seen.add(of) && reach(of, to, seen))),
    )
  const circular = state.modules.some((_, i) => reach(i, i, new Set()))
  if (!circular) return state
  const modules = state.modules.map((each) => ({
    ...each,
    again: each.again.filter(({ how }) => how !== 'star'),
  }))
  return { ...state, modules }
}

function edited(state, edit) {
  const modules = [...state.modules]
  for (const { at, module } of edit.modules ?? []) modules[at] = module
  if (edit.bump !== undefined)
    modules[edit.bump] = { ...modules[edit.bump], version: (modules[edit.bump].version + 3) % 10 }
  return settled({ modules, data: edit.data ?? state.data, common: edit.common ?? state.common })
}

const FILES = [...NAMES, 'data.json', 'lib/common.cjs']
const [runs, seed] = process.argv.slice(2, 4).map(Number)
const path = process.argv[4]
const property = fc.asyncProperty(program, async ({ edits, ...drawn }) => {
  let state = settled(drawn)
  const root = join(base, `hot-${counter++}`)
  writeAll(root, state)
  const loader = await createLoader({ root })
  const load = (name) => loader.import(`./${name}`)
  const first = await native(state)
  same(first, await outcome(root, load, state), 'first load')
  if (first.error) {
    stats.failed++
    return
  }
  for (const [step, edit] of edits.entries()) {
    const next = edited(state, edit)
    const fresh = await native(next)
    writeAll(root, next)
    const before = await outcome(root, load, next)
    const refused = await loader.reload(FILES).then(
      () => undefined,
      (error) => nameOf(error),
    )
    const after = await outcome(root, load, next)
    if (fresh.error) {
      // Refused as a whole: what ran before runs on.
      if (refused === undefined) throw new Error(`step ${step}: taken, native throws ${fresh.error}`)
      // Which of several errors is told of is not laid down.
      const isLost = next.modules.some(({ wrong }) => wrong?.includes('gone.js'))
      const isAnother = refused === 'SyntaxError' || (isLost && refused === 'Error')
      const reason = isAnother ? refused : fresh.error
      same(
        { error: reason, values: before.values },
        { error: refused, values: after.values },
        `step ${step}: refused edit`,
      )
      stats.refused++
      break
    }
    if (refused) throw new Error(`step ${step}: refused with ${refused}, native is content`)
    same({ values: fresh.values }, { values: after.values }, `step ${step}: after an edit`)
    stats.compared++
    state = next
  }
  await loader.close()
})
try {
  await fc.assert(property, { numRuns: runs, ...(seed && { seed }), ...(path && { path }) })
  console.log(JSON.stringify(stats))
} catch (error) {
  console.error(error.message, error.cause?.stack)
  process.exitCode = 1
} finally {
  rmSync(base, { recursive: true, force: true })
}
