/**
 * Where everything lies in shared memory: the one place. `make layout` writes from it
 * the C structs (native/include/tickswap/layout.h), the assembly's offsets
 * (native/arm64/layout.h), the TypeScript table (src/registry/layout.ts) and what the
 * addon reports (native/addon/layout_entries.h); a build with a stale copy fails.
 *
 * A field is [type, name, note]. Offsets follow from the types and their alignment;
 * `gap` words keep a group of fields on a cache line of its own.
 */

export const CONSTANTS = [
  ['MAGIC', 'TS_REGISTRY_MAGIC', 0x47525354, '"TSRG"'],
  ['LAYOUT', 'TS_REGISTRY_LAYOUT', 2],
  ['BANKS', 'TS_BANKS', 3],
  ['MAX_UNITS', 'TS_MAX_UNITS', 65536],
  ['MAX_VERSIONS', 'TS_MAX_VERSIONS', 1048576],
  ['MAX_PARTICIPANTS', 'TS_MAX_PARTICIPANTS', 256],
  ['MAX_NAME_BYTES', 'TS_MAX_NAME_BYTES', 240],
  ['TAIL_BYTES', 'TS_TAIL_BYTES', 256],
  ['PAGE_BYTES', 'TS_PAGE_BYTES', 4096, 'the grain in which changes of an arena are found'],
  ['NO_RECORD', 'TS_NO_RECORD', 0xffffffff, 'where a record index is expected: no version'],
]

export const STATES = ['FREE', 'CANDIDATE', 'ACTIVE', 'PERMANENT', 'RETIRED', 'QUARANTINED']

export const STRUCTS = [
  {
    name: 'ts_version_key',
    prefix: 'KEY',
    bytes: 16,
    note: ['MAJOR.MINOR.PATCH.BUILD. 16 bytes: one vector register. Each part 0 to 2^32 - 1.'],
    fields: [
      ['u32', 'major'],
      ['u32', 'minor'],
      ['u32', 'patch'],
      ['u32', 'build'],
    ],
  },
  {
    name: 'ts_version_record',
    prefix: 'RECORD',
    bytes: 64,
    note: [
      'One registered version. 64 bytes, little-endian, in shared memory.',
      '',
      'The prerelease and the metadata text (`rc.1` and `g0a1b` of `1.4.2-rc.1+g0a1b`)',
      "lie one after the other, without separators, in the record's tail: the",
      "TS_TAIL_BYTES at the same index in the registry's tail table.",
      '',
      'Everything up to `metadata_bytes` is fixed when the record is registered;',
      '`integrity` is over that and the tail. `state` changes by single stores.',
      '`sequence` is odd while the record is being rewritten for another version.',
    ],
    fields: [
      ['ts_version_key', 'key'],
      ['u32', 'flags'],
      ['u32', 'unit', 'index in the unit table'],
      ['u64', 'timestamp_ms', 'since the epoch'],
      ['u64', 'content_hash', "XXH3-64 of the unit's files"],
      ['u16', 'prerelease_bytes'],
      ['u16', 'metadata_bytes'],
      ['u32', 'state', 'ts_version_state'],
      ['u32', 'sequence'],
      ['u32', 'integrity', 'ts_version_integrity'],
      ['u32', 'next_free', "the writer's: link in the list of reclaimable records"],
      ['u32', 'reuse_from', "the writer's: reusable once the live generation has come this far"],
    ],
  },
  {
    name: 'ts_version_range',
    prefix: 'RANGE',
    bytes: 32,
    note: ['The keys from `low` to `high`, both of them included.'],
    fields: [
      ['ts_version_key', 'low'],
      ['ts_version_key', 'high'],
    ],
  },
  {
    name: 'ts_version_filter',
    prefix: 'FILTER',
    bytes: 16,
    note: ['What a record has to be besides in range. A record matches when it passes every field.'],
    fields: [
      ['u32', 'unit', 'index in the unit table'],
      ['u32', 'required', 'flags that are all set'],
      ['u32', 'excluded', 'flags of which none is set'],
      ['u32', 'states', 'bit n is set: versions in state n match'],
    ],
  },
  {
    name: 'ts_unit_entry',
    prefix: 'UNIT',
    bytes: 256,
    note: ['One unit. Written before its slot is, never changed after.'],
    fields: [
      ['u64', 'name_hash', 'XXH3-64 of the name'],
      ['u32', 'name_bytes'],
      ['u32', 'reserved'],
      ['u8[TS_MAX_NAME_BYTES]', 'name', 'UTF-8, not terminated'],
    ],
  },
  {
    name: 'ts_registry_header',
    prefix: 'HEADER',
    bytes: 192,
    note: ['The head of the shared memory. Each group of words begins a cache line of its own.'],
    fields: [
      ['u32', 'magic', 'fixed from here when the registry is created; offsets are in bytes from the head'],
      ['u32', 'layout'],
      ['u32', 'total_bytes'],
      ['u32', 'unit_capacity'],
      ['u32', 'version_capacity'],
      ['u32', 'slot_count'],
      ['u32', 'units_at'],
      ['u32', 'slots_at'],
      ['u32', 'banks_at'],
      ['u32', 'bank_bytes'],
      ['u32', 'records_at'],
      ['u32', 'tails_at'],
      ['u32', 'participants_at'],
      ['u32[3]', 'reserved_fixed'],
      ['u32', 'generation', 'the one word readers load per tick'],
      ['u32[15]', 'reserved_generation'],
      ['u32', 'writer_lock', "the writer's, from here"],
      ['u32', 'unit_count'],
      ['u32', 'record_count', 'records ever used; those past it are fresh'],
      ['u32', 'reclaim_head', 'index + 1 of the oldest reclaimable record, 0 when none'],
      ['u32', 'reclaim_tail', 'index + 1 of the newest'],
      ['u32', 'reclaim_count'],
      ['u32', 'staged', 'the generation that `stage` filled, 0 when none'],
      ['u32', 'registered', 'versions registered so far, modulo 2^32'],
      ['u32', 'reused', 'of them, in a reused record'],
      ['u32', 'refused', 'writers that found another inside, modulo 2^32'],
      ['u32[6]', 'reserved_writer'],
    ],
  },
]
