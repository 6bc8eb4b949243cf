import type { JournalEntry } from '../../store/journal/entry.ts'
import type { JournalQuery } from '../../store/journal/journal.ts'
import type { Store } from '../../store/store.ts'

/** One thing that happened to one unit, as the journal has it. */
export interface HistoryLine {
  readonly entry: number
  /** ISO 8601 */
  readonly at: string
  readonly unit: string
  readonly from: string
  readonly to: string
  readonly outcome: string
  readonly trigger: string
  readonly by: string
  readonly reason: string
}

/** What happened to a unit, or to all of them: the newest first to be found, the oldest first to be shown. */
export async function historyFromJournal(store: Store, query: JournalQuery): Promise<HistoryLine[]> {
  const lines: HistoryLine[] = []
  for await (const entry of store.journal.query({ ...query, newestFirst: true }))
    lines.unshift(...linesOf(entry, query))
  return lines
}

function linesOf(entry: JournalEntry, { unit }: JournalQuery): HistoryLine[] {
  const { seq, at, outcome, trigger, by = '', units, reasons = [] } = entry
  const reason = reasons.map(({ code, message }) => `${code}: ${message}`).join('; ')
  const about = units.length > 0 ? units : [{ unit: '' }]
  return about
    .filter((each) => unit === undefined || each.unit === unit)
    .map(({ unit: name, from = '', to = '' }: { unit: string; from?: string; to?: string }) => {
      return {
        entry: seq,
        at: new Date(at).toISOString(),
        unit: name,
        from,
        to,
        outcome,
        trigger,
        by,
        reason,
      }
    })
}
