// Nanoseconds of a call through an import, in a hot loop: native ESM beside the loader, before and after 100 swaps.
//   node bench/loader/calls.mjs
import { mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { createLoader } from '../../dist/units/code/loader.js'

const root = realpathSync(mkdtempSync(join(tmpdir(), 'tickswap-calls-')))
writeFileSync(join(root, 'package.json'), '{"type":"module"}')
const dep = (n) => `
export function f(x) { return x + ${n % 7} }
export const k = ${n % 7}
export let live = ${n % 7}
export function setLive(x) { live = x }
`
const loops = `
import { f, k, live, setLive } from './dep.js'
import * as ns from './dep.js'
export function viaFunction(n) { let s = 0; for (let i = 0; i < n; i++) s = f(s) & 1023; return s }
export function viaConstant(n) { let s = 0; for (let i = 0; i < n; i++) s = (s + k) & 1023; return s }
export function viaLive(n) { let s = 0; for (let i = 0; i < n; i++) s = (s + live) & 1023; return s }
export function viaNamespace(n) { let s = 0; for (let i = 0; i < n; i++) s = ns.f(s) & 1023; return s }
export { setLive }
`
writeFileSync(join(root, 'dep.js'), dep(1))
writeFileSync(join(root, 'loops.js'), loops)

const N = 5_000_000
function time(run) {
  for (let i = 0; i < 3; i++) run(N / 10)
  let best = Infinity
  for (let i = 0; i < 7; i++) {
    const start = performance.now()
    run(N)
    best = Math.min(best, performance.now() - start)
  }
  return (best / N) * 1e6
}

const kinds = ['viaFunction', 'viaConstant', 'viaLive', 'viaNamespace']
const measure = (ns) => Object.fromEntries(kinds.map((kind) => [kind, time(ns[kind])]))
const native = measure(await import(pathToFileURL(join(root, 'loops.js')).href))
const loader = await createLoader({ root })
const hot = await loader.import('./loops.js')
const before = measure(hot)
for (let i = 2; i < 102; i++) {
  writeFileSync(join(root, 'dep.js'), dep(i))
  await loader.reload('./dep.js')
  hot.setLive(i)
  for (const kind of kinds) hot[kind](1000)
}
const after = measure(hot)
console.log(`ns per turn of the loop, Node ${process.version}`)
for (const kind of kinds) {
  const [a, b, c] = [native[kind], before[kind], after[kind]]
  console.log(
    `${kind.padEnd(14)} native ${a.toFixed(2)}  hot ${b.toFixed(2)} (${(b / a).toFixed(2)}x)  after 100 swaps ${c.toFixed(2)} (${(c / a).toFixed(2)}x)`,
  )
}
rmSync(root, { recursive: true, force: true })
