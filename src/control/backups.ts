import { TickswapError } from '../errors.ts'
import { hashHex } from '../native/addon.ts'
import type { Layout } from '../state/layout.ts'
import { allocate } from '../state/memory.ts'

/** How much is kept to go back to, per unit. */
export interface BackupLimits {
  readonly count: number
  /** milliseconds; older ones are dropped, but for the newest */
  readonly ageMs: number
  /** of all backups of a unit in memory; the newest is kept in any case */
  readonly bytes: number
}

/** Where backups go that are no longer kept in memory. */
export interface Spill {
  /** resolves with what reads it again */
  put(unit: string, version: string, bytes: Uint8Array): Promise<() => Promise<Uint8Array | undefined>>
}

/** The state of a unit from before a swap. */
export interface Backup {
  readonly version: string
  readonly layout: Layout
  /** false: the arena itself, which a migration left behind, and which late participants may still read */
  readonly isCopy: boolean
  /** epoch milliseconds */
  readonly at: number
  /** the participants' tick at the swap */
  readonly tick: number
  /** id of the swap */
  readonly swap: number
  /** who was there, when the inputs since have been logged: see membersOf */
  readonly members?: number | undefined
  readonly bytes: number
  /** XXH3-64 of the bytes, 16 hex digits; absent until somebody had the time */
  hash?: string
  /** absent when it has been spilled */
  memory?: SharedArrayBuffer | undefined
  read?: () => Promise<Uint8Array | undefined>
}

/** A backup that was read, and is what was kept. */
export interface Restored {
  readonly backup: Backup
  readonly bytes: Uint8Array
  /** what was wrong with newer ones of the same version */
  readonly passedOver: readonly TickswapError[]
}

/** The backups of one unit, oldest first. */
export class BackupRing {
  readonly all: Backup[] = []
  readonly #unit: string
  #spare: SharedArrayBuffer | undefined

  constructor(unit: string) {
    this.#unit = unit
  }

  /** Memory for a copy of `size` bytes: what an older backup needs no more, or new. */
  room(size: number): SharedArrayBuffer {
    const spare = this.#spare
    this.#spare = undefined
    return spare?.byteLength === size ? spare : allocate(size, this.#unit)
  }

  /** Memory that was not needed after all. */
  giveBack(memory: SharedArrayBuffer | undefined): void {
    this.#spare = memory ?? this.#spare
  }

  /** Keeps one more. What the limits do not allow goes to the store, where there is one, or is dropped. */
  add(backup: Backup, limits: BackupLimits, spill: Spill | undefined): void {
    this.all.push(backup)
    // Off the tick, but before anything else of this thread could write there.
    setImmediate(() => {
      if (backup.memory) backup.hash ??= hashHex(new Uint8Array(backup.memory))
      if (spill) void this.#spill(backup, spill).then(() => this.trim(limits))
    })
    // What the store is about to take keeps its place until it has.
    this.trim(spill ? { ...limits, bytes: Number.POSITIVE_INFINITY } : limits)
  }

  /** Drops what is too many, too old or too large; the newest stays. */
  trim({ count, ageMs, bytes }: BackupLimits): void {
    const oldest = Date.now() - ageMs
    while (this.all.length > count) this.#drop(this.all.shift()!)
    while (this.all.length > 1 && this.all[0]!.at < oldest) this.#drop(this.all.shift()!)
    const inMemory = () => this.all.filter(({ memory }) => memory)
    const sum = () => inMemory().reduce((total, each) => total + each.bytes, 0)
    for (let held = inMemory(); held.length > 1 && sum() > bytes; held = inMemory()) this.#release(held[0]!)
  }

  /** Only its memory, when it can be read again from the store; otherwise all of it. */
  #release(backup: Backup): void {
    if (!backup.read) this.all.splice(this.all.indexOf(backup), 1)
    this.#drop(backup)
  }

  #drop(backup: Backup): void {
    if (backup.isCopy) this.#spare = backup.memory
    backup.memory = undefined
  }

  async #spill(backup: Backup, spill: Spill): Promise<void> {
    if (!backup.memory) return
    try {
      backup.read = await spill.put(this.#unit, backup.version, new Uint8Array(backup.memory))
    } catch {
      // It stays in memory as long as it would without a store, and the store has said what is wrong with it.
    }
  }

  /** Whether inputs are logged for one of them. */
  get isLogged(): boolean {
    return this.all.some(({ members }) => members !== undefined)
  }

  /**
   * Reads the newest backup of a version that is what was kept, byte for byte.
   * @throws TickswapError BACKUP_CORRUPT when all of them are damaged
   */
  async read(version: string): Promise<Restored | undefined> {
    const passedOver: TickswapError[] = []
    for (const backup of this.all.filter((each) => each.version === version).reverse()) {
      try {
        return { ...(await this.verified(backup)), passedOver }
      } catch (error) {
        passedOver.push(error as TickswapError)
      }
    }
    const [first] = passedOver
    if (first) throw first
    return undefined
  }

  /** Reads one backup. @throws TickswapError BACKUP_CORRUPT when it is not what was kept */
  async verified(backup: Backup): Promise<Pick<Restored, 'backup' | 'bytes'>> {
    const bytes = backup.memory ? new Uint8Array(backup.memory) : await backup.read?.().catch(() => undefined)
    const found = bytes && hashHex(bytes)
    backup.hash ??= found ?? 'unknown'
    if (backup.hash === found) return { backup, bytes: bytes! }
    const is = found === undefined ? 'it cannot be read' : `it is ${found}`
    const message = `the backup of ${this.#unit} ${backup.version} has the hash ${backup.hash}, but ${is}`
    throw new TickswapError('TICKSWAP_E_BACKUP_CORRUPT', message, { unit: this.#unit })
  }
}
