import { statSync } from 'node:fs'
import { extname, resolve } from 'node:path'
import { type Command, Option } from 'commander'
import { TickswapError } from '../errors.ts'
import { RESTARTS, type Restarts, supervise } from './supervisor.ts'

const EXTENSIONS = new Set(['.js', '.mjs', '.cjs', '.ts', '.mts', '.cts'])

const EXAMPLES = `
Examples:
  tickswap run engine.ts
  tickswap run --units ./systems engine.ts
  tickswap run --admin 8240 engine.ts         (a page at 127.0.0.1:8240 shows and steers it)
  tickswap run --sync-test=traffic,roads engine.ts
  tickswap run engine.mjs --ticks 1000       (--ticks 1000 goes to the engine)

TypeScript needs no build step: types are removed when a file is loaded, in the engine and in the
worker threads it starts. 'tickswap' and 'tickswap/module' can be imported without installing them.

With a store (--store, TICKSWAP_STORE, or .tickswap in this folder) an engine that dies while a new
version is on trial is started again with what was permanent and the state that was saved last: after
100 ms, then twice as long up to 10 s, at most 5 times in a minute.`

interface RunOptions {
  units?: string
  store?: string
  admin?: string
  restart: Restarts
  syncTest?: string | true
}

export function registerRun(program: Command): void {
  program
    .command('run')
    .description('run an engine script, JavaScript or TypeScript')
    .argument('<entry>', 'the script')
    .argument('[args...]', 'what the script finds in process.argv')
    .addOption(new Option('--units <dir>', 'where createRuntime finds units unless the engine says so'))
    .addOption(
      new Option('--store <folder>', 'where createRuntime keeps its store unless the engine says so'),
    )
    .addOption(new Option('--admin <port>', 'open the HTTP interface and page at this port of this machine'))
    .addOption(
      new Option('--restart <when>', 'after which ends of the engine it is started again')
        .choices(RESTARTS)
        .default('probation'),
    )
    .addOption(
      new Option('--sync-test [units]', 'run every tick twice and tell which units are not deterministic'),
    )
    .addHelpText('after', EXAMPLES)
    .passThroughOptions()
    .action(async (entry: string, args: string[], options: RunOptions) => {
      const script = checkEntry(entry)
      const env = {
        ...(options.store !== undefined && { TICKSWAP_STORE: resolve(options.store) }),
        TICKSWAP_SOCKET: process.env.TICKSWAP_SOCKET ?? resolve('.tickswap'),
        ...(options.admin !== undefined && { TICKSWAP_ADMIN: checkPort(options.admin) }),
        ...(options.syncTest !== undefined && { TICKSWAP_SYNC_TEST: syncTested(options.syncTest) }),
        ...(options.units !== undefined && { TICKSWAP_UNITS: checkFolder(options.units) }),
      }
      const store = resolve(options.store ?? (process.env.TICKSWAP_STORE || '.tickswap'))
      process.exitCode = await supervise({ script, args, env }, options.restart, store)
    })
}

function checkEntry(entry: string): string {
  const script = resolve(entry)
  const stats = statSync(script, { throwIfNoEntry: false })
  if (!stats) throw new TickswapError('TICKSWAP_E_ENTRY', `there is no file ${script}`)
  if (!stats.isFile()) throw new TickswapError('TICKSWAP_E_ENTRY', `${script} is not a file`)
  if (!EXTENSIONS.has(extname(script))) {
    throw new TickswapError('TICKSWAP_E_ENTRY', `${script} has the extension of no script`)
  }
  return script
}

/** All units, or those of a list of names. */
const syncTested = (units: string | true): string => (units === true ? '' : units)

function checkPort(text: string): string {
  if (/^\d{1,5}$/.test(text) && Number(text) <= 65_535) return text
  throw new TickswapError('TICKSWAP_E_USAGE', `--admin: ${text} is no port`)
}

function checkFolder(units: string): string {
  const folder = resolve(units)
  if (statSync(folder, { throwIfNoEntry: false })?.isDirectory()) return folder
  throw new TickswapError('TICKSWAP_E_USAGE', `--units: there is no folder ${folder}`)
}
