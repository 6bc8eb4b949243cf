import { TickswapError } from '../../errors.ts'
import { scan, under } from '../backends/contract.ts'
import { Encoding } from '../codec.ts'
import type { Objects } from '../objects.ts'
import type { StoreSettings } from '../settings.ts'
import type { Transactor } from '../transactor.ts'
import { Turns } from '../turns.ts'
import type { Archive, Candidate } from './archive.ts'
import { hashOf, readMeta, readTotals, Tier } from './meta.ts'

const PASS_MS = 1000
/** A pass may take this part of the time. */
const MOST_SHARE = 20
/** What is packed and written at once. */
const BATCH = 64
const BATCH_BYTES = 8 * 2 ** 20
/** Not worth a place of its own in the archive, or the time of packing again. */
const SMALL_BYTES = 128

/** Keeps the tiers within their ages and budgets, in the background. */
export class Mover {
  readonly #transactor: Transactor
  readonly #objects: Objects
  readonly #archive: Archive
  readonly #settings: StoreSettings
  readonly #turns = new Turns()
  readonly #onError: (error: unknown) => void
  #timer: NodeJS.Timeout | undefined
  #stopped = false
  #thawing = new Set<string>()

  constructor(
    transactor: Transactor,
    objects: Objects,
    archive: Archive,
    settings: StoreSettings,
    onError: (error: unknown) => void,
  ) {
    this.#transactor = transactor
    this.#objects = objects
    this.#archive = archive
    this.#settings = settings
    this.#onError = onError
  }

  start(): void {
    this.#schedule(PASS_MS)
  }

  /** Resolves when what is under way is done. */
  async stop(): Promise<void> {
    this.#stopped = true
    clearTimeout(this.#timer)
    await this.#turns.run(async () => {})
  }

  /** Nothing moves while `act` works. */
  pausedFor<T>(act: () => Promise<T>): Promise<T> {
    return this.#turns.run(act)
  }

  /** What age asks for. With `all`, everything that is not in use by age zero goes to the archive. */
  pass(all = false): Promise<void> {
    return this.#turns.run(() => this.#pass(all))
  }

  /** Deletes what nothing refers to and is older than the grace. Gives how many and how large they were. */
  collect(graceMs = this.#settings.graceMs): Promise<{ objects: number; bytes: number }> {
    return this.#turns.run(() => this.#collect(graceMs))
  }

  /** @throws TickswapError STORE_FULL when the archive has no room either */
  make(bytes: number): Promise<void> {
    return this.#turns.run(() => this.#make(bytes))
  }

  promote(hash: string, bytes: Uint8Array): void {
    if (this.#stopped || this.#thawing.has(hash)) return
    this.#thawing.add(hash)
    const thaw = async () => {
      const room = this.#settings.warmBytes - this.#objects.warmBytes()
      if (bytes.length > room) await this.#make(bytes.length)
      await this.#archive.thaw(hash, bytes)
    }
    // Without room it stays where it is.
    void this.#turns.run(thaw).then(
      () => this.#thawing.delete(hash),
      () => this.#thawing.delete(hash),
    )
  }

  #schedule(ms: number): void {
    if (this.#stopped) return
    this.#timer = setTimeout(async () => {
      const from = performance.now()
      await this.pass().catch(this.#onError)
      this.#schedule(Math.max(PASS_MS, (performance.now() - from) * MOST_SHARE))
    }, ms)
    this.#timer.unref()
  }

  async #pass(all: boolean): Promise<void> {
    const { warmMs, coldMs } = this.#settings
    const now = Date.now()
    const [young, old]: [Candidate[], Candidate[]] = [[], []]
    for await (const each of this.#candidates()) {
      const { tier, encoding, tried, size } = each.meta
      if (tier !== Tier.WARM) continue
      const age = this.#age(each, now)
      if (size >= SMALL_BYTES && (all || age > coldMs)) old.push(each)
      else if (encoding === Encoding.RAW && !tried && age > warmMs) young.push(each)
    }
    for (const batch of inBatches(young)) if (!this.#stopped) await this.#archive.compress(batch)
    for (const batch of inBatches(old))
      if (!this.#stopped && this.#fits(batch)) await this.#archive.freeze(batch)
  }

  async #collect(graceMs: number): Promise<{ objects: number; bytes: number }> {
    const now = Date.now()
    const found: Candidate[] = []
    for await (const each of this.#candidates())
      if (each.meta.refs === 0 && this.#age(each, now) >= graceMs) found.push(each)
    let [objects, bytes] = [0, 0]
    for (const batch of inBatches(found)) {
      const gone = await this.#archive.remove(batch)
      objects += gone.length
      bytes += gone.reduce((sum, { meta }) => sum + meta.stored, 0)
    }
    return { objects, bytes }
  }

  async #make(bytes: number): Promise<void> {
    const { warmBytes, graceMs } = this.#settings
    const over = () => this.#objects.warmBytes() - warmBytes
    if (over() > 0) await this.#collect(graceMs)
    if (over() <= 0) return
    const now = Date.now()
    const warm: Candidate[] = []
    for await (const each of this.#candidates()) if (each.meta.tier === Tier.WARM) warm.push(each)
    warm.sort((a, b) => this.#age(b, now) - this.#age(a, now))
    for (const batch of inBatches(warm)) {
      if (over() <= 0) return
      if (!this.#fits(batch)) throw this.#full('coldBytes', bytes)
      await this.#archive.freeze(batch)
    }
    // One object may be larger than the whole budget: it is the one by which the budget is exceeded.
    if (over() > bytes) throw this.#full('warmBytes', bytes)
  }

  /** Nothing gets larger by packing. */
  #fits(batch: readonly Candidate[]): boolean {
    const { coldStored } = readTotals((key) => this.#transactor.get(key))
    const most = batch.reduce((sum, { meta }) => sum + Math.min(meta.size, meta.stored), 0)
    return coldStored + most <= this.#settings.coldBytes
  }

  #full(budget: 'warmBytes' | 'coldBytes', bytes: number): TickswapError {
    const message = `no room for ${bytes} bytes: store.budgets.${budget} is ${this.#settings[budget]}`
    return new TickswapError('TICKSWAP_E_STORE_FULL', message)
  }

  /** A time in the future was written by a clock that has been set back since: it counts as now. */
  #age({ hash, meta }: Candidate, now: number): number {
    const { used } = this.#objects
    return Math.max(0, now - Math.max(meta.usedAt, used.get(hash) ?? 0))
  }

  async *#candidates(): AsyncGenerator<Candidate> {
    for await (const [key, record] of scan(this.#transactor, under('m/'))) {
      const hash = hashOf(key)
      try {
        yield { hash, meta: readMeta(hash, record) }
      } catch {
        // Damaged records are for `verify` to name: nothing is done with what they speak of.
      }
    }
    for (const [hash, meta] of await this.#objects.fresh.list(this.#transactor)) yield { hash, meta }
  }
}

function* inBatches(candidates: readonly Candidate[]): Generator<Candidate[]> {
  let [batch, bytes]: [Candidate[], number] = [[], 0]
  for (const each of candidates) {
    batch.push(each)
    bytes += each.meta.size
    if (batch.length < BATCH && bytes < BATCH_BYTES) continue
    yield batch
    ;[batch, bytes] = [[], 0]
  }
  if (batch.length > 0) yield batch
}
