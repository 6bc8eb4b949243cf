/**
 * A fresh process that loads a graph of modules once: `graph-process.js tickswap|vite|keep|kept FOLDER`.
 * `keep` also writes down what it staged, and `kept` starts from that. The packages are loaded
 * before the clock starts.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { deserialize, serialize } from 'node:v8'
import { entryOf } from './graph.js'
import { answer } from './process.js'

const [how, dir] = process.argv.slice(2)

const KEPT = join(dir, 'kept.bin')
const WAYS = {
  tickswap: withTickswap,
  vite: withVite,
  keep: () => withArtifacts(() => new Map()),
  kept: () => withArtifacts(() => deserialize(readFileSync(KEPT))),
}

answer(WAYS[how])

async function withTickswap() {
  const { createLoader } = await import('../../dist/index.js')
  await loadParsers()
  const from = performance.now()
  const loader = await createLoader({ root: dir })
  const { latest } = await loader.import(entryOf(dir))
  return loaded(latest, from, loader)
}

/** They are loaded when the first module needs them, which is after the clock has started. */
async function loadParsers() {
  const { swc } = await import('../../dist/units/code/transform/strip.js')
  const { acorn, meriyah } = await import('../../dist/units/code/transform/parsers.js')
  for (const load of [swc, acorn, meriyah]) load()
}

async function withVite() {
  const { ViteRunner } = await import('./vite.js')
  const from = performance.now()
  const vite = await ViteRunner.start(dir)
  const { latest } = await vite.import(entryOf(dir))
  return loaded(latest, from, vite)
}

/** As the control thread and a participant do, in one thread. */
async function withArtifacts(read) {
  await import('../../dist/index.js')
  const { hashHex } = await import('../../dist/native/addon.js')
  const { Linker } = await import('../../dist/units/code/linker.js')
  const { Stager } = await import('../../dist/units/code/stager.js')
  const from = performance.now()
  const kept = read()
  const stager = new Stager({ root: dir, hash: hashHex, kept: (id) => kept.get(id) })
  const linker = new Linker()
  const stage = await stager.boot([entryOf(dir)])
  await linker.loadAsync(stage.update)
  const { latest } = linker.namespace(entryOf(dir))
  stager.accept(stage)
  return loaded(latest, from, { close: () => writeFileSync(KEPT, serialize(stager.graph.modules)) })
}

async function loaded(latest, from, tool) {
  const [edit, ms] = [latest(), performance.now() - from]
  if (edit !== 0) throw new Error(`edit ${edit} runs where nothing was edited`)
  await tool.close()
  return { ms }
}
