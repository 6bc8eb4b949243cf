import { InvalidArgumentError, Option } from 'commander'
import type { JournalQuery } from '../../store/journal/journal.ts'

export interface QueryOptions {
  readonly from?: number
  readonly to?: number
  readonly limit?: number
}

/** Options of commands that read the journal. */
export const queryOptions = (): Option[] => [
  new Option('--from <time>', 'only from this time on, as a date or milliseconds').argParser(timeOf),
  new Option('--to <time>', 'only up to this time').argParser(timeOf),
  new Option('--limit <n>', 'at most so many').argParser(countOf),
]

export function journalQuery({
  unit,
  outcome,
  from,
  to,
  limit,
}: QueryOptions & { unit?: string; outcome?: string }): JournalQuery {
  return {
    ...(unit !== undefined && { unit }),
    ...(outcome !== undefined && { outcome }),
    ...(from !== undefined && { from }),
    ...(to !== undefined && { to }),
    ...(limit !== undefined && { limit }),
  }
}

function timeOf(text: string): number {
  const time = /^\d+$/.test(text) ? Number(text) : Date.parse(text)
  if (!Number.isNaN(time)) return time
  throw new InvalidArgumentError(
    'it is a date such as 2026-03-01 or 2026-03-01T12:00:00Z, or epoch milliseconds',
  )
}

function countOf(text: string): number {
  const count = Number(text)
  if (Number.isSafeInteger(count) && count > 0) return count
  throw new InvalidArgumentError('it is a whole number above 0')
}
