import type { Command } from 'commander'
import { type ChangeOptions, change, changing } from './live/change.ts'

const HELP = `
Examples:
  tickswap swap traffic
  tickswap swap traffic roads --format json
  tickswap swap traffic --dry-run             would it be committed, and how long would it take?
  tickswap swap traffic --strategy manual     waits, everything loaded, for tickswap confirm traffic
  tickswap swap traffic --wait                until it has passed its probation, or not

Reads the files of the units anew; all of them change at one tick, or none does. Exits with 1 when the
swap was refused or reversed; nothing has changed then.`

export function registerSwap(program: Command): void {
  changing(program.command('swap').description('swap units of a running engine to what is on disk'))
    .argument('<units...>', 'names of units')
    .addHelpText('after', HELP)
    .action((units: string[], options: ChangeOptions) => change('swap', { units }, options))
}
