// Runs every case of a folder and prints the outcomes as JSON:
//   native       by Node itself
//   loader       through createLoader
//   participant  in a worker, as a participant loads: at once, without ever awaiting
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { inspect } from 'node:util'
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads'

const [mode, folder] = isMainThread ? process.argv.slice(2) : workerData

const show = (value) => inspect(value, { depth: 6, breakLength: Infinity, compact: true })

/** A program that waits for itself never ends; it has to in neither of them. */
const HANGS_AFTER_MS = 2000
const orHang = async (promise) => {
  let timer
  const hang = new Promise((resolve) => {
    timer = setTimeout(resolve, HANGS_AFTER_MS, { result: 'never settles' })
  })
  const first = await Promise.race([promise, hang]).finally(() => clearTimeout(timer))
  return first
}

const AWAITS = new Set(['TICKSWAP_E_TOP_LEVEL_AWAIT', 'ERR_REQUIRE_ASYNC_MODULE'])

async function settle(load, importing) {
  try {
    const namespace = await orHang(load(importing))
    return { value: show(await orHang(namespace.result)) }
  } catch (error) {
    if (!(error instanceof Error)) return { thrown: show(error) }
    if (AWAITS.has(error.code)) return { awaits: true }
    return { error: error.name === 'TickswapError' ? 'Error' : error.name, message: error.message }
  }
}

/** @returns what makes, for the folder of a case, the function that imports one of its files */
async function loading() {
  if (mode === 'native') return (root) => (name) => import(pathToFileURL(join(root, name)).href)
  const { createLoader } = await import('../../../dist/units/code/loader.js')
  if (mode === 'loader') {
    return async (root) => {
      const loader = await createLoader({ root })
      return (name) => loader.import(`./${name}`)
    }
  }
  const { Linker } = await import('../../../dist/units/code/linker.js')
  const { Stager } = await import('../../../dist/units/code/stager.js')
  const { asLoaderError } = await import('../../../dist/units/code/loader-error.js')
  const hash = (bytes) => createHash('sha1').update(bytes).digest('hex').slice(0, 16)
  return (root) => {
    const stager = new Stager({ root, hash })
    const stage = async (id) => {
      const staged = await stager.boot([id])
      stager.accept(staged)
      // What a participant gets has come through a message.
      return structuredClone(staged.update)
    }
    const linker = new Linker({ loadMissing: async (id) => linker.adopt(await stage(id)) })
    return async (name) => {
      const file = join(root, name)
      try {
        linker.load(await stage(file))
      } catch (error) {
        throw asLoaderError(error)
      }
      return linker.namespace(file)
    }
  }
}

async function run() {
  // Node 20 reports what a CommonJS module throws a second time, as uncaught.
  process.on('uncaughtException', () => undefined)
  process.on('unhandledRejection', () => undefined)
  const outcomes = {}
  const open = await loading()
  for (const { key, imports } of JSON.parse(readFileSync(join(folder, 'cases.json'), 'utf8'))) {
    const logged = []
    globalThis.log = (value) => void logged.push(show(value))
    if (process.env.TRACE) console.error(key)
    const load = await open(join(folder, key))
    const results = []
    for (const name of imports) results.push(await settle(load, name))
    outcomes[key] = { results, logged }
  }
  return outcomes
}

if (!isMainThread) parentPort.postMessage(await run())
else {
  const inWorker = async () =>
    (await once(new Worker(new URL(import.meta.url), { workerData: [mode, folder] }), 'message'))[0]
  const outcomes = await (mode === 'participant' ? inWorker() : run())
  // Not to the standard output: a pipe may not have taken all of it when the process ends.
  writeFileSync(join(folder, `${mode}.json`), JSON.stringify(outcomes))
  process.exit(0)
}
