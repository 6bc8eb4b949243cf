#include "tickswap/kernels.h"

#include <assert.h>
#include <stddef.h>
#include <string.h>

#include "arm64.h"
#include "tickswap/arena.h"
#include "tickswap/hash.h"

#define PORTABLE                                                                                             \
  {                                                                                                          \
    .implementation = "c", .version_compare = ts_version_compare_c,                                          \
    .version_compare_many = ts_version_compare_many_c, .version_merge = ts_version_merge_c,                  \
    .version_best = ts_version_best_c, .version_seal = ts_version_seal_c, .hash_stripes = ts_hash_stripes_c, \
    .first_non_finite_f32 = ts_first_non_finite_f32_c, .first_non_finite_f64 = ts_first_non_finite_f64_c,    \
    .xor_bytes = ts_xor_c, .changed_pages = ts_changed_pages_c, .copy = ts_copy_c,                           \
    .copy_pages = ts_copy_pages_c, .word_take = ts_word_take_c, .word_claim = ts_word_claim_c,               \
    .word_swap = ts_word_swap_c, .word_add = ts_word_add_c, .pair_step = ts_pair_step_c,                     \
  }

static const ts_kernel_table portable = PORTABLE;

ts_kernel_table ts_kernels = PORTABLE;

static int always(void) {
  return 1;
}

static void keep(ts_kernel_table *table) {
  (void)table;
}

/* Best last. `fill` overrides what the implementation has of its own. */
static const struct implementation {
  const char *name;
  int (*runs_here)(void);
  void (*fill)(ts_kernel_table *table);
} IMPLEMENTATIONS[] = {
    {"c", always, keep},
#ifdef TS_ARM64
    {"neon", always, ts_arm64_fill_neon},
    {"llsc", always, ts_arm64_fill_llsc},
    {"lse", ts_arm64_has_lse, ts_arm64_fill_lse},
#endif
};

enum { COUNT = sizeof IMPLEMENTATIONS / sizeof IMPLEMENTATIONS[0] };

ts_status ts_kernels_choose(const char *forced) {
  const struct implementation *chosen = NULL;
  int is_free = forced == NULL || forced[0] == '\0';
  for (size_t i = 0; i < COUNT; i++) {
    const struct implementation *it = &IMPLEMENTATIONS[i];
    if ((is_free || strcmp(it->name, forced) == 0) && it->runs_here()) chosen = it;
  }
  if (chosen == NULL) return TS_E_IMPL_UNKNOWN;
  ts_kernel_table table = portable;
  chosen->fill(&table);
  table.implementation = chosen->name;
  ts_kernels = table;
  return TS_OK;
}

/* ---- what runs ---- */

#define SLOT(name)                                                                                           \
  { #name, offsetof(ts_kernel_table, name) }

static const struct slot {
  const char *name;
  size_t at;
} SLOTS[] = {SLOT(version_compare),
             SLOT(version_compare_many),
             SLOT(version_merge),
             SLOT(version_best),
             SLOT(version_seal),
             SLOT(hash_stripes),
             SLOT(first_non_finite_f32),
             SLOT(first_non_finite_f64),
             SLOT(xor_bytes),
             SLOT(changed_pages),
             SLOT(copy),
             SLOT(copy_pages),
             SLOT(word_take),
             SLOT(word_claim),
             SLOT(word_swap),
             SLOT(word_add),
             SLOT(pair_step)};

enum { SLOT_COUNT = sizeof SLOTS / sizeof SLOTS[0], SLOT_BYTES = sizeof ts_kernels.word_add };
static_assert(sizeof(ts_kernel_table) == sizeof(char *) + SLOT_COUNT * SLOT_BYTES, "every kernel is listed");

int ts_kernels_describe(size_t index, const char **kernel, const char **implementation) {
  if (index >= SLOT_COUNT) return 0;
  size_t at = SLOTS[index].at;
  for (size_t i = COUNT; i-- > 0;) {
    ts_kernel_table table = portable;
    IMPLEMENTATIONS[i].fill(&table);
    if (memcmp((const char *)&table + at, (const char *)&ts_kernels + at, SLOT_BYTES) == 0)
      *implementation = IMPLEMENTATIONS[i].name;
  }
  *kernel = SLOTS[index].name;
  return 1;
}

const char *ts_kernels_available(size_t index) {
  for (size_t i = 0; i < COUNT; i++)
    if (IMPLEMENTATIONS[i].runs_here() && index-- == 0) return IMPLEMENTATIONS[i].name;
  return NULL;
}
