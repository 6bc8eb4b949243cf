import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { type Command, Option } from 'commander'
import { TickswapError } from '../errors.ts'
import { printList } from './format.ts'
import { historyFromGit } from './history/from-git.ts'
import { historyFromJournal } from './history/from-journal.ts'
import { journalQuery, type QueryOptions, queryOptions } from './history/journal-query.ts'
import { formatOption, reading, type StoreCommandOptions, storeOption } from './store-option.ts'

const DEFAULT_LIMIT = 50

const HELP = `
Where there is a store, its journal is printed: what an engine decided. Otherwise, or with --git, the versions that
git has: each commit that changed the unit's file is one, and what is on disk comes last where it differs.

Examples:
  tickswap history                       the last 50 decisions, of an engine that runs or ran
  tickswap history traffic --outcome rolled-back --from 2026-03-01 --format json
  tickswap history traffic --git         the versions of a unit that git has`

interface HistoryOptions extends StoreCommandOptions, QueryOptions {
  readonly outcome?: string
  readonly units?: string
  readonly git?: boolean
}

export function registerHistory(program: Command): void {
  const history = program
    .command('history')
    .description('what happened to the units, by the journal of the store; or the versions that git has')
    .argument('[unit]', 'name of a unit; for git also its file')
    .addOption(storeOption())
    .addOption(formatOption())
    .option('--git', 'the versions that git has')
    .addOption(new Option('--units <dir>', 'the folder of the units, for git').env('TICKSWAP_UNITS'))
    .addOption(new Option('--outcome <outcome>', 'only with this outcome'))
  for (const option of queryOptions()) history.addOption(option)
  history.addHelpText('after', HELP).action(print)

  async function print(unit: string | undefined, options: HistoryOptions): Promise<void> {
    const isStoreNamed = history.getOptionValueSource('store') !== 'default'
    const hasStore = isStoreNamed || existsSync(join(options.store, 'format.json'))
    if (!options.git && (hasStore || unit === undefined)) return printJournal(unit, options)
    if (unit === undefined)
      throw new TickswapError('TICKSWAP_E_USAGE', 'history --git needs the name of a unit')
    const { units, format } = options
    await historyFromGit(unit, { format, ...(units !== undefined && { units }) })
  }
}

async function printJournal(unit: string | undefined, options: HistoryOptions): Promise<void> {
  const query = { limit: DEFAULT_LIMIT, ...journalQuery({ ...options, ...(unit !== undefined && { unit }) }) }
  const lines = await reading(options.store, (store) => historyFromJournal(store, query))
  printList(lines, options.format)
}
