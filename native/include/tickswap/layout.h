/* Written by `make layout` from tools/layout/table.js; change that. */
/* clang-format off */
#ifndef TICKSWAP_LAYOUT_H
#define TICKSWAP_LAYOUT_H

#include <assert.h>
#include <stddef.h>
#include <stdint.h>

#define TS_REGISTRY_MAGIC 0x47525354 /* "TSRG" */
#define TS_REGISTRY_LAYOUT 2
#define TS_BANKS 3
#define TS_MAX_UNITS 0x10000
#define TS_MAX_VERSIONS 0x100000
#define TS_MAX_PARTICIPANTS 256
#define TS_MAX_NAME_BYTES 240
#define TS_TAIL_BYTES 256
#define TS_PAGE_BYTES 4096 /* the grain in which changes of an arena are found */
#define TS_NO_RECORD UINT32_C(0xffffffff) /* where a record index is expected: no version */

/* Life of a registered version. Retired and quarantined records may be reused. */
typedef enum ts_version_state {
  TS_STATE_FREE = 0,
  TS_STATE_CANDIDATE = 1,
  TS_STATE_ACTIVE = 2,
  TS_STATE_PERMANENT = 3,
  TS_STATE_RETIRED = 4,
  TS_STATE_QUARANTINED = 5
} ts_version_state;

/*
 * MAJOR.MINOR.PATCH.BUILD. 16 bytes: one vector register. Each part 0 to 2^32 - 1.
 */
typedef struct ts_version_key {
  uint32_t major;
  uint32_t minor;
  uint32_t patch;
  uint32_t build;
} ts_version_key;

static_assert(sizeof(ts_version_key) == 16, "layout");
static_assert(offsetof(ts_version_key, major) == 0, "layout");
static_assert(offsetof(ts_version_key, minor) == 4, "layout");
static_assert(offsetof(ts_version_key, patch) == 8, "layout");
static_assert(offsetof(ts_version_key, build) == 12, "layout");

/*
 * One registered version. 64 bytes, little-endian, in shared memory.
 *
 * The prerelease and the metadata text (`rc.1` and `g0a1b` of `1.4.2-rc.1+g0a1b`)
 * lie one after the other, without separators, in the record's tail: the
 * TS_TAIL_BYTES at the same index in the registry's tail table.
 *
 * Everything up to `metadata_bytes` is fixed when the record is registered;
 * `integrity` is over that and the tail. `state` changes by single stores.
 * `sequence` is odd while the record is being rewritten for another version.
 */
typedef struct ts_version_record {
  ts_version_key key;
  uint32_t flags;
  uint32_t unit; /* index in the unit table */
  uint64_t timestamp_ms; /* since the epoch */
  uint64_t content_hash; /* XXH3-64 of the unit's files */
  uint16_t prerelease_bytes;
  uint16_t metadata_bytes;
  uint32_t state; /* ts_version_state */
  uint32_t sequence;
  uint32_t integrity; /* ts_version_integrity */
  uint32_t next_free; /* the writer's: link in the list of reclaimable records */
  uint32_t reuse_from; /* the writer's: reusable once the live generation has come this far */
} ts_version_record;

static_assert(sizeof(ts_version_record) == 64, "layout");
static_assert(offsetof(ts_version_record, key) == 0, "layout");
static_assert(offsetof(ts_version_record, flags) == 16, "layout");
static_assert(offsetof(ts_version_record, unit) == 20, "layout");
static_assert(offsetof(ts_version_record, timestamp_ms) == 24, "layout");
static_assert(offsetof(ts_version_record, content_hash) == 32, "layout");
static_assert(offsetof(ts_version_record, prerelease_bytes) == 40, "layout");
static_assert(offsetof(ts_version_record, metadata_bytes) == 42, "layout");
static_assert(offsetof(ts_version_record, state) == 44, "layout");
static_assert(offsetof(ts_version_record, sequence) == 48, "layout");
static_assert(offsetof(ts_version_record, integrity) == 52, "layout");
static_assert(offsetof(ts_version_record, next_free) == 56, "layout");
static_assert(offsetof(ts_version_record, reuse_from) == 60, "layout");

/*
 * The keys from `low` to `high`, both of them included.
 */
typedef struct ts_version_range {
  ts_version_key low;
  ts_version_key high;
} ts_version_range;

static_assert(sizeof(ts_version_range) == 32, "layout");
static_assert(offsetof(ts_version_range, low) == 0, "layout");
static_assert(offsetof(ts_version_range, high) == 16, "layout");

/*
 * What a record has to be besides in range. A record matches when it passes every field.
 */
typedef struct ts_version_filter {
  uint32_t unit; /* index in the unit table */
  uint32_t required; /* flags that are all set */
  uint32_t excluded; /* flags of which none is set */
  uint32_t states; /* bit n is set: versions in state n match */
} ts_version_filter;

