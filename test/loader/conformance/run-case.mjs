// Runs every case of a folder, natively or through the loader, and prints the outcomes as JSON.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { inspect } from 'node:util'

const [mode, folder] = process.argv.slice(2)
const { createLoader } = mode === 'loader' ? await import('../../../dist/units/code/loader.js') : {}

const show = (value) => inspect(value, { depth: 6, breakLength: Infinity, compact: true })

async function settle(load, importing) {
  try {
    const namespace = await load(importing)
    return { value: show(await namespace.result) }
  } catch (error) {
    if (!(error instanceof Error)) return { thrown: show(error) }
    return { error: error.name === 'TickswapError' ? 'Error' : error.name, message: error.message }
  }
}

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
