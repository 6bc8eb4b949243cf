#include "tickswap/hash.h"

#include <assert.h>

#include "bytes.h"
#include "require.h"
#include "tickswap/kernels.h"

#define PRIME32_1 UINT64_C(0x9e3779b1)
#define PRIME32_2 UINT64_C(0x85ebca77)
#define PRIME32_3 UINT64_C(0xc2b2ae3d)
#define PRIME64_1 UINT64_C(0x9e3779b185ebca87)
#define PRIME64_2 UINT64_C(0xc2b2ae3d27d4eb4f)
#define PRIME64_3 UINT64_C(0x165667b19e3779f9)
#define PRIME64_4 UINT64_C(0x85ebca77c2b2ae63)
#define PRIME64_5 UINT64_C(0x27d4eb2f165667c5)
#define PRIME_MX1 UINT64_C(0x165667919e3779f9)
#define PRIME_MX2 UINT64_C(0x9fb21c651e98df25)

enum {
  SECRET_BYTES = 192,
  LANES = 8,
  STRIPE_BYTES = 64,
  SECRET_STEP = 8,
  STRIPES_PER_BLOCK = (SECRET_BYTES - STRIPE_BYTES) / SECRET_STEP,
  BLOCK_BYTES = STRIPE_BYTES * STRIPES_PER_BLOCK,
  /* where the published algorithm reads the secret for its last steps */
  SECRET_LAST_STRIPE = SECRET_BYTES - STRIPE_BYTES - 7,
  SECRET_MERGE = 11,
  /* the 129 to 240 byte class starts its second rounds here, and ends here */
  SECRET_MID_START = 3,
  SECRET_MID_LAST = 136 - 17,
  MID_BYTES = 240
};

static const uint8_t SECRET[] = {
    0xb8, 0xfe, 0x6c, 0x39, 0x23, 0xa4, 0x4b, 0xbe, 0x7c, 0x01, 0x81, 0x2c, 0xf7, 0x21, 0xad, 0x1c,
    0xde, 0xd4, 0x6d, 0xe9, 0x83, 0x90, 0x97, 0xdb, 0x72, 0x40, 0xa4, 0xa4, 0xb7, 0xb3, 0x67, 0x1f,
    0xcb, 0x79, 0xe6, 0x4e, 0xcc, 0xc0, 0xe5, 0x78, 0x82, 0x5a, 0xd0, 0x7d, 0xcc, 0xff, 0x72, 0x21,
    0xb8, 0x08, 0x46, 0x74, 0xf7, 0x43, 0x24, 0x8e, 0xe0, 0x35, 0x90, 0xe6, 0x81, 0x3a, 0x26, 0x4c,
    0x3c, 0x28, 0x52, 0xbb, 0x91, 0xc3, 0x00, 0xcb, 0x88, 0xd0, 0x65, 0x8b, 0x1b, 0x53, 0x2e, 0xa3,
    0x71, 0x64, 0x48, 0x97, 0xa2, 0x0d, 0xf9, 0x4e, 0x38, 0x19, 0xef, 0x46, 0xa9, 0xde, 0xac, 0xd8,
    0xa8, 0xfa, 0x76, 0x3f, 0xe3, 0x9c, 0x34, 0x3f, 0xf9, 0xdc, 0xbb, 0xc7, 0xc7, 0x0b, 0x4f, 0x1d,
    0x8a, 0x51, 0xe0, 0x4b, 0xcd, 0xb4, 0x59, 0x31, 0xc8, 0x9f, 0x7e, 0xc9, 0xd9, 0x78, 0x73, 0x64,
    0xea, 0xc5, 0xac, 0x83, 0x34, 0xd3, 0xeb, 0xc3, 0xc5, 0x81, 0xa0, 0xff, 0xfa, 0x13, 0x63, 0xeb,
    0x17, 0x0d, 0xdd, 0x51, 0xb7, 0xf0, 0xda, 0x49, 0xd3, 0x16, 0x55, 0x26, 0x29, 0xd4, 0x68, 0x9e,
    0x2b, 0x16, 0xbe, 0x58, 0x7d, 0x47, 0xa1, 0xfc, 0x8f, 0xf8, 0xb8, 0xd1, 0x7a, 0xd0, 0x31, 0xce,
    0x45, 0xcb, 0x3a, 0x8f, 0x95, 0x16, 0x04, 0x28, 0xaf, 0xd7, 0xfb, 0xca, 0xbb, 0x4b, 0x40, 0x7e,
};
static_assert(sizeof SECRET == SECRET_BYTES, "the published default secret");

