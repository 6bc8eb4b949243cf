import { type Command, Option } from 'commander'
import { TickswapError } from '../errors.ts'
import { printList } from './format.ts'
import { historyFromEngine } from './history/from-engine.ts'
import { historyFromJournal } from './history/from-journal.ts'
import { journalQuery, type QueryOptions, queryOptions } from './history/journal-query.ts'
import { historyOfVersions } from './history/of-versions.ts'
import { isEngineRunning } from './live/find-engine.ts'
import { formatOption, reading, type StoreCommandOptions, storeOption } from './store-option.ts'
import { storeOf } from './versions/known-versions.ts'

const DEFAULT_LIMIT = 50

const HELP = `
Where there is a store, its journal is printed: what an engine decided. Without one it is what the engine that runs
remembers since its start. Otherwise, or with --versions, the versions of
a unit that are known: each commit that changed its file is one, the next BUILD where it keeps the number; so is
what ran, with the number it had, as far as the store keeps it; what is on disk comes last where it differs.

Examples:
  tickswap history                       the last 50 decisions, of an engine that runs or ran
  tickswap history traffic --outcome rolled-back --from 2026-03-01 --format json
  tickswap history traffic --versions    the versions of a unit that git and the store have`

interface HistoryOptions extends StoreCommandOptions, QueryOptions {
  readonly outcome?: string
  readonly units?: string
  readonly versions?: boolean
}

export function registerHistory(program: Command): void {
  const history = program
    .command('history')
    .description('what happened to the units, by the journal of the store; or the versions that there are')
    .argument('[unit]', 'name of a unit; for its versions also its file')
    .addOption(storeOption())
    .addOption(formatOption())
    .option('--versions', 'the versions of a unit, in git and in the store')
    .addOption(new Option('--units <dir>', 'the folder of the units, for --versions').env('TICKSWAP_UNITS'))
    .addOption(new Option('--outcome <outcome>', 'only with this outcome'))
  for (const option of queryOptions()) history.addOption(option)
  history.addHelpText('after', HELP).action(print)

  async function print(unit: string | undefined, options: HistoryOptions): Promise<void> {
    const store = storeOf(history, options.store)
    if (!options.versions && store === undefined && isEngineRunning({})) return printEngine(unit, options)
    if (!options.versions && (store !== undefined || unit === undefined)) return printJournal(unit, options)
    if (unit === undefined)
      throw new TickswapError('TICKSWAP_E_USAGE', 'history --versions needs the name of a unit')
    const { units, format } = options
    await historyOfVersions(unit, { store, format, ...(units !== undefined && { units }) })
  }
}

const queryOf = (unit: string | undefined, options: HistoryOptions) => {
  return { limit: DEFAULT_LIMIT, ...journalQuery({ ...options, ...(unit !== undefined && { unit }) }) }
}

async function printEngine(unit: string | undefined, options: HistoryOptions): Promise<void> {
  printList(await historyFromEngine({}, queryOf(unit, options)), options.format)
}

async function printJournal(unit: string | undefined, options: HistoryOptions): Promise<void> {
  const query = queryOf(unit, options)
  const lines = await reading(options.store, (store) => historyFromJournal(store, query))
  printList(lines, options.format)
}
