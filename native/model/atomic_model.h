// atomic.h for the model checker: the same operations, on words that Relacy watches.
#ifndef TICKSWAP_MODEL_ATOMIC_H
#define TICKSWAP_MODEL_ATOMIC_H

#include <relacy/relacy.hpp>

#include <cstdint>

using ts_word = rl::atomic<uint32_t>;

inline uint32_t ts_load_relaxed(const ts_word *word) {
  return word->load(rl::mo_relaxed, RL_INFO);
}

inline uint32_t ts_load_acquire(const ts_word *word) {
  return word->load(rl::mo_acquire, RL_INFO);
}

inline void ts_store_relaxed(ts_word *word, uint32_t value) {
  word->store(value, rl::mo_relaxed, RL_INFO);
}

inline void ts_store_release(ts_word *word, uint32_t value) {
  word->store(value, rl::mo_release, RL_INFO);
}

inline int ts_compare_swap(ts_word *word, uint32_t from, uint32_t to, rl::memory_order order) {
  return word->compare_exchange_strong(from, to, order, RL_INFO, rl::mo_relaxed, RL_INFO);
}

inline int ts_compare_swap_acquire(ts_word *word, uint32_t from, uint32_t to) {
  return ts_compare_swap(word, from, to, rl::mo_acquire);
}

inline int ts_compare_swap_release(ts_word *word, uint32_t from, uint32_t to) {
  return ts_compare_swap(word, from, to, rl::mo_release);
}

inline int ts_compare_swap_relaxed(ts_word *word, uint32_t from, uint32_t to) {
  return ts_compare_swap(word, from, to, rl::mo_relaxed);
}

inline void ts_fence_acquire() {
  rl::atomic_thread_fence(rl::mo_acquire, RL_INFO);
}

inline void ts_fence_release() {
  rl::atomic_thread_fence(rl::mo_release, RL_INFO);
}

inline void ts_fence_full() {
  rl::atomic_thread_fence(rl::mo_seq_cst, RL_INFO);
}

inline void ts_fence_none() {
}

#endif
