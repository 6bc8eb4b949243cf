#include <stdlib.h>
#include <string.h>

#include "check.h"
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

enum { MOST = 400 };

/* Misaligned, in memory of exactly the length, with bad values on both sides of the range. */
static void scanning_f32(void) {
  for (int round = 0; round < 4000; round++) {
    uint32_t count = check_random_below(MOST), shift = check_random_below(8);
    uint8_t *memory = malloc(shift + (size_t)count * 4 + 8), *at = memory + shift + 4;
    float guard = bad_f32();
    CHECK(memory != NULL);
    for (uint32_t i = 0; i < count; i++) {
      float value = good_f32();
      memcpy(at + i * 4, &value, 4);
    }
    memcpy(at - 4, &guard, 4);
    memcpy(at + count * 4, &guard, 4);
    CHECK(ts_kernels.first_non_finite_f32(at, count) == -1);
    int64_t first = -1;
    for (uint32_t bad = check_random_below(3); count > 0 && bad > 0; bad--) {
      uint32_t place = check_random_below(count);
      float value = bad_f32();
      memcpy(at + place * 4, &value, 4);
      if (first < 0 || place < first) first = place;
    }
    CHECK(ts_kernels.first_non_finite_f32(at, count) == first);
    free(memory);
  }
}

static void scanning_f64(void) {
  for (int round = 0; round < 4000; round++) {
    uint32_t count = check_random_below(MOST), shift = check_random_below(8);
    uint8_t *memory = malloc(shift + (size_t)count * 8 + 16), *at = memory + shift + 8;
    double guard = bad_f64();
    CHECK(memory != NULL);
    for (uint32_t i = 0; i < count; i++) {
      double value = good_f64();
      memcpy(at + i * 8, &value, 8);
    }
    memcpy(at - 8, &guard, 8);
    memcpy(at + count * 8, &guard, 8);
    CHECK(ts_kernels.first_non_finite_f64(at, count) == -1);
    int64_t first = -1;
    for (uint32_t bad = check_random_below(3); count > 0 && bad > 0; bad--) {
      uint32_t place = check_random_below(count);
      double value = bad_f64();
      memcpy(at + place * 8, &value, 8);
      if (first < 0 || place < first) first = place;
    }
    CHECK(ts_kernels.first_non_finite_f64(at, count) == first);
    free(memory);
  }
}

static void empty(void) {
  CHECK(ts_kernels.first_non_finite_f32(NULL, 0) == -1);
  CHECK(ts_kernels.first_non_finite_f64(NULL, 0) == -1);
}

const check_case check_arena[] = {
    {"arena.f32", scanning_f32}, {"arena.f64", scanning_f64}, {"arena.empty", empty}, {NULL, NULL}};
