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
  return ts_take_acquire(lock);
}

static inline void ts_lock_leave(ts_word *lock) {
  ts_store_release(lock, 0);
}

/* ---- things written once, then shown: names of units, counts, what a growth adds ---- */

static inline void ts_show(ts_word *word, uint32_t value) {
  ts_store_release(word, value);
}

/* What is plain memory behind the value may be read. */
static inline uint32_t ts_see(const ts_word *word) {
  return ts_load_acquire(word);
}

/* ---- records that are rewritten under their readers, one by one and as a column ---- */

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

/*
 * The live generation and the staged one are one pair. Only the writer stages and takes
 * back, and whoever publishes may do so at any time: of the two that meet, one finds the
 * pair changed. While nothing is staged the live generation therefore stays.
 */
static inline int ts_staging_offer(ts_pair *live, uint32_t generation) {
  return ts_pair_step_release(live, generation - 1, 0, generation - 1, generation);
}

/*
 * The writer's: holds the pair at what it has seen of it, with `kept` staged, the same or
 * nothing. 0 when it was published meanwhile, which can happen once.
 */
static inline int ts_staging_hold(ts_pair *live, uint32_t generation, uint32_t staged, uint32_t kept) {
  return ts_pair_step_relaxed(live, generation, staged, generation, kept);
}

static inline int ts_staging_publish(ts_pair *live, uint32_t generation) {
  return ts_pair_step_release(live, generation - 1, generation, generation, 0);
}

static inline uint32_t ts_generation_load(const ts_pair *live) {
  return ts_pair_low_acquire(live);
}

/* Two more generations, and the bank of this one is written again. */
static inline int ts_view_is_whole(const ts_pair *live, uint32_t viewed) {
  return ts_pair_low_relaxed(live) - viewed < 2;
}

/* ---- participants: who joins is waited for before a record is reused ---- */

/* A participant's slot: 0 when nobody has it, else the generation it views, plus 1. */
static inline int ts_participant_join(ts_word *slot, const ts_pair *live) {
  if (!ts_claim_relaxed(slot, ts_pair_low_relaxed(live) + 1)) return 0;
  /* A writer that did not see the slot yet may have reused what older generations show;
     either it sees it now, or the next boundary here sees its generation. */
  ts_fence_full();
  return 1;
}

/* A boundary: gives the generation to view from here. Writes only when it is another one. */
static inline uint32_t ts_participant_tick(ts_word *slot, const ts_pair *live) {
  uint32_t now = ts_generation_load(live);
  if (ts_load_relaxed(slot) != now + 1) ts_store_release(slot, now + 1);
  return now;
}

/* Whether there was anybody: of one that leaves and one that lets go of it, one finds it so. */
static inline int ts_participant_leave(ts_word *slot) {
  return ts_swap_release(slot, 0) != 0;
}

/* The writer's, before it asks about the slots, after the generation that it loaded. */
static inline void ts_participants_begin(void) {
  ts_fence_full();
}

/* The generation that is viewed in a slot, or `none` when nobody has it. */
static inline uint32_t ts_participant_view(const ts_word *slot, uint32_t none) {
  uint32_t held = ts_load_acquire(slot);
  return held == 0 ? none : held - 1;
}

/* Whether what only generations before `from` show can be seen by nobody any more. */
static inline int ts_is_past(uint32_t oldest_view, uint32_t from) {
  return oldest_view >= from;
}

#endif
