import { hashHex } from '../native/addon.ts'
import type { Layout } from '../state/layout.ts'
import { type Backup, heldBytes, type UnitBackups } from './backups.ts'
import { pack } from './packed.ts'

/** How much is kept to go back to, per group of units that swap together. */
export interface BackupLimits {
  readonly count: number
  /** milliseconds; older ones are dropped, but for the newest */
  readonly ageMs: number
  /** of all backups of a group in memory; the newest is kept in any case */
  readonly bytes: number
}

/** What is known of a backup beside its bytes. JSON. */
export interface AboutBackup {
  /** the units of its group */
  readonly group: readonly string[]
  readonly swap: number
  readonly tick: number
  /** epoch milliseconds */
  readonly at: number
  readonly layout: Layout
  /** XXH3-64 of the bytes, 16 hex digits */
  readonly hash: string
}

/** A backup that the store has taken. */
export interface Spilled {
  /** its name there */
  readonly owner: string
  read(): Promise<Uint8Array | undefined>
}

/** Where backups go that are no longer kept in memory. */
export interface Spill {
  put(unit: string, version: string, bytes: Uint8Array, about: AboutBackup): Promise<Spilled>
  /** nobody goes back to it any more */
  forget(owner: string): void
}

/** One unit's part of a backup. */
export interface Part {
  readonly unit: string
  readonly backups: UnitBackups
  readonly backup: Backup
}

/**
 * The backups of the units of one group. Each holds all of them as they were at one tick, and is kept, spilled or
 * dropped as one: whoever goes back to it never finds a part of it missing, or two ticks mixed.
 */
export class GroupRing {
  readonly #units: readonly UnitBackups[]
  readonly #spill: Spill | undefined

  constructor(units: readonly UnitBackups[], spill: Spill | undefined) {
    this.#units = units
    this.#spill = spill
  }

  /** Keeps one more. What the limits do not allow goes to the store, where there is one, or is dropped. */
  add(parts: readonly Part[], limits: BackupLimits): void {
    const group = parts.map(({ unit }) => unit)
    const spill = this.#spill
    for (const { backups, backup } of parts) {
      backup.isSpilling = spill !== undefined
      backups.all.push(backup)
    }
    // Off the tick, but before anything else of this thread could write there.
    setImmediate(() => {
      for (const { backup } of parts)
        if (backup.memory) backup.hash ??= hashHex(new Uint8Array(backup.memory))
      if (!spill) {
        for (const { backups } of parts) packLast(backups)
        return this.trim(limits)
      }
      const spilling = parts.map((part) => spillOf(part, group, spill))
      void Promise.all(spilling).then(() => this.trim(limits))
    })
    // What is about to be packed, or taken by the store, keeps its place until then.
    this.trim({ ...limits, bytes: Number.POSITIVE_INFINITY })
  }

  /** Drops what is too many, too old or too large; the newest stays. */
  trim({ count, ageMs, bytes }: BackupLimits): void {
    const oldest = Date.now() - ageMs
    const swaps = this.#swaps
    while (swaps.length > count) this.#drop(swaps.shift()!)
    while (swaps.length > 1 && this.#atOf(swaps[0]!) < oldest) this.#drop(swaps.shift()!)
    const held = swaps.filter((swap) => this.#heldBytes(swap) > 0 && !this.#isSpilling(swap))
    const sum = () => held.reduce((total, swap) => total + this.#heldBytes(swap), 0)
    while (held.length > 1 && sum() > bytes) this.#release(held.shift()!)
  }

  /** Oldest first. */
  get #swaps(): number[] {
    const swaps = this.#units.flatMap(({ all }) => all.map(({ swap }) => swap))
    return [...new Set(swaps)].sort((a, b) => a - b)
  }

  #parts(swap: number): Backup[] {
    return this.#units.flatMap((unit) => unit.of(swap) ?? [])
  }

  #atOf(swap: number): number {
    return Math.max(...this.#parts(swap).map(({ at }) => at))
  }

  #isSpilling(swap: number): boolean {
    return this.#parts(swap).some(({ isSpilling }) => isSpilling)
  }

  #heldBytes(swap: number): number {
    return this.#parts(swap).reduce((sum, backup) => sum + heldBytes(backup), 0)
  }

  /** Only its memory, when all of it can be read again from the store; otherwise all of it. */
  #release(swap: number): void {
    const isStored = ({ read, packedBytes }: Backup) => read !== undefined && packedBytes === undefined
    if (!this.#parts(swap).every(isStored)) return this.#drop(swap)
    for (const unit of this.#units) unit.release(swap)
  }

  #drop(swap: number): void {
    for (const unit of this.#units) {
      const owner = unit.drop(swap)?.owner
      if (owner !== undefined) this.#spill?.forget(owner)
    }
  }
}

/** The one before the newest differs little from it, mostly. */
function packLast(backups: UnitBackups): void {
  const [before, newest] = backups.all.slice(-2)
  if (before && newest && pack(before, newest)) backups.release(before.swap)
}

async function spillOf(
  { unit, backups, backup }: Part,
  group: readonly string[],
  spill: Spill,
): Promise<void> {
  const { version, memory, swap, tick, at, layout, hash } = backup
  try {
    if (!memory || hash === undefined) return
    const about = { group, swap, tick, at, layout, hash }
    const { owner, read } = await spill.put(unit, version, new Uint8Array(memory), about)
    Object.assign(backup, { owner, read })
    // It may have been dropped meanwhile.
    if (backups.of(swap) !== backup) spill.forget(owner)
  } catch {
    // It stays in memory as long as it would without a store, and the store has said what is wrong with it.
  } finally {
    backup.isSpilling = false
  }
}
