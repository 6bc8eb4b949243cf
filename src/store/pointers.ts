import { scan, under } from './backends/contract.ts'
import { checkOwnerName } from './owners.ts'
import { Kind, sealJson, unsealJson } from './record.ts'
import type { Transactor } from './transactor.ts'

/** A version as a restart finds it. */
export interface Pointed {
  readonly version: string
  /** hash over the unit's own files, 16 hex digits */
  readonly hash: string
  /** epoch milliseconds */
  readonly at: number
  /** the owner of its sources */
  readonly owner: string
}

export interface Pointer {
  /** what has passed its probation */
  readonly permanent?: Pointed
  /** what is tried and has not passed: found at a start without a reason, its process died while it was tried */
  readonly trial?: Pointed & {
    /** why it did not pass */
    readonly failed?: string
  }
}

const POINTERS = 'p/'

/** Which version of each unit is permanent, and which is on trial. */
export class Pointers {
  readonly #transactor: Transactor

  constructor(transactor: Transactor) {
    this.#transactor = transactor
  }

  get(unit: string): Pointer | undefined {
    const key = POINTERS + checkOwnerName(unit)
    const record = this.#transactor.get(key)
    return record && unsealJson<Pointer>(key, Kind.POINTER, record)
  }

  async all(): Promise<Map<string, Pointer>> {
    const found = new Map<string, Pointer>()
    for await (const [key, record] of scan(this.#transactor, under(POINTERS)))
      found.set(key.slice(POINTERS.length), unsealJson<Pointer>(key, Kind.POINTER, record))
    return found
  }

  /** Changes the pointers of all units of a swap at once. Resolves when they are on disk. */
  move(change: (before: Pointer, unit: string) => Pointer, units: readonly string[]): Promise<void> {
    return this.#transactor.transaction((tx) => {
      for (const unit of units) {
        const key = POINTERS + checkOwnerName(unit)
        const record = tx.get(key)
        const before = record ? unsealJson<Pointer>(key, Kind.POINTER, record) : {}
        tx.put(key, sealJson(key, Kind.POINTER, change(before, unit)))
      }
    })
  }
}
