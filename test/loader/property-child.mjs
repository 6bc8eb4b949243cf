// Random graphs of modules and random edits: after each edit, the loader and a fresh native load have to agree.
//   node property-child.mjs <runs> [seed]
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import fc from 'fast-check'
import { createLoader } from '../../dist/units/code/loader.js'

const SIZE = 6
const index = fc.nat({ max: SIZE - 1 })
const module = fc.record({
  version: fc.nat({ max: 9 }),
  /** functions of other modules, called when ours are: cycles are welcome */
  lazy: fc.uniqueArray(
    fc.record({ of: index, from: index, how: fc.constantFrom('named', 'ns', 'default', 'renamed') }),
    { maxLength: 3, selector: (x) => x.of },
  ),
  /** values of later modules, read while ours is evaluated */
  eager: fc.uniqueArray(fc.record({ of: index, how: fc.constantFrom('value', 'call', 'ns') }), {
    maxLength: 2,
    selector: (x) => x.of,
  }),
  stars: fc.uniqueArray(index, { maxLength: 2 }),
  names: fc.uniqueArray(index, { maxLength: 1 }),
  shared: fc.boolean(),
  strays: fc.oneof(
    { weight: 15, arbitrary: fc.constant(false) },
    { weight: 1, arbitrary: fc.constant(true) },
  ),
  /** values of any module, ours and earlier ones too: there may be nothing to read yet */
  wild: fc.oneof(
    { weight: 8, arbitrary: fc.constant(undefined) },
    {
      weight: 1,
      arbitrary: fc.record({ of: index, how: fc.constantFrom('value', 'call', 'ns', 'live', 'typeof') }),
    },
  ),
})
const program = fc.record({
  modules: fc.array(module, { minLength: SIZE, maxLength: SIZE }),
  edits: fc.array(fc.array(fc.record({ at: index, module }), { minLength: 1, maxLength: 3 }), {
    minLength: 1,
    maxLength: 4,
  }),
})

function textOf(i, { version, lazy, eager, stars, names, shared, strays, wild }) {
  const lines = []
  const calls = []
  const reads = []
  const take = (line, ...uses) => {
    lines.push(line)
    return uses
  }
  for (const { of, from, how } of lazy) {
    // Through another module only where a star may lead on; it may lead nowhere, which is an error in both.
    const source = strays && how === 'named' ? from : of
    if (how === 'named')
      calls.push(...take(`import { f${of} as l${of} } from './m${source}.js'`, `l${of}(d - 1)`))
    if (how === 'renamed') calls.push(...take(`import { v${of} as l${of} } from './m${of}.js'`, `l${of}`))
    if (how === 'default') calls.push(...take(`import l${of} from './m${of}.js'`, `l${of}(d - 1)`))
    if (how === 'ns') {
      const uses = [`l${of}.f${of}(d - 1)`, `Object.keys(l${of}).join('+')`]
      calls.push(...take(`import * as l${of} from './m${of}.js'`, ...uses))
    }
  }
  for (const { of, how } of eager) {
    if (of <= i) continue
    if (how === 'value') reads.push(...take(`import { c${of} as e${of} } from './m${of}.js'`, `e${of}`))
    if (how === 'call') reads.push(...take(`import { p${of} as e${of} } from './m${of}.js'`, `e${of}()`))
    if (how === 'ns')
      reads.push(...take(`import * as e${of} from './m${of}.js'`, `e${of}.c${of} + e${of}.p${of}()`))
  }
  if (wild && (wild.of !== i || wild.how !== 'typeof')) {
    const { of, how } = wild
    if (how === 'value') reads.push(...take(`import { c${of} as w } from './m${of}.js'`, 'w'))
    if (how === 'call') reads.push(...take(`import { f${of} as w } from './m${of}.js'`, 'w(1)'))
    if (how === 'ns') reads.push(...take(`import * as w from './m${of}.js'`, `w.c${of}`))
    if (how === 'live') reads.push(...take(`import { v${of} as w } from './m${of}.js'`, 'w'))
    if (how === 'typeof') reads.push(...take(`import w from './m${of}.js'`, 'typeof w'))
  }
  for (const star of stars) if (star !== i) lines.push(`export * from './m${star}.js'`)
  for (const name of names)
    if (name !== i) lines.push(`export { f${name} as again${i}, v${name} as live${i} } from './m${name}.js'`)
  if (shared) lines.push(`export const shared = 'shared of ${i}'`)
  return `${lines.join('\n')}
export const c${i} = 'c${i}v${version}' + [${reads.map((x) => `String(${x})`)}].join()
const inner = () => c${i} + '!'
export const p${i} = () => inner() + [${eager.filter(({ of, how }) => of > i && how === 'value').map(({ of }) => `e${of}`)}].join()
export let v${i} = 'start'
v${i} = 'v${i}v${version}'
export function f${i}(d = 2) { return d <= 0 ? 'f${i}v${version}' : 'f${i}v${version}(' + [${calls.map((x) => `String(${x})`)}].join() + ')' }
export default (d) => f${i}(d) + 'default'
`
}