static uint64_t rotate_left(uint64_t value, int bits) {
  return value << bits | value >> (64 - bits);
}

static uint64_t avalanche(uint64_t hash) {
  hash ^= hash >> 37;
  hash *= PRIME_MX1;
  return hash ^ hash >> 32;
}

/* The finish of XXH64, which the shortest inputs share. */
static uint64_t avalanche_xxh64(uint64_t hash) {
  hash ^= hash >> 33;
  hash *= PRIME64_2;
  hash ^= hash >> 29;
  hash *= PRIME64_3;
  return hash ^ hash >> 32;
}

static uint64_t hash_1_to_3(const uint8_t *in, size_t bytes, uint64_t seed) {
  uint32_t combined =
      (uint32_t)in[0] << 16 | (uint32_t)in[bytes >> 1] << 24 | in[bytes - 1] | (uint32_t)bytes << 8;
  uint64_t flip = (ts_read32(SECRET) ^ ts_read32(SECRET + 4)) + seed;
  return avalanche_xxh64(combined ^ flip);
}

static uint64_t hash_4_to_8(const uint8_t *in, size_t bytes, uint64_t seed) {
  seed ^= (uint64_t)__builtin_bswap32((uint32_t)seed) << 32;
  uint64_t first = ts_read32(in), last = ts_read32(in + bytes - 4);
  uint64_t flip = (ts_read64(SECRET + 8) ^ ts_read64(SECRET + 16)) - seed;
  uint64_t hash = (last + (first << 32)) ^ flip;
  hash ^= rotate_left(hash, 49) ^ rotate_left(hash, 24);
  hash *= PRIME_MX2;
  hash ^= (hash >> 35) + bytes;
  hash *= PRIME_MX2;
  return hash ^ hash >> 28;
}

static uint64_t hash_9_to_16(const uint8_t *in, size_t bytes, uint64_t seed) {
  uint64_t flip_low = (ts_read64(SECRET + 24) ^ ts_read64(SECRET + 32)) + seed;
  uint64_t flip_high = (ts_read64(SECRET + 40) ^ ts_read64(SECRET + 48)) - seed;
  uint64_t low = ts_read64(in) ^ flip_low;
  uint64_t high = ts_read64(in + bytes - 8) ^ flip_high;
  return avalanche(bytes + __builtin_bswap64(low) + high + ts_multiply_fold(low, high));
}

static uint64_t hash_0_to_16(const uint8_t *in, size_t bytes, uint64_t seed) {
  if (bytes > 8) return hash_9_to_16(in, bytes, seed);
  if (bytes >= 4) return hash_4_to_8(in, bytes, seed);
  if (bytes > 0) return hash_1_to_3(in, bytes, seed);
  return avalanche_xxh64(seed ^ ts_read64(SECRET + 56) ^ ts_read64(SECRET + 64));
}

static uint64_t mix16(const uint8_t *in, const uint8_t *secret, uint64_t seed) {
  return ts_multiply_fold(ts_read64(in) ^ (ts_read64(secret) + seed),
                          ts_read64(in + 8) ^ (ts_read64(secret + 8) - seed));
}

static uint64_t hash_17_to_128(const uint8_t *in, size_t bytes, uint64_t seed) {
  uint64_t sum = bytes * PRIME64_1;
  for (size_t pair = (bytes - 1) / 32 + 1; pair-- > 0;) {
    sum += mix16(in + 16 * pair, SECRET + 32 * pair, seed);
    sum += mix16(in + bytes - 16 * (pair + 1), SECRET + 32 * pair + 16, seed);
  }
  return avalanche(sum);
}

