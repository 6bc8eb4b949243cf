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

/* Whether a kernel is a step on shared words, which are the implementation's own, or C's with neon. */
static int is_step(const char *kernel) {
  return strncmp(kernel, "word_", 5) == 0 || strcmp(kernel, "pair_step") == 0;
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
    const char *runs = ts_kernels.implementation;
    const char *steps = strcmp(runs, "neon") == 0 ? "c" : runs,
               *others = strcmp(runs, "c") == 0 ? "c" : "neon";
    CHECK(strcmp(owner, is_step(kernel) ? steps : others) == 0);
  }
  CHECK(first != NULL && own > 0);
}

const check_case check_kernels[] = {
    {"kernels.choose", choosing}, {"kernels.describe", describing}, {NULL, NULL}};
