#!/usr/bin/env node
import { Command, CommanderError } from 'commander'
import { ADVICE, type ErrorCode, TickswapError } from '../errors.ts'
import { packageVersion } from '../version/package-version.ts'
import { registerAudit } from './audit.ts'
import { registerCheck } from './check.ts'
import { registerCompletion } from './completion.ts'
import { registerDemo } from './demo.ts'
import { registerDiagnostics } from './diagnostics.ts'
import { registerDiff } from './diff.ts'
import { registerDoctor } from './doctor.ts'
import { EXIT, EXIT_HELP } from './exit-codes.ts'
import { registerHistory } from './history.ts'
import { registerParticipants } from './participants.ts'
import { registerRollback } from './rollback.ts'
import { registerRun } from './run.ts'
import { registerStatus } from './status.ts'
import { registerStorage } from './storage.ts'
import { registerSwap } from './swap.ts'
import { registerTop } from './top.ts'
import { registerUnits } from './units.ts'
import { registerVersion } from './version.ts'

/** Every command, one file each, in the order in which help lists them. */
const COMMANDS: readonly ((program: Command) => void)[] = [
  registerRun,
  registerStatus,
  registerUnits,
  registerParticipants,
  registerSwap,
  registerRollback,
  registerTop,
  registerCheck,
  registerVersion,
  registerDiff,
  registerHistory,
  registerStorage,
  registerAudit,
  registerDemo,
  registerDoctor,
  registerDiagnostics,
  registerCompletion,
]

const EXAMPLES = `
Examples:
  tickswap run engine.ts                     run an engine; edit its units while it runs
  tickswap run --units ./systems engine.ts   the same, with the units in another folder
  tickswap run engine.ts --seed 7            what follows the entry belongs to the engine
  tickswap check systems/traffic.ts          what saving this file would do, compared with git's HEAD
  tickswap history traffic                   what happened to a unit, as its store or git has it
  tickswap storage stats                     what the store holds, and where
  tickswap audit verify                      whether the journal is whole
  tickswap check traffic --matrix            which version of a unit may follow which
  tickswap version traffic auto              give a unit its next version
  tickswap status                            what runs in the engine that runs, and how it is
  tickswap rollback traffic                  take a unit back to the version before
  tickswap demo --open                       a city that changes while it runs, for you to edit
  tickswap diagnostics --format json         what runs here, for a bug report or a script`

function createProgram(): Command {
  const program = new Command('tickswap')
    .description('Changes the modules of a running Node engine between two ticks.')
    .version(packageVersion(), '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print help')
    .addHelpText('after', EXAMPLES)
    .addHelpText('after', EXIT_HELP)
    .enablePositionalOptions()
    .exitOverride()
    .configureOutput({ outputError: () => {} })
  for (const register of COMMANDS) register(program)
  return program
}

/** Errors of the command line: it names what there is not. */
const USAGE: readonly ErrorCode[] = [
  'TICKSWAP_E_USAGE',
  'TICKSWAP_E_ENTRY',
  'TICKSWAP_E_UNIT_UNKNOWN',
  'TICKSWAP_E_NO_SUCH_VERSION',
]

/** Prints an error as one line for people, and gives the exit code for it. */
function explain(error: unknown): number {
  if (error instanceof CommanderError) return explainUsage(error)
  if (!(error instanceof TickswapError)) {
    console.error(error)
    return EXIT.failed
  }
  console.error(`tickswap: ${error.message}`)
  if (USAGE.includes(error.code)) return EXIT.usage
  const isUnavailable = error.code === 'TICKSWAP_E_ADDON' || error.code === 'TICKSWAP_E_IMPL_UNKNOWN'
  return isUnavailable ? EXIT.unavailable : EXIT.failed
}

/** Commander throws for help and version too, with exit code 0. */
function explainUsage(error: CommanderError): number {
  if (error.exitCode === 0) return EXIT.ok
  if (error.code === 'commander.help') return EXIT.usage
  const message = error.message.replace(/^error: |\.+$/g, '')
  console.error(`tickswap: TICKSWAP_E_USAGE: ${message}. ${ADVICE.TICKSWAP_E_USAGE}`)
  return EXIT.usage
}

try {
  await createProgram().parseAsync()
} catch (error) {
  process.exitCode = explain(error)
}
