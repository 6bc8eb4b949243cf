#include <string.h>

#include "check.h"
#include "tickswap/arena.h"
#include "tickswap/hash.h"
#include "tickswap/kernels.h"

static float bad_f32(void) {
  uint32_t bits = 0x7f800000 | (uint32_t)check_random_below(2) << 31;
  if (check_random_below(2)) bits |= (uint32_t)check_random() & 0x007fffff;
  float value;
  memcpy(&value, &bits, sizeof value);
  return value;
}

static double bad_f64(void) {
  uint64_t bits = UINT64_C(0x7ff0000000000000) | (uint64_t)check_random_below(2) << 63;
  if (check_random_below(2)) bits |= check_random() & UINT64_C(0x000fffffffffffff);
  double value;
  memcpy(&value, &bits, sizeof value);
  return value;
}

/* Any finite value: largest, smallest, subnormal and zero among them. */
static float good_f32(void) {
  uint32_t bits = (uint32_t)check_random();
  if ((bits & 0x7f800000) == 0x7f800000) bits &= ~UINT32_C(0x00800000);
  float value;
  memcpy(&value, &bits, sizeof value);
  return value;
}

static double good_f64(void) {
  uint64_t bits = check_random();
  if ((bits >> 52 & 0x7ff) == 0x7ff) bits &= ~(UINT64_C(1) << 52);
  double value;
  memcpy(&value, &bits, sizeof value);
  return value;
}

static int64_t first_f32(const void *data, size_t count) {
  return (int64_t)CALL(ts_kernels.first_non_finite_f32, P(data), N(count));
}

static int64_t first_f64(const void *data, size_t count) {
  return (int64_t)CALL(ts_kernels.first_non_finite_f64, P(data), N(count));
}

enum { MOST = 400 };

/* Misaligned, with a bad value just before the range, and sometimes one or two in it. */
static void scanning_f32(void) {
  for (int round = 0; round < 1500; round++) {
    uint32_t count = check_random_below(MOST), shift = check_random_below(8);
    uint8_t *memory = check_alloc(4 + (size_t)count * 4 + shift), *at = memory + 4;
    float guard = bad_f32();
    for (uint32_t i = 0; i < count; i++) {
      float value = good_f32();
      memcpy(at + i * 4, &value, 4);
    }
    memcpy(at - 4, &guard, 4);
    memset(at + count * 4, 0xff, shift);
    CHECK(first_f32(at, count) == -1);
    int64_t first = -1;
    for (uint32_t bad = check_random_below(3); count > 0 && bad > 0; bad--) {
      uint32_t place = check_random_below(count);
      float value = bad_f32();
      memcpy(at + place * 4, &value, 4);
      if (first < 0 || place < first) first = place;
    }
    CHECK(first_f32(at, count) == first);
    check_free(memory);
  }
}

static void scanning_f64(void) {
  for (int round = 0; round < 1500; round++) {
    uint32_t count = check_random_below(MOST), shift = check_random_below(8);
    uint8_t *memory = check_alloc(8 + (size_t)count * 8 + shift), *at = memory + 8;
    double guard = bad_f64();
    for (uint32_t i = 0; i < count; i++) {
      double value = good_f64();
      memcpy(at + i * 8, &value, 8);
    }
    memcpy(at - 8, &guard, 8);
    memset(at + count * 8, 0xff, shift);
    CHECK(first_f64(at, count) == -1);
    int64_t first = -1;
    for (uint32_t bad = check_random_below(3); count > 0 && bad > 0; bad--) {
      uint32_t place = check_random_below(count);
      double value = bad_f64();
      memcpy(at + place * 8, &value, 8);
      if (first < 0 || place < first) first = place;
    }
    CHECK(first_f64(at, count) == first);
    check_free(memory);
  }
}

static void empty(void) {
  CHECK(first_f32(NULL, 0) == -1);
  CHECK(first_f64(NULL, 0) == -1);
  CALL(ts_kernels.xor_bytes, P(NULL), P(NULL), P(NULL), N(0));
  CHECK(CALL(ts_kernels.changed_pages, P(NULL), P(NULL), N(0), P(NULL)) == 0);
}

/* The delta of two states gives each from the other, also in place. */
static void deltas(void) {
  for (int round = 0; round < 800; round++) {
    size_t bytes = check_random_below(500), shift = check_random_below(17);
    uint8_t *a = check_alloc(bytes), *b = check_alloc(bytes + shift), *delta = check_alloc(bytes);
    check_random_fill(a, bytes);
    check_random_fill(b, bytes + shift);
    CALL(ts_kernels.xor_bytes, P(delta), P(a), P(b), N(bytes));
    for (size_t i = 0; i < bytes; i++) CHECK(delta[i] == (a[i] ^ b[i]));
    CALL(ts_kernels.xor_bytes, P(delta), P(delta), P(a), N(bytes));
    if (bytes > 0) CHECK(memcmp(delta, b, bytes) == 0);
    check_free(delta);
    check_free(b);
    check_free(a);
  }
}

