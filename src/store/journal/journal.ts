import { after, type Entry, scan, under } from '../backends/contract.ts'
import { damaged, Kind, sealJson, unsealJson } from '../record.ts'
import type { Transactor } from '../transactor.ts'
import {
  BASE_KEY,
  type Decision,
  ENTRIES,
  entryKey,
  HEAD_KEY,
  indexKeys,
  type JournalEntry,
  type Link,
  link,
  ORIGIN,
  padded,
  parseEntry,
  seqOf,
} from './entry.ts'

const NOTHING = new Uint8Array(0)
const PRUNE_AT_ONCE = 1000

export interface JournalQuery {
  readonly unit?: string
  readonly outcome?: string
  /** epoch milliseconds, both inclusive */
  readonly from?: number
  readonly to?: number
  /** newest first; default false */
  readonly newestFirst?: boolean
  readonly limit?: number
}

/** The audit trail: entries that are only ever added, each holding the hash of the one before. */
export class Journal {
  readonly #transactor: Transactor

  constructor(transactor: Transactor) {
    this.#transactor = transactor
  }

  /** The last entry. */
  get head(): Link {
    return readLink(HEAD_KEY, this.#transactor.get(HEAD_KEY))
  }

  /** The entry before the first one that is kept. */
  get base(): Link {
    return readLink(BASE_KEY, this.#transactor.get(BASE_KEY))
  }

  /** Resolves when the entry is on disk. @throws TickswapError STORE_WRITE, STORE_FULL: then it is not there */
  append(decision: Decision): Promise<Link> {
    return this.#transactor.transaction((tx) => {
      const at = Date.now()
      const { seq, hash, record } = link(readLink(HEAD_KEY, tx.get(HEAD_KEY)), at, decision)
      tx.put(entryKey(seq), record)
      for (const key of indexKeys({ seq, at, ...decision })) tx.put(key, NOTHING)
      tx.put(HEAD_KEY, sealJson(HEAD_KEY, Kind.SYSTEM, { seq, hash }))
      return { seq, hash }
    })
  }

  /** @throws TickswapError STORE_DAMAGED for an entry that is not what was written */
  get(seq: number): JournalEntry | undefined {
    const record = this.#transactor.get(entryKey(seq))
    if (!record) return undefined
    const entry = parseEntry(record)
    if (entry?.seq !== seq) throw damaged(`entry ${seq} of the journal is not what was written`)
    return entry
  }

  /** Entries that fit, in the order in which they were written. */
  async *query(query: JournalQuery = {}): AsyncGenerator<JournalEntry> {
    let left = query.limit ?? Number.POSITIVE_INFINITY
    const reverse = query.newestFirst ?? false
    for await (const seq of this.#places(query, reverse)) {
      if (left <= 0) return
      const entry = this.get(seq)
      if (!entry || !fits(entry, query)) continue
      left--
      yield entry
    }
  }

  /** Forgets all but the newest entries; the chain begins anew after the last one forgotten. */
  async prune(keep: number): Promise<number> {
    const { seq: newest } = this.head
    const { seq: oldest } = this.base
    const last = newest - keep
    if (last <= oldest) return 0
    for (let from = oldest + 1; from <= last; from += PRUNE_AT_ONCE)
      await this.#forget(from, Math.min(last, from + PRUNE_AT_ONCE - 1))
    return last - oldest
  }

  async #forget(from: number, to: number): Promise<void> {
    await this.#transactor.transaction((tx) => {
      let end: Link | undefined
      for (let seq = from; seq <= to; seq++) {
        const entry = this.get(seq)
        tx.remove(entryKey(seq))
        if (!entry) continue
        for (const key of indexKeys(entry)) tx.remove(key)
        end = { seq, hash: entry.hash }
      }
      if (end) tx.put(BASE_KEY, sealJson(BASE_KEY, Kind.SYSTEM, end))
    })
  }

  /** By the index that leaves the least to look at. */
  async *#places({ unit, outcome, from, to }: JournalQuery, reverse: boolean): AsyncGenerator<number> {
    const range =
      unit !== undefined
        ? under(`ju/${encodeURIComponent(unit).slice(0, 512)}/`)
        : outcome !== undefined
          ? under(`jo/${encodeURIComponent(outcome)}/`)
          : from !== undefined || to !== undefined
            ? timeRange(from, to)
            : under(ENTRIES)
    for await (const [key] of scan(this.#transactor, { ...range, reverse }) as AsyncIterable<Entry>)
      yield seqOf(key)
  }
}

const LAST_TIME = 9_999_999_999_999

function timeRange(from = 0, to = LAST_TIME): { from: string; to: string } {
  return { from: `jt/${padded(from)}/`, to: after(`jt/${padded(to)}/~`) }
}

function fits(entry: JournalEntry, { unit, outcome, from, to }: JournalQuery): boolean {
  return (
    (unit === undefined || entry.units.some((each) => each.unit === unit)) &&
    (outcome === undefined || entry.outcome === outcome) &&
    (from === undefined || entry.at >= from) &&
    (to === undefined || entry.at <= to)
  )
}

export const readLink = (key: string, record: Uint8Array | undefined): Link =>
  record ? unsealJson<Link>(key, Kind.SYSTEM, record) : ORIGIN
