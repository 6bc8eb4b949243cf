#include <string.h>

#include "check.h"
#include "tickswap/hash.h"
#include "tickswap/kernels.h"

/* Few distinct values, at the edges of signed and unsigned comparison, so that ties are common. */
static uint32_t part(void) {
  static const uint32_t edges[] = {0, 1, 2, 0x7fffffff, 0x80000000, 0xfffffffe, 0xffffffff};
  uint32_t pick = check_random_below(9);
  return pick < 7 ? edges[pick] : (uint32_t)check_random();
}

static ts_version_key any_key(void) {
  ts_version_key key = {part(), part(), part(), part()};
  return key;
}

/* Equal to `key` up to a random part. */
static ts_version_key key_near(ts_version_key key) {
  uint32_t changed = check_random_below(5);
  if (changed == 0) key.major = part();
  if (changed <= 1) key.minor = part();
  if (changed <= 2) key.patch = part();
  if (changed <= 3) key.build = part();
  return key;
}

static int slow_compare(const ts_version_key *a, const ts_version_key *b) {
  uint32_t left[] = {a->major, a->minor, a->patch, a->build};
  uint32_t right[] = {b->major, b->minor, b->patch, b->build};
  for (int i = 0; i < 4; i++)
    if (left[i] != right[i]) return left[i] < right[i] ? -1 : 1;
  return 0;
}

static int compare(const ts_version_key *a, const ts_version_key *b) {
  return (int32_t)CALL(ts_kernels.version_compare, P(a), P(b));
}

static void comparing(void) {
  ts_version_key *pair = check_alloc(2 * sizeof *pair);
  for (int i = 0; i < 50000; i++) {
    pair[0] = any_key();
    pair[1] = key_near(pair[0]);
    int expected = slow_compare(&pair[0], &pair[1]);
    CHECK(compare(&pair[0], &pair[1]) == expected);
    CHECK(compare(&pair[1], &pair[0]) == -expected);
    CHECK(compare(&pair[0], &pair[0]) == 0);
  }
  check_free(pair);
}

static void comparing_many(void) {
  for (int round = 0; round < 1000; round++) {
    size_t count = check_random_below(70);
    ts_version_key *keys = check_alloc(count * sizeof *keys), probe = any_key();
    int8_t *out = check_alloc(count);
    for (size_t i = 0; i < count; i++) keys[i] = check_random_below(2) ? key_near(probe) : any_key();
    CALL(ts_kernels.version_compare_many, P(&probe), P(keys), N(count), P(out));
    for (size_t i = 0; i < count; i++) CHECK(out[i] == slow_compare(&keys[i], &probe));
    check_free(keys);
    check_free(out);
  }
}

enum { MOST = 200 };

static ts_version_record *any_records(size_t count) {
  ts_version_record *records = check_alloc(count * sizeof *records);
  ts_version_key base = any_key();
  memset(records, 0, count * sizeof *records);
  for (size_t i = 0; i < count; i++) {
    records[i].key = check_random_below(4) ? key_near(base) : any_key();
    records[i].flags = (uint32_t)check_random() & (uint32_t)check_random() & 15;
    records[i].unit = check_random_below(5) == 0;
    records[i].state = check_random_below(6);
    records[i].prerelease_bytes = check_random_below(5) == 0 ? 3 : 0;
    records[i].metadata_bytes = (uint16_t)check_random_below(2);
  }
  return records;
}

static void check_sorted(const ts_version_record *records, const uint32_t *indices, size_t count) {
  for (size_t i = 1; i < count; i++) {
    int order = slow_compare(&records[indices[i - 1]].key, &records[indices[i]].key);
    CHECK(order < 0 || (order == 0 && indices[i - 1] < indices[i]));
  }
}

static void merging(void) {
  for (int round = 0; round < 600; round++) {
    size_t count = check_random_below(60), left = count == 0 ? 0 : check_random_below((uint32_t)count + 1);
    ts_version_record *records = any_records(count);
    uint32_t *runs = check_alloc(count * 4), *out = check_alloc(count * 4),
             *expected = check_alloc(count * 4);
    for (uint32_t i = 0; i < count; i++) runs[i] = i;
    ts_version_sort(records, runs, left, out);
    ts_version_sort(records, runs + left, count - left, out);
    ts_version_merge_c(records, runs, left, runs + left, count - left, expected);
    CALL(ts_kernels.version_merge, P(records), P(runs), N(left), P(runs + left), N(count - left), P(out));
    if (count > 0) CHECK(memcmp(out, expected, count * 4) == 0);
    check_sorted(records, out, count);
    check_free(expected);
    check_free(out);
    check_free(runs);
    check_free(records);
  }
}

