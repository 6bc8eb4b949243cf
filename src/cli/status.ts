import type { Command } from 'commander'
import type { Health } from '../admin/health.ts'
import { EXIT } from './exit-codes.ts'
import { print } from './format.ts'
import { type LiveOptions, live } from './live/command.ts'
import { withEngine } from './live/connection.ts'

const HELP = `
Examples:
  tickswap status
  tickswap status --folder /srv/game/.tickswap --format json

Exits with 1 when the engine is not healthy, and says why.`

export function registerStatus(program: Command): void {
  live(program.command('status').description('what a running engine runs, and how it is'))
    .addHelpText('after', HELP)
    .action(async (options: LiveOptions) => {
      const status = (await withEngine(options, (engine) => engine.ask('status'))) as Health
      print(status, options.format)
      process.exitCode = status.status === 'healthy' ? EXIT.ok : EXIT.failed
    })
}
