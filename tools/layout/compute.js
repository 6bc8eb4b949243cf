import { CONSTANTS, STRUCTS } from './table.js'

const SCALARS = { u8: 1, u16: 2, u32: 4, u64: 8 }

const roundUp = (at, align) => Math.ceil(at / align) * align

/** A field's type as { element, bytes, align, count }; count 0 when it is no array. */
function readType(type, structs) {
  const [, element, length] = /^(\w+)(?:\[(\w+)\])?$/.exec(type)
  const inner = structs.get(element)
  const one = inner?.bytes ?? SCALARS[element]
  const align = inner?.align ?? one
  if (one === undefined) throw new Error(`the layout has no type ${type}`)
  const named = CONSTANTS.find(([, c]) => c === length)
  const count = length === undefined ? 0 : (named?.[2] ?? Number(length))
  return { element, inner, length, count, bytes: one * (count || 1), align }
}

function lay(struct, structs) {
  let at = 0
  let align = 1
  const fields = struct.fields.map(([type, name, note]) => {
    const read = readType(type, structs)
    const offset = roundUp(at, read.align)
    if (offset !== at) throw new Error(`${struct.name}.${name} would leave a hole at ${at}`)
    at = offset + read.bytes
    align = Math.max(align, read.align)
    return { ...read, name, note, offset }
  })
  if (at !== struct.bytes || at % align !== 0)
    throw new Error(`${struct.name} has ${at} bytes, the table says ${struct.bytes}`)
  return { ...struct, fields, align }
}

/** The structs of the table with every field's offset. Throws when one does not come out as declared. */
export function layOut() {
  const structs = new Map()
  for (const struct of STRUCTS) structs.set(struct.name, lay(struct, structs))
  return [...structs.values()]
}

/** The named offsets of a struct, nested ones under their own names: [NAME, offset, C member]. */
export function offsetsOf(struct) {
  return struct.fields.flatMap((field) => {
    if (field.name.startsWith('reserved')) return []
    const own = field.name.toUpperCase()
    if (!field.inner) return [[`${struct.prefix}_${own}`, field.offset, field.name]]
    // A record's key is spelled out as its parts; a range has two keys, so they stay whole.
    if (field.name !== 'key') return [[`${struct.prefix}_${own}`, field.offset, field.name]]
    return field.inner.fields.map((part) => [
      `${struct.prefix}_${part.name.toUpperCase()}`,
      field.offset + part.offset,
      `${field.name}.${part.name}`,
    ])
  })
}
