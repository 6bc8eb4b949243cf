#ifndef TICKSWAP_KERNELS_H
#define TICKSWAP_KERNELS_H

#include <stddef.h>
#include <stdint.h>

#include "status.h"
#include "version.h"

#ifdef __cplusplus
extern "C" {
#endif

/*
 * The functions that exist in more than one implementation, each documented at
 * its `_c` form. The table holds the portable ones until ts_kernels_choose.
 */
typedef struct ts_kernel_table {
  const char *implementation;
  int (*version_compare)(const ts_version_key *a, const ts_version_key *b);
  uint64_t (*hash64)(const void *data, size_t bytes, uint64_t seed);
  int64_t (*first_non_finite_f32)(const void *data, size_t count);
  int64_t (*first_non_finite_f64)(const void *data, size_t count);
} ts_kernel_table;

extern ts_kernel_table ts_kernels;

/*
 * Fills the table with the implementation called `forced`, or with the best one
 * this machine runs when `forced` is null or empty. Call it once, before any
 * other thread uses the table: it is the only function here that writes it.
 * TS_E_IMPL_UNKNOWN: this build has no such implementation; the table is unchanged.
 */
ts_status ts_kernels_choose(const char *forced);

#ifdef __cplusplus
}
#endif
#endif
