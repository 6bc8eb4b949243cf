import { once } from 'node:events'
import { type Command, InvalidArgumentError, Option } from 'commander'
import type { Link } from '../store/journal/entry.ts'
import { EXIT } from './exit-codes.ts'
import { print, printList } from './format.ts'
import { journalQuery, type QueryOptions, queryOptions } from './history/journal-query.ts'
import { formatOption, reading, type StoreCommandOptions, storeOption } from './store-option.ts'

const EXAMPLES = `
Whoever can write the whole store can write a whole new journal. Keep the head that 'audit verify' prints
somewhere else, and check later that the journal still goes through it:

  tickswap audit verify --format json              head: { "seq": 812, "hash": "5f0c…" }
  tickswap audit verify --anchor 812:5f0c…

Examples:
  tickswap audit export > journal.jsonl            one entry per line, oldest first
  tickswap audit export --unit traffic --outcome rolled-back --from 2026-01-01`

export function registerAudit(program: Command): void {
  const audit = program
    .command('audit')
    .description('check and export the journal of an engine, also while it runs')
    .addHelpText('after', EXAMPLES)
  audit
    .command('verify')
    .description('follow the chain of the journal; exits with 1 and names the entry where it is broken')
    .addOption(storeOption())
    .addOption(formatOption())
    .addOption(new Option('--anchor <seq:hash>', 'an entry that it must hold').argParser(anchorOf))
    .action(verify)
  const exporting = audit
    .command('export')
    .description('print the entries as JSON lines')
    .addOption(storeOption())
  for (const option of queryOptions()) exporting.addOption(option)
  exporting.addOption(new Option('--outcome <outcome>', 'only with this outcome'))
  exporting.option('--unit <unit>', 'only of this unit').action(exportEntries)
}

async function verify({ store, format, anchor }: StoreCommandOptions & { anchor?: Link }): Promise<void> {
  const { breaks, ...report } = await reading(store, (open) => open.verifyJournal(anchor))
  if (format === 'table') {
    print({ ...report, whole: breaks.length === 0 }, format)
    if (breaks.length > 0) printList(breaks, format)
  } else print({ ...report, whole: breaks.length === 0, breaks }, format)
  if (breaks.length > 0) process.exitCode = EXIT.failed
}

async function exportEntries(options: QueryOptions & { store: string; unit?: string; outcome?: string }) {
  await reading(options.store, async (store) => {
    for await (const entry of store.journal.query(journalQuery(options)))
      if (!process.stdout.write(`${JSON.stringify(entry)}\n`)) await once(process.stdout, 'drain')
  })
}

function anchorOf(text: string): Link {
  const [, seq, hash] = /^(\d{1,15}):([0-9a-f]{64})$/.exec(text) ?? []
  if (seq && hash) return { seq: Number(seq), hash }
  throw new InvalidArgumentError('it is the number of an entry, a colon, and its hash of 64 hex digits')
}
