#include <string.h>

#include "check.h"
#include "tickswap/kernels.h"

/* Few distinct values, at the edges of signed and unsigned comparison, so that ties are common. */
static uint32_t part(void) {
  static const uint32_t edges[] = {0, 1, 2, 0x7fffffff, 0x80000000, 0xfffffffe, 0xffffffff};
  uint32_t pick = check_random_below(9);
  return pick < 7 ? edges[pick] : (uint32_t)check_random();
}

static int slow_compare(const ts_version_key *a, const ts_version_key *b) {
  uint32_t left[] = {a->major, a->minor, a->patch, a->build};
  uint32_t right[] = {b->major, b->minor, b->patch, b->build};
  for (int i = 0; i < 4; i++)
    if (left[i] != right[i]) return left[i] < right[i] ? -1 : 1;
  return 0;
}

static void comparing(void) {
  for (int i = 0; i < 200000; i++) {
    ts_version_key a = {part(), part(), part(), part()}, b = a;
    uint32_t changed = check_random_below(5);
    if (changed == 0) b.major = part();
    if (changed <= 1) b.minor = part();
    if (changed <= 2) b.patch = part();
    if (changed <= 3) b.build = part();
    int expected = slow_compare(&a, &b);
    CHECK(ts_kernels.version_compare(&a, &b) == expected);
    CHECK(ts_kernels.version_compare(&b, &a) == -expected);
    CHECK(ts_kernels.version_compare(&a, &a) == 0);
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
    {"version.compare", comparing}, {"version.integrity", integrity}, {NULL, NULL}};