/** In a circle of stars, what V8 makes of an ambiguous name depends on where it began: nothing to compare with. */
const settled = (modules) => {
  const reach = (from, to, seen) =>
    modules[from].stars.some(
      (next) => next === to || (!seen.has(next) && seen.add(next) && reach(next, to, seen)),
    )
  const circular = modules.some((_, i) => reach(i, i, new Set()))
  return circular ? modules.map((each) => ({ ...each, shared: false })) : modules
}

function snapshot(namespaces) {
  return namespaces.map((ns) =>
    Object.keys(ns).map((key) => {
      try {
        return [key, typeof ns[key] === 'function' ? ns[key](2) : String(ns[key])]
      } catch (error) {
        return [key, error.name]
      }
    }),
  )
}

async function outcome(load) {
  try {
    const namespaces = []
    for (let i = 0; i < SIZE; i++) namespaces.push(await load(`m${i}.js`))
    return { snapshot: snapshot(namespaces) }
  } catch (error) {
    return { error: error.name }
  }
}

const base = realpathSync(mkdtempSync(join(tmpdir(), 'tickswap-property-')))
let counter = 0
const stats = { compared: 0, refused: 0 }

function writeAll(folder, modules) {
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, 'package.json'), '{"type":"module"}')
  for (const [i, each] of modules.entries()) writeFileSync(join(folder, `m${i}.js`), textOf(i, each))
}

async function native(modules) {
  const folder = join(base, `native-${counter++}`)
  writeAll(folder, modules)
  const result = await outcome((name) => import(pathToFileURL(join(folder, name)).href))
  rmSync(folder, { recursive: true })
  return result
}

const same = (a, b, what) => {
  if (JSON.stringify(a) !== JSON.stringify(b))
    throw new Error(`${what}\nnative: ${JSON.stringify(a)}\nloader: ${JSON.stringify(b)}`)
}

const [runs, seed] = process.argv.slice(2).map(Number)
const property = fc.asyncProperty(program, async ({ modules: drawn, edits }) => {
  const modules = settled(drawn)
  const root = join(base, `hot-${counter++}`)
  writeAll(root, modules)
  const loader = await createLoader({ root })
  const load = (name) => loader.import(`./${name}`)
  const first = await native(modules)
  same(first, await outcome(load), 'first load')
  if (first.error) return
  let current = modules
  for (const edit of edits) {
    const next = [...current]
    for (const { at, module } of edit) next[at] = module
    next.splice(0, SIZE, ...settled(next))
    const fresh = await native(next)
    const files = next.map((_, at) => `./m${at}.js`)
    writeAll(root, next)
    const before = await outcome(load)
    const refused = await loader.reload(files).then(
      () => undefined,
      (error) => error.name,
    )
    const after = await outcome(load)
    if (fresh.error) {
      // Refused as a whole: what ran before runs on, untouched. Of several errors a link error comes first.
      const reason = refused === 'SyntaxError' ? 'SyntaxError' : fresh.error
      same({ error: reason, ...before }, { error: refused, ...after }, 'refused edit')
      stats.refused++
      return
    }
    if (refused) throw new Error(`refused with ${refused}, native is content`)
    same(fresh, after, `after an edit of ${files}`)
    stats.compared++
    current = next
  }
  await loader.close()
})
try {
  await fc.assert(property, { numRuns: runs, ...(seed ? { seed } : {}) })
  console.log(JSON.stringify(stats))
} catch (error) {
  console.error(error.message, error.cause?.stack)
  process.exitCode = 1
} finally {
  rmSync(base, { recursive: true, force: true })
}
