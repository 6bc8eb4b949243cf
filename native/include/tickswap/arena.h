#ifndef TICKSWAP_ARENA_H
#define TICKSWAP_ARENA_H

#include "layout.h"
#include "status.h"

#ifdef __cplusplus
extern "C" {
#endif

/*
 * Index of the first NaN or infinity among `count` floats (doubles) at `data`,
 * or -1 when all are finite.
 * `data`: any alignment; may be null only when `count` is 0; not kept. Any
 * thread; values that another thread writes meanwhile are seen old or new.
 */
int64_t ts_first_non_finite_f32_c(const void *data, size_t count);
int64_t ts_first_non_finite_f64_c(const void *data, size_t count);

/*
 * out[i] = a[i] ^ b[i] for `bytes` bytes: the delta of two states, and, given a
 * state and a delta, the other state. Any alignment; `out` may be `a` or `b`
 * itself, but not overlap them otherwise.
 */
void ts_xor_c(void *out, const void *a, const void *b, size_t bytes);

/*
 * Writes the indices of the pages of TS_PAGE_BYTES in which `now` differs from
 * `before` to `out` (room for `pages`), ascending, and gives their number. Any
 * alignment. A page that another thread writes meanwhile is seen as changed or not.
 */
size_t ts_changed_pages_c(const void *now, const void *before, size_t pages, uint32_t *out);

/*
 * The same against the hashes that ts_hash_pages gave earlier, which it brings up
 * to date; for when the earlier bytes are not kept.
 */
size_t ts_rehash_pages(const void *now, size_t pages, uint64_t *hashes, uint32_t *out);

/* Copies `bytes` bytes that do not overlap. Any alignment; null only for no bytes. */
void ts_copy_c(void *to, const void *from, size_t bytes);

/*
 * Copies the `count` pages named by `indices`, each below 2^32, from one arena to the same
 * places of another. `indices`: aligned to 4; the arenas: any alignment.
 */
void ts_copy_pages_c(void *to, const void *from, const uint32_t *indices, size_t count);

/*
 * Snapshots of one arena, the newest `slots` of them, in memory that the caller
 * allocated before: taking one is one copy. Owns nothing. One thread at a time.
 */
typedef struct ts_ring {
  uint8_t *memory;
  uint64_t slot_bytes;
  uint64_t taken; /* snapshots so far */
  uint32_t slots;
} ts_ring;

/*
 * Divides `memory` into as many slots of `slot_bytes` as fit, at most 2^32 - 1.
 * TS_E_ARGUMENT: a null pointer, no bytes in a slot, or not one slot that fits.
 */
ts_status ts_ring_open(ts_ring *out, void *memory, uint64_t bytes, uint64_t slot_bytes);

/* Copies `slot_bytes` at `data` over the oldest slot and gives the snapshot's serial, from 1. */
uint64_t ts_ring_take(ts_ring *ring, const void *data);

/* A snapshot by its serial, until `slots` more have been taken; null for one that is not there. */
const uint8_t *ts_ring_at(const ts_ring *ring, uint64_t serial);

#ifdef __cplusplus
}
#endif
#endif
