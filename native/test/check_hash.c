#include <stdlib.h>
#include <string.h>

#include "check.h"
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
    CHECK(ts_kernels.hash64(buffer, VECTORS[i].bytes, 0) == VECTORS[i].plain);
    CHECK(ts_kernels.hash64(buffer, VECTORS[i].bytes, VECTOR_SEED) == VECTORS[i].seeded);
  }
  CHECK(ts_kernels.hash64(NULL, 0, 0) == VECTORS[0].plain);
}

/* A copy of exactly the input's length, at every alignment: reads past either end are caught. */
static void bounds(void) {
  static uint8_t bytes[2200];
  check_random_fill(bytes, sizeof bytes);
  for (uint32_t length = 0; length <= 2176; length += length < 300 ? 1 : 61) {
    uint64_t seed = length % 2 ? check_random() : 0;
    uint64_t expected = ts_kernels.hash64(bytes, length, seed);
    uint32_t shift = check_random_below(16);
    uint8_t *copy = malloc(length + shift + 1);
    CHECK(copy != NULL);
    memcpy(copy + shift + 1, bytes, length);
    CHECK(ts_kernels.hash64(copy + shift + 1, length, seed) == expected);
    free(copy);
  }
}

const check_case check_hash[] = {{"hash.published", published}, {"hash.bounds", bounds}, {NULL, NULL}};
