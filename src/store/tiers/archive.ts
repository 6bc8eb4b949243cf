import { type Backend, scan, under } from '../backends/contract.ts'
import { Encoding } from '../codec.ts'
import type { Objects } from '../objects.ts'
import type { Pool } from '../pool.ts'
import type { Transaction, Transactor } from '../transactor.ts'
import { hashOf, intentKey, type Meta, objectKey, replaceMeta, Tier } from './meta.ts'
import { findMeta, sealObject, unsealObject } from './packed.ts'

const NOTHING = new Uint8Array(0)
const INTENTS = 'x/'

/** An object that is about to move, with its state at that time. */
export interface Candidate {
  readonly hash: string
  readonly meta: Meta
}

/**
 * Moves between the tiers on disk. Data folder and archive are two places that cannot be written in one stroke, so each
 * move first writes down that the archive may hold a copy that does not count, and after a crash those are looked at
 * again. An object's record says at every instant where it is, and it is there.
 *
 * Not to be called by two at a time.
 */
export class Archive {
  readonly #transactor: Transactor
  readonly #archive: () => Backend
  readonly #objects: Objects
  readonly #pool: Pool

  constructor(transactor: Transactor, archive: () => Backend, objects: Objects, pool: Pool) {
    this.#transactor = transactor
    this.#archive = archive
    this.#objects = objects
    this.#pool = pool
  }

  /** Packs objects of the warm tier with LZ4, where they are. */
  async compress(candidates: readonly Candidate[]): Promise<void> {
    const bodies = await this.#bodies(candidates)
    const packed = await this.#pool.encode(
      bodies.map(({ bytes }) => bytes),
      Encoding.LZ4,
    )
    await this.#transactor.transaction((tx) => {
      for (const [i, { hash }] of bodies.entries()) {
        const meta = unchanged(tx, candidates.find((each) => each.hash === hash)!)
        if (!meta) continue
        const { encoding, body } = packed[i]!
        const next = { ...meta, tried: true, usedAt: this.#usedAt(hash, meta) }
        if (encoding === Encoding.RAW) {
          replaceMeta(tx, hash, meta, next)
          continue
        }
        const record = sealObject(hash, { encoding, size: meta.size, body, at: meta.createdAt })
        tx.put(objectKey(hash), record)
        replaceMeta(tx, hash, meta, { ...next, encoding, stored: record.length })
      }
    })
    this.#known(candidates)
  }

  /** Takes objects of the warm tier to the archive. */
  async freeze(candidates: readonly Candidate[]): Promise<void> {
    await this.#transactor.transaction((tx) => {
      for (const each of candidates) if (unchanged(tx, each)) tx.put(intentKey(each.hash), NOTHING)
    })
    const bodies = await this.#bodies(candidates)
    const packed = await this.#pool.encode(
      bodies.map(({ bytes }) => bytes),
      Encoding.BROTLI,
    )
    const records = bodies.map(({ hash, bytes }, i) => {
      const at = candidates.find((each) => each.hash === hash)!.meta.createdAt
      return [objectKey(hash), sealObject(hash, { ...packed[i]!, size: bytes.length, at })] as const
    })
    await this.#archive().write(records)
    const lost = await this.#transactor.transaction((tx) =>
      bodies.filter(({ hash }, i) => {
        const meta = unchanged(tx, candidates.find((each) => each.hash === hash)!)
        if (!meta) return true
        const { encoding } = packed[i]!
        const usedAt = this.#usedAt(hash, meta)
        const stored = records[i]![1].length
        replaceMeta(tx, hash, meta, { ...meta, tier: Tier.COLD, encoding, stored, usedAt })
        tx.remove(objectKey(hash))
        tx.remove(intentKey(hash))
        return false
      }),
    )
    this.#known(candidates)
    if (lost.length > 0 || bodies.length < candidates.length) await this.settle()
  }

  /** Brings an object back from the archive. */
  async thaw(hash: string, bytes: Uint8Array): Promise<void> {
    const before = this.#objects.meta(hash)
    if (before?.tier !== Tier.COLD) return
    const [packed] = await this.#pool.encode([bytes], Encoding.LZ4)
    const { encoding, body } = packed!
    await this.#transactor.transaction((tx) => {
      const meta = unchanged(tx, { hash, meta: before })
      if (!meta) return
      const record = sealObject(hash, { encoding, size: meta.size, body, at: meta.createdAt })
      tx.put(objectKey(hash), record)
      tx.put(intentKey(hash), NOTHING)
      const usedAt = this.#usedAt(hash, meta)
      replaceMeta(tx, hash, meta, {
        ...meta,
        tier: Tier.WARM,
        encoding,
        tried: true,
        stored: record.length,
        usedAt,
      })
    })
    await this.settle()
  }

  /** Removes objects that nothing refers to. Gives those that are gone. */
  async remove(candidates: readonly Candidate[]): Promise<Candidate[]> {
    const gone = await this.#transactor.transaction((tx) =>
      candidates.filter((each) => {
        const meta = unchanged(tx, each)
        if (!meta || meta.refs > 0) return false
        replaceMeta(tx, each.hash, meta, undefined)
        if (meta.tier === Tier.WARM) tx.remove(objectKey(each.hash))
        else tx.put(intentKey(each.hash), NOTHING)
        return true
      }),
    )
    this.#known(candidates)
    for (const { hash } of gone) {
      this.#objects.hot.drop(hash)
      this.#objects.used.delete(hash)
    }
    if (gone.some(({ meta }) => meta.tier === Tier.COLD)) await this.settle()
    return gone
  }

  /** Deletes every copy in the archive that does not count: after moves, and after a crash in one. */
  async settle(): Promise<void> {
    const hashes: string[] = []
    for await (const [key] of scan(this.#transactor, under(INTENTS))) hashes.push(hashOf(key))
    if (hashes.length === 0) return
    const stale = hashes.filter((hash) => this.#objects.meta(hash)?.tier !== Tier.COLD)
    await this.#archive().write(stale.map((hash) => [objectKey(hash), undefined]))
    await this.#transactor.transaction((tx) => {
      for (const hash of hashes) tx.remove(intentKey(hash))
    })
  }

  async #bodies(candidates: readonly Candidate[]): Promise<{ hash: string; bytes: Uint8Array }[]> {
    const found: { hash: string; bytes: Uint8Array }[] = []
    for (const { hash } of candidates) {
      const bytes = await this.#bytes(hash)
      if (bytes) found.push({ hash, bytes })
    }
    return found
  }

  /** Without making it the most recently used; a damaged object stays where it is, for `verify` to name. */
  async #bytes(hash: string): Promise<Uint8Array | undefined> {
    const record = this.#transactor.get(objectKey(hash))
    if (!record) return undefined
    try {
      const { body, encoding, size } = unsealObject(hash, record)
      return await this.#pool.decode(body, encoding, size, hash)
    } catch {
      return undefined
    }
  }

  /** They have a record of their state by now, or are gone. */
  #known(candidates: readonly Candidate[]): void {
    for (const { hash } of candidates) this.#objects.fresh.delete(hash)
  }

  #usedAt(hash: string, meta: Meta): number {
    return Math.max(meta.usedAt, this.#objects.used.get(hash) ?? 0)
  }
}

/** The object's state, if it is where and how it was when it was chosen. */
function unchanged(tx: Transaction, { hash, meta }: Candidate): Meta | undefined {
  const now = findMeta((key) => tx.get(key), hash)
  return now && now.tier === meta.tier && now.encoding === meta.encoding ? now : undefined
}
