/* What changes a registry: one writer at a time. */
#include "tickswap/registry.h"

#include <string.h>

#include "require.h"
#include "tables.h"
#include "tickswap/hash.h"

/* Takes the writer's place; whoever finds it taken is counted. */
static ts_status enter(ts_registry *registry) {
  TS_REQUIRE(TS_IS_ALIGNED(registry->header, 8));
  if (!ts_lock_take(&registry->header->writer_lock)) {
    ts_add_relaxed(&registry->header->refused, 1);
    return TS_E_BUSY;
  }
  if (!ts_is_outgrown(registry)) return TS_OK;
  ts_lock_leave(&registry->header->writer_lock);
  return TS_E_GROWN;
}

static ts_status leave(ts_registry *registry, ts_status status) {
  ts_lock_leave(&registry->header->writer_lock);
  return status;
}

static void count(uint32_t *counter, uint32_t more) {
  ts_store_relaxed(counter, ts_load_relaxed(counter) + more);
}

/* ---- units ---- */

static void write_unit(ts_registry *registry, uint32_t index, const ts_name *name) {
  const ts_segment *in = ts_segment_of(registry, registry->segments[0].units, index);
  ts_unit_entry *entry = ts_unit(registry, index);
  ts_probed free = {0};
  ts_probe(registry, in, name, &free);
  entry->name_hash = name->hash;
  entry->name_bytes = name->bytes;
  memcpy(entry->name, name->text, name->bytes);
  ts_show((uint32_t *)ts_at(registry, in->slots_at) + free.slot, index - in->first_unit + 1);
  ts_show(&registry->header->unit_count, index + 1);
}

static ts_status add_unit(ts_registry *registry, const ts_name *name, uint32_t *index) {
  ts_probed found = {0};
  ts_status status = ts_find(registry, name, &found);
  uint32_t next = ts_unit_count(registry);
  count(&registry->header->probes, found.steps);
  if (status == TS_E_NOT_FOUND && next == ts_unit_room(registry)) return TS_E_FULL;
  if (status == TS_E_NOT_FOUND) write_unit(registry, next, name);
  else if (status != TS_OK) return status;
  *index = status == TS_OK ? found.index : next;
  return TS_OK;
}

ts_status ts_registry_register_unit(ts_registry *registry, const void *name, uint32_t name_bytes,
                                    uint32_t *index) {
  if (name_bytes < 1 || name_bytes > TS_MAX_NAME_BYTES) return TS_E_ARGUMENT;
  ts_name asked = {ts_hash64(name, name_bytes, 0), name, name_bytes};
  ts_status status = enter(registry);
  return status == TS_OK ? leave(registry, add_unit(registry, &asked, index)) : status;
}

/* ---- versions ---- */

static void copy_words(uint32_t *to, const void *from, int words) {
  const uint8_t *bytes = from;
  for (int i = 0; i < words; i++) {
    uint32_t value;
    memcpy(&value, bytes + 4 * (size_t)i, 4);
    ts_store_relaxed(to + i, value);
  }
}

/* Fills a record for readers that may be looking at it: odd sequence, contents, even sequence. */
static void write_record(ts_registry *registry, uint32_t record, const ts_version_draft *draft) {
  ts_version_record fresh = {.key = draft->key,
                             .flags = draft->flags,
                             .unit = draft->unit,
                             .timestamp_ms = draft->timestamp_ms,
                             .content_hash = draft->content_hash,
                             .prerelease_bytes = draft->prerelease_bytes,
                             .metadata_bytes = draft->metadata_bytes,
                             .state = TS_STATE_CANDIDATE};
  uint8_t tail[TS_TAIL_BYTES] = {0};
  size_t tail_bytes = (size_t)draft->prerelease_bytes + draft->metadata_bytes;
  if (tail_bytes > 0) memcpy(tail, draft->tail, tail_bytes);
  fresh.integrity = ts_version_integrity(&fresh, tail);

  uint32_t *sequence = ts_record_word(registry, record, SEQUENCE_WORD);
  fresh.sequence = ts_rewrite_begin(sequence);
  copy_words(ts_record_word(registry, record, 0), &fresh, RECORD_WORDS);
  copy_words(ts_tail(registry, record), tail, TS_TAIL_BYTES / 4);
  ts_rewrite_end(sequence, fresh.sequence);
}

static ts_status add_version(ts_registry *registry, const ts_version_draft *draft, uint32_t *record) {
  ts_registry_header *header = registry->header;
  uint32_t used = ts_record_count(registry);
  if (draft->unit >= ts_unit_count(registry)) return TS_E_ARGUMENT;
  uint32_t at = used < ts_version_room(registry) ? used : ts_retired_reclaim(registry);
  if (at == TS_NO_RECORD) return TS_E_FULL;
  /* Passes over the column see it with this version or without. */
  uint32_t odd = ts_rewrite_begin(&header->rewrites);
  write_record(registry, at, draft);
  if (at == used) ts_show(&header->record_count, used + 1);
  ts_rewrite_end(&header->rewrites, odd);
  if (at != used) count(&header->reclaimed, 1);
  count(&header->registered, 1);
  *record = at;
  return TS_OK;
}

ts_status ts_registry_register_version(ts_registry *registry, const ts_version_draft *draft,
                                       uint32_t *record) {
  if ((size_t)draft->prerelease_bytes + draft->metadata_bytes > TS_TAIL_BYTES) return TS_E_ARGUMENT;
  ts_status status = enter(registry);
  return status == TS_OK ? leave(registry, add_version(registry, draft, record)) : status;
}

