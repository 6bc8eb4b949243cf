/*
 * The atomic operations the shared structures are written in: 32-bit words, and pairs of
 * them, each with its ordering in its name. Everything that threads share goes through
 * these, so that another set can be put beneath for model checking. Loads and stores are
 * the compiler's; the steps that read and write at once are kernels, because arm64 has
 * them in two forms.
 */
#ifndef TICKSWAP_SRC_ATOMIC_H
#define TICKSWAP_SRC_ATOMIC_H

#include <stdint.h>

#include "tickswap/kernels.h"

typedef uint32_t ts_word;

/* Two words that change in one step; the low one is read by itself as well. Aligned to 8. */
typedef uint32_t ts_pair;

static inline uint32_t ts_load_relaxed(const uint32_t *word) {
  return __atomic_load_n(word, __ATOMIC_RELAXED);
}

static inline uint32_t ts_load_acquire(const uint32_t *word) {
  return __atomic_load_n(word, __ATOMIC_ACQUIRE);
}

static inline void ts_store_relaxed(uint32_t *word, uint32_t value) {
  __atomic_store_n(word, value, __ATOMIC_RELAXED);
}

static inline void ts_store_release(uint32_t *word, uint32_t value) {
  __atomic_store_n(word, value, __ATOMIC_RELEASE);
}

/* From 0 to 1, in one step; 0 when the word held something else. */
static inline int ts_take_acquire(uint32_t *word) {
  return ts_kernels.word_take(word);
}

/* From 0 to `to`, in one step; 0 when the word held something else. */
static inline int ts_claim_relaxed(uint32_t *word, uint32_t to) {
  return ts_kernels.word_claim(word, to);
}

/* Gives what the word held. */
static inline uint32_t ts_swap_release(uint32_t *word, uint32_t to) {
  return ts_kernels.word_swap(word, to);
}

static inline uint32_t ts_add_relaxed(uint32_t *word, uint32_t more) {
  return ts_kernels.word_add(word, more);
}

static inline uint32_t ts_pair_low_relaxed(const uint32_t *pair) {
  return ts_load_relaxed(pair);
}

static inline uint32_t ts_pair_low_acquire(const uint32_t *pair) {
  return ts_load_acquire(pair);
}

static inline uint32_t ts_pair_high_relaxed(const uint32_t *pair) {
  return ts_load_relaxed(pair + 1);
}

/* Both words from what they are given to be, in one step; 0 when one of them was not. */
static inline int ts_pair_step_release(uint32_t *pair, uint32_t from_low, uint32_t from_high, uint32_t to_low,
                                       uint32_t to_high) {
  return ts_kernels.pair_step(pair, from_low, from_high, to_low, to_high);
}

/* There is one form of the step; it orders more than is asked for here. */
static inline int ts_pair_step_relaxed(uint32_t *pair, uint32_t from_low, uint32_t from_high, uint32_t to_low,
                                       uint32_t to_high) {
  return ts_kernels.pair_step(pair, from_low, from_high, to_low, to_high);
}

static inline void ts_fence_acquire(void) {
  __atomic_thread_fence(__ATOMIC_ACQUIRE);
}

static inline void ts_fence_release(void) {
  __atomic_thread_fence(__ATOMIC_RELEASE);
}

/* Orders everything before it with everything after it, for all threads alike. */
static inline void ts_fence_full(void) {
  __atomic_thread_fence(__ATOMIC_SEQ_CST);
}

#endif
