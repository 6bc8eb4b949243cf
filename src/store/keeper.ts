import { type Backend, scan, under } from './backends/contract.ts'
import { ENTRIES, HEAD_KEY, parseEntry, seqOf } from './journal/entry.ts'
import { type Journal, readLink } from './journal/journal.ts'
import type { Objects } from './objects.ts'
import type { Pointer } from './pointers.ts'
import { Kind, sealJson, unsealJson } from './record.ts'
import type { StoreSettings } from './settings.ts'
import { metaKey, readMeta, replaceMeta, sealTotals, TOTALS_KEY } from './tiers/meta.ts'
import type { Transactor } from './transactor.ts'
import type { StoreReport } from './verify.ts'

const VERSIONS = 'version/'
const STATES = 'state/'

/** The owner of a version's sources. */
export const versionOwner = (unit: string, at: number, version: string, hash: string): string =>
  `${VERSIONS}${unit}/${at.toString().padStart(16, '0')}/${version}/${hash}`

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

  /** Puts right what is known for certain: counts, and bytes that nothing leads to. */
  async repair({ problems, counted }: StoreReport, archive: Backend): Promise<number> {
    const orphans = problems.filter(({ problem }) => problem === 'orphan')
    const miscounted = problems.filter(({ problem }) => problem === 'miscounted')
    if (orphans.length + miscounted.length === 0) return 0
    await this.#transactor.transaction((tx) => {
      for (const { record } of [...miscounted, ...orphans]) {
        if (record.startsWith('m/')) {
          const hash = record.slice(2)
          const meta = readMeta(hash, tx.get(metaKey(hash))!)
          replaceMeta(tx, hash, { ...meta, refs: counted.refs.get(hash) ?? 0 })
        } else if (record.startsWith('o/') && !tx.get(metaKey(record.slice(2)))) tx.remove(record)
      }
      if (miscounted.some(({ record }) => record === TOTALS_KEY))
        tx.put(TOTALS_KEY, sealTotals(counted.totals))
    })
    await archive.write(orphans.map(({ record }) => [record, undefined]))
    return orphans.length + miscounted.length
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
    for (const owners of byUnit.values())
      for (const owner of owners.slice(0, Math.max(0, owners.length - keep))) {
        if (pointed.has(owner)) continue
        await this.#objects.release(owner)
        forgotten++
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
