import { TickswapError } from '../errors.ts'
import { GENERATION_WORD, LAYOUT } from './layout.ts'
import { type BestFilter, filterBits } from './query.ts'
import { RECORD_AND_TAIL_BYTES, type RegisteredVersion, readRecord } from './record.ts'

/** Tries to copy a record that is being rewritten, before giving up. */
const READ_TRIES = 8

const WORD = 4
const decoder = new TextDecoder()

/** What `diagnostics` shows. Counts of versions are of records; a version that was reused is gone. */
export interface RegistryDiagnostics {
  readonly bytes: number
  readonly units: number
  readonly unitCapacity: number
  readonly versions: number
  readonly versionCapacity: number
  /** records of retired and quarantined versions, which can be reused */
  readonly reclaimable: number
  /** versions registered so far, and how many of them took a used record */
  readonly registered: number
  readonly reused: number
  readonly generation: number
  /** the generation that is staged and not published, 0 when none is */
  readonly staged: number
  /** threads that joined, and the oldest generation that one of them views, -1 without any */
  readonly participants: number
  readonly oldestView: number
  /** writers that found another inside and were turned away */
  readonly refused: number
}

/**
 * The reading side of a registry, on shared memory alone: no write, no wait, and no native
 * call but to check a whole record's hash. For every thread.
 */
export class RegistryReader {
  /** Pass it to other threads, and attach there. */
  readonly shared: SharedArrayBuffer
  /** The whole registry in words; the one at GENERATION_WORD is the live generation. */
  readonly words: Int32Array<SharedArrayBuffer>
  readonly #bytes: Uint8Array<SharedArrayBuffer>
  readonly #names: string[] = []
  readonly #indices = new Map<string, number>()
  readonly #banksAt: number
  readonly #bankWords: number
  readonly #recordsAt: number
  readonly #tailsAt: number
  readonly #unitsAt: number
  readonly #participantsAt: number
  readonly #unitCapacity: number
  readonly #versionCapacity: number

  protected constructor(shared: SharedArrayBuffer) {
    this.shared = shared
    this.words = new Int32Array(shared, 0, Math.floor(shared.byteLength / WORD))
    this.#bytes = new Uint8Array(shared)
    this.#requireLayout()
    this.#banksAt = this.#header(LAYOUT.HEADER_BANKS_AT) / WORD
    this.#bankWords = this.#header(LAYOUT.HEADER_BANK_BYTES) / WORD
    this.#recordsAt = this.#header(LAYOUT.HEADER_RECORDS_AT)
    this.#tailsAt = this.#header(LAYOUT.HEADER_TAILS_AT)
    this.#unitsAt = this.#header(LAYOUT.HEADER_UNITS_AT)
    this.#participantsAt = this.#header(LAYOUT.HEADER_PARTICIPANTS_AT) / WORD
    this.#unitCapacity = this.#header(LAYOUT.HEADER_UNIT_CAPACITY)
    this.#versionCapacity = this.#header(LAYOUT.HEADER_VERSION_CAPACITY)
  }

  /** The live generation, 0 before the first. Load it once per tick. */
  generation(): number {
    return Atomics.load(this.words, GENERATION_WORD)
  }

