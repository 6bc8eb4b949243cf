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

/* Each kernel once, and none that the implementation does not have. */
static void describing(void) {
  const char *kernel, *owner, *first = NULL;
  int own = 0;
  for (size_t i = 0; ts_kernels_describe(i, &kernel, &owner); i++) {
    CHECK(first == NULL || strcmp(kernel, first) != 0);
    if (i == 0) first = kernel;
    own += strcmp(owner, ts_kernels.implementation) == 0;
    int known = 0;
    for (size_t k = 0; ts_kernels_available(k) != NULL; k++)
      known |= strcmp(owner, ts_kernels_available(k)) == 0;
    CHECK(known);
    if (strcmp(ts_kernels.implementation, "c") == 0) CHECK(strcmp(owner, "c") == 0);
    else CHECK((strncmp(kernel, "word_", 5) == 0) || strcmp(owner, "neon") == 0);
  }
  CHECK(first != NULL && own > 0);
}

const check_case check_kernels[] = {
    {"kernels.choose", choosing}, {"kernels.describe", describing}, {NULL, NULL}};
