#!/usr/bin/env node
import { Command, CommanderError } from 'commander'
import { ADVICE, type ErrorCode, TickswapError } from '../errors.ts'
import { packageVersion } from '../version/package-version.ts'
import { registerAudit } from './audit.ts'
import { registerBackups } from './backups.ts'
import { registerCheck } from './check.ts'
import { registerCompletion } from './completion.ts'
import { registerConfirm } from './confirm.ts'
import { registerDemo } from './demo.ts'
import { registerDiagnostics } from './diagnostics.ts'
import { registerDiff } from './diff.ts'
import { registerDoctor } from './doctor.ts'
import { EXIT, EXIT_HELP } from './exit-codes.ts'
import { registerHistory } from './history.ts'
import { registerParticipants } from './participants.ts'
import { registerQuarantine } from './quarantine.ts'
import { registerRollback } from './rollback.ts'
import { registerRun } from './run.ts'
import { registerStatus } from './status.ts'
import { registerStorage } from './storage.ts'
import { registerSwap } from './swap.ts'
import { registerTop } from './top.ts'
import { registerUnits } from './units.ts'
import { registerVersion } from './version.ts'

/** Every command, one file each, in the groups and the order in which help lists them. */
const COMMANDS: Readonly<Record<string, readonly ((program: Command) => void)[]>> = {
  'Start an engine:': [registerRun, registerDemo],
  'Look at a running engine:': [registerStatus, registerUnits, registerParticipants, registerTop],
  'Change a running engine:': [registerSwap, registerRollback, registerConfirm, registerQuarantine],
  'Versions, before and after:': [registerCheck, registerVersion, registerDiff, registerHistory],
  'What is kept:': [registerBackups, registerStorage, registerAudit],
  'This installation:': [registerDoctor, registerDiagnostics, registerCompletion],
}

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
  tickswap swap traffic --dry-run            whether it would be committed, and how long it would take
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
  for (const [group, registers] of Object.entries(COMMANDS)) {
    program.commandsGroup(group)
    for (const register of registers) register(program)
  }
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

// Whoever reads has read enough: `tickswap units | head -1`.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error
  process.exit(EXIT.ok)
})
try {
  await createProgram().parseAsync()
} catch (error) {
  process.exitCode = explain(error)
}
