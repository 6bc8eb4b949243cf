import type { Command } from 'commander'
import type { SwapReport } from '../swap/report.ts'
import { EXIT } from './exit-codes.ts'
import { print } from './format.ts'
import { type LiveOptions, live } from './live/command.ts'
import { withEngine } from './live/connection.ts'
import { describe } from './live/describe.ts'

const HELP = `
Examples:
  tickswap swap traffic
  tickswap swap traffic roads --format json

Reads the files of the units anew; all of them change at one tick, or none does. Exits with 1 when the
swap was refused or reversed; nothing has changed then.`

export function registerSwap(program: Command): void {
  live(program.command('swap').description('swap units of a running engine to what is on disk'))
    .argument('<units...>', 'names of units')
    .addHelpText('after', HELP)
    .action(async (units: string[], options: LiveOptions) => {
      const report = await withEngine(options, (engine) => engine.ask('swap', { units }))
      conclude(report as SwapReport, options)
    })
}

/** Prints a report, and sets the exit code by its outcome. */
export function conclude(report: SwapReport, { format }: LiveOptions): void {
  if (format === 'table') console.log(describe(report))
  else print(report, format)
  const went = ['committed', 'permanent', 'unchanged'].includes(report.outcome)
  process.exitCode = went ? EXIT.ok : EXIT.failed
}