static uint64_t hash_129_to_240(const uint8_t *in, size_t bytes, uint64_t seed) {
  uint64_t sum = bytes * PRIME64_1;
  size_t rounds = bytes / 16;
  for (size_t i = 0; i < 8; i++) sum += mix16(in + 16 * i, SECRET + 16 * i, seed);
  sum = avalanche(sum);
  for (size_t i = 8; i < rounds; i++)
    sum += mix16(in + 16 * i, SECRET + 16 * (i - 8) + SECRET_MID_START, seed);
  sum += mix16(in + bytes - 16, SECRET + SECRET_MID_LAST, seed);
  return avalanche(sum);
}

/* Takes `stripes` stripes of 64 bytes into the lanes; the secret moves on 8 bytes a stripe. */
static void accumulate(uint64_t lanes[LANES], const uint8_t *in, const uint8_t *secret, size_t stripes) {
  for (size_t stripe = 0; stripe < stripes; stripe++) {
    for (int i = 0; i < LANES; i += 2) {
      uint64_t even = ts_read64(in + 8 * i), odd = ts_read64(in + 8 * i + 8);
      uint64_t even_key = even ^ ts_read64(secret + 8 * i);
      uint64_t odd_key = odd ^ ts_read64(secret + 8 * i + 8);
      lanes[i] += odd + (uint64_t)(uint32_t)even_key * (even_key >> 32);
      lanes[i + 1] += even + (uint64_t)(uint32_t)odd_key * (odd_key >> 32);
    }
    in += STRIPE_BYTES;
    secret += SECRET_STEP;
  }
}

static void scramble(uint64_t lanes[LANES], const uint8_t *secret) {
  for (int i = 0; i < LANES; i++) {
    uint64_t lane = lanes[i] ^ lanes[i] >> 47 ^ ts_read64(secret + 8 * i);
    lanes[i] = lane * PRIME32_1;
  }
}

static uint64_t merge(const uint64_t lanes[LANES], const uint8_t *secret, uint64_t start) {
  uint64_t sum = start;
  for (int i = 0; i < LANES; i += 2)
    sum +=
        ts_multiply_fold(lanes[i] ^ ts_read64(secret + 8 * i), lanes[i + 1] ^ ts_read64(secret + 8 * i + 8));
  return avalanche(sum);
}

static void seeded_secret(uint8_t secret[SECRET_BYTES], uint64_t seed) {
  for (int i = 0; i < SECRET_BYTES; i += 16) {
    uint64_t low = ts_read64(SECRET + i) + seed, high = ts_read64(SECRET + i + 8) - seed;
    memcpy(secret + i, &low, 8);
    memcpy(secret + i + 8, &high, 8);
  }
}

size_t ts_hash_stripes_c(uint64_t *lanes, const uint8_t *in, size_t stripes, const uint8_t *secret,
                         size_t position) {
  TS_REQUIRE(position < STRIPES_PER_BLOCK && TS_IS_ALIGNED(lanes, 8));
  while (stripes > 0) {
    size_t left = STRIPES_PER_BLOCK - position, now = stripes < left ? stripes : left;
    accumulate(lanes, in, secret + SECRET_STEP * position, now);
    in += STRIPE_BYTES * now;
    stripes -= now;
    position += now;
    if (position == STRIPES_PER_BLOCK) {
      scramble(lanes, secret + SECRET_BYTES - STRIPE_BYTES);
      position = 0;
    }
  }
  return position;
}

typedef size_t stripes_kernel(uint64_t *, const uint8_t *, size_t, const uint8_t *, size_t);

static const uint64_t FIRST_LANES[LANES] = {PRIME32_3, PRIME64_1, PRIME64_2, PRIME64_3,
                                            PRIME64_4, PRIME32_2, PRIME64_5, PRIME32_1};

static uint64_t hash_long(const uint8_t *in, size_t bytes, const uint8_t *secret, stripes_kernel *stripes) {
  uint64_t lanes[LANES];
  memcpy(lanes, FIRST_LANES, sizeof lanes);
  stripes(lanes, in, (bytes - 1) / STRIPE_BYTES, secret, 0);
  stripes(lanes, in + bytes - STRIPE_BYTES, 1, secret + SECRET_LAST_STRIPE, 0);
  return merge(lanes, secret + SECRET_MERGE, bytes * PRIME64_1);
}

