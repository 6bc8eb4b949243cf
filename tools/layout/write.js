import { offsetsOf } from './compute.js'
import { CONSTANTS, STATES } from './table.js'

const FROM = 'Written by `make layout` from tools/layout/table.js; change that.'
const C_TYPES = { u8: 'uint8_t', u16: 'uint16_t', u32: 'uint32_t', u64: 'uint64_t' }
const MOST_ENUM = 0x7fffffff

const number = (value) => (value > 0xffff ? `0x${value.toString(16)}` : String(value))
const comment = (lines) => ['/*', ...lines.map((line) => ` * ${line}`.trimEnd()), ' */']

function cStruct(struct) {
  const fields = struct.fields.map((field) => {
    const type = C_TYPES[field.element] ?? field.element
    const array = field.count > 0 ? `[${field.length}]` : ''
    return `  ${type} ${field.name}${array};${field.note ? ` /* ${field.note} */` : ''}`
  })
  const asserts = struct.fields.map(
    (field) => `static_assert(offsetof(${struct.name}, ${field.name}) == ${field.offset}, "layout");`,
  )
  return [
    ...comment(struct.note),
    `typedef struct ${struct.name} {`,
    ...fields,
    `} ${struct.name};`,
    '',
    `static_assert(sizeof(${struct.name}) == ${struct.bytes}, "layout");`,
    ...asserts,
    '',
  ]
}

/** native/include/tickswap/layout.h */
export function cHeader(structs) {
  const constants = CONSTANTS.map(([, name, value, note]) => {
    const text = value > MOST_ENUM ? `#define ${name} UINT32_C(${number(value)})` : `#define ${name} ${number(value)}`
    return note ? `${text} /* ${note} */` : text
  })
  return [
    `/* ${FROM} */`,
    '/* clang-format off */',
    '#ifndef TICKSWAP_LAYOUT_H',
    '#define TICKSWAP_LAYOUT_H',
    '',
    '#include <assert.h>',
    '#include <stddef.h>',
    '#include <stdint.h>',
    '',
    ...constants,
    '',
    '/* Life of a registered version. Retired and quarantined records may be reused. */',
    'typedef enum ts_version_state {',
    STATES.map((state, i) => `  TS_STATE_${state} = ${i}`).join(',\n'),
    '} ts_version_state;',
    '',
    ...structs.flatMap(cStruct),
    '#endif',
  ]
}

/** native/arm64/layout.h: plain numbers, for the assembler's preprocessor. */
export function assemblyHeader(structs) {
  const offsets = structs.flatMap((struct) => [
    `#define ${struct.prefix}_BYTES ${struct.bytes}`,
    ...offsetsOf(struct).map(([name, offset]) => `#define ${name} ${offset}`),
    '',
  ])
  const pages = CONSTANTS.find(([name]) => name === 'PAGE_BYTES')
  return [
    `/* ${FROM} */`,
    '#ifndef TICKSWAP_ARM64_LAYOUT_H',
    '#define TICKSWAP_ARM64_LAYOUT_H',
    '',
    `#define PAGE_BYTES ${pages[2]}`,
    '',
    ...offsets,
    '#endif',
  ]
}

const entriesOf = (structs) => [
  ...CONSTANTS.map(([name, c, value]) => [name, value, c]),
  ...structs.flatMap((struct) => [
    [`${struct.prefix}_BYTES`, struct.bytes, `sizeof(${struct.name})`],
    ...offsetsOf(struct).map(([name, offset, member]) => [name, offset, `offsetof(${struct.name}, ${member})`]),
  ]),
  ...STATES.map((state, i) => [`STATE_${state}`, i, `TS_STATE_${state}`]),
]

/** native/addon/layout_entries.h: every entry as the C compiler has it. */
export function addonEntries(structs) {
  const entries = entriesOf(structs).map(([name, , c]) => `TS_LAYOUT_ENTRY("${name}", ${c})`)
  return [`// ${FROM}`, '// clang-format off', ...entries]
}

/** src/registry/layout.ts */
export function typescript(structs) {
  const entries = entriesOf(structs).map(([name, value]) => `  ${name}: ${number(value)},`)
  const states = STATES.map((state) => `'${state.toLowerCase()}'`)
  return [
    '/**',
    " * Where everything lies in a registry's shared memory, as native/include/tickswap/layout.h",
    ' * has it. Offsets are in bytes. Written by `make layout` from tools/layout/table.js; change that.',
    ' */',
    'export const LAYOUT = {',
    ...entries,
    '} as const',
    '',
    '/** Index in an Int32Array over the registry of the word that holds the live generation. */',
    'export const GENERATION_WORD = LAYOUT.HEADER_GENERATION / 4',
    '',
    '/** What a registered version can be; the index is its number in shared memory. */',
    'export const VERSION_STATES = [',
    ...states.map((state) => `  ${state},`),
    '] as const',
    '',
    "export type VersionState = Exclude<(typeof VERSION_STATES)[number], 'free'>",
  ]
}
