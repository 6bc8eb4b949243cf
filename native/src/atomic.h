/*
 * The atomic operations the shared structures are written in: 32-bit words only,
 * each with its ordering in its name. Everything that threads share goes through
 * these, so that another set can be put beneath for model checking.
 */
#ifndef TICKSWAP_SRC_ATOMIC_H
#define TICKSWAP_SRC_ATOMIC_H

#include <stdint.h>

typedef uint32_t ts_word;

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

/* From `from` to `to`, in one step; 0 when the word held something else. */
static inline int ts_compare_swap_acquire(uint32_t *word, uint32_t from, uint32_t to) {
  return __atomic_compare_exchange_n(word, &from, to, 0, __ATOMIC_ACQUIRE, __ATOMIC_RELAXED);
}

static inline int ts_compare_swap_relaxed(uint32_t *word, uint32_t from, uint32_t to) {
  return __atomic_compare_exchange_n(word, &from, to, 0, __ATOMIC_RELAXED, __ATOMIC_RELAXED);
}

static inline int ts_compare_swap_release(uint32_t *word, uint32_t from, uint32_t to) {
  return __atomic_compare_exchange_n(word, &from, to, 0, __ATOMIC_RELEASE, __ATOMIC_RELAXED);
}

static inline uint32_t ts_add_relaxed(uint32_t *word, uint32_t more) {
  return __atomic_fetch_add(word, more, __ATOMIC_RELAXED);
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
