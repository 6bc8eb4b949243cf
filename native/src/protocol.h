/*
 * What makes the registry safe to read while it is written, apart from what is in it.
 * Written once over the operations of atomic.h; `make model-check` puts the C++ memory
 * model beneath them and searches the interleavings, of this text and of every variant
 * of it in which one ordering is weakened. Includes whichever atomic layer comes first.
 */
#ifndef TICKSWAP_SRC_PROTOCOL_H
#define TICKSWAP_SRC_PROTOCOL_H

/* ---- one writer at a time ---- */

static inline int ts_lock_take(ts_word *lock) {
  return ts_compare_swap_acquire(lock, 0, 1);
}

static inline void ts_lock_leave(ts_word *lock) {
  ts_store_release(lock, 0);
}

/* ---- things written once, then shown: names of units, counts ---- */

static inline void ts_show(ts_word *word, uint32_t value) {
  ts_store_release(word, value);
}

/* What is plain memory behind the value may be read. */
static inline uint32_t ts_see(const ts_word *word) {
  return ts_load_acquire(word);
}

/* ---- records that are rewritten under their readers ---- */

/* The words between begin and end are stored and loaded relaxed. Gives the odd sequence. */
static inline uint32_t ts_rewrite_begin(ts_word *sequence) {
  uint32_t odd = ts_load_relaxed(sequence) + 1;
  ts_store_relaxed(sequence, odd);
  ts_fence_release();
  return odd;
}

static inline void ts_rewrite_end(ts_word *sequence, uint32_t odd) {
  ts_store_release(sequence, odd + 1);
}

static inline uint32_t ts_look_begin(const ts_word *sequence) {
  return ts_load_acquire(sequence);
}

/* Whether the words loaded since `begin` gave `before` belong together. */
static inline int ts_look_was_whole(const ts_word *sequence, uint32_t before) {
  ts_fence_acquire();
  return before % 2 == 0 && ts_load_relaxed(sequence) == before;
}

/* ---- generations: three banks, of which a view reads one ---- */

/*
 * Each store releases the live generation with it: who reads a word of this bank
 * through a view too old for it then also sees how old the view is.
 */
static inline void ts_bank_store(ts_word *entry, uint32_t value) {
  ts_store_release(entry, value);
}

static inline uint32_t ts_bank_load(const ts_word *entry) {
  return ts_load_acquire(entry);
}

static inline int ts_generation_advance(ts_word *generation, uint32_t from, uint32_t to) {
  return ts_compare_swap_release(generation, from, to);
}

static inline uint32_t ts_generation_load(const ts_word *generation) {
  return ts_load_acquire(generation);
}

/* Two more generations, and the bank of this one is written again. */
static inline int ts_view_is_whole(const ts_word *generation, uint32_t viewed) {
  return ts_load_relaxed(generation) - viewed < 2;
}

/* ---- participants: who joins is waited for before a record is reused ---- */

/* A participant's slot: 0 when nobody has it, else the generation it views, plus 1. */
static inline int ts_participant_join(ts_word *slot, const ts_word *generation) {
  if (!ts_compare_swap_relaxed(slot, 0, ts_load_relaxed(generation) + 1)) return 0;
  /* A writer that did not see the slot yet may have reused what older generations show;
     either it sees it now, or the next boundary here sees its generation. */
  ts_fence_full();
  return 1;
}

/* A boundary: gives the generation to view from here. Writes only when it is another one. */
static inline uint32_t ts_participant_tick(ts_word *slot, const ts_word *generation) {
  uint32_t now = ts_generation_load(generation);
  if (ts_load_relaxed(slot) != now + 1) ts_store_release(slot, now + 1);
  return now;
}

static inline void ts_participant_leave(ts_word *slot) {
  ts_store_release(slot, 0);
}

/* The writer's, before it asks about the slots, after the generation that it loaded. */
static inline void ts_participants_begin(void) {
  ts_fence_full();
}

/* Whether nobody in this slot can still see what only generations before `from` show. */
static inline int ts_participant_is_past(const ts_word *slot, uint32_t from) {
  uint32_t held = ts_load_acquire(slot);
  return held == 0 || held - 1 >= from;
}

#endif
