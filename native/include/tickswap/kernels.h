#ifndef TICKSWAP_KERNELS_H
#define TICKSWAP_KERNELS_H

#include "registry.h"
#include "words.h"

#ifdef __cplusplus
extern "C" {
#endif

/*
 * The functions that exist in more than one implementation, each documented at its
 * `_c` form. The table holds the portable ones until ts_kernels_choose.
 *
 *   c     portable C, on every machine
 *   neon  arm64: vector kernels by hand; shared words as the C compiler has them
 *   llsc  arm64: the same, and shared words by load and store exclusive
 *   lse   arm64: the same, and shared words by the atomics of ARMv8.1, where there are
 */
typedef struct ts_kernel_table {
  const char *implementation;
  int (*version_compare)(const ts_version_key *a, const ts_version_key *b);
  void (*version_compare_many)(const ts_version_key *probe, const ts_version_key *keys, size_t count,
                               int8_t *out);
  void (*version_merge)(const ts_version_record *records, const uint32_t *left, size_t left_count,
                        const uint32_t *right, size_t right_count, uint32_t *out);
  int64_t (*version_best)(const ts_version_record *records, size_t count, const ts_version_range *ranges,
                          size_t range_count, const ts_version_filter *filter);
  uint32_t (*version_seal)(const ts_version_record *record, uint64_t seed);
  size_t (*hash_stripes)(uint64_t *lanes, const uint8_t *in, size_t stripes, const uint8_t *secret,
                         size_t position);
  int64_t (*first_non_finite_f32)(const void *data, size_t count);
  int64_t (*first_non_finite_f64)(const void *data, size_t count);
  void (*xor_bytes)(void *out, const void *a, const void *b, size_t bytes);
  size_t (*changed_pages)(const void *now, const void *before, size_t pages, uint32_t *out);
  void (*copy)(void *to, const void *from, size_t bytes);
  void (*copy_pages)(void *to, const void *from, const uint32_t *indices, size_t count);
  int (*word_take)(uint32_t *word);
  int (*word_claim)(uint32_t *word, uint32_t to);
  uint32_t (*word_swap)(uint32_t *word, uint32_t to);
  uint32_t (*word_add)(uint32_t *word, uint32_t more);
  int (*pair_step)(uint32_t *pair, uint32_t from_low, uint32_t from_high, uint32_t to_low, uint32_t to_high);
} ts_kernel_table;

extern ts_kernel_table ts_kernels;

/*
 * Fills the table with the implementation called `forced`, or with the best one
 * this machine runs when `forced` is null or empty. Call it once, before any
 * other thread uses the table: it is the only function here that writes it.
 * TS_E_IMPL_UNKNOWN: this build has no such implementation, or this machine cannot
 * run it; the table is unchanged.
 */
ts_status ts_kernels_choose(const char *forced);

/* The implementations this machine runs, best last: the name of number `index`, null past the end. */
const char *ts_kernels_available(size_t index);

/*
 * Number `index` of the kernels, by its name in the table, and whose form of it the table
 * holds: the first implementation that has this very function. Gives 0 past the end, 1
 * otherwise. `kernel`, `implementation`: not null; set to text that lives for ever.
 */
int ts_kernels_describe(size_t index, const char **kernel, const char **implementation);

#ifdef __cplusplus
}
#endif
#endif