static uint64_t hash(const uint8_t *in, size_t bytes, uint64_t seed, stripes_kernel *stripes) {
  if (bytes <= 16) return hash_0_to_16(in, bytes, seed);
  if (bytes <= 128) return hash_17_to_128(in, bytes, seed);
  if (bytes <= MID_BYTES) return hash_129_to_240(in, bytes, seed);
  if (seed == 0) return hash_long(in, bytes, SECRET, stripes);
  uint8_t secret[SECRET_BYTES];
  seeded_secret(secret, seed);
  return hash_long(in, bytes, secret, stripes);
}

uint64_t ts_hash64_c(const void *data, size_t bytes, uint64_t seed) {
  return hash(data, bytes, seed, ts_hash_stripes_c);
}

uint64_t ts_hash64(const void *data, size_t bytes, uint64_t seed) {
  return hash(data, bytes, seed, ts_kernels.hash_stripes);
}

void ts_hash_pages(const void *data, size_t pages, uint64_t *out) {
  const uint8_t *at = data;
  for (size_t i = 0; i < pages; i++) out[i] = ts_hash64(at + i * TS_PAGE_BYTES, TS_PAGE_BYTES, 0);
}

/* ---- in parts ---- */

void ts_hash_begin(ts_hash_stream *stream, uint64_t seed) {
  memset(stream, 0, sizeof *stream);
  memcpy(stream->lanes, FIRST_LANES, sizeof stream->lanes);
  seeded_secret(stream->secret, seed);
  stream->seed = seed;
}

static void take_stripes(ts_hash_stream *stream, const uint8_t *in, size_t stripes) {
  stream->position = ts_kernels.hash_stripes(stream->lanes, in, stripes, stream->secret, stream->position);
}

void ts_hash_add(ts_hash_stream *stream, const void *data, size_t bytes) {
  enum { BUFFER_BYTES = sizeof stream->buffer };
  const uint8_t *in = data;
  stream->total_bytes += bytes;
  while (bytes > 0) {
    /* The last stripe is finished differently, so nothing is taken until more is known to follow. */
    if (stream->buffered_bytes == BUFFER_BYTES) {
      take_stripes(stream, stream->buffer, BUFFER_BYTES / STRIPE_BYTES);
      stream->buffered_bytes = 0;
    }
    if (stream->buffered_bytes == 0 && bytes > BUFFER_BYTES) {
      size_t stripes = (bytes - 1) / STRIPE_BYTES, taken = stripes * STRIPE_BYTES;
      take_stripes(stream, in, stripes);
      in += taken;
      bytes -= taken;
      memcpy(stream->buffer + BUFFER_BYTES - STRIPE_BYTES, in - STRIPE_BYTES, STRIPE_BYTES);
    }
    size_t room = BUFFER_BYTES - stream->buffered_bytes, now = bytes < room ? bytes : room;
    memcpy(stream->buffer + stream->buffered_bytes, in, now);
    stream->buffered_bytes += now;
    in += now;
    bytes -= now;
  }
}

uint64_t ts_hash_end(const ts_hash_stream *stream) {
  if (stream->total_bytes <= MID_BYTES) return ts_hash64(stream->buffer, stream->total_bytes, stream->seed);
  size_t buffered = stream->buffered_bytes;
  ts_hash_stream last = *stream;
  take_stripes(&last, last.buffer, (buffered - 1) / STRIPE_BYTES);
  uint8_t stripe[STRIPE_BYTES];
  size_t missing = buffered < STRIPE_BYTES ? STRIPE_BYTES - buffered : 0;
  memcpy(stripe, last.buffer + sizeof last.buffer - missing, missing);
  memcpy(stripe + missing, last.buffer + buffered - (STRIPE_BYTES - missing), STRIPE_BYTES - missing);
  ts_kernels.hash_stripes(last.lanes, stripe, 1, last.secret + SECRET_LAST_STRIPE, 0);
  return merge(last.lanes, last.secret + SECRET_MERGE, last.total_bytes * PRIME64_1);
}