  /**
   * The record that is active for a unit, -1 for none. For more than one unit, or more than
   * one question, load the generation once and pass it.
   */
  active(unit: number, generation: number = this.generation()): number {
    if (!(unit >= 0 && unit < this.#unitCapacity)) return -1
    const bank = this.#banksAt + (generation % LAYOUT.BANKS) * this.#bankWords
    return Atomics.load(this.words, bank + unit) - 1
  }

  /**
   * Whether everything read so far about a generation was whole: until two more have been
   * published. Ask after the reads it is about.
   */
  isWhole(generation: number): boolean {
    return this.generation() - generation < LAYOUT.BANKS - 1
  }

  /**
   * Joins as a participant and gives its slot: records that the generation it views shows are not
   * reused before its next `tick`, however long that takes. Tick before the first read. Throws
   * TICKSWAP_E_REGISTRY_FULL when 256 have joined.
   */
  join(): number {
    for (let slot = 0; slot < LAYOUT.MAX_PARTICIPANTS; slot++)
      if (Atomics.compareExchange(this.words, this.wordOf(slot), 0, this.generation() + 1) === 0) return slot
    throw new TickswapError('TICKSWAP_E_REGISTRY_FULL', `${LAYOUT.MAX_PARTICIPANTS} participants have joined`)
  }

  /** Passes a boundary: the generation to use until the next. Writes only when it is a new one. */
  tick(slot: number): number {
    const now = this.generation()
    if (this.words[this.wordOf(slot)] !== now + 1) Atomics.store(this.words, this.wordOf(slot), now + 1)
    return now
  }

  /** Leaves. From any thread once the participant is gone. */
  leave(slot: number): void {
    Atomics.store(this.words, this.wordOf(slot), 0)
  }

  /** The word of a participant, for a store of 0 on its thread's exit. Throws TICKSWAP_E_OPTION for no slot. */
  wordOf(slot: number): number {
    if (Number.isInteger(slot) && slot >= 0 && slot < LAYOUT.MAX_PARTICIPANTS)
      return this.#participantsAt + slot
    throw new TickswapError('TICKSWAP_E_OPTION', `no participant has the slot ${slot}`)
  }

  /** Whether a generation is staged and would be the next to be live. */
  isStaged(generation: number): boolean {
    return generation === this.generation() + 1 && generation === this.#header(LAYOUT.HEADER_STAGED)
  }

  /** The index of a unit, -1 when there is none of that name. */
  lookup(name: string): number {
    this.#learnNames()
    return this.#indices.get(name) ?? -1
  }

  /** The names of all units, by index. */
  units(): readonly string[] {
    this.#learnNames()
    return [...this.#names]
  }

  /**
   * A registered version. Throws TICKSWAP_E_NO_SUCH_VERSION for a record that was never used,
   * TICKSWAP_E_REGISTRY_BUSY for one that was being reused in every of eight tries,
   * TICKSWAP_E_INTEGRITY, with both hashes, for one that was altered.
   */
  record(index: number): RegisteredVersion {
    if (!(Number.isInteger(index) && index >= 0 && index < this.#recordCount()))
      throw new TickswapError('TICKSWAP_E_NO_SUCH_VERSION', `no version has the record ${index}`)
    const copy = new Int32Array(RECORD_AND_TAIL_BYTES / WORD)
    for (let i = 0; i < READ_TRIES; i++)
      if (this.#copyRecord(index, copy)) return readRecord(index, new Uint8Array(copy.buffer))
    throw new TickswapError('TICKSWAP_E_REGISTRY_BUSY', `the record ${index} is being rewritten`)
  }

  /** The records of a unit's prereleases that pass a filter. */
  prereleases(unit: number, filter: BestFilter): number[] {
    const { required, excluded, states } = filterBits(filter)
    const found: number[] = []
    const count = this.#recordCount()
    for (let i = 0, at = this.#recordsAt / WORD; i < count; i++, at += LAYOUT.RECORD_BYTES / WORD) {
      const isOne = (this.words[at + LAYOUT.RECORD_PRERELEASE_BYTES / WORD]! & 0xffff) !== 0
      if (!isOne || this.words[at + LAYOUT.RECORD_UNIT / WORD] !== unit) continue
      const flags = this.words[at + LAYOUT.RECORD_FLAGS / WORD]!
      const state = Atomics.load(this.words, at + LAYOUT.RECORD_STATE / WORD)
      if ((flags & required) === required && (flags & excluded) === 0 && ((states >> state) & 1) === 1)
        found.push(i)
    }
    return found
  }

  diagnostics(): RegistryDiagnostics {
    const generation = this.generation()
    const staged = this.#header(LAYOUT.HEADER_STAGED)
    const views = this.#views()
    return {
      bytes: this.#header(LAYOUT.HEADER_TOTAL_BYTES),
      units: this.#unitCount(),
      unitCapacity: this.#unitCapacity,
      versions: this.#recordCount(),
      versionCapacity: this.#versionCapacity,
      reclaimable: this.#header(LAYOUT.HEADER_RECLAIM_COUNT),
      registered: this.#header(LAYOUT.HEADER_REGISTERED),
      reused: this.#header(LAYOUT.HEADER_REUSED),
      generation,
      staged: staged > generation ? staged : 0,
      participants: views.length,
      oldestView: views.length > 0 ? Math.min(...views) : -1,
      refused: this.#header(LAYOUT.HEADER_REFUSED),
    }
  }

  /** The generation each participant views. */
  #views(): number[] {
    const slots = Array.from({ length: LAYOUT.MAX_PARTICIPANTS }, (_, slot) => slot)
    return slots
      .map((slot) => Atomics.load(this.words, this.#participantsAt + slot) - 1)
      .filter((view) => view >= 0)
  }

  #header(offset: number): number {
    return Atomics.load(this.words, offset / WORD) >>> 0
  }

  /** Counts read from shared memory are held to the capacity. */
  #unitCount(): number {
    return Math.min(this.#header(LAYOUT.HEADER_UNIT_COUNT), this.#unitCapacity)
  }

  #recordCount(): number {
    return Math.min(this.#header(LAYOUT.HEADER_RECORD_COUNT), this.#versionCapacity)
  }

  /** Units are never removed or renamed, so a name that was read once stays right. */
  #learnNames(): void {
    const count = this.#unitCount()
    while (this.#names.length < count) {
      const at = this.#unitsAt + this.#names.length * LAYOUT.UNIT_BYTES
      const length = Math.min(this.words[(at + LAYOUT.UNIT_NAME_BYTES) / WORD]!, LAYOUT.MAX_NAME_BYTES)
      const start = at + LAYOUT.UNIT_NAME
      const name = decoder.decode(this.#bytes.slice(start, start + length))
      this.#indices.set(name, this.#names.length)
      this.#names.push(name)
    }
  }

  /** Every word by an atomic load, so that the sequence is read last; false when it moved meanwhile. */
  #copyRecord(index: number, copy: Int32Array): boolean {
    const record = (this.#recordsAt + index * LAYOUT.RECORD_BYTES) / WORD
    const tail = (this.#tailsAt + index * LAYOUT.TAIL_BYTES) / WORD
    const recordWords = LAYOUT.RECORD_BYTES / WORD
    const sequenceAt = record + LAYOUT.RECORD_SEQUENCE / WORD
    const sequence = Atomics.load(this.words, sequenceAt)
    for (let i = 0; i < recordWords; i++) copy[i] = Atomics.load(this.words, record + i)
    const lengths = copy[LAYOUT.RECORD_PRERELEASE_BYTES / WORD]!
    const tailBytes = (lengths & 0xffff) + (lengths >>> 16)
    const tailWords = Math.ceil(Math.min(tailBytes, LAYOUT.TAIL_BYTES) / WORD)
    for (let i = 0; i < tailWords; i++) copy[recordWords + i] = Atomics.load(this.words, tail + i)
    return sequence % 2 === 0 && Atomics.load(this.words, sequenceAt) === sequence
  }

  #requireLayout(): void {
    const hasHeader = this.shared.byteLength >= LAYOUT.HEADER_BYTES
    if (!hasHeader || this.#header(LAYOUT.HEADER_MAGIC) !== LAYOUT.MAGIC)
      throw new TickswapError('TICKSWAP_E_REGISTRY_LAYOUT', 'the shared memory holds no registry')
    const layout = this.#header(LAYOUT.HEADER_LAYOUT)
    if (layout !== LAYOUT.LAYOUT)
      throw new TickswapError(
        'TICKSWAP_E_REGISTRY_LAYOUT',
        `the registry has layout ${layout}, this copy of tickswap reads layout ${LAYOUT.LAYOUT}`,
      )
    if (this.#header(LAYOUT.HEADER_TOTAL_BYTES) > this.shared.byteLength)
      throw new TickswapError('TICKSWAP_E_REGISTRY_LAYOUT', 'the registry is longer than the shared memory')
  }
}
