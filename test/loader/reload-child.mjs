// Reloads modules many times in one process and prints what is left in the heap.
//   node --expose-gc --max-old-space-size=64 reload-child.mjs <reloads of a 10 KB module> <reloads of a 40-module graph>
import { mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createLoader } from '../../dist/units/code/loader.js'

const [single, graph] = process.argv.slice(2).map(Number)
const root = realpathSync(mkdtempSync(join(tmpdir(), 'tickswap-memory-')))
const write = (name, text) => writeFileSync(join(root, name), text)
const filler = Array.from(
  { length: 100 },
  (_, i) => `export function filler${i}(x: number): number { return x * ${i} + Math.sin(x) / ${i + 1} }\n`,
).join('')
const leaf = (n) =>
  `import { base } from './base.ts'\nexport let version = ${n}\nexport function setVersion(x: number): void { version = x }\nexport const f = (x: number): number => x + base + version\n${filler}`

write('base.ts', `export let base = 0\nexport const raise = (): void => { base++ }`)
write('leaf.ts', leaf(0))
for (let i = 0; i < 40; i++) {
  write(
    `g${i}.ts`,
    i === 0
      ? `export const g0 = 0`
      : `import { g${i - 1} } from './g${i - 1}.ts'\nimport * as ns from './g${i - 1}.ts'\nexport const g${i} = g${i - 1} + 1\nexport const all = () => ns`,
  )
}
write(
  'main.ts',
  `import { f, version, setVersion } from './leaf.ts'\nimport * as leaf from './leaf.ts'\nimport { g39 } from './g39.ts'\nimport './base.ts'\nexport const run = () => [f(1), version, leaf.version, g39]\nexport { setVersion, f }`,
)

let alive = 0
const finalizer = new FinalizationRegistry(() => alive--)
const collect = async () => {
  for (let i = 0; i < 4; i++) {
    globalThis.gc()
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
  return process.memoryUsage().heapUsed / 1024
}

const loader = await createLoader({ root })
const main = await loader.import('./main.ts')
const watch = (f) => {
  alive++
  finalizer.register(f, undefined)
}
async function reloadLeaf(n) {
  write('leaf.ts', leaf(n))
  await loader.reload('./leaf.ts')
  watch(main.f)
  main.setVersion(n + 0.5)
  if (main.run()[1] !== n + 0.5) throw new Error(`reload ${n} did not take`)
}
async function reloadGraph(n) {
  write('g0.ts', `export const g0 = ${n}`)
  const { evaluated } = await loader.reload('./g0.ts')
  if (evaluated.length !== 41 && evaluated.length !== 40) throw new Error(`evaluated ${evaluated.length}`)
  if ((await loader.import('./main.ts')).run()[3] !== n + 39)
    throw new Error(`graph reload ${n} did not take`)
}

for (let n = 1; n <= 100; n++) await reloadLeaf(n)
for (let n = 1; n <= 10; n++) await reloadGraph(n)
const before = await collect()
const handles = process.getActiveResourcesInfo().length
for (let n = 1; n <= single; n++) await reloadLeaf(n)
const afterSingle = await collect()
for (let n = 1; n <= graph; n++) await reloadGraph(n)
const afterGraph = await collect()
console.log(
  JSON.stringify({
    kbPerReload: (afterSingle - before) / single,
    kbPerGraphReload: (afterGraph - afterSingle) / Math.max(1, graph),
    retained: alive,
    handles: process.getActiveResourcesInfo().length - handles,
  }),
)
rmSync(root, { recursive: true, force: true })
process.exit(0)
