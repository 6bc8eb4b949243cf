import { type Command, Option } from 'commander'
import { ROLLBACK_STATES, type RollbackState } from '../swap/report.ts'
import { type ChangeOptions, change, changing } from './live/change.ts'

const HELP = `
Examples:
  tickswap rollback traffic
  tickswap rollback traffic --to 2.0.1.17
  tickswap rollback traffic --to '^2.0.0'     the highest that ran in this range
  tickswap rollback traffic --state replay    from the backup, with all calls since made again by the old code
  tickswap rollback traffic --dry-run         would it go back, and how long would it take?

Without --to it goes to the version before. \`tickswap units\` lists where a unit can go back to: with a store also versions
of earlier runs of the engine.`

export function registerRollback(program: Command): void {
  changing(
    program.command('rollback').description('take a unit of a running engine back to an earlier version'),
  )
    .argument('<unit>', 'the name of a unit')
    .addOption(new Option('--to <version>', 'the version to go back to, or a range of them'))
    .addOption(
      new Option('--state <state>', 'how the state goes back; see docs/state.md').choices(ROLLBACK_STATES),
    )
    .addHelpText('after', HELP)
    .action(
      (unit: string, { to, state, ...options }: ChangeOptions & { to?: string; state?: RollbackState }) =>
        change('rollback', { unit, ...(to !== undefined && { to }), ...(state && { state }) }, options),
    )
}
