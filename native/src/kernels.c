#include "tickswap/kernels.h"

#include <string.h>

#include "tickswap/arena.h"
#include "tickswap/hash.h"

static const ts_kernel_table portable = {
    "c", ts_version_compare_c, ts_hash64_c, ts_first_non_finite_f32_c, ts_first_non_finite_f64_c,
};

ts_kernel_table ts_kernels = {
    "c", ts_version_compare_c, ts_hash64_c, ts_first_non_finite_f32_c, ts_first_non_finite_f64_c,
};

ts_status ts_kernels_choose(const char *forced) {
  int named = forced != NULL && forced[0] != '\0';
  if (named && strcmp(forced, portable.implementation) != 0) return TS_E_IMPL_UNKNOWN;
  ts_kernels = portable;
  return TS_OK;
}
