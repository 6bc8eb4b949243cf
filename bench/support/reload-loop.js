/**
 * A process with a small heap that reloads one module again and again and watches its own
 * heap: `reload-loop.js tickswap|import FOLDER RELOADS`. Run with --expose-gc.
 */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setImmediate } from 'node:timers/promises'
import { pathToFileURL } from 'node:url'
import { answer } from './process.js'

const [how, dir, reloads] = process.argv.slice(2)
const LOOKS = 20

answer(async () => {
  const reload = await (how === 'tickswap' ? withTickswap() : withImport())
  const points = []
  const every = Math.floor(Number(reloads) / LOOKS)
  for (let edit = 1; edit <= every * LOOKS; edit++) {
    await reload(edit)
    if (edit % every === 0) points.push({ x: edit, y: await heap() })
  }
  return { points }
})

async function withTickswap() {
  const { Loader } = await import('./reload.js')
  const { moduleSource } = await import('./source.js')
  const loader = await Loader.start(dir)
  return async (edit) => {
    writeFileSync(join(dir, 'traffic.ts'), moduleSource({ edit }))
    await loader.reload()
    if (loader.mark !== edit) throw new Error(`edit ${edit} was saved, and ${loader.mark} runs`)
  }
}

/** The file is the same text without its types; each query makes Node load it anew. */
async function withImport() {
  const url = pathToFileURL(join(dir, 'traffic.js'))
  return async (edit) => {
    await import(`${url}?v=${edit}`)
  }
}

/** Bytes in use once everything that can be collected is. */
async function heap() {
  for (let i = 0; i < 3; i++) {
    await setImmediate()
    globalThis.gc()
  }
  return process.memoryUsage().heapUsed
}
