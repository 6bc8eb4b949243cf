import { type Command, Option } from 'commander'
import type { SwapReport } from '../swap/report.ts'
import { type LiveOptions, live } from './live/command.ts'
import { withEngine } from './live/connection.ts'
import { conclude } from './swap.ts'

const HELP = `
Examples:
  tickswap rollback traffic
  tickswap rollback traffic --to 2.0.1.17
  tickswap rollback traffic --to '^2.0.0'     the highest that ran in this range

Without --to it goes to the version before. \`tickswap units\` lists where a unit can go back to.`

export function registerRollback(program: Command): void {
  live(program.command('rollback').description('take a unit of a running engine back to an earlier version'))
    .argument('<unit>', 'the name of a unit')
    .addOption(new Option('--to <version>', 'the version to go back to, or a range of them'))
    .addHelpText('after', HELP)
    .action(async (unit: string, { to, ...options }: LiveOptions & { to?: string }) => {
      const params = to === undefined ? { unit } : { unit, to }
      const report = await withEngine(options, (engine) => engine.ask('rollback', params))
      conclude(report as SwapReport, options)
    })
}
