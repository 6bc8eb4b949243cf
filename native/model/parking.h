/*
 * How participants stand still while one of them copies what all of them write: the
 * orderings that src/swap/rendezvous.ts needs from the board. There they are JavaScript's
 * atomics, which order more than is asked for here.
 */
#ifndef TICKSWAP_MODEL_PARKING_H
#define TICKSWAP_MODEL_PARKING_H

/* What this member wrote in its tick is behind its arrival. */
static inline void ts_park_arrive(ts_word *arrived, uint32_t round) {
  ts_store_release(arrived, round);
}

static inline int ts_park_has_arrived(const ts_word *arrived, uint32_t round) {
  return ts_load_acquire(arrived) == round;
}

/* One of those that see all arrived leads: what they wrote is ordered by their arrivals. */
static inline int ts_park_lead(ts_word *leader) {
  return ts_claim_relaxed(leader, 1);
}

/* The leader has read and written what it wanted. */
static inline void ts_park_let_go(ts_word *passed, uint32_t round) {
  ts_store_release(passed, round);
}

static inline int ts_park_may_go(const ts_word *passed, uint32_t round) {
  return ts_load_acquire(passed) == round;
}

#endif
