/**
 * A fresh process that loads a graph of modules once: `graph-process.js tickswap|vite FOLDER`.
 * The packages are loaded before the clock starts.
 */
import { entryOf } from './graph.js'
import { answer } from './process.js'

const [how, dir] = process.argv.slice(2)

answer(how === 'tickswap' ? withTickswap : withVite)

async function withTickswap() {
  const { createLoader } = await import('../../dist/index.js')
  const from = performance.now()
  const loader = await createLoader({ root: dir })
  const { latest } = await loader.import(entryOf(dir))
  return loaded(latest, from, loader)
}

async function withVite() {
  const { ViteRunner } = await import('./vite.js')
  const from = performance.now()
  const vite = await ViteRunner.start(dir)
  const { latest } = await vite.import(entryOf(dir))
  return loaded(latest, from, vite)
}

async function loaded(latest, from, tool) {
  const [edit, ms] = [latest(), performance.now() - from]
  if (edit !== 0) throw new Error(`edit ${edit} runs where nothing was edited`)
  await tool.close()
  return { ms }
}
