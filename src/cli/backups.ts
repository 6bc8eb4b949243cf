import type { Command } from 'commander'
import type { BackupStatus } from '../control/backup-list.ts'
import { layOut, print } from './format.ts'
import { type LiveOptions, live } from './live/command.ts'
import { withEngine } from './live/connection.ts'

const HELP = `
Examples:
  tickswap backups
  tickswap backups --format json

Each holds the units of one group, which swap together, as they all were at one tick. \`tickswap rollback UNIT
--state restore\` goes to the newest of a version, also of an earlier run, which is in the store, unless it is not usable:
written by an older tickswap, or of units that are no more.`

const HEAD = ['since', 'swap', 'tick', 'units', 'in memory', 'in the store', 'run']

export function registerBackups(program: Command): void {
  live(
    program.command('backups').description('the states that a running engine has kept from before its swaps'),
  )
    .addHelpText('after', HELP)
    .action(async (options: LiveOptions) => {
      const all = (await withEngine(options, (engine) => engine.ask('backups'))) as BackupStatus[]
      if (options.format !== 'table') return print(all, options.format)
      console.log(all.length === 0 ? 'nothing was swapped yet' : layOut(all.map(row), HEAD))
    })
}

function row({ at, swap, tick, units, memoryBytes, storedBytes, ...kept }: BackupStatus): string[] {
  const since = new Date(at).toISOString().slice(0, 19).replace('T', ' ')
  const names = units.map(({ unit, version }) => `${unit} ${version}`).join(', ')
  const run = `${kept.isEarlier ? 'earlier' : 'this'}${kept.isUsable ? '' : ', not usable'}`
  return [since, String(swap), String(tick), names, `${memoryBytes} B`, `${storedBytes} B`, run]
}
