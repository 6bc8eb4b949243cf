/**
 * A fresh process that starts a folder of units once: `start-process.js tickswap|vite FOLDER [STORE]`.
 * The packages are loaded before the clock starts.
 */
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { answer } from './process.js'

const [how, dir, store] = process.argv.slice(2)

answer(how === 'tickswap' ? withTickswap : withVite)

async function withTickswap() {
  const { createRuntime } = await import('../../dist/index.js')
  const from = performance.now()
  const runtime = await createRuntime({ units: dir, store: store ?? false })
  runtime.tick()
  const ms = performance.now() - from
  await runtime.close()
  return { ms }
}

async function withVite() {
  const { ViteRunner } = await import('./vite.js')
  const from = performance.now()
  const vite = await ViteRunner.start(dir)
  for (const file of readdirSync(dir).sort()) await vite.import(join(dir, file))
  const ms = performance.now() - from
  await vite.close()
  return { ms }
}
