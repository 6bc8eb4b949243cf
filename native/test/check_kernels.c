#include <stddef.h>
#include <string.h>

#include "check.h"
#include "tickswap/kernels.h"

static void choosing(void) {
  ts_kernel_table before = ts_kernels;
  const char *best = NULL;
  CHECK(ts_kernels_choose("abacus") == TS_E_IMPL_UNKNOWN);
  CHECK(ts_kernels_choose("C") == TS_E_IMPL_UNKNOWN);
  CHECK(memcmp(&before, &ts_kernels, sizeof before) == 0);
  for (size_t i = 0; ts_kernels_available(i) != NULL; i++) {
    best = ts_kernels_available(i);
    CHECK(ts_kernels_choose(best) == TS_OK);
    CHECK(strcmp(ts_kernels.implementation, best) == 0);
  }
  CHECK(best != NULL && strcmp(ts_kernels_available(0), "c") == 0);
  CHECK(ts_kernels_choose("") == TS_OK && strcmp(ts_kernels.implementation, best) == 0);
  CHECK(ts_kernels_choose(NULL) == TS_OK && strcmp(ts_kernels.implementation, best) == 0);
  ts_kernels = before;
}

const check_case check_kernels[] = {{"kernels.choose", choosing}, {NULL, NULL}};
