/* Times the kernels, and repeats one of them for whoever counts its instructions. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "check.h"
#include "tickswap/arena.h"
#include "tickswap/hash.h"
#include "tickswap/kernels.h"

enum { KEYS = 4096, BYTES = 1 << 18 };

static ts_version_key keys[KEYS];
static ts_version_record records[KEYS];
static uint32_t runs[KEYS], indices[KEYS], merged[KEYS];
static uint64_t hashes[BYTES / TS_PAGE_BYTES];
static uint8_t left[BYTES], right[BYTES], delta[BYTES];
static uint32_t words[KEYS];
static _Alignas(8) uint32_t pairs[KEYS][2];
static volatile uint64_t sink;

static void set_up(void) {
  for (int i = 0; i < KEYS; i++) {
    keys[i] = (ts_version_key){check_random_below(9), check_random_below(40), check_random_below(40),
                               check_random_below(1000)};
    records[i].key = keys[i];
    records[i].state = TS_STATE_CANDIDATE;
    runs[i] = (uint32_t)i;
  }
  ts_version_sort(records, runs, KEYS / 2, merged);
  ts_version_sort(records, runs + KEYS / 2, KEYS / 2, merged);
  for (int i = 0; i < BYTES; i++) left[i] = right[i] = (uint8_t)(check_random() & 0x3f);
}

static void compare_one(void) {
  int sum = 0;
  for (int i = 1; i < KEYS; i++) sum += ts_kernels.version_compare(&keys[i - 1], &keys[i]);
  sink = (uint64_t)(int64_t)sum;
}

static void compare_many(void) {
  ts_kernels.version_compare_many(&keys[7], keys, KEYS, (int8_t *)delta);
}

static void merge(void) {
  ts_kernels.version_merge(records, runs, KEYS / 2, runs + KEYS / 2, KEYS / 2, merged);
}

static void best(void) {
  ts_version_range range = {{3, 2, 0, 0}, {3, UINT32_MAX, UINT32_MAX, UINT32_MAX}};
  ts_version_filter filter = {0, 0, 0, 0x3f};
  sink = (uint64_t)ts_kernels.version_best(records, KEYS, &range, 1, &filter);
}

static void sort(void) {
  for (uint32_t i = 0; i < KEYS; i++) indices[i] = i;
  ts_version_sort(records, indices, KEYS, merged);
}

static void seal(void) {
  uint32_t sum = 0;
  for (int i = 0; i < KEYS; i++) sum += ts_kernels.version_seal(&records[i], (uint64_t)i);
  sink = sum;
}

static void hash(void) {
  sink = ts_hash64(left, BYTES, 0);
}

static void hash_pages(void) {
  ts_hash_pages(left, BYTES / TS_PAGE_BYTES, hashes);
}

static void rehash_pages(void) {
  sink = ts_rehash_pages(left, BYTES / TS_PAGE_BYTES, hashes, merged);
}

static void finite_f32(void) {
  sink = (uint64_t)ts_kernels.first_non_finite_f32(left, BYTES / 4);
}

static void finite_f64(void) {
  sink = (uint64_t)ts_kernels.first_non_finite_f64(left, BYTES / 8);
}

static void xor_all(void) {
  ts_kernels.xor_bytes(delta, left, right, BYTES);
}

static void changed(void) {
  sink = ts_kernels.changed_pages(left, right, BYTES / TS_PAGE_BYTES, merged);
}

static void copy(void) {
  ts_kernels.copy(delta, left, BYTES);
}

/* Every other page. */
static void copy_pages(void) {
  for (uint32_t i = 0; i < BYTES / TS_PAGE_BYTES / 2; i++) merged[i] = 2 * i;
  ts_kernels.copy_pages(delta, left, merged, BYTES / TS_PAGE_BYTES / 2);
}

/* Steps on words that nobody else uses: each finds what it wants. */
static void take(void) {
  uint32_t taken = 0;
  for (int i = 0; i < KEYS; i++) taken += (uint32_t)ts_kernels.word_take(&words[i]);
  memset(words, 0, sizeof words);
  sink = taken;
}

