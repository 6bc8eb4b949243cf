/* The best match over a column that writers may be rewriting. */
#include "tables.h"
#include "tickswap/kernels.h"

enum { WHOLE_TRIES = 4 };

typedef struct question {
  const ts_version_range *ranges;
  size_t range_count;
  const ts_version_filter *filter;
} question;

/* The best of two; of equal keys the later record. */
static uint32_t better(const ts_registry *registry, uint32_t a, uint32_t b) {
  if (a == TS_NO_RECORD) return b;
  ts_version_key keys[2];
  for (int i = 0; i < 2; i++) {
    const uint32_t *words = ts_record_word(registry, i == 0 ? a : b, 0);
    keys[i] = (ts_version_key){ts_load_relaxed(words), ts_load_relaxed(words + 1), ts_load_relaxed(words + 2),
                               ts_load_relaxed(words + 3)};
  }
  return ts_kernels.version_compare(&keys[0], &keys[1]) > 0 ? a : b;
}

/* One pass of the kernel over every segment. */
static uint32_t pass(const ts_registry *registry, uint32_t count, const question *asked) {
  uint32_t best = TS_NO_RECORD;
  for (uint32_t i = 0; i < registry->segments_there && registry->segments[i].first_version < count; i++) {
    const ts_segment *in = &registry->segments[i];
    uint32_t used = ts_at_most(count - in->first_version, in->versions);
    int64_t found = ts_kernels.version_best(ts_at(registry, in->records_at), used, asked->ranges,
                                            asked->range_count, asked->filter);
    if (found >= 0) best = better(registry, best, in->first_version + (uint32_t)found);
  }
  return best;
}

/* Each record by itself. One that is rewritten all the time is no version yet. */
static uint32_t one_by_one(const ts_registry *registry, uint32_t count, const question *asked) {
  uint32_t best = TS_NO_RECORD;
  ts_version_record winner, candidate;
  for (uint32_t i = 0; i < count; i++) {
    if (ts_registry_read(registry, i, &candidate, NULL) != TS_OK) continue;
    if (ts_version_best_c(&candidate, 1, asked->ranges, asked->range_count, asked->filter) != 0) continue;
    if (best != TS_NO_RECORD && ts_version_compare_c(&winner.key, &candidate.key) > 0) continue;
    best = i;
    winner = candidate;
  }
  return best;
}

ts_status ts_registry_best(const ts_registry *registry, const ts_version_range *ranges, size_t range_count,
                           const ts_version_filter *filter, uint32_t *record) {
  const question asked = {ranges, range_count, filter};
  const uint32_t *rewrites = &registry->header->rewrites;
  if (ts_is_outgrown(registry)) return TS_E_GROWN;
  for (int i = 0; i < WHOLE_TRIES; i++) {
    uint32_t before = ts_look_begin(rewrites);
    uint32_t found = pass(registry, ts_record_count(registry), &asked);
    if (!ts_look_was_whole(rewrites, before)) continue;
    *record = found;
    return TS_OK;
  }
  *record = one_by_one(registry, ts_record_count(registry), &asked);
  return TS_OK;
}
