import { decode, Encoding } from './codec.ts'
import { xorInto } from './delta.ts'
import { blake3Hex } from './hash.ts'
import type { Objects } from './objects.ts'
import type { Pool } from './pool.ts'
import { damaged } from './record.ts'
import { Turns } from './turns.ts'

/** Every so many states one is stored whole: reading one never takes more steps than this. */
const FULL_EVERY = 16
const STATES = 'state/'
/** At the end of the names of units whose states are kept from before swaps: whoever puts them forgets them. */
export const OF_SWAPS = '@backup'

/** What is known of a saved state. */
export interface SavedState {
  /** its name in the store */
  readonly owner: string
  readonly unit: string
  readonly version: string
  /** epoch milliseconds */
  readonly at: number
  /** bytes of the state, and of what was stored for it */
  readonly size: number
  readonly stored: number
  /** the caller's */
  readonly more: unknown
}

/** One packed object: a whole state first, then differences. */
interface Step {
  readonly hash: string
  readonly encoding: Encoding
  readonly size: number
}

interface Info extends Omit<SavedState, 'owner'> {
  readonly blake3: string
  /** all that reading it takes: it does not need the owners of the states before it */
  readonly steps: readonly Step[]
}

/** The history of a unit's state: each is stored as its difference to the one before, packed in the pool. */
export class Backups {
  readonly #objects: Objects
  readonly #pool: Pool
  readonly #keep: number
  /** the newest state of each unit, which the next one is compared with */
  readonly #last = new Map<string, { readonly bytes: Uint8Array; readonly steps: readonly Step[] }>()
  readonly #turns = new Turns()
  #count = 0

  constructor(objects: Objects, pool: Pool, keep: number) {
    this.#objects = objects
    this.#pool = pool
    this.#keep = keep
  }

  /**
   * Stores a copy of a state and reads it back; resolves with what it is called when it is on disk. `more` is JSON
   * of the caller's. The oldest ones are forgotten, from the one before the last `keep` on; with Infinity, none.
   * @throws TickswapError STORE_LIMIT, STORE_FULL, STORE_WRITE
   */
  put(
    unit: string,
    version: string,
    bytes: Uint8Array,
    more: unknown = {},
    keep = this.#keep,
  ): Promise<SavedState> {
    const copy = new Uint8Array(bytes)
    return this.#turns.run(() => this.#put(unit, version, copy, more, keep))
  }

  /** The bytes of a state. @throws TickswapError STORE_DAMAGED: never other bytes */
  async get(owner: string): Promise<Uint8Array | undefined> {
    const info = this.#objects.owner(owner)?.info as Info | undefined
    if (!info) return undefined
    let bytes: Uint8Array | undefined
    for (const { hash, encoding, size } of info.steps) {
      const body = await this.#objects.get(hash)
      if (!body) throw damaged(`a part of ${owner} is gone: ${hash}`)
      const step = decode(body, encoding, size)
      if (bytes) xorInto(bytes, step)
      else bytes = Uint8Array.from(step)
    }
    if (!bytes || blake3Hex(bytes) !== info.blake3) throw damaged(`${owner} is not what was stored`)
    return bytes
  }

  /** A unit's states, oldest first. `skip` is told of those whose record is damaged. */
  async list(unit: string, skip: (error: unknown) => void = () => {}): Promise<SavedState[]> {
    const owners = await this.#objects.owners(`${STATES}${unit}/`)
    return owners.flatMap((owner) => {
      try {
        const { info } = this.#objects.owner(owner) ?? {}
        return info ? [savedState(owner, info as Info)] : []
      } catch (error) {
        skip(error)
        return []
      }
    })
  }

  forget(owner: string): Promise<void> {
    return this.#objects.release(owner)
  }

  /** Also those of units that are no more. */
  async all(): Promise<string[]> {
    return this.#objects.owners(STATES)
  }

  async #put(
    unit: string,
    version: string,
    bytes: Uint8Array,
    more: unknown,
    keep: number,
  ): Promise<SavedState> {
    const last = this.#last.get(unit)
    const base = last?.bytes.length === bytes.length && last.steps.length < FULL_EVERY ? last : undefined
    const { encoding, body } = base
      ? await this.#pool.delta(base.bytes, bytes)
      : (await this.#pool.encode([bytes], Encoding.LZ4))[0]!
    const step: Step = { hash: blake3Hex(body), encoding, size: bytes.length }
    const steps = [...(base?.steps ?? []), step]
    const at = Date.now()
    const blake3 = blake3Hex(bytes)
    const info: Info = { unit, version, at, size: bytes.length, stored: body.length, more, blake3, steps }
    const owner = `${STATES}${unit}/${padded(at)}-${padded(++this.#count)}`
    const hashes = base?.steps.map(({ hash }) => hash) ?? []
    await this.#objects.keep({ owner, info, blobs: [body], hashes })
    await this.get(owner)
    this.#last.set(unit, { bytes, steps })
    const owners = await this.#objects.owners(`${STATES}${unit}/`)
    for (const old of owners.slice(0, -Math.max(keep, this.#keep))) await this.#objects.release(old)
    return savedState(owner, info)
  }
}

const padded = (number: number): string => number.toString().padStart(16, '0')

function savedState(owner: string, { unit, version, at, size, stored, more }: Info): SavedState {
  return { owner, unit, version, at, size, stored, more }
}
