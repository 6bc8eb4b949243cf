/* Unaligned little-endian reads and a 64x64 multiply, for the portable kernels. */
#ifndef TICKSWAP_SRC_BYTES_H
#define TICKSWAP_SRC_BYTES_H

#include <stdint.h>
#include <string.h>

#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "tickswap's shared memory and hashes are little-endian"
#endif

static inline uint32_t ts_read32(const uint8_t *at) {
  uint32_t value;
  memcpy(&value, at, sizeof value);
  return value;
}

static inline uint64_t ts_read64(const uint8_t *at) {
  uint64_t value;
  memcpy(&value, at, sizeof value);
  return value;
}

/* The halves of the 128-bit product, XOR-ed. */
static inline uint64_t ts_multiply_fold(uint64_t a, uint64_t b) {
#ifdef __SIZEOF_INT128__
  __extension__ typedef unsigned __int128 u128;
  u128 product = (u128)a * b;
  return (uint64_t)product ^ (uint64_t)(product >> 64);
#else
  uint64_t a_low = (uint32_t)a, a_high = a >> 32, b_low = (uint32_t)b, b_high = b >> 32;
  uint64_t low = a_low * b_low, cross = a_high * b_low;
  uint64_t middle = (low >> 32) + (uint32_t)cross + a_low * b_high;
  uint64_t high = (cross >> 32) + (middle >> 32) + a_high * b_high;
  return (middle << 32 | (uint32_t)low) ^ high;
#endif
}

#endif
