import { TickswapError } from '../errors.ts'
import { type Backend, under } from './backends/contract.ts'
import { Encoding } from './codec.ts'
import { Gather } from './gather.ts'
import { blake3Hex, blake3HexOfAll, blake3HexOfEach, HASH_LENGTH, isHash } from './hash.ts'
import { OWNERS, type Owner, own, ownerKey, readOwner } from './owners.ts'
import type { Pool } from './pool.ts'
import { damaged } from './record.ts'
import type { StoreSettings } from './settings.ts'
import { type Slab, Slabs } from './slab.ts'
import { Fresh } from './tiers/fresh.ts'
import { HotTier } from './tiers/hot.ts'
import {
  addTotals,
  count,
  intentKey,
  type Meta,
  metaKey,
  NO_TOTALS,
  objectKey,
  readMeta,
  readTotals,
  Tier,
  type Totals,
  writeMeta,
} from './tiers/meta.ts'
import {
  ALONE_MOST_BYTES,
  BODY_AT,
  findMeta,
  newMeta,
  openObject,
  sealObject,
  unpack,
} from './tiers/packed.ts'
import type { Transaction, Transactor } from './transactor.ts'

/** Those that come or are asked for together are hashed together, up to so many. */
const TOGETHER_BYTES = 65_536
const TOGETHER = 256
/** Larger ones are unpacked, or only hashed, in the pool. */
const UNPACK_HERE_BYTES = 65_536
const HASH_HERE_BYTES = 2 ** 20
/** An object that moves between tiers while it is looked for is looked for again. */
const TRIES = 4
const NOTHING = new Uint8Array(0)

/** What an owner wants to keep. */
export interface Keeping {
  readonly owner: string
  readonly info?: unknown
  /** objects to store and refer to */
  readonly blobs?: readonly Uint8Array[]
  /** objects that are there already */
  readonly hashes?: readonly string[]
}

/** What the objects ask of the tiers. */
export interface Room {
  /** Resolves when so much fits into the warm tier. @throws TickswapError STORE_FULL */
  make(bytes: number): Promise<void>
  /** An object of the archive was used. */
  promote(hash: string, bytes: Uint8Array): void
}

/** Objects by the BLAKE3 of their bytes: the same bytes are stored once. */
export class Objects {
  readonly hot: HotTier
  /** when objects were used since their record was written */
  readonly used = new Map<string, number>()
  hits = { warm: 0, cold: 0 }
  misses = 0
  readonly #transactor: Transactor
  readonly #archive: () => Backend
  readonly #pool: Pool
  readonly #settings: StoreSettings
  #room: Room | undefined
  #reserved = 0
  /** whose record on disk was found damaged: the next put writes it anew */
  readonly #damaged = new Set<string>()
  /** objects without a record beside their own */
  readonly fresh = new Fresh()
  readonly #puts = new Gather(TOGETHER, (blobs: readonly Uint8Array[]) => this.#putAll(blobs))
  readonly #slabs = new Slabs()
  readonly #checks = new Gather(TOGETHER, blake3HexOfAll)

  constructor(transactor: Transactor, archive: () => Backend, pool: Pool, settings: StoreSettings) {
    this.#transactor = transactor
    this.#archive = archive
    this.#pool = pool
    this.#settings = settings
    this.hot = new HotTier(settings.hotBytes)
    this.#noticeEmpty()
  }

  #noticeEmpty(): void {
    try {
      const { warmObjects, coldObjects } = readTotals((key) => this.#transactor.get(key))
      if (warmObjects + coldObjects === 0) this.fresh.beginEmpty()
    } catch {
      // Sums that are damaged say nothing.
    }
  }

  useRoom(room: Room): void {
    this.#room = room
  }

