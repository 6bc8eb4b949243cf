#include "tickswap/version.h"

#include <assert.h>
#include <string.h>

#include "atomic.h"
#include "require.h"
#include "tickswap/hash.h"
#include "tickswap/kernels.h"

static int order(uint32_t a, uint32_t b) {
  return (a > b) - (a < b);
}

int ts_version_compare_c(const ts_version_key *a, const ts_version_key *b) {
  TS_REQUIRE(TS_IS_ALIGNED(a, 4) && TS_IS_ALIGNED(b, 4));
  if (a->major != b->major) return order(a->major, b->major);
  if (a->minor != b->minor) return order(a->minor, b->minor);
  if (a->patch != b->patch) return order(a->patch, b->patch);
  return order(a->build, b->build);
}

enum { SEALED_BYTES = offsetof(ts_version_record, state) };
/* The assembly hashes exactly this many. */
static_assert(SEALED_BYTES == 44, "layout");

uint32_t ts_version_seal_c(const ts_version_record *record, uint64_t seed) {
  TS_REQUIRE(TS_IS_ALIGNED(record, 8));
  return (uint32_t)ts_hash64_c(record, SEALED_BYTES, seed);
}

uint32_t ts_version_integrity(const ts_version_record *record, const void *tail) {
  size_t tail_bytes = (size_t)record->prerelease_bytes + record->metadata_bytes;
  return ts_kernels.version_seal(record, ts_hash64(tail, tail_bytes, 0));
}

/* A key as a number of 128 bits, so that one comparison orders it. */
typedef struct wide {
  uint64_t high, low;
} wide;

static wide widen(const ts_version_key *key) {
  wide made = {(uint64_t)key->major << 32 | key->minor, (uint64_t)key->patch << 32 | key->build};
  return made;
}

static int is_below(wide a, wide b) {
  return a.high < b.high || (a.high == b.high && a.low < b.low);
}

void ts_version_compare_many_c(const ts_version_key *probe, const ts_version_key *keys, size_t count,
                               int8_t *out) {
  TS_REQUIRE(TS_IS_ALIGNED(probe, 4) && TS_IS_ALIGNED(keys, 4));
  wide held = widen(probe);
  for (size_t i = 0; i < count; i++) {
    wide key = widen(&keys[i]);
    out[i] = (int8_t)(is_below(held, key) - is_below(key, held));
  }
}

void ts_version_merge_c(const ts_version_record *records, const uint32_t *left, size_t left_count,
                        const uint32_t *right, size_t right_count, uint32_t *out) {
  const uint32_t *left_end = left + left_count, *right_end = right + right_count;
  while (left < left_end && right < right_end) {
    int takes_right = is_below(widen(&records[*right].key), widen(&records[*left].key));
    *out++ = takes_right ? *right++ : *left++;
  }
  while (left < left_end) *out++ = *left++;
  while (right < right_end) *out++ = *right++;
}

enum { SORTED_BY_INSERTION = 4 };

static void insertion_sort(const ts_version_record *records, uint32_t *indices, size_t count) {
  for (size_t i = 1; i < count; i++) {
    uint32_t moving = indices[i];
    wide key = widen(&records[moving].key);
    size_t at = i;
    for (; at > 0 && is_below(key, widen(&records[indices[at - 1]].key)); at--) indices[at] = indices[at - 1];
    indices[at] = moving;
  }
}

static size_t at_most(size_t a, size_t b) {
  return a < b ? a : b;
}

/* Merges every two neighbouring runs of `run` indices, the last ones perhaps shorter. */
static void merge_runs(const ts_version_record *records, const uint32_t *from, uint32_t *to, size_t count,
                       size_t run) {
  for (; count >= 2 * run; count -= 2 * run, from += 2 * run, to += 2 * run)
    ts_kernels.version_merge(records, from, run, from + run, run, to);
  size_t left = at_most(run, count);
  ts_kernels.version_merge(records, from, left, from + left, count - left, to);
}

void ts_version_sort(const ts_version_record *records, uint32_t *indices, size_t count, uint32_t *scratch) {
  uint32_t *from = indices, *to = scratch;
  size_t at = 0;
  for (; count - at >= SORTED_BY_INSERTION; at += SORTED_BY_INSERTION)
    insertion_sort(records, indices + at, SORTED_BY_INSERTION);
  insertion_sort(records, indices + at, count - at);
  for (size_t run = SORTED_BY_INSERTION; run < count; run *= 2) {
    merge_runs(records, from, to, count, run);
    uint32_t *swapped = from;
    from = to;
    to = swapped;
  }
  if (from != indices && count > 0) memcpy(indices, from, count * sizeof *indices);
}

/* The words of a record that a writer may be rewriting: old or new each, never in between. */
static uint32_t word_of(const ts_version_record *record, size_t offset) {
  return ts_load_relaxed((const uint32_t *)(const void *)((const uint8_t *)record + offset));
}

static wide key_of(const ts_version_record *record) {
  wide made = {(uint64_t)word_of(record, 0) << 32 | word_of(record, 4),
               (uint64_t)word_of(record, 8) << 32 | word_of(record, 12)};
  return made;
}

enum { PRERELEASE_MASK = 0xffff };

static int passes(const ts_version_record *record, const ts_version_filter *filter) {
  uint32_t flags = word_of(record, offsetof(ts_version_record, flags));
  uint32_t prerelease = word_of(record, offsetof(ts_version_record, prerelease_bytes)) & PRERELEASE_MASK;
  uint32_t state = word_of(record, offsetof(ts_version_record, state));
  return word_of(record, offsetof(ts_version_record, unit)) == filter->unit &&
         (filter->required & ~flags) == 0 && (filter->excluded & flags) == 0 && prerelease == 0 &&
         (filter->states >> (state & 31) & 1) != 0;
}

static int is_in_any(wide key, const ts_version_range *ranges, size_t count) {
  for (size_t i = 0; i < count; i++)
    if (!is_below(key, widen(&ranges[i].low)) && !is_below(widen(&ranges[i].high), key)) return 1;
  return 0;
}

/* The highest major and minor that any range has. */
static uint64_t most_of(const ts_version_range *ranges, size_t count) {
  uint64_t most = 0;
  for (size_t i = 0; i < count; i++) {
    uint64_t high = widen(&ranges[i].high).high;
    if (high > most) most = high;
  }
  return most;
}

int64_t ts_version_best_c(const ts_version_record *records, size_t count, const ts_version_range *ranges,
                          size_t range_count, const ts_version_filter *filter) {
  /* From the end: versions are mostly registered in ascending order, so the best comes early. */
  TS_REQUIRE(TS_IS_ALIGNED(records, 8) && TS_IS_ALIGNED(ranges, 4) && TS_IS_ALIGNED(filter, 4));
  wide least = {0, 0};
  uint64_t most = most_of(ranges, range_count);
  int64_t best = -1;
  for (size_t i = count; i-- > 0;) {
    wide key = key_of(&records[i]);
    if (key.high > most || is_below(key, least)) continue;
    if (!passes(&records[i], filter) || !is_in_any(key, ranges, range_count)) continue;
    best = (int64_t)i;
    least = key;
    if (++least.low == 0 && ++least.high == 0) break;
  }
  return best;
}