static void copies(void) {
  CALL(ts_kernels.copy, P(NULL), P(NULL), N(0));
  for (int round = 0; round < 800; round++) {
    size_t bytes = check_random_below(round % 8 ? 300 : 5000), shift = check_random_below(17);
    uint8_t *from = check_alloc(bytes + shift), *to = check_alloc(bytes), after[16] = {0};
    check_random_fill(from, bytes + shift);
    CALL(ts_kernels.copy, P(to), P(from), N(bytes));
    if (bytes > 0) CHECK(memcmp(to, from, bytes) == 0);
    size_t part = bytes < 40 ? 0 : bytes - 40;
    memset(to, 0, bytes);
    CALL(ts_kernels.copy, P(to), P(from + shift), N(part));
    if (part > 0) CHECK(memcmp(to, from + shift, part) == 0);
    if (part > 0) CHECK(memcmp(to + part, after, sizeof after) == 0);
    check_free(to);
    check_free(from);
  }
}

enum { PAGES = 12 };

/* `now` differs from `before` in random places of random pages, in one bit each. */
static uint32_t change(uint8_t *now, uint32_t *expected) {
  uint32_t changed = 0;
  for (uint32_t page = 0; page < PAGES; page++) {
    if (check_random_below(2)) continue;
    uint32_t edge = check_random_below(4);
    uint32_t at = edge == 0 ? 0 : edge == 1 ? TS_PAGE_BYTES - 1 : check_random_below(TS_PAGE_BYTES);
    now[page * TS_PAGE_BYTES + at] ^= (uint8_t)(1 << check_random_below(8));
    expected[changed++] = page;
  }
  return changed;
}

static void changes(void) {
  uint8_t *now = check_alloc(PAGES * TS_PAGE_BYTES), *before = check_alloc(PAGES * TS_PAGE_BYTES + 3);
  uint64_t hashes[PAGES];
  check_random_fill(now, PAGES * TS_PAGE_BYTES);
  memcpy(before, now, PAGES * TS_PAGE_BYTES);
  ts_hash_pages(now, PAGES, hashes);
  for (int round = 0; round < 200; round++) {
    uint32_t expected[PAGES], found[PAGES];
    uint32_t count = change(now, expected);
    uint32_t *out = check_alloc(PAGES * 4);
    CHECK(CALL(ts_kernels.changed_pages, P(now), P(before), N(PAGES), P(out)) == count);
    CHECK(memcmp(out, expected, count * 4) == 0);
    CHECK(ts_rehash_pages(now, PAGES, hashes, found) == count);
    CHECK(memcmp(found, expected, count * 4) == 0);
    CALL(ts_kernels.copy_pages, P(before), P(now), P(out), N(count));
    CHECK(memcmp(before, now, PAGES * TS_PAGE_BYTES) == 0);
    check_free(out);
  }
  check_free(before);
  check_free(now);
}

static void snapshots(void) {
  enum { SLOT = 1000, SLOTS = 3 };
  static uint8_t memory[SLOT * SLOTS + 10], state[SLOT];
  ts_ring ring;
  CHECK(ts_ring_open(&ring, memory, SLOT - 1, SLOT) == TS_E_ARGUMENT);
  CHECK(ts_ring_open(&ring, memory, SLOT, 0) == TS_E_ARGUMENT);
  CHECK(ts_ring_open(&ring, NULL, SLOT, SLOT) == TS_E_ARGUMENT);
  CHECK(ts_ring_open(&ring, memory, sizeof memory, SLOT) == TS_OK && ring.slots == SLOTS);
  CHECK(ts_ring_at(&ring, 0) == NULL && ts_ring_at(&ring, 1) == NULL);
  for (uint64_t serial = 1; serial < 50; serial++) {
    memset(state, (int)serial, SLOT);
    CHECK(ts_ring_take(&ring, state) == serial);
    for (uint64_t age = 0; age < 5; age++) {
      const uint8_t *at = ts_ring_at(&ring, serial - age);
      CHECK((at != NULL) == (age < SLOTS && age < serial));
      if (at != NULL) CHECK(at[0] == serial - age && at[SLOT - 1] == serial - age);
      if (age == serial) break;
    }
  }
}

const check_case check_arena[] = {{"arena.f32", scanning_f32}, {"arena.f64", scanning_f64},
                                  {"arena.empty", empty},      {"arena.xor", deltas},
                                  {"arena.copy", copies},      {"arena.changes", changes},
                                  {"arena.ring", snapshots},   {NULL, NULL}};