  /**
   * Stores bytes; resolves with their hash when they are on disk. Without an owner they are kept for the time of
   * `ages.graceMs`. The bytes belong to the store from now on.
   * @throws TickswapError STORE_LIMIT, STORE_FULL, STORE_WRITE
   */
  async put(bytes: Uint8Array): Promise<string> {
    this.#checkSize(bytes.length)
    if (bytes.length > TOGETHER_BYTES) return this.#putAlone(bytes)
    const place = this.#puts.add(bytes)
    return (await this.#puts.done)[place]!
  }

  /** Stores blobs and makes `owner` refer to exactly these objects, all in one transaction. */
  async keep({ owner, info = {}, blobs = [], hashes = [] }: Keeping): Promise<string[]> {
    ownerKey(owner)
    const kept = await this.#store(blobs, (tx, stored) => {
      own(tx, owner, { hashes: [...hashes, ...stored], at: Date.now(), info })
    })
    for (const hash of [...hashes, ...kept]) this.fresh.delete(hash)
    return kept
  }

  /** Forgets an owner; what nothing refers to any more is collected later. */
  release(owner: string): Promise<void> {
    return this.#transactor.transaction((tx) => own(tx, owner, undefined))
  }

  owner(name: string): Owner | undefined {
    const key = ownerKey(name)
    const record = this.#transactor.get(key)
    return record && readOwner(key, record)
  }

  /** Names of owners that begin with `prefix`, in order. */
  async owners(prefix: string): Promise<string[]> {
    const range = under(OWNERS + prefix)
    const entries = await this.#transactor.page({ ...range, limit: Number.MAX_SAFE_INTEGER, keysOnly: true })
    return entries.map(([key]) => key.slice(OWNERS.length))
  }

  /**
   * The bytes of an object; do not write to them, others have the same.
   * @throws TickswapError STORE_DAMAGED: never other bytes than those that were stored
   */
  async get(hash: string): Promise<Uint8Array | undefined> {
    const hot = this.hot.get(hash)
    if (hot) return hot
    // Cheaper than the whole test, and enough for a key.
    if (hash.length !== HASH_LENGTH) return undefined
    let bytes = this.#readWarm(hash)
    if (bytes && bytes.length <= TOGETHER_BYTES) {
      const place = this.#checks.add(bytes)
      const found = await this.#checks.done
      if (!found.startsWith(hash, place * HASH_LENGTH)) this.#compare(hash, bytes)
    } else if (bytes) this.#compare(hash, bytes)
    bytes ??= await this.#readElsewhere(hash)
    if (!bytes) return undefined
    this.hot.put(hash, bytes)
    this.used.set(hash, Date.now())
    return bytes
  }

  meta(hash: string): Meta | undefined {
    return isHash(hash) ? findMeta((key) => this.#transactor.get(key), hash) : undefined
  }

  /** What is in the data folder and takes no time to unpack; whether it is what the name says is yet to be asked. */
  #readWarm(hash: string): Uint8Array | undefined {
    const record = this.#transactor.get(objectKey(hash))
    if (!record) return undefined
    const bytes = this.#guarded(hash, () => {
      const packed = openObject(hash, record)
      const most = packed.encoding === Encoding.RAW ? HASH_HERE_BYTES : UNPACK_HERE_BYTES
      return packed.size <= most ? unpack(packed) : undefined
    })
    if (bytes) this.hits.warm++
    return bytes
  }

  async #readElsewhere(hash: string): Promise<Uint8Array | undefined> {
    for (let tries = 1; tries <= TRIES; tries++) {
      const meta = this.meta(hash)
      if (!meta) {
        this.misses++
        return undefined
      }
      const isCold = meta.tier === Tier.COLD
      const record = isCold ? this.#archive().get(objectKey(hash)) : this.#transactor.get(objectKey(hash))
      if (!record) continue
      const { encoding, size, body } = this.#guarded(hash, () => openObject(hash, record))
      const unpacked = this.#pool.decode(body, encoding, size, hash)
      const bytes = await unpacked.catch((error) => this.#guarded<never>(hash, () => throwIt(error)))
      this.hits[isCold ? 'cold' : 'warm']++
      if (isCold) this.#room?.promote(hash, bytes)
      return bytes
    }
    this.#damaged.add(hash)
    throw damaged(`the bytes of object ${hash} are gone`)
  }

  /** What cannot be read is written anew when it is stored again. */
  #guarded<T>(hash: string, act: () => T): T {
    try {
      return act()
    } catch (error) {
      this.#damaged.add(hash)
      throw error
    }
  }

  #compare(hash: string, bytes: Uint8Array): void {
    const found = blake3Hex(bytes)
    if (found === hash) return
    this.#damaged.add(hash)
    throw damaged(`object ${hash} is not what was stored: its hash is ${found}`)
  }

  async #putAlone(bytes: Uint8Array): Promise<string> {
    const [hash] = await this.#store([bytes], () => {})
    return hash!
  }

  /** In one transaction; where room is short each in its own, so that the one that finds none is the one that fails. */
  async #putAll(blobs: readonly Uint8Array[]): Promise<readonly (string | Promise<string>)[]> {
    const bytes = blobs.reduce((sum, { length }) => sum + BODY_AT + length, this.warmBytes())
    if (bytes <= this.#settings.warmBytes) return this.#store(blobs, () => {})
    return blobs.map((blob) => this.#putAlone(blob))
  }

  async #store(
    blobs: readonly Uint8Array[],
    more: (tx: Transaction, hashes: string[]) => void,
  ): Promise<string[]> {
    for (const { length } of blobs) this.#checkSize(length)
    const hashes = blake3HexOfEach(blobs)
    const bytes = await this.#reserve(hashes, blobs)
    const slab = this.#slabs.take(blobs.reduce((sum, { length }) => sum + BODY_AT + length, 0))
    try {
      await this.#transactor.transaction((tx) => {
        const change = { ...NO_TOTALS }
        for (let i = 0; i < blobs.length; i++) this.#write(tx, hashes[i]!, blobs[i]!, slab, change)
        addTotals(tx, change)
        more(tx, hashes)
      })
    } finally {
      this.#reserved -= bytes
      slab.release()
    }
    for (let i = 0; i < blobs.length; i++) this.hot.put(hashes[i]!, blobs[i]!)
    return hashes
  }

  #checkSize(bytes: number): void {
    const { maxObjectBytes } = this.#settings
    if (bytes <= maxObjectBytes) return
    const message = `an object of ${bytes} bytes; store.maxObjectBytes is ${maxObjectBytes}`
    throw new TickswapError('TICKSWAP_E_STORE_LIMIT', message)
  }

  /** Room in the warm tier, counted from here on so that others do not take it too. Gives the bytes. */
  async #reserve(hashes: readonly string[], blobs: readonly Uint8Array[]): Promise<number> {
    let bytes = 0
    for (const { length } of blobs) bytes += length + BODY_AT
    if (this.warmBytes() + bytes <= this.#settings.warmBytes) {
      this.#reserved += bytes
      return bytes
    }
    // Only where room is short is it worth asking what is there already.
    const fresh = new Map(blobs.map((blob, i) => [hashes[i]!, blob.length + BODY_AT]))
    bytes = 0
    for (const [hash, length] of fresh) bytes += this.meta(hash) ? 0 : length
    this.#reserved += bytes
    try {
      if (this.warmBytes() > this.#settings.warmBytes) await this.#room?.make(bytes)
      return bytes
    } catch (error) {
      this.#reserved -= bytes
      throw error
    }
  }

  /** What the warm tier holds, with what is about to be written to it. */
  warmBytes(): number {
    return readTotals((key) => this.#transactor.get(key)).warmStored + this.#reserved
  }

  #write(tx: Transaction, hash: string, bytes: Uint8Array, slab: Slab, change: Totals): void {
    const isDamaged = this.#damaged.has(hash)
    const isAlone = bytes.length <= ALONE_MOST_BYTES
    const isNew = this.fresh.isNew(hash)
    if (!isNew && isAlone && !isDamaged && tx.has(objectKey(hash))) return
    const known = isNew ? undefined : tx.get(metaKey(hash))
    const meta = known && readMeta(hash, known)
    if (meta && !isDamaged) return
    const now = Date.now()
    const packed = { encoding: Encoding.RAW, size: bytes.length, body: bytes, at: now }
    const record = sealObject(hash, packed, slab.room(BODY_AT + bytes.length))
    this.fresh.note(hash)
    const made = newMeta(Encoding.RAW, bytes.length, record.length, now)
    const next = { ...made, refs: meta?.refs ?? 0 }
    const old = isAlone && isDamaged ? tx.get(objectKey(hash)) : undefined
    const before = meta ?? (old && { ...next, stored: old.length })
    tx.put(objectKey(hash), record)
    if (meta?.tier === Tier.COLD) tx.put(intentKey(hash), NOTHING)
    if (before) count(change, before, -1)
    count(change, next, 1)
    if (isAlone && !meta) this.fresh.add(hash, next)
    else tx.put(metaKey(hash), writeMeta(hash, next))
    this.#damaged.delete(hash)
  }
}

function throwIt(error: unknown): never {
  throw error
}
