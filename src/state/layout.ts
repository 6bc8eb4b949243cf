import {
  arrayType,
  type ColumnArray,
  type ColumnScope,
  type Columns,
  type ColumnType,
} from '../units/column.ts'

/** Cache lines: two participants that write neighbouring columns do not share one. */
const ALIGN = 64

/** Where one column lies in its memory. */
export interface ColumnSlot {
  readonly name: string
  readonly type: ColumnType
  /** elements */
  readonly length: number
  /** bytes from the start of the memory, a multiple of 64 */
  readonly offset: number
  readonly nonFinite: boolean
}

/** The columns of one scope of a unit, laid out one after the other. Structured-cloneable. */
export interface Layout {
  readonly slots: readonly ColumnSlot[]
  readonly bytes: number
}

export function layoutOf(columns: Columns, scope: ColumnScope): Layout {
  const slots: ColumnSlot[] = []
  let bytes = 0
  for (const [name, column] of Object.entries(columns)) {
    if (column.scope !== scope) continue
    const { type, length, nonFinite } = column
    slots.push({ name, type, length, nonFinite, offset: bytes })
    bytes += Math.ceil((length * arrayType(type).BYTES_PER_ELEMENT) / ALIGN) * ALIGN
  }
  return { slots, bytes }
}

/** Whether memory of one layout can be read by the other as it is. */
export function sameShape(a: Layout, b: Layout): boolean {
  return (
    a.slots.length === b.slots.length &&
    a.slots.every((slot, i) => {
      const other = b.slots[i]!
      return slot.name === other.name && slot.type === other.type && slot.length === other.length
    })
  )
}

/** Typed arrays over `memory`, by column name. */
export function viewsOf(layout: Layout, memory: ArrayBufferLike): Record<string, ColumnArray> {
  const views: Record<string, ColumnArray> = {}
  for (const { name, type, offset, length } of layout.slots)
    views[name] = new (arrayType(type))(memory as ArrayBuffer, offset, length)
  return views
}