static void sorting(void) {
  for (int round = 0; round < 300; round++) {
    size_t count = check_random_below(MOST);
    ts_version_record *records = any_records(count);
    uint32_t *indices = check_alloc(count * 4), *scratch = check_alloc(count * 4);
    for (uint32_t i = 0; i < count; i++) indices[i] = i;
    ts_version_sort(records, indices, count, scratch);
    check_sorted(records, indices, count);
    check_free(scratch);
    check_free(indices);
    check_free(records);
  }
}

static int matches(const ts_version_record *record, const ts_version_range *ranges, size_t range_count,
                   const ts_version_filter *filter) {
  if (record->unit != filter->unit || record->prerelease_bytes > 0) return 0;
  if ((record->flags & filter->required) != filter->required) return 0;
  if ((record->flags & filter->excluded) != 0 || !(filter->states >> record->state & 1)) return 0;
  for (size_t i = 0; i < range_count; i++)
    if (slow_compare(&record->key, &ranges[i].low) >= 0 && slow_compare(&record->key, &ranges[i].high) <= 0)
      return 1;
  return 0;
}

static void finding_best(void) {
  for (int round = 0; round < 2000; round++) {
    size_t count = check_random_below(MOST), range_count = check_random_below(4);
    ts_version_record *records = any_records(count);
    ts_version_range *ranges = check_alloc(range_count * sizeof *ranges);
    ts_version_filter *filter = check_alloc(sizeof *filter);
    ts_version_range all = {{0, 0, 0, 0}, {UINT32_MAX, UINT32_MAX, UINT32_MAX, UINT32_MAX}};
    for (size_t i = 0; i < range_count; i++) {
      ts_version_range some = {any_key(), any_key()};
      ranges[i] = check_random_below(4) == 0 ? all : some;
    }
    filter->unit = 0;
    filter->required = check_random_below(2) ? 1u << check_random_below(4) : 0;
    filter->excluded = check_random_below(2) ? 1u << check_random_below(4) : 0;
    filter->states = check_random_below(3) ? 0x3f : (uint32_t)check_random();
    int64_t expected = -1;
    for (size_t i = 0; i < count; i++)
      if (matches(&records[i], ranges, range_count, filter) &&
          (expected < 0 || slow_compare(&records[i].key, &records[expected].key) >= 0))
        expected = (int64_t)i;
    CHECK((int64_t)CALL(ts_kernels.version_best, P(records), N(count), P(ranges), N(range_count),
                        P(filter)) == expected);
    check_free(filter);
    check_free(ranges);
    check_free(records);
  }
}

static void sealing(void) {
  for (int round = 0; round < 3000; round++) {
    ts_version_record *record = check_alloc(sizeof *record);
    check_random_fill(record, sizeof *record);
    uint64_t seed = check_random_below(4) ? check_random() : 0;
    uint32_t expected = (uint32_t)ts_hash64_c(record, offsetof(ts_version_record, state), seed);
    CHECK((uint32_t)CALL(ts_kernels.version_seal, P(record), N(seed)) == expected);
    check_free(record);
  }
}

static void integrity(void) {
  ts_version_record record;
  uint8_t tail[8];
  memset(&record, 0, sizeof record);
  check_random_fill(&record, offsetof(ts_version_record, prerelease_bytes));
  check_random_fill(tail, sizeof tail);
  record.prerelease_bytes = 4;
  record.metadata_bytes = 4;
  uint32_t whole = ts_version_integrity(&record, tail);
  record.state = TS_STATE_ACTIVE;
  record.sequence = 8;
  CHECK(ts_version_integrity(&record, tail) == whole);
  for (uint32_t bit = 0; bit < offsetof(ts_version_record, prerelease_bytes) * 8; bit++) {
    ((uint8_t *)&record)[bit / 8] ^= (uint8_t)(1 << bit % 8);
    CHECK(ts_version_integrity(&record, tail) != whole);
    ((uint8_t *)&record)[bit / 8] ^= (uint8_t)(1 << bit % 8);
  }
  tail[check_random_below(8)] ^= 1;
  CHECK(ts_version_integrity(&record, tail) != whole);
}

const check_case check_version[] = {
    {"version.compare", comparing},   {"version.compare-many", comparing_many},
    {"version.merge", merging},       {"version.sort", sorting},
    {"version.best", finding_best},   {"version.seal", sealing},
    {"version.integrity", integrity}, {NULL, NULL}};