static_assert(sizeof(ts_version_filter) == 16, "layout");
static_assert(offsetof(ts_version_filter, unit) == 0, "layout");
static_assert(offsetof(ts_version_filter, required) == 4, "layout");
static_assert(offsetof(ts_version_filter, excluded) == 8, "layout");
static_assert(offsetof(ts_version_filter, states) == 12, "layout");

/*
 * One unit. Written before its slot is, never changed after.
 */
typedef struct ts_unit_entry {
  uint64_t name_hash; /* XXH3-64 of the name */
  uint32_t name_bytes;
  uint32_t reserved;
  uint8_t name[TS_MAX_NAME_BYTES]; /* UTF-8, not terminated */
} ts_unit_entry;

static_assert(sizeof(ts_unit_entry) == 256, "layout");
static_assert(offsetof(ts_unit_entry, name_hash) == 0, "layout");
static_assert(offsetof(ts_unit_entry, name_bytes) == 8, "layout");
static_assert(offsetof(ts_unit_entry, reserved) == 12, "layout");
static_assert(offsetof(ts_unit_entry, name) == 16, "layout");

/*
 * The head of the shared memory. Each group of words begins a cache line of its own.
 */
typedef struct ts_registry_header {
  uint32_t magic; /* fixed from here when the registry is created; offsets are in bytes from the head */
  uint32_t layout;
  uint32_t total_bytes;
  uint32_t unit_capacity;
  uint32_t version_capacity;
  uint32_t slot_count;
  uint32_t units_at;
  uint32_t slots_at;
  uint32_t banks_at;
  uint32_t bank_bytes;
  uint32_t records_at;
  uint32_t tails_at;
  uint32_t participants_at;
  uint32_t reserved_fixed[3];
  uint32_t generation; /* the one word readers load per tick */
  uint32_t reserved_generation[15];
  uint32_t writer_lock; /* the writer's, from here */
  uint32_t unit_count;
  uint32_t record_count; /* records ever used; those past it are fresh */
  uint32_t reclaim_head; /* index + 1 of the oldest reclaimable record, 0 when none */
  uint32_t reclaim_tail; /* index + 1 of the newest */
  uint32_t reclaim_count;
  uint32_t staged; /* the generation that `stage` filled, 0 when none */
  uint32_t registered; /* versions registered so far, modulo 2^32 */
  uint32_t reused; /* of them, in a reused record */
  uint32_t refused; /* writers that found another inside, modulo 2^32 */
  uint32_t reserved_writer[6];
} ts_registry_header;

static_assert(sizeof(ts_registry_header) == 192, "layout");
static_assert(offsetof(ts_registry_header, magic) == 0, "layout");
static_assert(offsetof(ts_registry_header, layout) == 4, "layout");
static_assert(offsetof(ts_registry_header, total_bytes) == 8, "layout");
static_assert(offsetof(ts_registry_header, unit_capacity) == 12, "layout");
static_assert(offsetof(ts_registry_header, version_capacity) == 16, "layout");
static_assert(offsetof(ts_registry_header, slot_count) == 20, "layout");
static_assert(offsetof(ts_registry_header, units_at) == 24, "layout");
static_assert(offsetof(ts_registry_header, slots_at) == 28, "layout");
static_assert(offsetof(ts_registry_header, banks_at) == 32, "layout");
static_assert(offsetof(ts_registry_header, bank_bytes) == 36, "layout");
static_assert(offsetof(ts_registry_header, records_at) == 40, "layout");
static_assert(offsetof(ts_registry_header, tails_at) == 44, "layout");
static_assert(offsetof(ts_registry_header, participants_at) == 48, "layout");
static_assert(offsetof(ts_registry_header, reserved_fixed) == 52, "layout");
static_assert(offsetof(ts_registry_header, generation) == 64, "layout");
static_assert(offsetof(ts_registry_header, reserved_generation) == 68, "layout");
static_assert(offsetof(ts_registry_header, writer_lock) == 128, "layout");
static_assert(offsetof(ts_registry_header, unit_count) == 132, "layout");
static_assert(offsetof(ts_registry_header, record_count) == 136, "layout");
static_assert(offsetof(ts_registry_header, reclaim_head) == 140, "layout");
static_assert(offsetof(ts_registry_header, reclaim_tail) == 144, "layout");
static_assert(offsetof(ts_registry_header, reclaim_count) == 148, "layout");
static_assert(offsetof(ts_registry_header, staged) == 152, "layout");
static_assert(offsetof(ts_registry_header, registered) == 156, "layout");
static_assert(offsetof(ts_registry_header, reused) == 160, "layout");
static_assert(offsetof(ts_registry_header, refused) == 164, "layout");
static_assert(offsetof(ts_registry_header, reserved_writer) == 168, "layout");

#endif
