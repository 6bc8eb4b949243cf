import { TickswapError } from '../errors.ts'
import { hashHex } from '../native/addon.ts'
import type { Layout } from '../state/layout.ts'
import { allocate } from '../state/memory.ts'
import { bytesOf } from './packed.ts'

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
  /** id of the swap; of those of earlier runs a number below zero, the older the lower */
  readonly swap: number
  /** of an earlier run: the id there, which another swap may have here */
  readonly earlierSwap?: number
  /** who was there, when the inputs since have been logged: see membersOf */
  readonly members?: number | undefined
  readonly bytes: number
  /** XXH3-64 of the bytes, 16 hex digits; absent until somebody had the time */
  hash?: string
  /** absent when it has been packed or spilled */
  memory?: SharedArrayBuffer | undefined
  /** what it takes packed, in memory */
  packedBytes?: number
  /** the store has not taken it yet: until then nobody could read it again without its memory */
  isSpilling?: boolean
  /** its name in the store, once that has taken it */
  owner?: string
  read?: () => Promise<Uint8Array | undefined>
}

/** A backup that was read, and is what was kept. */
export interface Restored {
  readonly backup: Backup
  readonly bytes: Uint8Array
}

export const isEarlier = ({ earlierSwap }: Backup): boolean => earlierSwap !== undefined

/** What it takes in memory. */
export const heldBytes = ({ memory, packedBytes = 0, bytes }: Backup): number =>
  memory ? bytes : packedBytes

/** The backups of one unit, oldest first. What is kept is decided for its whole group: see GroupRing. */
export class UnitBackups {
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

  of(swap: number): Backup | undefined {
    return this.all.find((backup) => backup.swap === swap)
  }

  /** Takes in what an earlier run has left. */
  addEarlier(backup: Backup): void {
    this.all.push(backup)
    this.all.sort((a, b) => a.swap - b.swap)
  }

  /** Forgets the backup of a swap, and gives it. */
  drop(swap: number): Backup | undefined {
    const at = this.all.findIndex((backup) => backup.swap === swap)
    if (at < 0) return undefined
    this.release(swap)
    return this.all.splice(at, 1)[0]
  }

  /** Lets its memory go: it is in the store, or not needed any more. */
  release(swap: number): void {
    const backup = this.of(swap)
    if (!backup) return
    if (backup.isCopy) this.giveBack(backup.memory)
    backup.memory = undefined
  }

  /** Whether inputs are logged for one of them. */
  get isLogged(): boolean {
    return this.all.some(({ members }) => members !== undefined)
  }

  /** Reads one backup. @throws TickswapError BACKUP_CORRUPT when it is not what was kept */
  async verified(backup: Backup): Promise<Restored> {
    const bytes = await bytesOf(backup).catch(() => undefined)
    const found = bytes && hashHex(bytes)
    backup.hash ??= found ?? 'unknown'
    if (backup.hash === found) return { backup, bytes: bytes! }
    const is = found === undefined ? 'it cannot be read' : `it is ${found}`
    const message = `the backup of ${this.#unit} ${backup.version} has the hash ${backup.hash}, but ${is}`
    throw new TickswapError('TICKSWAP_E_BACKUP_CORRUPT', message, { unit: this.#unit })
  }
}
