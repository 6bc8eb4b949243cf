#ifndef TICKSWAP_VERSION_H
#define TICKSWAP_VERSION_H

#include "layout.h"

#ifdef __cplusplus
extern "C" {
#endif

/*
 * Orders two keys by major, minor, patch, build, each unsigned: -1, 0 or 1.
 * Prereleases are not part of a key: among equal major.minor.patch the caller
 * compares them before it trusts the build.
 * `a` and `b`: not null, aligned to 4; neither is kept. Any thread.
 */
int ts_version_compare_c(const ts_version_key *a, const ts_version_key *b);

/*
 * out[i] = order of keys[i] against `probe`: -1 when it is lower, 0, 1 when it is
 * higher. `keys`: `count` of them, aligned to 4; `out`: room for `count`. Nothing
 * is kept; any thread.
 */
void ts_version_compare_many_c(const ts_version_key *probe, const ts_version_key *keys, size_t count,
                               int8_t *out);

/*
 * Merges two runs of record indices, each in ascending order of its records' keys,
 * into `out`; on equal keys the left run comes first. `out`: room for both runs,
 * and none of its memory shared with them. Any thread, as long as nobody rewrites
 * the records meanwhile.
 */
void ts_version_merge_c(const ts_version_record *records, const uint32_t *left, size_t left_count,
                        const uint32_t *right, size_t right_count, uint32_t *out);

/*
 * Sorts `indices` into `records` by ascending key; indices of equal keys keep their
 * order. `scratch`: room for `count` indices, overwritten. Threads as above.
 */
void ts_version_sort(const ts_version_record *records, uint32_t *indices, size_t count, uint32_t *scratch);

/*
 * Index of the record with the highest key among those that lie in one of `ranges`
 * and pass `filter`, or -1 when there is none; the last one of equal keys. Versions
 * with a prerelease never match: what orders them is not in their key.
 * `records`: `count` of them, aligned to 8, null only when `count` is 0. `ranges`:
 * aligned to 4, null only when `range_count` is 0. Any thread. Words of records that
 * another thread stores meanwhile are seen old or new, and the answer may be of a record
 * that never was; ts_registry_best knows when that happened.
 */
int64_t ts_version_best_c(const ts_version_record *records, size_t count, const ts_version_range *ranges,
                          size_t range_count, const ts_version_filter *filter);

/*
 * Low 32 bits of the XXH3-64 of a record's fixed fields, all before `state`, under
 * `seed`. `record`: not null, aligned to 8. Any thread, as long as nobody writes them
 * meanwhile.
 */
uint32_t ts_version_seal_c(const ts_version_record *record, uint64_t seed);

/*
 * Hash of a record's fixed fields and its tail: ts_version_seal_c's under the XXH3-64
 * of the tail. `record`: not null, aligned to 8. `tail`: prerelease_bytes + metadata_bytes
 * readable bytes, any alignment, null only when that sum is 0. Any thread, as
 * long as nobody writes either meanwhile.
 */
uint32_t ts_version_integrity(const ts_version_record *record, const void *tail);

#ifdef __cplusplus
}
#endif
#endif
