/* Written by `make layout` from tools/layout/table.js; change that. */
/* clang-format off */
#ifndef TICKSWAP_LAYOUT_H
#define TICKSWAP_LAYOUT_H

#include <assert.h>
#include <stddef.h>
#include <stdint.h>

#define TS_REGISTRY_MAGIC 0x47525354 /* "TSRG" */
#define TS_REGISTRY_LAYOUT 3
#define TS_BANKS 3
#define TS_MAX_UNITS 0x10000
#define TS_MAX_VERSIONS 0x100000
#define TS_MAX_PARTICIPANTS 512
#define TS_MAX_SEGMENTS 24 /* the first, and as many growths as the most capacity takes */
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
  TS_STATE_QUARANTINED = 5,
  TS_STATE_STANDBY = 6
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
 * Where one part of the tables lies; offsets are in bytes from the head of the registry.
 * The first part is made with the registry, each growth adds one that is as large as all
 * before it. What is in a part stays in its place for good.
 */
typedef struct ts_segment {
  uint32_t first_unit; /* index of the first unit in it */
  uint32_t units; /* room for so many */
  uint32_t first_version;
  uint32_t versions;
  uint32_t slot_count; /* of the hash table of the names in it; a power of two, or 0 without units */
  uint32_t bank_bytes; /* from one of its banks to the next */
  uint32_t units_at;
  uint32_t slots_at;
  uint32_t banks_at;
  uint32_t records_at;
  uint32_t tails_at;
  uint32_t end; /* bytes of the registry up to and with this part */
  uint32_t reserved[4];
} ts_segment;

static_assert(sizeof(ts_segment) == 64, "layout");
static_assert(offsetof(ts_segment, first_unit) == 0, "layout");
static_assert(offsetof(ts_segment, units) == 4, "layout");
static_assert(offsetof(ts_segment, first_version) == 8, "layout");
static_assert(offsetof(ts_segment, versions) == 12, "layout");
static_assert(offsetof(ts_segment, slot_count) == 16, "layout");
static_assert(offsetof(ts_segment, bank_bytes) == 20, "layout");
static_assert(offsetof(ts_segment, units_at) == 24, "layout");
static_assert(offsetof(ts_segment, slots_at) == 28, "layout");
static_assert(offsetof(ts_segment, banks_at) == 32, "layout");
static_assert(offsetof(ts_segment, records_at) == 36, "layout");
static_assert(offsetof(ts_segment, tails_at) == 40, "layout");
static_assert(offsetof(ts_segment, end) == 44, "layout");
static_assert(offsetof(ts_segment, reserved) == 48, "layout");

/*
 * The head of the shared memory. Each group of words begins a cache line of its own.
 */
typedef struct ts_registry_header {
  uint32_t magic; /* fixed from here when the registry is created; offsets are in bytes from the head */
  uint32_t layout;
  uint32_t unit_capacity; /* of the first segment */
  uint32_t version_capacity; /* of the first segment */
  uint32_t most_units; /* of all segments, after every growth */
  uint32_t most_versions;
  uint32_t own_slots; /* slots of participants below it are given out by whoever created the registry */
  uint32_t participants_at;
  uint32_t segments_at; /* TS_MAX_SEGMENTS of ts_segment, of which growths + 1 are filled */
  uint32_t check; /* low half of the XXH3-64 of what is before it */
  uint32_t reserved_fixed[6];
  uint32_t generation; /* the one word readers load per tick; with the next, one pair of 8 bytes */
  uint32_t staged; /* the generation that `stage` filled, 0 when none */
  uint32_t reserved_generation[14];
  uint32_t writer_lock; /* the writer's, from here */
  uint32_t growths; /* segments after the first */
  uint32_t unit_count;
  uint32_t record_count; /* records ever used; those past it are fresh */
  uint32_t rewrites; /* odd while a record is written, or changes its state */
  uint32_t reclaim_head; /* index + 1 of the oldest reclaimable record, 0 when none */
  uint32_t reclaim_tail; /* index + 1 of the newest */
  uint32_t reclaim_count;
  uint32_t staged_moves; /* units that move with the staged generation */
  uint32_t registered; /* counters, all modulo 2^32: versions registered so far */
  uint32_t reclaimed; /* of them, in a used record */
  uint32_t retired; /* versions retired or quarantined so far */
  uint32_t probes; /* slots looked at to register units */
  uint32_t reserved_writer[3];
  uint32_t refused; /* anybody's, from here: writers that found another inside */
  uint32_t activated; /* units moved by the generations that were published */
  uint32_t joined; /* participants that joined so far */
  uint32_t left; /* participants that left or were let go of */
  uint32_t reserved_shared[12];
} ts_registry_header;

static_assert(sizeof(ts_registry_header) == 256, "layout");
static_assert(offsetof(ts_registry_header, magic) == 0, "layout");
static_assert(offsetof(ts_registry_header, layout) == 4, "layout");
static_assert(offsetof(ts_registry_header, unit_capacity) == 8, "layout");
static_assert(offsetof(ts_registry_header, version_capacity) == 12, "layout");
static_assert(offsetof(ts_registry_header, most_units) == 16, "layout");
static_assert(offsetof(ts_registry_header, most_versions) == 20, "layout");
static_assert(offsetof(ts_registry_header, own_slots) == 24, "layout");
static_assert(offsetof(ts_registry_header, participants_at) == 28, "layout");
static_assert(offsetof(ts_registry_header, segments_at) == 32, "layout");
static_assert(offsetof(ts_registry_header, check) == 36, "layout");
static_assert(offsetof(ts_registry_header, reserved_fixed) == 40, "layout");
static_assert(offsetof(ts_registry_header, generation) == 64, "layout");
static_assert(offsetof(ts_registry_header, staged) == 68, "layout");
static_assert(offsetof(ts_registry_header, reserved_generation) == 72, "layout");
static_assert(offsetof(ts_registry_header, writer_lock) == 128, "layout");
static_assert(offsetof(ts_registry_header, growths) == 132, "layout");
static_assert(offsetof(ts_registry_header, unit_count) == 136, "layout");
static_assert(offsetof(ts_registry_header, record_count) == 140, "layout");
static_assert(offsetof(ts_registry_header, rewrites) == 144, "layout");
static_assert(offsetof(ts_registry_header, reclaim_head) == 148, "layout");
static_assert(offsetof(ts_registry_header, reclaim_tail) == 152, "layout");
static_assert(offsetof(ts_registry_header, reclaim_count) == 156, "layout");
static_assert(offsetof(ts_registry_header, staged_moves) == 160, "layout");
static_assert(offsetof(ts_registry_header, registered) == 164, "layout");
static_assert(offsetof(ts_registry_header, reclaimed) == 168, "layout");
static_assert(offsetof(ts_registry_header, retired) == 172, "layout");
static_assert(offsetof(ts_registry_header, probes) == 176, "layout");
static_assert(offsetof(ts_registry_header, reserved_writer) == 180, "layout");
static_assert(offsetof(ts_registry_header, refused) == 192, "layout");
static_assert(offsetof(ts_registry_header, activated) == 196, "layout");
static_assert(offsetof(ts_registry_header, joined) == 200, "layout");
static_assert(offsetof(ts_registry_header, left) == 204, "layout");
static_assert(offsetof(ts_registry_header, reserved_shared) == 208, "layout");

#endif
