#include "tickswap/arena.h"

#include "bytes.h"

/* A float is not finite when all bits of its exponent are set. */
#define F32_EXPONENT UINT32_C(0x7f800000)
#define F64_EXPONENT UINT64_C(0x7ff0000000000000)

/* Elements per block: long enough to be worth a vector loop, short enough to search twice. */
enum { BLOCK = 64 };

static int f32_bad(const uint8_t *at) {
  return (ts_read32(at) & F32_EXPONENT) == F32_EXPONENT;
}

static int f64_bad(const uint8_t *at) {
  return (ts_read64(at) & F64_EXPONENT) == F64_EXPONENT;
}

int64_t ts_first_non_finite_f32_c(const void *data, size_t count) {
  const uint8_t *bytes = data;
  size_t i = 0;
  for (; i + BLOCK <= count; i += BLOCK) {
    uint32_t any = 0;
    for (size_t k = 0; k < BLOCK; k++) any |= (uint32_t)f32_bad(bytes + (i + k) * 4);
    if (any) break;
  }
  for (; i < count; i++)
    if (f32_bad(bytes + i * 4)) return (int64_t)i;
  return -1;
}

int64_t ts_first_non_finite_f64_c(const void *data, size_t count) {
  const uint8_t *bytes = data;
  size_t i = 0;
  for (; i + BLOCK <= count; i += BLOCK) {
    uint64_t any = 0;
    for (size_t k = 0; k < BLOCK; k++) any |= (uint64_t)f64_bad(bytes + (i + k) * 8);
    if (any) break;
  }
  for (; i < count; i++)
    if (f64_bad(bytes + i * 8)) return (int64_t)i;
  return -1;
}
