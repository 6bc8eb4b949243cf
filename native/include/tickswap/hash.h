#ifndef TICKSWAP_HASH_H
#define TICKSWAP_HASH_H

#include <stddef.h>
#include <stdint.h>

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

#ifdef __cplusplus
}
#endif
#endif
