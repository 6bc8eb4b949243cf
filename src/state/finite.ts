import { addon, type Handle } from '../native/addon.ts'
import type { ColumnArray } from '../units/column.ts'
import type { ColumnSlot, Layout } from './layout.ts'
import type { WrittenPages } from './mirror.ts'

/** A float column that holds NaN or Infinity where none may be. */
export interface NonFinite {
  readonly column: string
  /** element */
  readonly index: number
  readonly value: number
}

/** Shared memory that the addon reads in batches: attached once, then only integers cross. */
export class ScannedMemory {
  readonly handle: Handle

  constructor(memory: SharedArrayBuffer) {
    this.handle = addon().attach(new Uint8Array(memory))
  }

  /**
   * index of the first non-finite element of a float column, of what lies in `pages` when these are given, -1 when
   * there is none
   */
  firstNonFinite({ type, offset, length }: ColumnSlot, pages?: WrittenPages): number {
    if (type !== 'f32' && type !== 'f64') return -1
    const bytes = type === 'f32' ? 4 : 8
    if (!pages) return addon().firstNonFinite(this.handle, offset, length, bytes)
    return addon().firstNonFiniteIn(this.handle, offset, length, bytes, pages.indices, pages.count)
  }

  release(): void {
    addon().detach(this.handle)
  }
}

/**
 * Finds the first non-finite number in the float columns of a memory that was not there
 * before: a column that already held one in `before` is not held against anybody. `pages`: all in which
 * the two memories differ, when that is known; only these are looked at.
 */
export function newNonFinite(
  layout: Layout,
  now: ScannedMemory,
  before: { layout: Layout; memory: ScannedMemory },
  columns: Readonly<Record<string, ColumnArray>>,
  pages?: WrittenPages,
): NonFinite | undefined {
  for (const slot of layout.slots) {
    if (slot.nonFinite) continue
    const index = now.firstNonFinite(slot, pages)
    if (index < 0) continue
    const old = before.layout.slots.find(({ name }) => name === slot.name)
    if (old && before.memory.firstNonFinite(old) >= 0) continue
    return { column: slot.name, index, value: columns[slot.name]![index]! }
  }
  return undefined
}
