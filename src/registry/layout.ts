/**
 * Where everything lies in a registry's shared memory: the same table as
 * native/include/tickswap/registry.h and version.h, which describe it. Offsets are
 * in bytes; a test compares every entry with what the C compiler has.
 */
export const LAYOUT = {
  MAGIC: 0x47525354,
  LAYOUT: 1,
  BANKS: 3,
  MAX_UNITS: 65536,
  MAX_VERSIONS: 1048576,
  MAX_NAME_BYTES: 240,
  TAIL_BYTES: 256,
  NO_RECORD: 0xffffffff,

  HEADER_BYTES: 192,
  HEADER_MAGIC: 0,
  HEADER_LAYOUT: 4,
  HEADER_TOTAL_BYTES: 8,
  HEADER_UNIT_CAPACITY: 12,
  HEADER_VERSION_CAPACITY: 16,
  HEADER_SLOT_COUNT: 20,
  HEADER_UNITS_AT: 24,
  HEADER_SLOTS_AT: 28,
  HEADER_BANKS_AT: 32,
  HEADER_BANK_BYTES: 36,
  HEADER_RECORDS_AT: 40,
  HEADER_TAILS_AT: 44,
  HEADER_GENERATION: 64,
  HEADER_UNIT_COUNT: 132,
  HEADER_RECORD_COUNT: 136,
  HEADER_RECLAIM_COUNT: 148,
  HEADER_STAGED: 152,
  HEADER_REGISTERED: 156,
  HEADER_REUSED: 160,

  UNIT_BYTES: 256,
  UNIT_NAME_BYTES: 8,
  UNIT_NAME: 16,

  RECORD_BYTES: 64,
  RECORD_MAJOR: 0,
  RECORD_MINOR: 4,
  RECORD_PATCH: 8,
  RECORD_BUILD: 12,
  RECORD_FLAGS: 16,
  RECORD_UNIT: 20,
  RECORD_TIMESTAMP_MS: 24,
  RECORD_CONTENT_HASH: 32,
  RECORD_PRERELEASE_BYTES: 40,
  RECORD_METADATA_BYTES: 42,
  RECORD_STATE: 44,
  RECORD_SEQUENCE: 48,

  STATE_FREE: 0,
  STATE_CANDIDATE: 1,
  STATE_ACTIVE: 2,
  STATE_PERMANENT: 3,
  STATE_RETIRED: 4,
  STATE_QUARANTINED: 5,
} as const

/** Index in an Int32Array over the whole registry of the word that holds the live generation. */
export const GENERATION_WORD = LAYOUT.HEADER_GENERATION / 4

/** What a registered version can be; the index is its number in shared memory. */
export const VERSION_STATES = ['free', 'candidate', 'active', 'permanent', 'retired', 'quarantined'] as const

export type VersionState = Exclude<(typeof VERSION_STATES)[number], 'free'>
