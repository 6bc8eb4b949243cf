/* What every thread does with a registry: no lock, no wait, and no write but a participant's own word. */
#include <string.h>

#include "tables.h"
#include "tickswap/kernels.h"

enum { READ_TRIES = 8, BEST_TRIES = 4 };

uint32_t ts_registry_generation(const ts_registry *registry) {
  return ts_generation_load(&registry->header->generation);
}

uint32_t ts_registry_active(const ts_registry *registry, uint32_t generation, uint32_t unit) {
  if (unit >= registry->unit_capacity) return TS_NO_RECORD;
  return ts_bank_load(ts_bank_word(registry, generation, unit)) - 1;
}

int ts_registry_view_is_whole(const ts_registry *registry, uint32_t generation) {
  return ts_view_is_whole(&registry->header->generation, generation);
}

static void load_words(void *to, const uint32_t *from, int words) {
  uint8_t *bytes = to;
  for (int i = 0; i < words; i++) {
    uint32_t value = ts_load_relaxed(from + i);
    memcpy(bytes + 4 * (size_t)i, &value, 4);
  }
}

ts_status ts_registry_read(const ts_registry *registry, uint32_t record, ts_version_record *out, void *tail) {
  if (record >= ts_record_count(registry)) return TS_E_ARGUMENT;
  const uint32_t *sequence = ts_record_word(registry, record, SEQUENCE_WORD);
  const uint8_t *tail_at = registry->tails + (size_t)record * TS_TAIL_BYTES;
  ts_version_record copy;
  uint8_t tail_copy[TS_TAIL_BYTES];
  for (int i = 0; i < READ_TRIES; i++) {
    uint32_t before = ts_look_begin(sequence);
    load_words(&copy, ts_record_word(registry, record, 0), RECORD_WORDS);
    if (tail != NULL) load_words(tail_copy, (const uint32_t *)(const void *)tail_at, TS_TAIL_BYTES / 4);
    if (!ts_look_was_whole(sequence, before)) continue;
    *out = copy;
    if (tail != NULL) memcpy(tail, tail_copy, TS_TAIL_BYTES);
    return TS_OK;
  }
  return TS_E_BUSY;
}

ts_status ts_registry_best(const ts_registry *registry, const ts_version_range *ranges, size_t range_count,
                           const ts_version_filter *filter, uint32_t *record) {
  uint32_t count = ts_record_count(registry);
  for (int i = 0; i < BEST_TRIES; i++) {
    int64_t found = ts_kernels.version_best(registry->records, count, ranges, range_count, filter);
    ts_version_record copy;
    *record = found < 0 ? TS_NO_RECORD : (uint32_t)found;
    if (found < 0) return TS_OK;
    /* The column was read without regard to its writers; the winner is read with. */
    if (ts_registry_read(registry, *record, &copy, NULL) != TS_OK) continue;
    if (ts_version_best_c(&copy, 1, ranges, range_count, filter) == 0) return TS_OK;
  }
  return TS_E_BUSY;
}

/* ---- participants ---- */

ts_status ts_registry_join(const ts_registry *registry, uint32_t *slot) {
  for (uint32_t i = 0; i < TS_MAX_PARTICIPANTS; i++) {
    if (ts_load_relaxed(&registry->participants[i]) != 0) continue;
    if (!ts_participant_join(&registry->participants[i], &registry->header->generation)) continue;
    *slot = i;
    return TS_OK;
  }
  return TS_E_FULL;
}

uint32_t ts_registry_tick(const ts_registry *registry, uint32_t slot) {
  return ts_participant_tick(&registry->participants[slot % TS_MAX_PARTICIPANTS],
                             &registry->header->generation);
}

void ts_registry_leave(const ts_registry *registry, uint32_t slot) {
  ts_participant_leave(&registry->participants[slot % TS_MAX_PARTICIPANTS]);
}
