// Times a reload of a 10 KB TypeScript module, part by part, beside Vite's module runner on the same file.
//   node bench/loader/reload.mjs [rounds]
import { mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import xxhash from 'xxhash-wasm'
import { Linker } from '../../dist/units/code/linker.js'
import { Stager } from '../../dist/units/code/stager.js'
import { moduleOf } from './source.mjs'

const rounds = Number(process.argv[2] ?? 200)
const root = realpathSync(mkdtempSync(join(tmpdir(), 'tickswap-bench-')))
const main = join(root, 'main.ts')
const leaf = join(root, 'leaf.ts')
writeFileSync(
  main,
  `import { advance0 } from './leaf.ts'\nexport const run = (x: number): number => advance0(x)\n`,
)
writeFileSync(join(root, 'other.ts'), `export const clamp = (x: number) => x\nexport const slope = () => 1\n`)
writeFileSync(leaf, moduleOf(0))

const { h64Raw } = await xxhash()
const hash = (bytes) => h64Raw(bytes).toString(16).padStart(16, '0')

function summary(name, times) {
  const sorted = times.slice(Math.floor(times.length / 4)).sort((a, b) => a - b)
  const at = (q) => sorted[Math.floor(sorted.length * q)].toFixed(3)
  console.log(`${name.padEnd(34)} median ${at(0.5)} ms   p95 ${at(0.95)} ms`)
  return Number(at(0.5))
}

async function tickswap(codeCache) {
  const stager = new Stager({ root, hash, codeCache })
  const linker = new Linker()
  const boot = await stager.boot([main])
  await linker.loadAsync(boot.update)
  stager.accept(boot)
  const [whole, stage, prepare, commit] = [[], [], [], []]
  for (let round = 1; round <= rounds; round++) {
    writeFileSync(leaf, moduleOf(round))
    const t0 = performance.now()
    const staged = await stager.stage([leaf])
    const t1 = performance.now()
    const prepared = linker.prepare(staged.update)
    const t2 = performance.now()
    prepared.commit()
    const t3 = performance.now()
    prepared.settle()
    stager.accept(staged)
    if (linker.namespace(main).run(1) !== round) throw new Error('the new version does not run')
    whole.push(t3 - t0)
    stage.push(t1 - t0)
    prepare.push(t2 - t1)
    commit.push(t3 - t2)
  }
  const label = codeCache ? 'tickswap, with code cache' : 'tickswap'
  const total = summary(label, whole)
  summary('  stage (control thread)', stage)
  summary('  prepare (participant)', prepare)
  summary('  commit (participant, in the tick)', commit)
  return total
}

async function vite() {
  const { createServer, createServerModuleRunner } = await import('vite')
  const server = await createServer({
    root,
    configFile: false,
    logLevel: 'error',
    appType: 'custom',
    server: { middlewareMode: true, hmr: false, watch: null, ws: false },
    optimizeDeps: { noDiscovery: true },
  })
  const runner = createServerModuleRunner(server.environments.ssr, { hmr: false })
  const times = []
  for (let round = 0; round <= rounds; round++) {
    writeFileSync(leaf, moduleOf(round))
    const t0 = performance.now()
    server.environments.ssr.moduleGraph.invalidateAll()
    runner.clearCache()
    const namespace = await runner.import(leaf)
    times.push(performance.now() - t0)
    if (namespace.advance0(1) !== round) throw new Error('the new version does not run')
  }
  await server.close()
  return summary('Vite module runner', times)
}

console.log(`${readFileSync(leaf).length} bytes, ${rounds} rounds, Node ${process.version}`)
const ours = await tickswap(false)
await tickswap(true)
const theirs = await vite()
console.log(`ratio ${(ours / theirs).toFixed(3)} (target 0.2)`)
rmSync(root, { recursive: true, force: true })
process.exit(0)
