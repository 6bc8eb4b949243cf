import { type Finding, findingOf } from '../errors.ts'
import { OF_SWAPS, type Backups as States } from '../store/backups.ts'
import type { Backup } from './backups.ts'
import type { UnitEntry } from './catalog.ts'
import { type AboutBackup, type BackupLimits, GroupRing, type Spill, type Spilled } from './group-ring.ts'

/** What the store knows of one unit's part. Those that an older tickswap has written lack some of it. */
interface StoredAbout extends AboutBackup {
  /** tells the runs of an engine apart */
  readonly run: string
}

/** One unit's part of a backup in the store. */
export interface StoredPart {
  /** its name there */
  readonly owner: string
  readonly unit: string
  readonly version: string
  /** bytes of the state, and of what was stored for it */
  readonly size: number
  readonly stored: number
  /** epoch milliseconds */
  readonly at: number
  readonly about: Partial<StoredAbout> & Pick<StoredAbout, 'run' | 'swap' | 'group' | 'tick'>
}

type Units = ReadonlyMap<string, UnitEntry>

/** The backups from before swaps in the store: those of this run go there, and those of earlier ones come from there. */
export class StoredBackups implements Spill {
  readonly #states: States
  readonly #run: string
  readonly #warn: (warning: Finding) => void
  #writes: Promise<unknown> = Promise.resolve()

  /** @param run tells this run of the engine apart from others */
  constructor(states: States, run: string, warn: (warning: Finding) => void) {
    this.#states = states
    this.#run = run
    this.#warn = warn
  }

  /** Takes over a backup: packed, as the difference to the one before, and read back. */
  async put(unit: string, version: string, bytes: Uint8Array, about: AboutBackup): Promise<Spilled> {
    const more: StoredAbout = { ...about, run: this.#run }
    const saving = this.#states.put(`${unit}${OF_SWAPS}`, version, bytes, more, Number.POSITIVE_INFINITY)
    this.#begun(saving)
    const { owner } = await saving
    return { owner, read: () => this.#states.get(owner) }
  }

  forget(owner: string): void {
    this.#begun(this.#states.forget(owner))
  }

  /** Resolves when all that was begun is on disk, or has failed. */
  async settled(): Promise<void> {
    await this.#writes
  }

  #begun(write: Promise<unknown>): void {
    const told = write.catch((error) => this.#warn({ ...findingOf(error), severity: 'warning' }))
    this.#writes = Promise.all([this.#writes, told])
  }

  isEarlier({ about: { run } }: StoredPart): boolean {
    return run !== this.#run
  }

  /** Every part that can be read, in the order in which they came; `warn` is told of the others. */
  async parts(warn: (error: unknown) => void = () => {}): Promise<StoredPart[]> {
    const owners = await this.#states.all()
    const series = new Set(
      owners.map((owner) => owner.split('/')[1]!).filter((name) => name.endsWith(OF_SWAPS)),
    )
    const lists = await Promise.all([...series].map((name) => this.#states.list(name, warn)))
    const parts = lists.flat().flatMap(({ owner, unit, version, size, stored, at, more }) => {
      const about = more as StoredPart['about']
      if (about.swap === undefined || about.run === undefined) return []
      const name = unit.slice(0, -OF_SWAPS.length)
      return { owner, unit: name, version, size, stored, at: about.at ?? at, about }
    })
    return parts.sort((a, b) => a.at - b.at || a.about.swap - b.about.swap)
  }

  /**
   * Gives the units that run what earlier runs have left of them, within the limits, which hold for all runs together.
   * What cannot be used stays in the store, up to their number for each unit.
   */
  async load(units: Units, groups: Iterable<readonly string[]>, limits: BackupLimits): Promise<void> {
    const parts = await this.parts((error) => this.#warn({ ...findingOf(error), severity: 'warning' }))
    const earlier = parts.filter((part) => this.isEarlier(part))
    const sets = groupedBy(earlier, setOf)
    const usable = sets.filter((set) => isUsable(set, units))
    for (const [i, set] of usable.entries())
      for (const part of set) units.get(part.unit)!.backups.addEarlier(this.#backup(part, i - usable.length))
    for (const group of new Set(groups))
      new GroupRing(
        group.map((name) => units.get(name)!.backups),
        this,
      ).trim(limits)
    const rest = sets.filter((set) => !usable.includes(set)).flat()
    for (const ofUnit of groupedBy(rest, ({ unit }) => unit))
      for (const { owner } of ofUnit.slice(0, -limits.count)) this.forget(owner)
  }

  /** @param swap below zero: those of this run begin at 1 */
  #backup({ owner, version, size, at, about }: StoredPart, swap: number): Backup {
    return {
      version,
      layout: about.layout!,
      isCopy: true,
      at,
      tick: about.tick,
      swap,
      earlierSwap: about.swap,
      bytes: size,
      hash: about.hash!,
      owner,
      read: () => this.#states.get(owner),
    }
  }
}

/** In the order of the first of each. */
function groupedBy<T>(all: readonly T[], keyOf: (each: T) => string): T[][] {
  const groups = new Map<string, T[]>()
  for (const each of all) groups.set(keyOf(each), [...(groups.get(keyOf(each)) ?? []), each])
  return [...groups.values()]
}

/** What belongs together: one group at one swap of one run. */
export const setOf = ({ about: { run, swap, group } }: StoredPart): string => `${run} ${swap} ${group}`

/** Whether the units of a group, which all run, could go back to it: none of its parts is missing. */
function isUsable(set: readonly StoredPart[], units: Units): boolean {
  const isWhole = ({ about: { layout, hash } }: StoredPart) => layout !== undefined && hash !== undefined
  const has = (name: string) => units.has(name) && set.some(({ unit }) => unit === name)
  return set.every(isWhole) && set[0]!.about.group.every(has)
}
