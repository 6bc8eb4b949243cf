import type { JournalQuery } from '../../store/journal/journal.ts'
import type { HistoryEntry } from '../../swap/protocol.ts'
import { withEngine } from '../live/connection.ts'
import type { EngineChoice } from '../live/find-engine.ts'

/** One thing that happened to one unit, as the engine that runs remembers it. */
export interface EngineLine {
  /** ISO 8601 */
  readonly at: string
  readonly unit: string
  readonly version: string
  readonly outcome: string
  readonly swap: number
  readonly codes: string
}

/** What happened since the engine was started, oldest first; for engines without a store. */
export async function historyFromEngine(choice: EngineChoice, query: JournalQuery): Promise<EngineLine[]> {
  const { unit, outcome, from = 0, to = Number.POSITIVE_INFINITY, limit = Number.POSITIVE_INFINITY } = query
  const params = unit === undefined ? {} : { unit }
  const entries = (await withEngine(choice, (engine) => engine.ask('history', params))) as HistoryEntry[]
  return entries
    .filter(({ at }) => at >= from && at <= to)
    .filter((entry) => outcome === undefined || entry.outcome === outcome)
    .slice(-limit)
    .map(({ at, unit: name, version, outcome: came, swap, codes }) => {
      return {
        at: new Date(at).toISOString(),
        unit: name,
        version,
        outcome: came,
        swap,
        codes: codes.join(' '),
      }
    })
}
