// Runs every case of a folder, natively or through the loader, and prints the outcomes as JSON.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { inspect } from 'node:util'

const [mode, folder] = process.argv.slice(2)
const { createLoader } = mode === 'loader' ? await import('../../../dist/units/code/loader.js') : {}

const show = (value) => inspect(value, { depth: 6, breakLength: Infinity, compact: true })

/** A program that waits for itself never ends; it has to in neither of the two. */
const HANGS_AFTER_MS = 2000
const orHang = async (promise) => {
  let timer
  const hang = new Promise((resolve) => {
    timer = setTimeout(resolve, HANGS_AFTER_MS, { result: 'never settles' })
  })
  const first = await Promise.race([promise, hang]).finally(() => clearTimeout(timer))
  return first
}

async function settle(load, importing) {
  try {
    const namespace = await orHang(load(importing))
    return { value: show(await orHang(namespace.result)) }
  } catch (error) {
    if (!(error instanceof Error)) return { thrown: show(error) }
    return { error: error.name === 'TickswapError' ? 'Error' : error.name, message: error.message }
  }
}

// Node 20 reports what a CommonJS module throws a second time, as uncaught.
process.on('uncaughtException', () => undefined)
process.on('unhandledRejection', () => undefined)

const outcomes = {}
for (const { key, imports } of JSON.parse(readFileSync(join(folder, 'cases.json'), 'utf8'))) {
  const root = join(folder, key)
  const logged = []
  globalThis.log = (value) => void logged.push(show(value))
  const loader = await createLoader?.({ root })
  const load = (name) => (loader ? loader.import(`./${name}`) : import(pathToFileURL(join(root, name)).href))
  if (process.env.TRACE) console.error(key)
  const results = []
  for (const name of imports) results.push(await settle(load, name))
  outcomes[key] = { results, logged }
}
process.stdout.write(JSON.stringify(outcomes))
process.exit(0)
