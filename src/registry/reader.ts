import { TickswapError } from '../errors.ts'
import { type RegistryDiagnostics, registryDiagnostics } from './diagnostics.ts'
import { GENERATION_WORD, LAYOUT } from './layout.ts'
import { type BestFilter, filterBits } from './query.ts'
import { RECORD_AND_TAIL_BYTES, type RegisteredVersion, readRecord } from './record.ts'
import { Tables } from './tables.ts'

/** Tries to copy a record that is being rewritten, before giving up. */
const READ_TRIES = 8

const WORD = 4
const JOINED_WORD = LAYOUT.HEADER_JOINED / WORD
const LEFT_WORD = LAYOUT.HEADER_LEFT / WORD
const decoder = new TextDecoder()

/**
 * The reading side of a registry, on shared memory alone: no write, no wait, and no native
 * call but to check a whole record's hash. For every thread. A registry that grows meanwhile
 * is read on.
 */
export class RegistryReader {
  readonly #tables: Tables
  readonly #names: string[] = []
  readonly #indices = new Map<string, number>()

  protected constructor(shared: SharedArrayBuffer) {
    this.#tables = new Tables(shared)
  }

  /** Segments added so far. */
  protected get growths(): number {
    return this.#tables.growths
  }

  /** Pass it to other threads, and attach there. */
  get shared(): SharedArrayBuffer {
    return this.#tables.shared
  }

  /** The registry in words; the one at GENERATION_WORD is the live generation. */
  get words(): Int32Array<SharedArrayBuffer> {
    return this.#tables.words
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
    if (!Number.isInteger(unit) || !this.#tables.hasUnit(unit)) return -1
    return Atomics.load(this.words, this.#tables.bankAt(generation, unit)) - 1
  }

  /**
   * Whether everything read so far about a generation was whole: until two more have been
   * published. Ask after the reads it is about.
   */
  isWhole(generation: number): boolean {
    return (this.generation() - generation) >>> 0 < LAYOUT.BANKS - 1
  }

  /**
   * Joins as a participant and gives its slot: records that the generation it views shows are not
   * reused before its next `tick`, however long that takes. Tick before the first read.
   * @throws TickswapError REGISTRY_FULL when all slots are taken
   */
  join(): number {
    for (let slot = this.#tables.header(LAYOUT.HEADER_OWN_SLOTS); slot < LAYOUT.MAX_PARTICIPANTS; slot++)
      if (this.#claim(slot)) return slot
    throw new TickswapError('TICKSWAP_E_REGISTRY_FULL', 'all slots of participants are taken')
  }

  /**
   * Joins with a slot whose number the caller has from books of its own, one below `ownSlots`.
   * Joining twice is joining once. @throws TickswapError OPTION for another slot
   */
  enter(slot: number): void {
    if (!(slot < this.#tables.header(LAYOUT.HEADER_OWN_SLOTS)))
      throw new TickswapError('TICKSWAP_E_OPTION', `the slot ${slot} is given out by join`)
    this.#claim(slot)
  }

  #claim(slot: number): boolean {
    // A sequentially consistent step: also the fence that the protocol asks for here.
    if (Atomics.compareExchange(this.words, this.wordOf(slot), 0, this.generation() + 1) !== 0) return false
    Atomics.add(this.words, JOINED_WORD, 1)
    return true
  }

  /** Passes a boundary: the generation to use until the next. Writes only when it is a new one. */
  tick(slot: number): number {
    const now = this.generation()
    if (this.words[this.wordOf(slot)] !== now + 1) Atomics.store(this.words, this.wordOf(slot), now + 1)
    return now
  }

  /** Leaves. From any thread once the participant is gone. Leaving twice is leaving once. */
  leave(slot: number): void {
    if (Atomics.exchange(this.words, this.wordOf(slot), 0) !== 0) Atomics.add(this.words, LEFT_WORD, 1)
  }

  /** The word of a participant, for a store of 0 on its thread's exit. Throws TICKSWAP_E_OPTION for no slot. */
  wordOf(slot: number): number {
    return this.#tables.slotAt(slot)
  }

  /** Whether a generation is staged and would be the next to be live. */
  isStaged(generation: number): boolean {
    return generation === this.generation() + 1 && generation === this.#tables.header(LAYOUT.HEADER_STAGED)
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
    if (!(Number.isInteger(index) && index >= 0 && index < this.#tables.recordCount))
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
    const count = this.#tables.recordCount
    for (let i = 0; i < count; i++) {
      const at = this.#tables.recordAt(i)
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
    return registryDiagnostics(this.#tables)
  }

  /** Units are never removed or renamed, so a name that was read once stays right. */
  #learnNames(): void {
    const tables = this.#tables
    const count = tables.unitCount
    while (this.#names.length < count) {
      const at = tables.unitAt(this.#names.length)
      const length = Math.min(this.words[(at + LAYOUT.UNIT_NAME_BYTES) / WORD]!, LAYOUT.MAX_NAME_BYTES)
      const start = at + LAYOUT.UNIT_NAME
      const name = decoder.decode(tables.bytes.slice(start, start + length))
      this.#indices.set(name, this.#names.length)
      this.#names.push(name)
    }
  }

  /** Every word by an atomic load, so that the sequence is read last; false when it moved meanwhile. */
  #copyRecord(index: number, copy: Int32Array): boolean {
    const record = this.#tables.recordAt(index)
    const tail = this.#tables.tailAt(index)
    const { words } = this
    const recordWords = LAYOUT.RECORD_BYTES / WORD
    const sequenceAt = record + LAYOUT.RECORD_SEQUENCE / WORD
    const sequence = Atomics.load(words, sequenceAt)
    for (let i = 0; i < recordWords; i++) copy[i] = Atomics.load(words, record + i)
    const lengths = copy[LAYOUT.RECORD_PRERELEASE_BYTES / WORD]!
    const tailBytes = (lengths & 0xffff) + (lengths >>> 16)
    const tailWords = Math.ceil(Math.min(tailBytes, LAYOUT.TAIL_BYTES) / WORD)
    for (let i = 0; i < tailWords; i++) copy[recordWords + i] = Atomics.load(words, tail + i)
    return sequence % 2 === 0 && Atomics.load(words, sequenceAt) === sequence
  }
}
