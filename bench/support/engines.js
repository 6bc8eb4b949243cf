/**
 * The smallest engine that each tool lets one write: one process that calls a module 240
 * times a second, and says so when an edit answers for the first time. Tools that take no
 * TypeScript get the same text without its types, which spares them the work.
 */
import { spawn } from 'node:child_process'
import { symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { stripTypes } from '../../dist/units/code/transform/strip.js'
import { now } from './clock.js'
import { folder, PROJECT } from './scratch.js'
import { moduleSource } from './source.js'

/** From the write until an edit counts as lost. */
const LOST_MS = 3000
const START_MS = 20_000

/** The engine's end is that of its input, whatever became of the benchmark. */
const TICK = `
export const PERIOD_MS = 1000 / 240
let latest = -1
export function tick(step) {
  const edit = step(1 / 240)
  if (edit === latest) return
  latest = edit
  process.stdout.write('live ' + edit + ' ' + (performance.timeOrigin + performance.now()) + '\\n')
}
process.stdin.on('end', () => process.exit()).resume()
`

const typed = (edit) => moduleSource({ edit, kind: 'unit' })
const untyped = (edit) => stripTypes(typed(edit))

export const ENGINES = {
  tickswap: {
    file: 'units/traffic.ts',
    source: typed,
    main: `import { createRuntime } from 'tickswap'
import { PERIOD_MS, tick } from './tick.js'
const runtime = await createRuntime({ units: new URL('./units', import.meta.url).pathname, probation: { ticks: 4 } })
const traffic = runtime.use('traffic')
setInterval(() => {
  runtime.tick()
  tick(traffic.exports.step)
}, PERIOD_MS)
`,
  },
  "Vite's module runner": {
    file: 'traffic.ts',
    source: typed,
    more: {
      'entry.ts': `import * as first from './traffic.ts'
export const live = { module: first }
import.meta.hot.accept('./traffic.ts', (next) => { live.module = next })
`,
    },
    main: `import { createServer, createServerModuleRunner } from 'vite'
import { PERIOD_MS, tick } from './tick.js'
const server = await createServer({
  configFile: false,
  logLevel: 'silent',
  appType: 'custom',
  optimizeDeps: { noDiscovery: true },
  server: { middlewareMode: true, ws: false, watch: { ignored: ['**/node_modules/**'] } },
})
const runner = createServerModuleRunner(server.environments.ssr, { sourcemapInterceptor: false })
const { live } = await runner.import('/entry.ts')
setInterval(() => tick(live.module.step), PERIOD_MS)
`,
  },
  dynohot: {
    file: 'traffic.js',
    source: untyped,
    flags: ['--import', 'dynohot/register'],
    main: `import { step } from './traffic.js'
import { PERIOD_MS, tick } from './tick.js'
setInterval(() => tick(step), PERIOD_MS)
import.meta.hot.accept('./traffic.js')
`,
  },
  'hot-hook': {
    file: 'traffic.js',
    source: untyped,
    flags: ['--import', 'hot-hook/register'],
    settings: { hotHook: { root: './main.js', boundaries: ['./traffic.js'] } },
    main: `import { PERIOD_MS, tick } from './tick.js'
setInterval(async () => tick((await import('./traffic.js', import.meta.hot?.boundary)).step), PERIOD_MS)
`,
  },
  'node --watch': {
    file: 'traffic.js',
    source: untyped,
    flags: ['--watch'],
    main: `import { step } from './traffic.js'
import { PERIOD_MS, tick } from './tick.js'
setInterval(() => tick(step), PERIOD_MS)
`,
  },
}

/** A running engine; `save` writes the next edit and tells how long it took until it ran. */
export class Engine {
  #process
  #file
  #source
  #said = ''

  static async start(root, name) {
    const { file, source, main, flags = [], more = {}, settings = {} } = ENGINES[name]
    const files = { [file]: source(0), 'main.js': main, 'tick.js': TICK, ...more }
    const dir = folder(root, name.replaceAll(/\W+/g, '-'), files)
    for (const peer of ['vite', 'dynohot', 'hot-hook'])
      symlinkSync(join(PROJECT, 'node_modules', peer), join(dir, 'node_modules', peer), 'dir')
    const manifest = { type: 'module', private: true, ...settings }
    writeFileSync(join(dir, 'package.json'), `${JSON.stringify(manifest)}\n`)
    const engine = new Engine()
    engine.#file = join(dir, file)
    engine.#source = source
    engine.#process = spawn(process.execPath, ['--no-warnings', ...flags, 'main.js'], {
      cwd: dir,
      stdio: ['pipe', 'pipe', 'ignore'],
    })
    engine.#process.stdout.setEncoding('utf8').on('data', (text) => {
      engine.#said += text
    })
    if ((await engine.#ranAt(0, START_MS)) === undefined) {
      engine.stop()
      throw new Error(`the engine with ${name} did not start`)
    }
    return engine
  }

  /** @returns ms until the edit had run; undefined when it was lost */
  async save(edit) {
    const wrote = now()
    writeFileSync(this.#file, this.#source(edit))
    const live = await this.#ranAt(edit, LOST_MS)
    return live === undefined ? undefined : live - wrote
  }

  async #ranAt(edit, limitMs) {
    const line = new RegExp(`^live ${edit} (\\S+)$`, 'm')
    for (const end = now() + limitMs; now() < end; await sleep(2)) {
      const found = line.exec(this.#said)
      if (found) return Number(found[1])
    }
    return undefined
  }

  stop() {
    this.#process.stdin.end()
    this.#process.kill()
  }
}
