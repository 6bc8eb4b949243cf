// Cold and warm start of a graph of 200 modules of 3 KB, and staging an edit of one leaf.
//   node bench/loader/graph.mjs
import { mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import xxhash from 'xxhash-wasm'
import { Linker } from '../../dist/units/code/linker.js'
import { Stager } from '../../dist/units/code/stager.js'
import { moduleOf } from './source.mjs'

const { h64Raw } = await xxhash()
const hash = (bytes) => h64Raw(bytes).toString(16).padStart(16, '0')
const root = realpathSync(mkdtempSync(join(tmpdir(), 'tickswap-graph-')))
const file = (i) => join(root, `m${i}.ts`)
const body = moduleOf(0, 3000).split('\n').slice(2).join('\n')
const text = (i, n) => {
  const imports = [2 * i + 1, 2 * i + 2].filter((each) => each < 200)
  const lines = imports.map((each) => `import { value as v${each} } from './m${each}.ts'`)
  return `${lines.join('\n')}\nconst clamp = (x: number): number => x, geo = { slope: () => 1 }\nexport const value = (): number => ${n}${imports.map((each) => ` + v${each}()`).join('')}\n${body}`
}
for (let i = 0; i < 200; i++) writeFileSync(file(i), text(i, 1))

const stager = new Stager({ root, hash })
const linker = new Linker()
const t0 = performance.now()
const boot = await stager.boot([file(0)])
const t1 = performance.now()
await linker.loadAsync(boot.update)
const t2 = performance.now()
stager.accept(boot)
console.log(
  `cold start of 200 modules: stage ${(t1 - t0).toFixed(0)} ms, load ${(t2 - t1).toFixed(0)} ms (target 1000)`,
)
const warm = new Linker()
const t3 = performance.now()
await warm.loadAsync(structuredClone(boot.update))
console.log(`load of kept artifacts with their code cache: ${(performance.now() - t3).toFixed(0)} ms`)
const [stages, prepares, commits] = [[], [], []]
for (let n = 2; n < 42; n++) {
  writeFileSync(file(199), text(199, n))
  const a = performance.now()
  const stage = await stager.stage([file(199)])
  const b = performance.now()
  const prepared = linker.prepare(stage.update)
  const c = performance.now()
  prepared.commit()
  const d = performance.now()
  prepared.settle()
  stager.accept(stage)
  if (linker.namespace(file(0)).value() !== 199 + n) throw new Error('the edit is not live')
  stages.push(b - a)
  prepares.push(c - b)
  commits.push(d - c)
}
const median = (list) => list.sort((x, y) => x - y)[list.length >> 1].toFixed(3)
console.log(
  `edit of a leaf: stage ${median(stages)} ms (target 20), prepare ${median(prepares)} ms, commit ${median(commits)} ms`,
)
rmSync(root, { recursive: true, force: true })
