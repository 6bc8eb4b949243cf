#include "tickswap/words.h"

#include <assert.h>

#include "require.h"

/* Two words as the machine changes them at once. The low one is read by itself elsewhere. */
typedef uint64_t __attribute__((may_alias)) both;

static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "the low word of a pair comes first");

int ts_word_take_c(uint32_t *word) {
  TS_REQUIRE(TS_IS_ALIGNED(word, 4));
  uint32_t from = 0;
  return __atomic_compare_exchange_n(word, &from, 1, 0, __ATOMIC_ACQUIRE, __ATOMIC_RELAXED);
}

int ts_word_claim_c(uint32_t *word, uint32_t to) {
  TS_REQUIRE(TS_IS_ALIGNED(word, 4));
  uint32_t from = 0;
  return __atomic_compare_exchange_n(word, &from, to, 0, __ATOMIC_RELAXED, __ATOMIC_RELAXED);
}

uint32_t ts_word_swap_c(uint32_t *word, uint32_t to) {
  TS_REQUIRE(TS_IS_ALIGNED(word, 4));
  return __atomic_exchange_n(word, to, __ATOMIC_RELEASE);
}

uint32_t ts_word_add_c(uint32_t *word, uint32_t more) {
  TS_REQUIRE(TS_IS_ALIGNED(word, 4));
  return __atomic_fetch_add(word, more, __ATOMIC_RELAXED);
}

int ts_pair_step_c(uint32_t *pair, uint32_t from_low, uint32_t from_high, uint32_t to_low, uint32_t to_high) {
  TS_REQUIRE(TS_IS_ALIGNED(pair, 8));
  uint64_t from = (uint64_t)from_high << 32 | from_low, to = (uint64_t)to_high << 32 | to_low;
  return __atomic_compare_exchange_n((both *)(void *)pair, &from, to, 0, __ATOMIC_RELEASE, __ATOMIC_RELAXED);
}
