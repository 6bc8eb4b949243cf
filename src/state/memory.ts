import { TickswapError } from '../errors.ts'
import { addon } from '../native/addon.ts'
import type { ColumnArray } from '../units/column.ts'
import type { State } from '../units/unit.ts'
import { copyMemory } from './copy.ts'
import { type NonFinite, newNonFinite, ScannedMemory } from './finite.ts'
import { type Layout, viewsOf } from './layout.ts'
import { Mirror, type Noted } from './mirror.ts'
import { copySoft } from './soft.ts'
import { WrittenRows } from './written-rows.ts'

const PAGE = 4096
/** A SharedArrayBuffer larger than this is refused by V8 on some platforms. */
const LIMIT_BYTES = 2 ** 32 - PAGE

/** Memory for a layout: page-aligned (V8 aligns growable buffers) and zeroed. */
export function room(bytes: number, what: string): SharedArrayBuffer {
  const size = Math.max(PAGE, Math.ceil(bytes / PAGE) * PAGE)
  if (size > LIMIT_BYTES)
    throw new TickswapError(
      'TICKSWAP_E_STATE_LIMIT',
      `${what} needs ${size} bytes, the limit is ${LIMIT_BYTES}`,
    )
  return new SharedArrayBuffer(size, { maxByteLength: size })
}

/** The same, every page of it touched, so that the first write inside a tick takes no page fault. */
export function allocate(bytes: number, what: string): SharedArrayBuffer {
  const memory = room(bytes, what)
  const bytesView = new Uint8Array(memory)
  for (let at = 0; at < memory.byteLength; at += PAGE) bytesView[at] = 0
  return memory
}

/** The memory of one version of a unit, as the control thread hands it out. Structured-cloneable. */
export interface UnitMemory {
  readonly shared: Layout
  /** layout of the columns that each participant has for itself */
  readonly own: Layout
  readonly arena: SharedArrayBuffer
  /** the arena as it was at the last boundary that passed every check */
  readonly lastGood: SharedArrayBuffer
  /** room for one more, where every tick is tested */
  readonly spare?: SharedArrayBuffer
}

/** What one participant has of a unit for itself: columns of its own, and soft state. */
export interface OwnPart {
  readonly columns: Readonly<Record<string, ColumnArray>>
  readonly soft: Record<string, unknown>
}

/** The two memories of a unit, as the addon scans and copies them. */
interface Scanned {
  readonly arena: ScannedMemory
  readonly lastGood: ScannedMemory
  readonly mirror: Mirror
}

function scan({ arena, lastGood }: UnitMemory): Scanned {
  const [now, kept] = [new ScannedMemory(arena), new ScannedMemory(lastGood)]
  return { arena: now, lastGood: kept, mirror: new Mirror(now.handle, kept.handle, arena.byteLength) }
}

/** A unit's state as one participant sees it. */
export class UnitState implements State {
  readonly memory: UnitMemory
  readonly columns: Record<string, ColumnArray>
  soft: Record<string, unknown>
  /** keys of the soft state that the version starts with; others came while it ran */
  readonly declaredSoft: readonly string[]
  readonly #own: ArrayBuffer
  readonly #lastGoodOwn: ArrayBuffer
  readonly #scanned: Scanned
  #lastGoodSoft: Record<string, unknown> = {}

