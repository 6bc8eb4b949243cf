#include "tickswap/arena.h"

#include "bytes.h"
#include "require.h"
#include "tickswap/hash.h"
#include "tickswap/kernels.h"

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

void ts_xor_c(void *out, const void *a, const void *b, size_t bytes) {
  uint8_t *to = out;
  const uint8_t *left = a, *right = b;
  TS_REQUIRE(to == left || to + bytes <= left || left + bytes <= to);
  TS_REQUIRE(to == right || to + bytes <= right || right + bytes <= to);
  size_t i = 0;
  for (; i + 8 <= bytes; i += 8) {
    uint64_t word = ts_read64(left + i) ^ ts_read64(right + i);
    memcpy(to + i, &word, sizeof word);
  }
  for (; i < bytes; i++) to[i] = left[i] ^ right[i];
}

static int differs(const uint8_t *a, const uint8_t *b) {
  for (size_t at = 0; at < TS_PAGE_BYTES; at += BLOCK) {
    uint64_t any = 0;
    for (size_t k = 0; k < BLOCK; k += 8) any |= ts_read64(a + at + k) ^ ts_read64(b + at + k);
    if (any) return 1;
  }
  return 0;
}

size_t ts_changed_pages_c(const void *now, const void *before, size_t pages, uint32_t *out) {
  TS_REQUIRE(pages <= UINT32_MAX && TS_IS_ALIGNED(out, 4));
  const uint8_t *left = now, *right = before;
  size_t found = 0;
  for (size_t i = 0; i < pages; i++)
    if (differs(left + i * TS_PAGE_BYTES, right + i * TS_PAGE_BYTES)) out[found++] = (uint32_t)i;
  return found;
}

size_t ts_rehash_pages(const void *now, size_t pages, uint64_t *hashes, uint32_t *out) {
  const uint8_t *at = now;
  size_t found = 0;
  for (size_t i = 0; i < pages; i++) {
    uint64_t hash = ts_hash64(at + i * TS_PAGE_BYTES, TS_PAGE_BYTES, 0);
    if (hash == hashes[i]) continue;
    hashes[i] = hash;
    out[found++] = (uint32_t)i;
  }
  return found;
}

void ts_copy_c(void *to, const void *from, size_t bytes) {
  if (bytes > 0) memcpy(to, from, bytes);
}

void ts_copy_pages_c(void *to, const void *from, const uint32_t *indices, size_t count) {
  TS_REQUIRE(TS_IS_ALIGNED(indices, 4));
  for (size_t i = 0; i < count; i++) {
    size_t at = (size_t)indices[i] * TS_PAGE_BYTES;
    memcpy((uint8_t *)to + at, (const uint8_t *)from + at, TS_PAGE_BYTES);
  }
}

/* ---- snapshots ---- */

ts_status ts_ring_open(ts_ring *out, void *memory, uint64_t bytes, uint64_t slot_bytes) {
  if (out == NULL || memory == NULL || slot_bytes == 0 || bytes < slot_bytes) return TS_E_ARGUMENT;
  uint64_t slots = bytes / slot_bytes;
  out->memory = memory;
  out->slot_bytes = slot_bytes;
  out->taken = 0;
  out->slots = slots < UINT32_MAX ? (uint32_t)slots : UINT32_MAX;
  return TS_OK;
}

static uint8_t *slot_of(const ts_ring *ring, uint64_t serial) {
  return ring->memory + (serial - 1) % ring->slots * ring->slot_bytes;
}

uint64_t ts_ring_take(ts_ring *ring, const void *data) {
  uint64_t serial = ++ring->taken;
  ts_kernels.copy(slot_of(ring, serial), data, ring->slot_bytes);
  return serial;
}

const uint8_t *ts_ring_at(const ts_ring *ring, uint64_t serial) {
  if (serial == 0 || serial > ring->taken || ring->taken - serial >= ring->slots) return NULL;
  return slot_of(ring, serial);
}
