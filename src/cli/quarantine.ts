import type { Command } from 'commander'
import type { QuarantineEntry } from '../swap/protocol.ts'
import { layOut, print } from './format.ts'
import { type LiveOptions, live } from './live/command.ts'
import { withEngine } from './live/connection.ts'

const HELP = `
Examples:
  tickswap quarantine
  tickswap quarantine lift traffic
  tickswap quarantine lift 0f3a77b09c21d4e6    one content, by its hash

What was rolled back, or was reversed by its own migration or verify, is not tried again until its content changes,
or the quarantine is lifted: then the next save of the file, or tickswap swap, tries it.`

const HEAD = ['unit', 'version', 'hash', 'since', 'swap', 'reason']

export function registerQuarantine(program: Command): void {
  const quarantine = program
    .command('quarantine')
    .description('contents that failed and are not tried again, and the way to try them')
    .addHelpText('after', HELP)
  live(quarantine.command('list', { isDefault: true }).description('list them, oldest first')).action(list)
  live(quarantine.command('lift').description('let contents be tried again'))
    .argument('<what>', 'a unit, or the hash of one content')
    .action(async (what: string, options: LiveOptions) => {
      const answer = (await withEngine(options, (engine) => engine.ask('lift', { what }))) as object
      print(answer, options.format)
    })
}

async function list(options: LiveOptions): Promise<void> {
  const all = (await withEngine(options, (engine) => engine.ask('quarantine'))) as QuarantineEntry[]
  if (options.format !== 'table') return print(all, options.format)
  if (all.length === 0) return console.log('nothing is in quarantine')
  const rows = all.flatMap(({ units, at, swap, reason }) =>
    units.map(({ unit, version, hash }) => {
      const since = new Date(at).toISOString().slice(0, 19).replace('T', ' ')
      return [unit, version, hash, since, String(swap), reason.split('\n')[0]!]
    }),
  )
  console.log(layOut(rows, HEAD))
}
