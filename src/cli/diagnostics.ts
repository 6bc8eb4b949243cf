import { release } from 'node:os'
import { resolve } from 'node:path'
import type { Command } from 'commander'
import type { EngineDiagnostics } from '../admin/diagnose.ts'
import { type Finding, TickswapError } from '../errors.ts'
import { type NativeDiagnostics, nativeDiagnostics } from '../native/diagnostics.ts'
import { packageVersion } from '../version/package-version.ts'
import { EXIT } from './exit-codes.ts'
import { print } from './format.ts'
import { type LiveOptions, live } from './live/command.ts'
import { withEngine } from './live/connection.ts'
import { isEngineRunning } from './live/find-engine.ts'
import { reading } from './store-option.ts'

/** What runs here. Absent `implementation`: no addon could be loaded, and `problem` says why. */
interface Diagnostics extends Partial<NativeDiagnostics> {
  tickswap: string
  node: string
  v8: string
  platform: string
  os: string
  forced?: string
  problem?: Pick<Finding, 'code' | 'message' | 'advice'>
}

interface DiagnosticsOptions extends LiveOptions {
  readonly all?: boolean
  readonly store?: boolean
  readonly participants?: boolean
  readonly native?: boolean
}

const HELP = `
Examples:
  tickswap diagnostics                       versions, platform and native core of this installation
  tickswap diagnostics --all --format json   everything, for a report of trouble
  tickswap diagnostics --store               of the engine that runs, or of the store of TICKSWAP_STORE or .tickswap

With an option the engine that runs is asked; where none runs, what can be known without one is printed. Exits with 1
when nothing of what was asked for can be, and with 3 where the addon cannot be loaded.`

export function registerDiagnostics(program: Command): void {
  live(program.command('diagnostics'))
    .description('versions, platform, native core, participants and store, for reports of trouble')
    .option('--all', 'everything')
    .option('--store', 'tiers, sizes and hits of the store')
    .option('--participants', 'the threads that tick, with the versions they run')
    .option('--native', 'the implementation of the native core that runs, and the registry')
    .addHelpText('after', HELP)
    .action(async (options: DiagnosticsOptions) => {
      const { all, store, participants, native } = options
      const isPlain = !(all || store || participants || native)
      const diagnostics = isPlain ? diagnose() : await inParts(options)
      print(diagnostics, options.format)
      process.exitCode = 'problem' in diagnostics && diagnostics.problem ? EXIT.unavailable : EXIT.ok
    })
}

/** @throws TickswapError NO_ENGINE, STORE_MISSING when nothing of what was asked for can be known */
async function inParts(options: DiagnosticsOptions): Promise<object> {
  if (isEngineRunning(options) || options.participants)
    return select(await withEngine(options, (engine) => engine.ask('diagnostics')), options)
  const { problem, ...here } = diagnose()
  const { all, store, native } = options
  return {
    ...(all && here),
    ...(native && !all && core()),
    ...(problem && { problem }),
    ...(store && { store: await statsHere() }),
    ...(all && { store: await statsHere().catch(() => 'none') }),
  }
}

function select(asked: unknown, { all, store, participants, native }: DiagnosticsOptions): object {
  const found = asked as EngineDiagnostics
  if (all) return found
  return {
    ...(store && { store: found.store ?? 'none' }),
    ...(participants && { participants: found.participants }),
    ...(native && { native: found.native, registry: found.registry }),
  }
}

/** The store that commands look after unless told otherwise; read while nobody, or somebody else, holds it. */
const statsHere = () =>
  reading(resolve(process.env.TICKSWAP_STORE ?? '.tickswap'), async (store) => store.stats())

function diagnose(): Diagnostics {
  const forced = process.env.TICKSWAP_FORCE_IMPL
  return {
    tickswap: packageVersion(),
    node: process.versions.node,
    v8: process.versions.v8,
    platform: `${process.platform}-${process.arch}`,
    os: release(),
    ...(forced ? { forced } : {}),
    ...core(),
  }
}

function core(): Partial<NativeDiagnostics> & Pick<Diagnostics, 'problem'> {
  try {
    return nativeDiagnostics()
  } catch (error) {
    if (!(error instanceof TickswapError)) throw error
    const { code, message, advice } = error.finding
    return { problem: { code, message, advice } }
  }
}
