import { deserialize, serialize } from 'node:v8'
import type { Layout } from '../state/layout.ts'
import type { Backups } from '../store/backups.ts'
import { blake3Hex } from '../store/hash.ts'
import type { Store } from '../store/store.ts'
import type { OwnState } from '../swap/protocol.ts'
import type { UnitEntry } from './catalog.ts'

/** A unit's state of an earlier run. */
export interface Saved {
  readonly layout: Layout
  readonly bytes: Uint8Array
  /** of the first participant, in stores of before every participant's own state was kept */
  readonly soft: Record<string, unknown> | undefined
}

/** What participants have for themselves, by unit; and all of them by their names. */
export type OwnStates = Readonly<Record<string, OwnState>>
export type Participants = ReadonlyMap<string, OwnStates>

/** What is kept beside the bytes of a state. JSON. */
interface About {
  readonly shared: Layout
  readonly soft?: string
}

/** The states that belong together: those of units, and what each participant has for itself. Names in the store. */
interface Save {
  readonly units: Readonly<Record<string, string>>
  readonly participants: Readonly<Record<string, string>>
}

const LAST = 'saves/last'
/** In front of participants, where units stand; names of units begin otherwise. */
const OF_PARTICIPANTS = '@own'
const MOST_NAME = 256

/** The states that a start may resume, in the store. */
export class States {
  readonly #store: Store
  #participants: Save['participants'] = {}

  constructor(store: Store) {
    this.#store = store
  }

  /**
   * Saves memories that nobody writes to until this has returned a promise. `own`: what participants have for
   * themselves, at the same instant; of those that are not named, and of all where it is missing, the last ones stay.
   * A start finds all of a save, or all of the one before.
   * @throws TickswapError STORE_LIMIT, STORE_FULL, STORE_WRITE
   */
  async save(
    states: Iterable<readonly [UnitEntry, ArrayBufferLike]>,
    own: Participants = new Map(),
  ): Promise<void> {
    const { backups, objects } = this.#store
    const units = Array.from(states, ([{ name, running, memory }, bytes]) => {
      const about: About = { shared: memory.shared }
      const saved = backups.put(name, running.version.toString(), new Uint8Array(bytes), about)
      return saved.then(({ owner }) => [name, owner] as const)
    })
    const participants = Array.from(own, async ([name, parts]) => {
      const { owner } = await backups.put(seriesOf(name), '', serialize(parts))
      return [name, owner] as const
    })
    const [shared, kept] = await Promise.all([Promise.all(units), Promise.all(participants)])
    this.#participants = { ...this.#participants, ...Object.fromEntries(kept) }
    const save: Save = { units: Object.fromEntries(shared), participants: this.#participants }
    await objects.keep({ owner: LAST, info: save })
  }

  /** Those who are gone for good have no state any more. */
  forgetAllBut(names: readonly string[]): void {
    const kept = Object.entries(this.#participants).filter(([name]) => names.includes(name))
    this.#participants = Object.fromEntries(kept)
  }

  /** A unit's state of the last save; where it cannot be read, the newest that can be. */
  async unit(unit: string): Promise<Saved | undefined> {
    const { backups } = this.#store
    const known = this.#last()?.units[unit]
    const found = (await backups.list(unit)).reverse()
    const first = found.filter(({ owner }) => owner === known)
    for (const { owner, more } of [...first, ...found]) {
      const bytes = await bytesOf(backups, owner)
      if (!bytes) continue
      const { shared, soft } = more as About
      return {
        layout: shared,
        bytes,
        soft: soft === undefined ? undefined : deserialize(Buffer.from(soft, 'base64')),
      }
    }
    return undefined
  }

  /** What participants had for themselves at the last save. */
  async participants(): Promise<Map<string, OwnStates>> {
    const found = new Map<string, OwnStates>()
    for (const [name, owner] of Object.entries(this.#last()?.participants ?? {})) {
      const bytes = await bytesOf(this.#store.backups, owner)
      if (bytes) found.set(name, deserialize(bytes))
    }
    // Until they are back they have it still.
    this.#participants = Object.fromEntries(
      Object.entries(this.#last()?.participants ?? {}).filter(([name]) => found.has(name)),
    )
    return found
  }

  #last(): Save | undefined {
    try {
      return this.#store.objects.owner(LAST)?.info as Save | undefined
    } catch {
      // Damaged: the states themselves are found without it.
      return undefined
    }
  }
}

const bytesOf = (backups: Backups, owner: string): Promise<Uint8Array | undefined> =>
  backups.get(owner).catch(() => undefined)

function seriesOf(participant: string): string {
  const name = encodeURIComponent(participant)
  return `${OF_PARTICIPANTS} ${name.length > MOST_NAME ? blake3Hex(Buffer.from(name)) : name}`
}
