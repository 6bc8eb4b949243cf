#ifndef TICKSWAP_HASH_H
#define TICKSWAP_HASH_H

#include "layout.h"

#ifdef __cplusplus
extern "C" {
#endif

/*
 * XXH3-64 of `bytes` bytes at `data` under `seed`, bit-exact with the published
 * algorithm and its default secret. Not a defence against an adversary.
 * `data`: any alignment; may be null only when `bytes` is 0; not kept. Any
 * thread, as long as nobody writes the bytes meanwhile. Cannot fail.
 */
uint64_t ts_hash64_c(const void *data, size_t bytes, uint64_t seed);

/*
 * The inner loop of long inputs: takes `stripes` stripes of 64 bytes at `in` into
 * the eight lanes, from stripe `position` (0 to 15) of a block on, and mixes the
 * lanes after every block. Gives the position it ended at. `lanes`: aligned to 8;
 * `in` and `secret` (192 bytes, or 64 for a single stripe at position 0): any alignment.
 */
size_t ts_hash_stripes_c(uint64_t *lanes, const uint8_t *in, size_t stripes, const uint8_t *secret,
                         size_t position);

/* ts_hash64_c with the inner loop of the implementation that ts_kernels_choose chose. */
uint64_t ts_hash64(const void *data, size_t bytes, uint64_t seed);

/* out[i] = ts_hash64 of page i under seed 0. `data`: `pages` * TS_PAGE_BYTES bytes. */
void ts_hash_pages(const void *data, size_t pages, uint64_t *out);

/* The state of a hash whose input comes in parts. The caller's; copy it to fork it. */
typedef struct ts_hash_stream {
  uint64_t lanes[8];
  uint8_t secret[192];
  uint8_t buffer[256];
  uint64_t seed;
  uint64_t total_bytes;
  size_t buffered_bytes;
  size_t position;
} ts_hash_stream;

/*
 * begin, any number of adds, end: ts_hash64 of all the parts one after the other.
 * end changes nothing; more may be added after it. One thread at a time for each stream.
 * `data`: as for ts_hash64_c.
 */
void ts_hash_begin(ts_hash_stream *stream, uint64_t seed);
void ts_hash_add(ts_hash_stream *stream, const void *data, size_t bytes);
uint64_t ts_hash_end(const ts_hash_stream *stream);

#ifdef __cplusplus
}
#endif
#endif
