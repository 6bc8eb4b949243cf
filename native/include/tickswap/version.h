#ifndef TICKSWAP_VERSION_H
#define TICKSWAP_VERSION_H

#include <assert.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* MAJOR.MINOR.PATCH.BUILD. 16 bytes: one vector register. Each part 0 to 2^32 - 1. */
typedef struct ts_version_key {
  uint32_t major;
  uint32_t minor;
  uint32_t patch;
  uint32_t build;
} ts_version_key;

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
  uint32_t unit;         /* index in the unit table */
  uint64_t timestamp_ms; /* since the epoch */
  uint64_t content_hash; /* XXH3-64 of the unit's files */
  uint16_t prerelease_bytes;
  uint16_t metadata_bytes;
  uint32_t state; /* ts_version_state */
  uint32_t sequence;
  uint32_t integrity;  /* ts_version_integrity */
  uint32_t next_free;  /* the writer's: link in the list of reclaimable records */
  uint32_t reuse_from; /* the writer's: reusable once the live generation has come this far */
} ts_version_record;

enum { TS_TAIL_BYTES = 256 };

static_assert(sizeof(ts_version_key) == 16, "a key fills one vector register");
static_assert(sizeof(ts_version_record) == 64, "a record fills one cache line");
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
 * Orders two keys by major, minor, patch, build, each unsigned: -1, 0 or 1.
 * Prereleases are not part of a key: among equal major.minor.patch the caller
 * compares them before it trusts the build.
 * `a` and `b`: not null, aligned to 4; neither is kept. Any thread.
 */
int ts_version_compare_c(const ts_version_key *a, const ts_version_key *b);

/*
 * Hash of a record's fixed fields and its tail, low 32 bits of an XXH3-64.
 * `record`: not null, aligned to 8. `tail`: prerelease_bytes + metadata_bytes
 * readable bytes, any alignment, null only when that sum is 0. Any thread, as
 * long as nobody writes either meanwhile.
 */
uint32_t ts_version_integrity(const ts_version_record *record, const void *tail);

#ifdef __cplusplus
}
#endif
#endif
