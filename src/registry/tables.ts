import { TickswapError } from '../errors.ts'
import { LAYOUT } from './layout.ts'

const WORD = 4

/** One part of the tables; offsets in words, but for the names, in bytes. */
interface Segment {
  readonly firstUnit: number
  readonly firstVersion: number
  readonly unitsAt: number
  readonly banksAt: number
  readonly bankWords: number
  readonly recordsAt: number
  readonly tailsAt: number
}

/**
 * Where the words of a registry are. What is in a segment stays in its place for good, so
 * that this only ever learns of more of them: when it is asked about something past those it
 * knows. Views have fixed lengths, because V8 reads through those ten times as fast as
 * through views that follow a growing buffer.
 */
export class Tables {
  readonly shared: SharedArrayBuffer
  /** the registry in words, as far as this thread knows it */
  words: Int32Array<SharedArrayBuffer>
  bytes: Uint8Array<SharedArrayBuffer>
  /** room for units and versions, as far as this thread knows */
  unitRoom = 0
  versionRoom = 0
  readonly #segments: Segment[] = []
  readonly #unitBase: number
  readonly #versionBase: number
  readonly #participantsAt: number

  /** @throws TickswapError REGISTRY_LAYOUT */
  constructor(shared: SharedArrayBuffer) {
    this.shared = shared
    this.words = new Int32Array(shared, 0, Math.floor(shared.byteLength / WORD))
    this.bytes = new Uint8Array(shared, 0, shared.byteLength)
    this.#requireLayout()
    this.#participantsAt = this.header(LAYOUT.HEADER_PARTICIPANTS_AT) / WORD
    this.#unitBase = this.header(LAYOUT.HEADER_UNIT_CAPACITY)
    this.#versionBase = this.header(LAYOUT.HEADER_VERSION_CAPACITY)
    this.learn()
  }

  /** A word of the header by its offset in bytes. */
  header(offset: number): number {
    return Atomics.load(this.words, offset / WORD) >>> 0
  }

  get growths(): number {
    return Math.min(this.header(LAYOUT.HEADER_GROWTHS), LAYOUT.MAX_SEGMENTS - 1)
  }

  /** Takes in what has grown since. @throws TickswapError REGISTRY_LAYOUT for a damaged table */
  learn(): void {
    while (this.#segments.length <= this.growths) {
      const at = this.header(LAYOUT.HEADER_SEGMENTS_AT) + this.#segments.length * LAYOUT.SEGMENT_BYTES
      const end = this.header(at + LAYOUT.SEGMENT_END)
      const firstUnit = this.header(at + LAYOUT.SEGMENT_FIRST_UNIT)
      const firstVersion = this.header(at + LAYOUT.SEGMENT_FIRST_VERSION)
      if (end < LAYOUT.HEADER_BYTES || end > this.bytes.length) this.#lengthen(end)
      this.#segments.push({
        firstUnit,
        firstVersion,
        unitsAt: this.header(at + LAYOUT.SEGMENT_UNITS_AT),
        banksAt: this.header(at + LAYOUT.SEGMENT_BANKS_AT) / WORD,
        bankWords: this.header(at + LAYOUT.SEGMENT_BANK_BYTES) / WORD,
        recordsAt: this.header(at + LAYOUT.SEGMENT_RECORDS_AT) / WORD,
        tailsAt: this.header(at + LAYOUT.SEGMENT_TAILS_AT) / WORD,
      })
      this.unitRoom = firstUnit + this.header(at + LAYOUT.SEGMENT_UNITS)
      this.versionRoom = firstVersion + this.header(at + LAYOUT.SEGMENT_VERSIONS)
    }
  }

  #lengthen(end: number): void {
    const { shared } = this
    if (end < LAYOUT.HEADER_BYTES || end > shared.byteLength)
      throw new TickswapError('TICKSWAP_E_REGISTRY_LAYOUT', 'its segments do not lie in the shared memory')
    this.words = new Int32Array(shared, 0, Math.floor(shared.byteLength / WORD))
    this.bytes = new Uint8Array(shared, 0, shared.byteLength)
  }

  /** Counts read from shared memory are held to the room. */
  get unitCount(): number {
    const count = this.header(LAYOUT.HEADER_UNIT_COUNT)
    if (count > this.unitRoom) this.learn()
    return Math.min(count, this.unitRoom)
  }

  get recordCount(): number {
    const count = this.header(LAYOUT.HEADER_RECORD_COUNT)
    if (count > this.versionRoom) this.learn()
    return Math.min(count, this.versionRoom)
  }

  /** Whether there is room for a unit of this index. */
  hasUnit(unit: number): boolean {
    if (unit >= this.unitRoom) this.learn()
    return unit >= 0 && unit < this.unitRoom
  }

  /** Byte of a unit's entry. */
  unitAt(unit: number): number {
    const { unitsAt, firstUnit } = this.#segments[segmentOf(this.#unitBase, unit)]!
    return unitsAt + (unit - firstUnit) * LAYOUT.UNIT_BYTES
  }

  /** Word that holds the record + 1 that is active for a unit in a generation. */
  bankAt(generation: number, unit: number): number {
    const { banksAt, bankWords, firstUnit } = this.#segments[segmentOf(this.#unitBase, unit)]!
    return banksAt + (generation % LAYOUT.BANKS) * bankWords + (unit - firstUnit)
  }

  /** First word of a record. */
  recordAt(record: number): number {
    const { recordsAt, firstVersion } = this.#segments[segmentOf(this.#versionBase, record)]!
    return recordsAt + ((record - firstVersion) * LAYOUT.RECORD_BYTES) / WORD
  }

  /** First word of a record's tail. */
  tailAt(record: number): number {
    const { tailsAt, firstVersion } = this.#segments[segmentOf(this.#versionBase, record)]!
    return tailsAt + ((record - firstVersion) * LAYOUT.TAIL_BYTES) / WORD
  }

  /** Word of a participant. @throws TickswapError OPTION for no slot */
  slotAt(slot: number): number {
    if (Number.isInteger(slot) && slot >= 0 && slot < LAYOUT.MAX_PARTICIPANTS)
      return this.#participantsAt + slot
    throw new TickswapError('TICKSWAP_E_OPTION', `no participant has the slot ${slot}`)
  }

  #requireLayout(): void {
    const hasHeader = this.shared.byteLength >= LAYOUT.HEADER_BYTES
    if (!hasHeader || this.header(LAYOUT.HEADER_MAGIC) !== LAYOUT.MAGIC)
      throw new TickswapError('TICKSWAP_E_REGISTRY_LAYOUT', 'the shared memory holds no registry')
    const layout = this.header(LAYOUT.HEADER_LAYOUT)
    if (layout !== LAYOUT.LAYOUT)
      throw new TickswapError(
        'TICKSWAP_E_REGISTRY_LAYOUT',
        `the registry has layout ${layout}, this copy of tickswap reads layout ${LAYOUT.LAYOUT}`,
      )
    const last = this.header(LAYOUT.HEADER_SEGMENTS_AT) + LAYOUT.MAX_SEGMENTS * LAYOUT.SEGMENT_BYTES
    if (last > this.shared.byteLength)
      throw new TickswapError('TICKSWAP_E_REGISTRY_LAYOUT', 'the registry is longer than the shared memory')
  }
}

/** Each segment is as large as all before it. */
const segmentOf = (first: number, index: number): number =>
  index < first ? 0 : 32 - Math.clz32(Math.floor(index / first))
