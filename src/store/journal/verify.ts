import { type Backend, scan, under } from '../backends/contract.ts'
import { BASE_KEY, ENTRIES, HEAD_KEY, type Link, parseEntry, seqOf } from './entry.ts'
import { readLink } from './journal.ts'

/** Something wrong with the chain, and with which entry. */
export interface Break {
  readonly entry: number
  readonly problem: 'changed' | 'missing' | 'reordered' | 'unreadable'
  readonly message: string
}

export interface ChainReport {
  readonly entries: number
  readonly first: number
  readonly head: Link
  readonly breaks: readonly Break[]
}

/** Most that is listed; a journal that is broken all over says so in fewer words. */
const MOST_BREAKS = 100

/**
 * Follows the chain from its beginning to its head. `anchor` is a link that somebody kept elsewhere: whoever can write
 * the whole folder can write a whole new chain, but not one that goes through it.
 */
export async function verifyChain(
  source: Pick<Backend, 'get' | 'page'>,
  anchor?: Link,
): Promise<ChainReport> {
  const breaks: Break[] = []
  const add = (entry: number, problem: Break['problem'], message: string) => {
    if (breaks.length < MOST_BREAKS) breaks.push({ entry, problem, message })
  }
  const base = linkIn(source, BASE_KEY, () =>
    add(0, 'unreadable', 'the record of where the chain begins is damaged'),
  )
  let hasEnd = true
  const head = linkIn(source, HEAD_KEY, () => {
    hasEnd = false
    add(0, 'unreadable', 'the record of where the chain ends is damaged')
  })
  let [before, entries, isWhole] = [base, 0, true]
  for await (const [key, record] of scan(source, under(ENTRIES))) {
    const seq = seqOf(key)
    entries++
    if (seq > before.seq + 1) {
      add(before.seq + 1, 'missing', missing(before.seq + 1, seq - 1))
      isWhole = false
    }
    const entry = parseEntry(record)
    if (!entry) add(seq, 'changed', `entry ${seq} is not what was written`)
    else if (entry.seq !== seq)
      add(seq, 'reordered', `entry ${entry.seq} stands in the place of entry ${seq}`)
    else if (isWhole && entry.prev !== before.hash)
      add(seq, 'changed', `entry ${seq} does not follow the entry before it: one of the two was replaced`)
    if (anchor?.seq === seq && entry?.hash !== anchor.hash)
      add(seq, 'changed', `entry ${seq} has the hash ${entry?.hash}, and not ${anchor.hash}`)
    isWhole = entry?.seq === seq
    before = { seq, hash: entry?.hash ?? '' }
  }
  if (!hasEnd) return { entries, first: base.seq + 1, head: { seq: before.seq, hash: before.hash }, breaks }
  if (before.seq < head.seq) add(before.seq + 1, 'missing', missing(before.seq + 1, head.seq))
  else if (isWhole && (before.seq > head.seq || before.hash !== head.hash))
    add(
      before.seq,
      'changed',
      `the chain ends with entry ${before.seq}, not as its head says with ${head.seq}`,
    )
  if (anchor && (anchor.seq > before.seq || anchor.seq <= base.seq) && anchor.seq !== base.seq)
    add(anchor.seq, 'missing', missing(anchor.seq, anchor.seq))
  return { entries, first: base.seq + 1, head, breaks }
}

const missing = (from: number, to: number): string =>
  from === to ? `entry ${from} is missing` : `entries ${from} to ${to} are missing`

function linkIn(source: Pick<Backend, 'get'>, key: string, failed: () => void): Link {
  try {
    return readLink(key, source.get(key))
  } catch {
    failed()
    return readLink(key, undefined)
  }
}
