import type { Command } from 'commander'
import type { UnitView } from '../admin/unit-view.ts'
import { layOut, print } from './format.ts'
import { type LiveOptions, live } from './live/command.ts'
import { withEngine } from './live/connection.ts'

const HELP = `
Examples:
  tickswap units
  tickswap units --format yaml`

export function registerUnits(program: Command): void {
  live(program.command('units').description('the units of a running engine, with the versions that run'))
    .addHelpText('after', HELP)
    .action(async (options: LiveOptions) => {
      const units = (await withEngine(options, (engine) => engine.ask('units'))) as UnitView[]
      if (options.format === 'table') console.log(layOut(units.map(row), HEAD))
      else print(units, options.format)
    })
}

const HEAD = ['unit', 'version', 'state', 'hash', 'flags', 'memory', 'goes back to']

function row({ unit, version, hash, state, flags, arenaBytes, editions }: UnitView): string[] {
  const others = [...new Set(editions.filter((edition) => edition !== version))]
  return [
    unit,
    version,
    state,
    hash,
    flags.join(' ') || '-',
    `${arenaBytes} B`,
    others.slice(-3).join(' ') || '-',
  ]
}
