/* Preconditions that the headers document. Checked where TICKSWAP_DEBUG is defined, as in the sanitizer
 * builds. */
#ifndef TICKSWAP_SRC_REQUIRE_H
#define TICKSWAP_SRC_REQUIRE_H

#include <stdint.h>

#ifdef TICKSWAP_DEBUG
#include <stdio.h>
#include <stdlib.h>

#define TS_REQUIRE(condition)                                                                                \
  ((condition) ? (void)0 : (fprintf(stderr, "%s: required: %s\n", __func__, #condition), abort()))
#else
#define TS_REQUIRE(condition) ((void)0)
#endif

#define TS_IS_ALIGNED(pointer, bytes) ((uintptr_t)(pointer) % (bytes) == 0)

#endif
