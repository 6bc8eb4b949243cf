import { type Command, InvalidArgumentError, Option } from 'commander'
import { FORMATS, type Format } from '../format.ts'
import type { EngineChoice } from './find-engine.ts'

/** The options that every command for a running engine has. */
export interface LiveOptions extends EngineChoice {
  readonly format: Format
}

/** Adds --folder, --pid and --format. */
export function live(command: Command): Command {
  return command
    .addOption(
      new Option(
        '--folder <dir>',
        "the folder of the engine's socket (default: the nearest .tickswap upwards)",
      ),
    )
    .addOption(new Option('--pid <pid>', 'which engine, where several run').argParser(processId))
    .addOption(new Option('--format <format>', 'how to print').choices(FORMATS).default('table'))
}

function processId(text: string): number {
  if (/^[1-9]\d{0,9}$/.test(text)) return Number(text)
  throw new InvalidArgumentError('a process id is a whole number.')
}
