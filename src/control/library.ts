import { TickswapError } from '../errors.ts'
import type { JournalEntry } from '../store/journal/entry.ts'
import type { StoreStats } from '../store/store.ts'
import type { HistoryEntry } from '../swap/protocol.ts'
import type { Outcome } from '../swap/report.ts'
import { Version } from '../version/version.ts'
import { type BackupStatus, listBackups } from './backup-list.ts'
import type { Catalog } from './catalog.ts'
import type { Persistence } from './persistence.ts'
import type { Queue } from './queue.ts'
import type { SourceText } from './sources.ts'

/** The texts of one version of a unit: its own file and the modules that travel with it, by name. */
export interface UnitSources {
  readonly unit: string
  readonly version: string
  readonly files: readonly SourceText[]
}

/** How the control thread is doing. */
export interface Vitals {
  /** swaps that wait for their turn */
  readonly queued: number
  /** absent without a store */
  readonly store?: StoreStats
}

const OUTCOMES: readonly string[] = [
  'boot',
  'refused',
  'reversed',
  'committed',
  'permanent',
  'rolled-back',
] satisfies HistoryEntry['outcome'][]

/** Answers what people want to look up: texts of versions, the journal, how the control thread is doing. */
export class Library {
  readonly #catalog: Catalog
  readonly #persistence: Persistence
  readonly #queue: Queue

  constructor(catalog: Catalog, persistence: Persistence, queue: Queue) {
    this.#catalog = catalog
    this.#persistence = persistence
    this.#queue = queue
  }

  /**
   * The texts of a version that ran: of this run's from memory, of an earlier run's from the store.
   * @throws TickswapError UNIT_UNKNOWN, NO_SUCH_VERSION
   */
  async sources(unit: string, version: string): Promise<UnitSources> {
    const entry = this.#catalog.units.get(unit)
    if (!entry) throw new TickswapError('TICKSWAP_E_UNIT_UNKNOWN', `there is no unit ${unit}`)
    const wanted = Version.parse(version)
    const edition = entry.editions.findLast((each) => Version.compare(each.version, wanted) === 0)
    const { sources, recorder } = this.#persistence
    const texts = edition
      ? edition.artifacts.map((artifact) => sources.of(artifact))
      : await recorder?.versions.sourcesOf(unit, wanted.toString())
    if (!texts) {
      const message = `the sources of ${unit} ${version} are not kept: it is too long ago, or it never ran`
      throw new TickswapError('TICKSWAP_E_NO_SUCH_VERSION', message, { unit })
    }
    return { unit, version, files: texts.toSorted((a, b) => (a.file < b.file ? -1 : 1)) }
  }

  /** The newest entries of the journal about a unit, or about all, oldest first; undefined without a store. */
  async journal(unit: string | undefined, limit: number): Promise<HistoryEntry[] | undefined> {
    const journal = this.#persistence.recorder?.store.journal
    if (!journal) return undefined
    const found: HistoryEntry[] = []
    const query = { newestFirst: true, limit, ...(unit !== undefined && { unit }) }
    for await (const entry of journal.query(query)) found.unshift(...entriesOf(entry, unit))
    return found.slice(-limit)
  }

  /** The states that can be gone back to, and those that earlier runs have left in the store. */
  async backups(groups: ReadonlyMap<string, readonly string[]>): Promise<BackupStatus[]> {
    const { recorder } = this.#persistence
    await recorder?.ready
    return listBackups(this.#catalog.units.values(), groups, recorder?.backups)
  }

  vitals(): Vitals {
    const store = this.#persistence.recorder?.store.stats()
    return { queued: this.#queue.length, ...(store && { store }) }
  }
}

function entriesOf(entry: JournalEntry, wanted: string | undefined): HistoryEntry[] {
  const { at, outcome, swap = 0, reasons = [], units } = entry
  if (!OUTCOMES.includes(outcome)) return []
  const codes = reasons.map(({ code }) => code) as HistoryEntry['codes']
  return units
    .filter(({ unit, to }) => to !== undefined && (wanted === undefined || unit === wanted))
    .map(({ unit, to, hash = '' }) => {
      return { unit, version: to!, hash, at, outcome: outcome as 'boot' | Outcome, swap, codes }
    })
}
