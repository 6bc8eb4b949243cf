import { blake3Hex } from '../hash.ts'

/** What is written about one decision. JSON. */
export interface Decision {
  /** what happened: the outcome of a swap, or `boot`, `pruned`, `lost` */
  readonly outcome: string
  /** what asked for it: an edit, an engine's call, the runtime itself */
  readonly trigger: string
  /** who, where it is known: a participant's name */
  readonly by?: string
  readonly units: readonly {
    readonly unit: string
    readonly from?: string
    readonly to?: string
    readonly hash?: string
  }[]
  readonly verdict?: string
  readonly swap?: number
  readonly files?: readonly string[]
  /** milliseconds per phase */
  readonly phases?: Readonly<Record<string, number>>
  readonly participants?: readonly unknown[]
  /** what was found wrong: code and message */
  readonly reasons?: readonly { readonly code: string; readonly message: string }[]
  readonly [more: string]: unknown
}

/** A decision in its place in the chain. */
export interface JournalEntry extends Decision {
  /** counts from 1, without gaps */
  readonly seq: number
  /** epoch milliseconds, by the clock of the time */
  readonly at: number
  /** the process that wrote it */
  readonly pid: number
  /** hash of the entry before it; of the first, zeros */
  readonly prev: string
  /** BLAKE3 over everything above */
  readonly hash: string
}

/** The end of a chain. */
export interface Link {
  readonly seq: number
  readonly hash: string
}

export const ORIGIN: Link = { seq: 0, hash: '0'.repeat(64) }
export const ENTRIES = 'j/'
export const HEAD_KEY = 's/head'
/** The last entry that was pruned: where the chain begins. */
export const BASE_KEY = 's/base'

const HASH_BYTES = 32

/** Order by text is order by number. */
export const padded = (number: number): string => Math.max(0, Math.floor(number)).toString().padStart(16, '0')
export const entryKey = (seq: number): string => ENTRIES + padded(seq)
export const seqOf = (key: string): number => Number(key.slice(key.lastIndexOf('/') + 1))

/** The entry after `before`, as bytes: its hash, and the JSON that the hash is of. */
export function link(
  before: Link,
  at: number,
  decision: Decision,
): { seq: number; hash: string; record: Uint8Array } {
  const seq = before.seq + 1
  const json = Buffer.from(JSON.stringify({ seq, at, pid: process.pid, prev: before.hash, ...decision }))
  const hash = blake3Hex(json)
  return { seq, hash, record: Buffer.concat([Buffer.from(hash, 'hex'), json]) }
}

/** @returns undefined for what is no entry, or not what was written */
export function parseEntry(record: Uint8Array): JournalEntry | undefined {
  const bytes = Buffer.from(record.buffer, record.byteOffset, record.length)
  const [hash, json] = [bytes.subarray(0, HASH_BYTES).toString('hex'), bytes.subarray(HASH_BYTES)]
  if (blake3Hex(json) !== hash) return undefined
  return { ...(JSON.parse(json.toString()) as Omit<JournalEntry, 'hash'>), hash } as JournalEntry
}

/** Keys that lead to an entry by its units, its outcome and its time. */
export function indexKeys({
  seq,
  at,
  outcome,
  units,
}: Pick<JournalEntry, 'seq' | 'at' | 'outcome' | 'units'>): string[] {
  const place = padded(seq)
  const names = new Set(units.map(({ unit }) => unit))
  return [
    `jt/${padded(at)}/${place}`,
    `jo/${encodeURIComponent(outcome)}/${place}`,
    ...Array.from(names, (unit) => `ju/${encodeURIComponent(unit).slice(0, 512)}/${place}`),
  ]
}
