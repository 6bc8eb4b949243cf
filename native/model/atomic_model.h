// atomic.h for the model checker: the same operations, on words that Relacy watches.
#ifndef TICKSWAP_MODEL_ATOMIC_H
#define TICKSWAP_MODEL_ATOMIC_H

#include <relacy/relacy.hpp>

#include <cstdint>

using ts_word = rl::atomic<uint32_t>;
using ts_pair = rl::atomic<uint64_t>; // the low word in its low half

inline uint64_t both(uint32_t low, uint32_t high) {
  return uint64_t(high) << 32 | low;
}

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

inline int ts_claim(ts_word *word, uint32_t to, rl::memory_order order) {
  uint32_t from = 0;
  return word->compare_exchange_strong(from, to, order, RL_INFO, rl::mo_relaxed, RL_INFO);
}

inline int ts_take_acquire(ts_word *word) {
  return ts_claim(word, 1, rl::mo_acquire);
}

inline int ts_take_relaxed(ts_word *word) {
  return ts_claim(word, 1, rl::mo_relaxed);
}

inline int ts_claim_relaxed(ts_word *word, uint32_t to) {
  return ts_claim(word, to, rl::mo_relaxed);
}

inline uint32_t ts_swap_release(ts_word *word, uint32_t to) {
  return word->exchange(to, rl::mo_release, RL_INFO);
}

inline uint32_t ts_swap_relaxed(ts_word *word, uint32_t to) {
  return word->exchange(to, rl::mo_relaxed, RL_INFO);
}

inline uint32_t ts_pair_low_relaxed(const ts_pair *pair) {
  return uint32_t(pair->load(rl::mo_relaxed, RL_INFO));
}

inline uint32_t ts_pair_low_acquire(const ts_pair *pair) {
  return uint32_t(pair->load(rl::mo_acquire, RL_INFO));
}

inline uint32_t ts_pair_high_relaxed(const ts_pair *pair) {
  return uint32_t(pair->load(rl::mo_relaxed, RL_INFO) >> 32);
}

inline int ts_pair_step(ts_pair *pair, uint64_t from, uint64_t to, rl::memory_order order) {
  return pair->compare_exchange_strong(from, to, order, RL_INFO, rl::mo_relaxed, RL_INFO);
}

inline int ts_pair_step_release(ts_pair *pair, uint32_t from_low, uint32_t from_high, uint32_t to_low,
                                uint32_t to_high) {
  return ts_pair_step(pair, both(from_low, from_high), both(to_low, to_high), rl::mo_release);
}

inline int ts_pair_step_relaxed(ts_pair *pair, uint32_t from_low, uint32_t from_high, uint32_t to_low,
                                uint32_t to_high) {
  return ts_pair_step(pair, both(from_low, from_high), both(to_low, to_high), rl::mo_relaxed);
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