static void claim(void) {
  uint32_t claimed = 0;
  for (uint32_t i = 0; i < KEYS; i++) claimed += (uint32_t)ts_kernels.word_claim(&words[i], i + 1);
  memset(words, 0, sizeof words);
  sink = claimed;
}

static void swap(void) {
  uint32_t sum = 0;
  for (uint32_t i = 0; i < KEYS; i++) sum += ts_kernels.word_swap(&words[i], 0);
  sink = sum;
}

static void add(void) {
  uint32_t sum = 0;
  for (uint32_t i = 0; i < KEYS; i++) sum += ts_kernels.word_add(&words[i], 0);
  sink = sum;
}

static void step_pairs(void) {
  uint32_t stepped = 0;
  for (int i = 0; i < KEYS; i++) stepped += (uint32_t)ts_kernels.pair_step(pairs[i], 0, 0, 0, 0);
  sink = stepped;
}

static const struct bench {
  const char *name, *unit;
  uint64_t elements;
  void (*run)(void);
} BENCHES[] = {
    {"version.compare", "compare", KEYS - 1, compare_one},
    {"version.compare-many", "key", KEYS, compare_many},
    {"version.merge", "index", KEYS, merge},
    {"version.best", "record", KEYS, best},
    {"version.sort", "record", KEYS, sort},
    {"version.seal", "record", KEYS, seal},
    {"hash.stripes", "byte", BYTES, hash},
    {"hash.pages", "byte", BYTES, hash_pages},
    {"hash.rehash-pages", "byte", BYTES, rehash_pages},
    {"arena.f32", "float", BYTES / 4, finite_f32},
    {"arena.f64", "double", BYTES / 8, finite_f64},
    {"arena.xor", "byte", BYTES, xor_all},
    {"arena.changed", "byte", BYTES, changed},
    {"arena.copy", "byte", BYTES, copy},
    {"arena.copy-pages", "byte", BYTES / 2, copy_pages},
    {"word.take", "step", KEYS, take},
    {"word.claim", "step", KEYS, claim},
    {"word.swap", "step", KEYS, swap},
    {"word.add", "step", KEYS, add},
    {"pair.step", "step", KEYS, step_pairs},
};

enum { COUNT = sizeof BENCHES / sizeof BENCHES[0], SAMPLES = 25, ROUNDS = 8 };

static double seconds(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

static int compare_doubles(const void *a, const void *b) {
  double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

/* Median nanoseconds for an element. */
static double measure(const struct bench *bench) {
  double samples[SAMPLES];
  for (int i = 0; i < SAMPLES; i++) {
    double start = seconds();
    for (int k = 0; k < ROUNDS; k++) bench->run();
    samples[i] = (seconds() - start) * 1e9 / ROUNDS / (double)bench->elements;
  }
  qsort(samples, SAMPLES, sizeof samples[0], compare_doubles);
  return samples[SAMPLES / 2];
}

void check_bench(const char *only) {
  ts_kernel_table chosen = ts_kernels;
  set_up();
  for (int b = 0; b < COUNT; b++) {
    if (only != NULL && strcmp(only, BENCHES[b].name) != 0) continue;
    printf("%-22s ns/%-8s", BENCHES[b].name, BENCHES[b].unit);
    for (size_t i = 0; ts_kernels_available(i) != NULL; i++) {
      if (ts_kernels_choose(ts_kernels_available(i)) != TS_OK) continue;
      printf("  %s %.3f", ts_kernels.implementation, measure(&BENCHES[b]));
    }
    printf("\n");
  }
  ts_kernels = chosen;
}

int check_repeat(const char *name, uint64_t rounds) {
  set_up();
  for (int b = 0; b < COUNT; b++) {
    if (strcmp(BENCHES[b].name, name) != 0) continue;
    for (uint64_t i = 0; i < rounds; i++) BENCHES[b].run();
    printf("%llu\n", (unsigned long long)BENCHES[b].elements);
    return 0;
  }
  fprintf(stderr, "no kernel is called %s\n", name);
  return 2;
}