  constructor(
    memory: UnitMemory,
    soft: Record<string, unknown>,
    heir?: { own: ArrayBuffer; scanned: Scanned },
  ) {
    this.memory = memory
    this.soft = soft
    this.declaredSoft = Object.keys(soft)
    this.#own = heir?.own ?? new ArrayBuffer(memory.own.bytes)
    this.#lastGoodOwn = new ArrayBuffer(memory.own.bytes)
    this.#scanned = heir?.scanned ?? scan(memory)
    // An array put in the place of a column would be seen here, and kept, moved and saved nowhere.
    this.columns = Object.freeze({
      ...viewsOf(memory.shared, memory.arena),
      ...viewsOf(memory.own, this.#own),
    })
  }

  /** The same memory under a new version of the code; soft state is the new version's. */
  inherit(memory: UnitMemory, soft: Record<string, unknown>): UnitState {
    return new UnitState(memory, soft, { own: this.#own, scanned: this.#scanned })
  }

  /** The first float of a shared column that is not finite and was when the state was last kept. */
  nonFiniteSinceKept(): NonFinite | undefined {
    const { shared } = this.memory
    const { arena, lastGood, mirror } = this.#scanned
    const before = { layout: shared, memory: lastGood }
    return newNonFinite(shared, arena, before, this.columns, mirror.written())
  }

  /** The same against the state of another version. `isScanned`: all but what was written since it was kept. */
  nonFiniteSince(other: UnitState, isScanned = false): NonFinite | undefined {
    const before = { layout: other.memory.shared, memory: other.#scanned.arena }
    const pages = isScanned ? this.#scanned.mirror.written() : undefined
    return newNonFinite(this.memory.shared, this.#scanned.arena, before, this.columns, pages)
  }

  /** The rows that are written from now on, in any thread. */
  writtenRows(rows: number): WrittenRows {
    return new WrittenRows(this.memory, this.#scanned.arena.handle, rows)
  }

  /** Keeps the shared columns in `lastGood`. For one participant while all stand at a boundary. */
  keepShared(): void {
    this.#scanned.mirror.keep()
  }

  /** Who hears which pages of `lastGood` are written. */
  noteKept(noted: Noted | undefined): void {
    this.#scanned.mirror.noted = noted
  }

  /** Writes `lastGood` to the arena: all of it, or the first `count` of `pages`, which are 4 KB each. */
  takeLastGood(pages?: Uint32Array<SharedArrayBuffer>, count = 0): void {
    const { arena, lastGood } = this.memory
    if (!pages) return copyMemory(lastGood, arena)
    const indices = addon().attach(pages)
    const [to, from] = [this.#scanned.arena.handle, this.#scanned.lastGood.handle]
    addon().copyPages(to, 0, from, 0, arena.byteLength / PAGE, indices, 0, count)
    addon().detach(indices)
  }

  /** Brings the shared columns back to `lastGood`. For one participant while all stand at a boundary. */
  restoreShared(): void {
    this.#scanned.mirror.restore()
  }

  /** To be called before `lastGood` is written to other than by `keepShared`. */
  forgetShared(): void {
    this.#scanned.mirror.forget()
  }

  /** Keeps this participant's own part, to come back to. */
  keepOwn(): void {
    if (this.#own.byteLength > 0) copyMemory(this.#own, this.#lastGoodOwn)
    this.#lastGoodSoft = copySoft(this.soft)
  }

  restoreOwn(): void {
    copyMemory(this.#lastGoodOwn, this.#own)
    this.soft = copySoft(this.#lastGoodSoft)
  }

  /** A copy of this participant's own part. */
  takeOwn(): OwnPart {
    const { own } = this.memory
    return { columns: viewsOf(own, this.#own.slice(0)), soft: copySoft(this.soft) }
  }

  putOwn({ columns, soft }: OwnPart): void {
    for (const { name } of this.memory.own.slots) this.columns[name]!.set(columns[name]!)
    this.soft = soft
  }

  /** This state as it was when last kept, shared columns from `lastGood`. For going back through a migration. */
  asKept(): State {
    const columns = {
      ...viewsOf(this.memory.shared, this.memory.lastGood),
      ...viewsOf(this.memory.own, this.#lastGoodOwn),
    }
    const { declaredSoft } = this
    return { columns, soft: copySoft(this.#lastGoodSoft), declaredSoft } as State
  }

  /** The memory is no longer used by this participant. */
  release(): void {
    this.#scanned.mirror.release()
    this.#scanned.arena.release()
    this.#scanned.lastGood.release()
  }
}
