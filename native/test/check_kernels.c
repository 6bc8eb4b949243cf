#include <stddef.h>
#include <string.h>

#include "check.h"
#include "tickswap/kernels.h"

static void choosing(void) {
  ts_kernel_table before = ts_kernels;
  CHECK(ts_kernels_choose("abacus") == TS_E_IMPL_UNKNOWN);
  CHECK(memcmp(&before, &ts_kernels, sizeof before) == 0);
  CHECK(ts_kernels_choose("c") == TS_OK);
  CHECK(strcmp(ts_kernels.implementation, "c") == 0);
  CHECK(ts_kernels_choose("") == TS_OK);
  CHECK(ts_kernels_choose(NULL) == TS_OK);
  ts_kernels = before;
}

const check_case check_kernels[] = {{"kernels.choose", choosing}, {NULL, NULL}};
