/**
 * Reloads modules through the stager and the linker, and prints what that has left behind, as JSON.
 *
 *     node --max-old-space-size=64 --expose-gc test/memory/loader.js leaf 2000
 *     node --max-old-space-size=64 --expose-gc test/memory/loader.js graph 200
 */
import { createHash } from 'node:crypto'
import { mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setImmediate as turn } from 'node:timers/promises'
import { Linker } from '../../dist/units/code/linker.js'
import { Stager } from '../../dist/units/code/stager.js'
import { Gauge, growth } from './gauge.js'
import { leaf, link, main } from './sources.js'

const [kind, count] = [process.argv[2], Number(process.argv[3])]
const MODULES = 40
/** before the first reading: what V8 and the loader build up once */
const WARM_UP = Math.ceil(count / 2)
/** between one reading and the next */
const STRETCHES = 2

const root = realpathSync(mkdtempSync(join(tmpdir(), 'tickswap-memory-')))
const hash = (bytes) => createHash('sha256').update(bytes).digest('hex').slice(0, 16)
const stager = new Stager({ root, hash })
const linker = new Linker()
const gauge = new Gauge()
let evaluations = 0

const write = (name, text) => {
  const path = join(root, name)
  writeFileSync(path, text)
  return path
}

async function boot() {
  if (kind === 'leaf') write('leaf.ts', leaf(0))
  else for (let i = 0; i < MODULES; i++) write(`m${i}.ts`, link(i, 0))
  const entry = kind === 'leaf' ? write('main.ts', main) : join(root, `m${MODULES - 1}.ts`)
  const stage = await stager.boot([entry])
  await linker.loadAsync(stage.update)
  stager.accept(stage)
  return linker.namespace(entry)
}

async function reload(version) {
  const index = version % MODULES
  const file = kind === 'leaf' ? write('leaf.ts', leaf(version)) : write(`m${index}.ts`, link(index, version))
  const stage = await stager.stage([file])
  evaluations += stage.update.evaluate.length
  const prepared = linker.prepare(stage.update)
  prepared.commit()
  // Every eighth is taken back first, as a rollback does.
  if (version % 8 === 0) {
    prepared.revert()
    prepared.commit()
  }
  prepared.settle()
  stager.accept(stage)
  const module = linker.namespace(file)
  if (module.version !== version) throw new Error(`version ${module.version} runs instead of ${version}`)
  gauge.watch(module.step)
}

try {
  const entry = await boot()
  let version = 0
  const reloads = async (n) => {
    for (let i = 0; i < n; i++) {
      await reload(++version)
      ;(entry.run ?? entry.step)(1)
      // A WeakRef keeps its target until the event loop turns.
      await turn()
    }
  }
  const from = performance.now()
  await reloads(WARM_UP)
  const readings = [await gauge.read()]
  evaluations = 0
  for (let i = 0; i < STRETCHES; i++) {
    await reloads(Math.floor((count - WARM_UP) / STRETCHES))
    readings.push(await gauge.read())
  }
  const perStretch = evaluations / STRETCHES
  const [half, end] = [readings[0], readings.at(-1)]
  const ms = (performance.now() - from) / count
  const perReload = evaluations / (count - WARM_UP)
  const result = { half, end, ...growth(readings, perStretch), perReload, msPerReload: ms }
  console.log(JSON.stringify(result))
} finally {
  rmSync(root, { recursive: true, force: true })
}
