#ifndef TICKSWAP_ARENA_H
#define TICKSWAP_ARENA_H

#include <stddef.h>
#include <stdint.h>

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

#ifdef __cplusplus
}
#endif
#endif
