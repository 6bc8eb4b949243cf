import { type Command, Option } from 'commander'
import { printList } from './format.ts'
import { historyFromJournal } from './history/from-journal.ts'
import { journalQuery, type QueryOptions, queryOptions } from './history/journal-query.ts'
import { formatOption, reading, type StoreCommandOptions, storeOption } from './store-option.ts'

const DEFAULT_LIMIT = 50

const EXAMPLES = `
Examples:
  tickswap history                       the last 50 decisions, of an engine that runs or ran
  tickswap history traffic --limit 500
  tickswap history --outcome rolled-back --from 2026-03-01 --format json`

export function registerHistory(program: Command): void {
  const history = program
    .command('history')
    .description('print what happened to the units, from the journal of the store')
    .argument('[unit]', 'only of this unit')
    .addOption(storeOption())
    .addOption(formatOption())
    .addOption(new Option('--outcome <outcome>', 'only with this outcome'))
  for (const option of queryOptions()) history.addOption(option)
  history
    .addHelpText('after', EXAMPLES)
    .action(
      async (
        unit: string | undefined,
        options: StoreCommandOptions & QueryOptions & { outcome?: string },
      ) => {
        const query = {
          limit: DEFAULT_LIMIT,
          ...journalQuery({ ...options, ...(unit !== undefined && { unit }) }),
        }
        const lines = await reading(options.store, (store) => historyFromJournal(store, query))
        printList(lines, options.format)
      },
    )
}
