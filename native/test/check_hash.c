#include <string.h>

#include "check.h"
#include "tickswap/hash.h"
#include "tickswap/kernels.h"

/* The published vectors: a buffer made by a fixed recurrence, and the hash of its first bytes. */
static const uint64_t VECTOR_SEED = UINT64_C(0x9e3779b185ebca8d);
static const struct {
  uint32_t bytes;
  uint64_t plain, seeded;
} VECTORS[] = {
    {0, UINT64_C(0x2d06800538d394c2), UINT64_C(0xa8a6b918b2f0364a)},
    {1, UINT64_C(0xc44bdff4074eecdb), UINT64_C(0x032be332dd766ef8)},
    {6, UINT64_C(0x27b56a84cd2d7325), UINT64_C(0x84589c116ab59ab9)},
    {12, UINT64_C(0xa713daf0dfbb77e7), UINT64_C(0xe7303e1b2336de0e)},
    {24, UINT64_C(0xa3fe70bf9d3510eb), UINT64_C(0x850e80fc35bdd690)},
    {48, UINT64_C(0x397da259ecba1f11), UINT64_C(0xadc2cbaa44acc616)},
    {80, UINT64_C(0xbcdefbbb2c47c90a), UINT64_C(0xc6dd0cb699532e73)},
    {195, UINT64_C(0xcd94217ee362ec3a), UINT64_C(0xba68003d370cb3d9)},
    {403, UINT64_C(0xcdeb804d65c6dea4), UINT64_C(0x6259f6ecfd6443fd)},
    {512, UINT64_C(0x617e49599013cb6b), UINT64_C(0x3ce457de14c27708)},
    {2048, UINT64_C(0xdd59e2c3a5f038e0), UINT64_C(0x66f81670669ababc)},
    {2240, UINT64_C(0x6e73a90539cf2948), UINT64_C(0x757ba8487d1b5247)},
    {2367, UINT64_C(0xcb37aeb9e5d361ed), UINT64_C(0xd2db3415b942b42a)},
};

static void published(void) {
  static uint8_t buffer[4096];
  uint64_t generator = UINT64_C(2654435761);
  for (size_t i = 0; i < sizeof buffer; i++) {
    buffer[i] = (uint8_t)(generator >> 56);
    generator *= VECTOR_SEED;
  }
  for (size_t i = 0; i < sizeof VECTORS / sizeof VECTORS[0]; i++) {
    CHECK(ts_hash64(buffer, VECTORS[i].bytes, 0) == VECTORS[i].plain);
    CHECK(ts_hash64(buffer, VECTORS[i].bytes, VECTOR_SEED) == VECTORS[i].seeded);
  }
  CHECK(ts_hash64(NULL, 0, 0) == VECTORS[0].plain);
}

/* A copy of exactly the input's length, at every alignment: reads past either end are caught. */
static void bounds(void) {
  enum { MOST = 2200 };
  static uint8_t bytes[MOST];
  check_random_fill(bytes, sizeof bytes);
  for (uint32_t length = 0; length <= MOST; length += length < 300 ? 1 : 61) {
    uint64_t seed = length % 2 ? check_random() : 0;
    uint8_t *copy = check_alloc(length);
    memcpy(copy, bytes, length);
    uint64_t expected = ts_hash64_c(bytes, length, seed);
    CHECK(ts_hash64(copy, length, seed) == expected);
    CHECK(ts_hash64(bytes, length, seed) == expected);
    check_free(copy);
  }
}

static void stripes(void) {
  for (int round = 0; round < 600; round++) {
    size_t count = check_random_below(50), start = check_random_below(16);
    uint64_t *lanes = check_alloc(64), expected[8];
    uint8_t *secret = check_alloc(192), *in = check_alloc(count * 64);
    check_random_fill(lanes, 64);
    check_random_fill(secret, 192);
    check_random_fill(in, count * 64);
    memcpy(expected, lanes, sizeof expected);
    size_t position = ts_hash_stripes_c(expected, in, count, secret, start);
    CHECK(CALL(ts_kernels.hash_stripes, P(lanes), P(in), N(count), P(secret), N(start)) == position);
    CHECK(memcmp(lanes, expected, sizeof expected) == 0);
    check_free(in);
    check_free(secret);
    check_free(lanes);
  }
}

/* The same input in random parts, asked for the hash in between, too. */
static void parts(void) {
  enum { MOST = 6000 };
  static uint8_t bytes[MOST];
  check_random_fill(bytes, sizeof bytes);
  for (int round = 0; round < 400; round++) {
    size_t length = check_random_below(check_random_below(4) ? 700 : MOST), at = 0;
    uint64_t seed = check_random_below(2) ? check_random() : 0;
    ts_hash_stream stream;
    ts_hash_begin(&stream, seed);
    while (at < length) {
      size_t now = check_random_below(check_random_below(2) ? 70 : 1500);
      if (now > length - at) now = length - at;
      ts_hash_add(&stream, bytes + at, now);
      at += now;
      CHECK(ts_hash_end(&stream) == ts_hash64_c(bytes, at, seed));
    }
    CHECK(ts_hash_end(&stream) == ts_hash64_c(bytes, length, seed));
  }
}

static void pages(void) {
  enum { PAGES = 5 };
  uint8_t *data = check_alloc(PAGES * TS_PAGE_BYTES);
  uint64_t hashes[PAGES];
  check_random_fill(data, PAGES * TS_PAGE_BYTES);
  ts_hash_pages(data, PAGES, hashes);
  for (size_t i = 0; i < PAGES; i++)
    CHECK(hashes[i] == ts_hash64_c(data + i * TS_PAGE_BYTES, TS_PAGE_BYTES, 0));
  check_free(data);
}

const check_case check_hash[] = {{"hash.published", published}, {"hash.bounds", bounds},
                                 {"hash.stripes", stripes},     {"hash.parts", parts},
                                 {"hash.pages", pages},         {NULL, NULL}};
