import { type Layout, viewsOf } from './layout.ts'

/** Fills the columns that a layout has in common with an older one, by name, type and length. Gives those it has not. */
export function carryColumns(
  from: { readonly layout: Layout; readonly bytes: Uint8Array },
  to: { readonly layout: Layout; readonly memory: ArrayBufferLike },
): string[] {
  const old = viewsOf(from.layout, Uint8Array.from(from.bytes).buffer)
  const next = viewsOf(to.layout, to.memory)
  const left: string[] = []
  for (const { name, type, length } of to.layout.slots) {
    const before = from.layout.slots.find((slot) => slot.name === name)
    if (before?.type === type && before.length === length) next[name]!.set(old[name]! as never)
    else left.push(name)
  }
  return left
}
