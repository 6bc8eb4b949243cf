import type { Command } from 'commander'
import { print } from './format.ts'
import { type LiveOptions, live } from './live/command.ts'
import { withEngine } from './live/connection.ts'

const HELP = `
Examples:
  tickswap swap traffic --strategy manual &
  tickswap confirm traffic
  tickswap confirm 12                        by the id of the swap

Exits with 1 when no such swap waits.`

export function registerConfirm(program: Command): void {
  live(program.command('confirm').description('let a manual swap pass that waits for consent'))
    .argument('<swap>', 'the id of the swap, or a unit of it')
    .addHelpText('after', HELP)
    .action(async (swap: string, options: LiveOptions) => {
      const answer = (await withEngine(options, (engine) => engine.ask('confirm', { swap }))) as object
      print(answer, options.format)
    })
}
