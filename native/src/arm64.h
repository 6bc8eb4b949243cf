/* The kernels of native/arm64, each the twin of a function of the same name that ends in _c. */
#ifndef TICKSWAP_SRC_ARM64_H
#define TICKSWAP_SRC_ARM64_H

#if defined(__aarch64__) && !defined(TICKSWAP_PORTABLE_ONLY)
#define TS_ARM64 1

#include "tickswap/kernels.h"

int ts_version_compare_neon(const ts_version_key *a, const ts_version_key *b);
void ts_version_compare_many_neon(const ts_version_key *probe, const ts_version_key *keys, size_t count,
                                  int8_t *out);
void ts_version_merge_neon(const ts_version_record *records, const uint32_t *left, size_t left_count,
                           const uint32_t *right, size_t right_count, uint32_t *out);
int64_t ts_version_best_neon(const ts_version_record *records, size_t count, const ts_version_range *ranges,
                             size_t range_count, const ts_version_filter *filter);
uint32_t ts_version_seal_neon(const ts_version_record *record, uint64_t seed);
size_t ts_hash_stripes_neon(uint64_t *lanes, const uint8_t *in, size_t stripes, const uint8_t *secret,
                            size_t position);
int64_t ts_first_non_finite_f32_neon(const void *data, size_t count);
int64_t ts_first_non_finite_f64_neon(const void *data, size_t count);
void ts_xor_neon(void *out, const void *a, const void *b, size_t bytes);
size_t ts_changed_pages_neon(const void *now, const void *before, size_t pages, uint32_t *out);
void ts_copy_neon(void *to, const void *from, size_t bytes);
void ts_copy_pages_neon(void *to, const void *from, const uint32_t *indices, size_t count);
int ts_word_take_llsc(uint32_t *word);
int ts_word_take_lse(uint32_t *word);
int ts_word_claim_llsc(uint32_t *word, uint32_t to);
int ts_word_claim_lse(uint32_t *word, uint32_t to);
uint32_t ts_word_swap_llsc(uint32_t *word, uint32_t to);
uint32_t ts_word_swap_lse(uint32_t *word, uint32_t to);
uint32_t ts_word_add_llsc(uint32_t *word, uint32_t more);
uint32_t ts_word_add_lse(uint32_t *word, uint32_t more);
int ts_pair_step_llsc(uint32_t *pair, uint32_t from_low, uint32_t from_high, uint32_t to_low,
                      uint32_t to_high);
int ts_pair_step_lse(uint32_t *pair, uint32_t from_low, uint32_t from_high, uint32_t to_low,
                     uint32_t to_high);

/* Whether this machine has the atomics of ARMv8.1. */
int ts_arm64_has_lse(void);

void ts_arm64_fill_neon(ts_kernel_table *table);
void ts_arm64_fill_llsc(ts_kernel_table *table);
void ts_arm64_fill_lse(ts_kernel_table *table);

#endif
#endif
