#include "arm64.h"

#ifdef TS_ARM64

#ifdef __linux__
#include <sys/auxv.h>
#endif

int ts_arm64_has_lse(void) {
#ifdef __linux__
  enum { ATOMICS = 1 << 8 }; /* HWCAP_ATOMICS of the arm64 kernel ABI */
  return (getauxval(AT_HWCAP) & ATOMICS) != 0;
#else
  /* Every Apple Silicon machine is ARMv8.4 or later. */
  return 1;
#endif
}

void ts_arm64_fill_neon(ts_kernel_table *table) {
  table->version_compare = ts_version_compare_neon;
  table->version_compare_many = ts_version_compare_many_neon;
  table->version_merge = ts_version_merge_neon;
  table->version_best = ts_version_best_neon;
  table->version_seal = ts_version_seal_neon;
  table->hash_stripes = ts_hash_stripes_neon;
  table->first_non_finite_f32 = ts_first_non_finite_f32_neon;
  table->first_non_finite_f64 = ts_first_non_finite_f64_neon;
  table->xor_bytes = ts_xor_neon;
  table->changed_pages = ts_changed_pages_neon;
  table->copy = ts_copy_neon;
  table->copy_pages = ts_copy_pages_neon;
}

void ts_arm64_fill_llsc(ts_kernel_table *table) {
  ts_arm64_fill_neon(table);
  table->word_take = ts_word_take_llsc;
  table->word_claim = ts_word_claim_llsc;
  table->word_swap = ts_word_swap_llsc;
  table->word_add = ts_word_add_llsc;
  table->pair_step = ts_pair_step_llsc;
}

void ts_arm64_fill_lse(ts_kernel_table *table) {
  ts_arm64_fill_neon(table);
  table->word_take = ts_word_take_lse;
  table->word_claim = ts_word_claim_lse;
  table->word_swap = ts_word_swap_lse;
  table->word_add = ts_word_add_lse;
  table->pair_step = ts_pair_step_lse;
}

#else
/* A translation unit is never empty. */
typedef int ts_arm64_is_not_this_machine;
#endif
