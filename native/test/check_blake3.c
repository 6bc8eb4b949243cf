#include <stdio.h>
#include <string.h>

#include "check.h"
#include "tickswap/blake3.h"

enum { MOST = 102400 };

static uint8_t input[MOST];

/* The published vectors: of the bytes 0 to 250, again and again, so many; and the hash of them. */
static const struct {
  size_t bytes;
  const char *hash;
} VECTORS[] = {
    {0, "af1349b9f5f9a1a6a0404dea36dcc9499bcb25c9adc112b7cc9a93cae41f3262"},
    {1, "2d3adedff11b61f14c886e35afa036736dcd87a74d27b5c1510225d0f592e213"},
    {1023, "10108970eeda3eb932baac1428c7a2163b0e924c9a9e25b35bba72b28f70bd11"},
    {1024, "42214739f095a406f3fc83deb889744ac00df831c10daa55189b5d121c855af7"},
    {1025, "d00278ae47eb27b34faecf67b4fe263f82d5412916c1ffd97c8cb7fb814b8444"},
    {2048, "e776b6028c7cd22a4d0ba182a8bf62205d2ef576467e838ed6f2529b85fba24a"},
    {2049, "5f4d72f40d7a5f82b15ca2b2e44b1de3c2ef86c426c95c1af0b6879522563030"},
    {3072, "b98cb0ff3623be03326b373de6b9095218513e64f1ee2edd2525c7ad1e5cffd2"},
    {3073, "7124b49501012f81cc7f11ca069ec9226cecb8a2c850cfe644e327d22d3e1cd3"},
    {4096, "015094013f57a5277b59d8475c0501042c0b642e531b0a1c8f58d2163229e969"},
    {4097, "9b4052b38f1c5fc8b1f9ff7ac7b27cd242487b3d890d15c96a1c25b8aa0fb995"},
    {5120, "9cadc15fed8b5d854562b26a9536d9707cadeda9b143978f319ab34230535833"},
    {6145, "f1323a8631446cc50536a9f705ee5cb619424d46887f3c376c695b70e0f0507f"},
    {7169, "a003fc7a51754a9b3c7fae0367ab3d782dccf28855a03d435f8cfe74605e7817"},
    {8192, "aae792484c8efe4f19e2ca7d371d8c467ffb10748d8a5a1ae579948f718a2a63"},
    {16384, "f875d6646de28985646f34ee13be9a576fd515f76b5b0a26bb324735041ddde4"},
    {31744, "62b6960e1a44bcc1eb1a611a8d6235b6b4b78f32e7abc4fb4c6cdcce94895c47"},
    {102400, "bc3e3d41a1146b069abffad3c0d44860cf664390afce4d9661f7902e7943e085"},
};

enum { VECTOR_COUNT = sizeof VECTORS / sizeof VECTORS[0] };

/* From one at a time to as many side by side as the machine has. */
static const size_t LANES[] = {1, 4, 8, 16};

static void fill(void) {
  for (size_t i = 0; i < MOST; i++) input[i] = (uint8_t)(i % 251);
}

static void check_vector(const uint8_t *hash, const char *expected) {
  char text[2 * TS_BLAKE3_BYTES + 1];
  for (size_t i = 0; i < TS_BLAKE3_BYTES; i++) snprintf(text + 2 * i, 3, "%02x", hash[i]);
  CHECK(strcmp(text, expected) == 0);
}

static void published(void) {
  uint8_t hash[TS_BLAKE3_BYTES];
  fill();
  for (size_t width = 0; width < 4; width++) {
    ts_blake3_limit_lanes(LANES[width]);
    for (size_t i = 0; i < VECTOR_COUNT; i++) {
      ts_blake3(input, VECTORS[i].bytes, hash);
      check_vector(hash, VECTORS[i].hash);
    }
    ts_blake3(NULL, 0, hash);
    check_vector(hash, VECTORS[0].hash);
  }
}

/* At every length that has another shape of tree, and many that have the same: whatever is done side by side.
 */
static void widths(void) {
  uint8_t alone[TS_BLAKE3_BYTES], hash[TS_BLAKE3_BYTES];
  check_random_fill(input, MOST);
  for (size_t length = 0; length <= MOST; length += length < 4200 ? 1 : check_random_below(400)) {
    ts_blake3_limit_lanes(1);
    ts_blake3(input, length, alone);
    for (size_t width = 1; width < 4; width++) {
      ts_blake3_limit_lanes(LANES[width]);
      ts_blake3(input, length, hash);
      CHECK(memcmp(hash, alone, sizeof hash) == 0);
    }
  }
}

/* Copies of exactly the input's length, at any alignment: reads past the end are caught. */
static void bounds(void) {
  uint8_t hash[TS_BLAKE3_BYTES], expected[TS_BLAKE3_BYTES];
  check_random_fill(input, MOST);
  ts_blake3_limit_lanes(16);
  for (int round = 0; round < 300; round++) {
    size_t length = check_random_below(check_random_below(4) ? 5000 : MOST);
    uint8_t *copy = check_alloc(length), *out = check_alloc(TS_BLAKE3_BYTES);
    memcpy(copy, input, length);
    ts_blake3(copy, length, out);
    memcpy(hash, out, sizeof hash);
    ts_blake3(input, length, expected);
    CHECK(memcmp(hash, expected, sizeof hash) == 0);
    check_free(out);
    check_free(copy);
  }
}

/* Inputs of all sizes in one call are hashed as each of them is by itself. */
static void many(void) {
  enum { INPUTS = 100 };
  const uint8_t *data[INPUTS];
  size_t bytes[INPUTS];
  static uint8_t hashes[INPUTS * TS_BLAKE3_BYTES];
  uint8_t expected[TS_BLAKE3_BYTES];
  check_random_fill(input, MOST);
  for (int round = 0; round < 60; round++) {
    ts_blake3_limit_lanes(LANES[check_random_below(4)]);
    size_t count = check_random_below(INPUTS + 1);
    uint32_t most = check_random_below(3) ? 4097 : 20000;
    for (size_t i = 0; i < count; i++) {
      bytes[i] = check_random_below(4) ? check_random_below(most) : 4096;
      data[i] = input + check_random_below((uint32_t)(MOST - bytes[i]));
    }
    ts_blake3_many(data, bytes, count, hashes);
    for (size_t i = 0; i < count; i++) {
      ts_blake3(data[i], bytes[i], expected);
      CHECK(memcmp(hashes + i * TS_BLAKE3_BYTES, expected, sizeof expected) == 0);
    }
  }
  ts_blake3_limit_lanes(16);
}

const check_case check_blake3[] = {{"blake3.published", published},
                                   {"blake3.widths", widths},
                                   {"blake3.bounds", bounds},
                                   {"blake3.many", many},
                                   {NULL, NULL}};