static int is_in_bank(const ts_registry *registry, uint32_t generation, uint32_t record) {
  uint32_t unit = ts_record(registry, record)->unit;
  return unit < ts_unit_room(registry) &&
         ts_load_relaxed(ts_bank_word(registry, generation, unit)) == record + 1;
}

/*
 * Takes a version out of the staging, if it is in it, and gives the live generation. It may
 * be published at this instant; then the second look finds it live.
 */
static uint32_t unstage(ts_registry *registry, uint32_t record) {
  for (;;) {
    uint32_t live = ts_generation_load(ts_live(registry));
    uint32_t staged = ts_pair_high_relaxed(ts_live(registry));
    int is_staged = staged != 0 && is_in_bank(registry, staged, record);
    if (ts_staging_hold(ts_live(registry), live, staged, is_staged ? 0 : staged)) return live;
  }
}

/* Makes a record reusable once no view that is still whole can show it. */
static ts_status retire(ts_registry *registry, uint32_t record) {
  if (is_in_bank(registry, ts_generation_load(ts_live(registry)), record)) return TS_E_STATE;
  uint32_t live = unstage(registry, record);
  if (is_in_bank(registry, live, record)) return TS_E_STATE;
  int was_live_before = live > 0 && is_in_bank(registry, live - 1, record);
  ts_store_relaxed(ts_record_word(registry, record, REUSE_FROM_WORD), was_live_before ? live + 1 : live);
  ts_retired_add(registry, record);
  count(&registry->header->retired, 1);
  return TS_OK;
}

static ts_status change_state(ts_registry *registry, uint32_t record, ts_version_state state) {
  if (record >= ts_record_count(registry)) return TS_E_ARGUMENT;
  ts_status status = ts_is_reclaimable(state) ? retire(registry, record) : TS_OK;
  if (status != TS_OK) return status;
  uint32_t odd = ts_rewrite_begin(&registry->header->rewrites);
  ts_store_relaxed(ts_record_word(registry, record, STATE_WORD), state);
  ts_rewrite_end(&registry->header->rewrites, odd);
  return TS_OK;
}

ts_status ts_registry_set_state(ts_registry *registry, uint32_t record, ts_version_state state) {
  if (state < TS_STATE_CANDIDATE || state > TS_STATE_STANDBY) return TS_E_ARGUMENT;
  ts_status status = enter(registry);
  return status == TS_OK ? leave(registry, change_state(registry, record, state)) : status;
}

/* ---- generations ---- */

static ts_status check_move(const ts_registry *registry, ts_move move) {
  if (move.unit >= ts_unit_count(registry)) return TS_E_ARGUMENT;
  if (move.record == TS_NO_RECORD) return TS_OK;
  if (move.record >= ts_record_count(registry)) return TS_E_ARGUMENT;
  if (ts_record(registry, move.record)->unit != move.unit) return TS_E_ARGUMENT;
  uint32_t state = ts_load_relaxed(ts_record_word(registry, move.record, STATE_WORD));
  return ts_is_reclaimable(state) ? TS_E_STATE : TS_OK;
}

/* Takes back what is staged, so that nobody can publish, and gives the live generation. */
static uint32_t hold_generation(ts_registry *registry) {
  for (;;) {
    uint32_t live = ts_generation_load(ts_live(registry));
    if (ts_staging_hold(ts_live(registry), live, ts_pair_high_relaxed(ts_live(registry)), 0)) return live;
  }
}

static ts_status fill_next(ts_registry *registry, const ts_move *moves, uint32_t move_count,
                           uint32_t *generation) {
  for (uint32_t i = 0; i < move_count; i++) {
    ts_status status = check_move(registry, moves[i]);
    if (status != TS_OK) return status;
  }
  if (ts_generation_load(ts_live(registry)) >= TS_MAX_GENERATION) return TS_E_FULL;
  uint32_t live = hold_generation(registry);
  for (uint32_t unit = 0; unit < ts_unit_count(registry); unit++)
    ts_bank_store(ts_bank_word(registry, live + 1, unit),
                  ts_load_relaxed(ts_bank_word(registry, live, unit)));
  for (uint32_t i = 0; i < move_count; i++)
    ts_bank_store(ts_bank_word(registry, live + 1, moves[i].unit), moves[i].record + 1);
  ts_store_relaxed(&registry->header->staged_moves, move_count);
  /* Nothing was staged: it cannot fail. */
  ts_staging_offer(ts_live(registry), live + 1);
  *generation = live + 1;
  return TS_OK;
}

ts_status ts_registry_stage(ts_registry *registry, const ts_move *moves, uint32_t move_count,
                            uint32_t *generation) {
  if (move_count > 0 && moves == NULL) return TS_E_ARGUMENT;
  ts_status status = enter(registry);
  return status == TS_OK ? leave(registry, fill_next(registry, moves, move_count, generation)) : status;
}

ts_status ts_registry_publish(ts_registry *registry, uint32_t generation) {
  ts_registry_header *header = registry->header;
  uint32_t moves = ts_load_relaxed(&header->staged_moves);
  if (generation == 0 || !ts_staging_publish(ts_live(registry), generation)) return TS_E_STATE;
  ts_add_relaxed(&header->activated, moves);
  return TS_OK;
}
