/* What every thread does with a registry: no lock, no wait, and no write but a participant's own word. */
#include <string.h>

#include "require.h"
#include "tables.h"
#include "tickswap/hash.h"

enum { READ_TRIES = 8 };

uint32_t ts_registry_generation(const ts_registry *registry) {
  return ts_generation_load(ts_live(registry));
}

uint32_t ts_registry_active(const ts_registry *registry, uint32_t generation, uint32_t unit) {
  if (unit >= ts_unit_room(registry)) return TS_NO_RECORD;
  return ts_bank_load(ts_bank_word(registry, generation, unit)) - 1;
}

int ts_registry_view_is_whole(const ts_registry *registry, uint32_t generation) {
  return ts_view_is_whole(ts_live(registry), generation);
}

/* ---- units ---- */

static int is_named(const ts_unit_entry *entry, uint64_t hash, const void *name, uint32_t name_bytes) {
  return entry->name_hash == hash && entry->name_bytes == name_bytes &&
         memcmp(entry->name, name, name_bytes) == 0;
}

/* Probes one segment for a name. `slot` becomes the empty slot where the probe ended. */
ts_status ts_probe(const ts_registry *registry, const ts_segment *in, const ts_name *name, ts_probed *out) {
  const uint32_t *slots = ts_at(registry, in->slots_at);
  for (uint32_t step = 0; step < in->slot_count; step++) {
    out->steps++;
    out->slot = ((uint32_t)name->hash + step) & (in->slot_count - 1);
    uint32_t held = ts_see(&slots[out->slot]);
    if (held == 0) return TS_E_NOT_FOUND;
    if (held > in->units) return TS_E_LAYOUT;
    const ts_unit_entry *entries = ts_at(registry, in->units_at);
    if (!is_named(&entries[held - 1], name->hash, name->text, name->bytes)) continue;
    out->index = in->first_unit + held - 1;
    return TS_OK;
  }
  return TS_E_NOT_FOUND;
}

ts_status ts_find(const ts_registry *registry, const ts_name *name, ts_probed *out) {
  uint32_t shown = ts_segments_shown(registry);
  for (uint32_t i = 0; i < shown; i++) {
    ts_status status = ts_probe(registry, &registry->segments[i], name, out);
    if (status != TS_E_NOT_FOUND) return status;
  }
  return TS_E_NOT_FOUND;
}

ts_status ts_registry_lookup(const ts_registry *registry, const void *name, uint32_t name_bytes,
                             uint32_t *index) {
  if (name_bytes < 1 || name_bytes > TS_MAX_NAME_BYTES) return TS_E_NOT_FOUND;
  ts_name asked = {ts_hash64(name, name_bytes, 0), name, name_bytes};
  ts_probed found = {0};
  ts_status status = ts_find(registry, &asked, &found);
  if (status == TS_OK) *index = found.index;
  return status == TS_E_NOT_FOUND && ts_is_outgrown(registry) ? TS_E_GROWN : status;
}

/* ---- versions ---- */

static void load_words(void *to, const uint32_t *from, int words) {
  uint8_t *bytes = to;
  for (int i = 0; i < words; i++) {
    uint32_t value = ts_load_relaxed(from + i);
    memcpy(bytes + 4 * (size_t)i, &value, 4);
  }
}

ts_status ts_registry_read(const ts_registry *registry, uint32_t record, ts_version_record *out, void *tail) {
  if (record >= ts_record_count(registry))
    return record < ts_see(&registry->header->record_count) && ts_is_outgrown(registry) ? TS_E_GROWN
                                                                                        : TS_E_ARGUMENT;
  const uint32_t *sequence = ts_record_word(registry, record, SEQUENCE_WORD);
  ts_version_record copy;
  uint8_t tail_copy[TS_TAIL_BYTES];
  for (int i = 0; i < READ_TRIES; i++) {
    uint32_t before = ts_look_begin(sequence);
    load_words(&copy, ts_record_word(registry, record, 0), RECORD_WORDS);
    if (tail != NULL) load_words(tail_copy, ts_tail(registry, record), TS_TAIL_BYTES / 4);
    if (!ts_look_was_whole(sequence, before)) continue;
    *out = copy;
    if (tail != NULL) memcpy(tail, tail_copy, TS_TAIL_BYTES);
    return TS_OK;
  }
  return TS_E_BUSY;
}

/* ---- participants ---- */

static int join_slot(const ts_registry *registry, uint32_t slot) {
  if (!ts_participant_join(ts_participant(registry, slot), ts_live(registry))) return 0;
  ts_add_relaxed(&registry->header->joined, 1);
  return 1;
}

ts_status ts_registry_join(const ts_registry *registry, uint32_t *slot) {
  for (uint32_t i = registry->header->own_slots; i < TS_MAX_PARTICIPANTS; i++) {
    if (ts_load_relaxed(ts_participant(registry, i)) != 0 || !join_slot(registry, i)) continue;
    *slot = i;
    return TS_OK;
  }
  return TS_E_FULL;
}

ts_status ts_registry_enter(const ts_registry *registry, uint32_t slot) {
  if (slot >= registry->header->own_slots || slot >= TS_MAX_PARTICIPANTS) return TS_E_ARGUMENT;
  join_slot(registry, slot);
  return TS_OK;
}

uint32_t ts_registry_tick(const ts_registry *registry, uint32_t slot) {
  TS_REQUIRE(slot < TS_MAX_PARTICIPANTS);
  return ts_participant_tick(ts_participant(registry, slot), ts_live(registry));
}

void ts_registry_leave(const ts_registry *registry, uint32_t slot) {
  TS_REQUIRE(slot < TS_MAX_PARTICIPANTS);
  if (ts_participant_leave(ts_participant(registry, slot))) ts_add_relaxed(&registry->header->left, 1);
}
