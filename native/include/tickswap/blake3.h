#ifndef TICKSWAP_BLAKE3_H
#define TICKSWAP_BLAKE3_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

enum { TS_BLAKE3_BYTES = 32 };

/*
 * BLAKE3 of `bytes` bytes at `data`, without a key, 32 bytes to `out`: bit-exact with the paper (O'Connor,
 * Aumasson, Neves, Wilcox-O'Hearn: BLAKE3, one function, fast everywhere, 2020) and its published vectors.
 * `data`: any alignment; may be null only when `bytes` is 0; not kept. Any thread, as long as nobody writes
 * the bytes meanwhile. Cannot fail.
 */
void ts_blake3(const void *data, size_t bytes, uint8_t *out);

/*
 * The same of each of `count` inputs, one after the other to `out`. Small inputs are hashed side by side, as
 * the chunks of a large one are: that is where the time of hashing many objects goes.
 */
void ts_blake3_many(const uint8_t *const *data, const size_t *bytes, size_t count, uint8_t *out);

/*
 * For checks: from now on at most `most` inputs side by side (1, 4, 8 or 16), in the whole process. Gives how
 * many there are, which depends on the machine; more than it has are as many as it has.
 */
size_t ts_blake3_limit_lanes(size_t most);

#ifdef __cplusplus
}
#endif
#endif
