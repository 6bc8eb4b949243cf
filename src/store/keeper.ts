import { type Backend, scan, under } from './backends/contract.ts'
import { OF_SWAPS } from './backups.ts'
import { ENTRIES, HEAD_KEY, parseEntry, seqOf } from './journal/entry.ts'
import { type Journal, readLink } from './journal/journal.ts'
import type { Objects } from './objects.ts'
import type { Pointer } from './pointers.ts'
import { Kind, sealJson, unsealJson } from './record.ts'
import type { StoreSettings } from './settings.ts'
import { NO_TOTALS, readTotals, replaceMeta, sealTotals, TOTALS_KEY, type Totals } from './tiers/meta.ts'
import { findMeta } from './tiers/packed.ts'
import type { Transaction, Transactor } from './transactor.ts'
import { IN_ARCHIVE, type StoreReport } from './verify.ts'

/** Before the names of the owners of all versions. */
export const VERSIONS = 'version/'
const STATES = 'state/'

/** Before the names of the owners of a unit's versions. */
export const versionsOf = (unit: string): string => `${VERSIONS}${unit}/`

/** The owner of a version's sources. */
export const versionOwner = (unit: string, at: number, version: string, hash: string): string =>
  `${versionsOf(unit)}${at.toString().padStart(16, '0')}/${version}/${hash}`

/** Forgets by policy, and mends. */
export class Keeper {
  readonly #transactor: Transactor
  readonly #objects: Objects
  readonly #journal: Journal
  readonly #settings: StoreSettings

  constructor(transactor: Transactor, objects: Objects, journal: Journal, settings: StoreSettings) {
    this.#transactor = transactor
    this.#objects = objects
    this.#journal = journal
    this.#settings = settings
  }

  /** Of every unit the newest versions and states are kept, and what the pointers name. */
  async forget(): Promise<{ versions: number; states: number; entries: number }> {
    const pointed = await this.#pointed()
    const { versions, states } = this.#settings
    const forgotten = {
      versions: await this.#forgetOwners(VERSIONS, versions, pointed),
      states: await this.#forgetOwners(STATES, states, pointed),
      entries: await this.#journal.prune(this.#settings.entries),
    }
    const { entries } = forgotten
    if (entries > 0) await this.#journal.append({ outcome: 'pruned', trigger: 'cleanup', units: [], entries })
    return forgotten
  }

  /**
   * Puts right what is known for certain: counts, by as much as they are off, because others go on counting; and
   * bytes that nothing leads to.
   */
  async repair({ problems, off }: StoreReport, archive: Backend): Promise<number> {
    const orphans = problems.filter(({ problem }) => problem === 'orphan').map(({ record }) => record)
    const miscounted = problems.filter(({ problem }) => problem === 'miscounted').length
    if (orphans.length + miscounted === 0) return 0
    await this.#transactor.transaction((tx) => {
      for (const [hash, by] of off.refs) {
        const meta = findMeta((key) => tx.get(key), hash)
        if (meta) replaceMeta(tx, hash, meta, { ...meta, refs: Math.max(0, meta.refs + by) })
      }
      for (const key of orphans) if (!key.startsWith(IN_ARCHIVE)) tx.remove(key)
      if (miscounted > 0) tx.put(TOTALS_KEY, sealTotals(plus(totalsIn(tx), off.totals)))
    })
    const cold = orphans.filter((key) => key.startsWith(IN_ARCHIVE))
    await archive.write(cold.map((key) => [key.slice(IN_ARCHIVE.length), undefined]))
    return orphans.length + miscounted
  }

  /** A record of the chain's end that cannot be read is written anew from the last entry. */
  async recoverJournal(): Promise<void> {
    const record = this.#transactor.get(HEAD_KEY)
    try {
      readLink(HEAD_KEY, record)
    } catch {
      for await (const [key, last] of scan(this.#transactor, { ...under(ENTRIES), reverse: true })) {
        const entry = parseEntry(last)
        if (!entry) continue
        const head = sealJson(HEAD_KEY, Kind.SYSTEM, { seq: seqOf(key), hash: entry.hash })
        return this.#transactor.transaction((tx) => tx.put(HEAD_KEY, head))
      }
    }
  }

  async #forgetOwners(prefix: string, keep: number, pointed: ReadonlySet<string>): Promise<number> {
    const byUnit = new Map<string, string[]>()
    for (const owner of await this.#objects.owners(prefix)) {
      const unit = owner.slice(prefix.length).split('/')[0]!
      byUnit.set(unit, [...(byUnit.get(unit) ?? []), owner])
    }
    let forgotten = 0
    for (const [unit, owners] of byUnit) {
      if (unit.endsWith(OF_SWAPS)) continue
      for (const owner of owners.slice(0, Math.max(0, owners.length - keep))) {
        if (pointed.has(owner)) continue
        await this.#objects.release(owner)
        forgotten++
      }
    }
    return forgotten
  }

  async #pointed(): Promise<Set<string>> {
    const pointed = new Set<string>()
    for await (const [key, record] of scan(this.#transactor, under('p/'))) {
      const { permanent, trial } = unsealJson<Pointer>(key, Kind.POINTER, record)
      for (const to of [permanent, trial]) if (to) pointed.add(to.owner)
    }
    return pointed
  }
}

/** A record of the sums that cannot be read is begun anew. */
function totalsIn(tx: Transaction): Totals {
  try {
    return readTotals((key) => tx.get(key))
  } catch {
    return { ...NO_TOTALS }
  }
}

function plus(a: Totals, b: Totals): Totals {
  const names = Object.keys(NO_TOTALS) as (keyof Totals)[]
  return Object.fromEntries(names.map((name) => [name, a[name] + b[name]])) as never
}
