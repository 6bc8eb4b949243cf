import { type Command, InvalidArgumentError, Option } from 'commander'
import { BACKENDS, type BackendKind } from '../store/backends/contract.ts'
import type { MigrationProgress } from '../store/migration.ts'
import { EXIT } from './exit-codes.ts'
import { print, printList } from './format.ts'
import { ProgressBar } from './progress-bar.ts'
import { commanding, formatOption, type StoreCommandOptions, storeOption } from './store-option.ts'

const EXAMPLES = `
All of them work while an engine runs: it does what is asked for itself.

Examples:
  tickswap storage stats --format json
  tickswap storage verify                          every record is read; exits with 1 when one is wrong
  tickswap storage cleanup --grace 0               collects at once what nothing needs
  tickswap storage flush --all                     everything to the archive
  tickswap storage migrate --to classic-level --path /data/tickswap`

export function registerStorage(program: Command): void {
  const storage = program
    .command('storage')
    .description('look after the store of an engine')
    .addHelpText('after', EXAMPLES)
  add(storage, 'stats', 'objects, bytes, hits and ratios per tier').action(stats)
  add(storage, 'verify', 'read and check every record; exits with 1 when one is wrong').action(verify)
  add(storage, 'cleanup', 'forget what the policy does not keep, collect what nothing needs, mend counts')
    .addOption(new Option('--grace <ms>', 'age of what may be collected').argParser(wholeMs))
    .action(cleanup)
  add(storage, 'flush', 'move objects to the tiers that their age asks for, and wait for the disk')
    .option('--all', 'everything to the archive')
    .action(flush)
  add(
    storage,
    'migrate',
    'move the store to another backend or folder; again after an interruption, it goes on',
  )
    .addOption(
      new Option('--to <backend>', 'the backend')
        .choices(BACKENDS.filter((kind) => kind !== 'memory'))
        .makeOptionMandatory(),
    )
    .option('--path <folder>', 'where the records go; default: the store itself')
    .action(migrate)
}

function add(storage: Command, name: string, description: string): Command {
  return storage.command(name).description(description).addOption(storeOption()).addOption(formatOption())
}

async function stats({ store, format }: StoreCommandOptions): Promise<void> {
  print(await commanding(store, { name: 'stats' }), format)
}

async function verify({ store, format }: StoreCommandOptions): Promise<void> {
  const report = await commanding(store, { name: 'verify' })
  const { problems, ...counts } = report
  if (format === 'table') {
    print({ ...counts, problems: problems.length }, format)
    if (problems.length > 0)
      printList(
        problems.map(({ problem, record, message }) => ({ problem, record, message })),
        format,
      )
  } else print(report, format)
  if (problems.length > 0) process.exitCode = EXIT.failed
}

async function cleanup({ store, format, grace }: StoreCommandOptions & { grace?: number }): Promise<void> {
  const graceMs = grace === undefined ? {} : { graceMs: grace }
  print(await commanding(store, { name: 'cleanup', ...graceMs }), format)
}

async function flush({ store, format, all = false }: StoreCommandOptions & { all?: boolean }): Promise<void> {
  print(await commanding(store, { name: 'flush', all }), format)
}

async function migrate(options: StoreCommandOptions & { to: BackendKind; path?: string }): Promise<void> {
  const { store, format, to, path } = options
  const bar = new ProgressBar()
  const tell = (progress: unknown) => {
    const { phase, records } = progress as MigrationProgress
    bar.show(phase, records, 0, 'records')
  }
  const target = path === undefined ? {} : { path }
  try {
    const result = await commanding(store, { name: 'migrate', to, ...target }, tell)
    bar.end()
    print(result, format)
  } finally {
    bar.end()
  }
}

function wholeMs(text: string): number {
  const ms = Number(text)
  if (Number.isSafeInteger(ms) && ms >= 0) return ms
  throw new InvalidArgumentError('it is a number of milliseconds')
}
