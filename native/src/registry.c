#include "tickswap/registry.h"

#include <string.h>

#include "tables.h"
#include "tickswap/hash.h"
#include "tickswap/kernels.h"

enum { LINE = 64 };

/* ---- shared words ---- */

int ts_word_take_c(uint32_t *word) {
  return ts_lock_take(word);
}

int ts_word_advance_c(uint32_t *word, uint32_t from, uint32_t to) {
  return ts_generation_advance(word, from, to);
}

uint32_t ts_word_add_c(uint32_t *word, uint32_t more) {
  return ts_add_relaxed(word, more);
}

/* ---- layout ---- */

static uint64_t round_up(uint64_t bytes) {
  return (bytes + LINE - 1) / LINE * LINE;
}

/* A power of two, at least twice the units, so that a probe always meets an empty slot. */
static uint32_t slots_for(uint32_t units) {
  uint32_t slots = 16;
  while (slots < units * 2) slots *= 2;
  return slots;
}

/* The geometry of a registry, as its head records it; total_bytes is 0 when out of range. */
static ts_registry_header plan(uint32_t units, uint32_t versions) {
  ts_registry_header head = {0};
  if (units < 1 || units > TS_MAX_UNITS || versions < 1 || versions > TS_MAX_VERSIONS) return head;
  head.magic = TS_REGISTRY_MAGIC;
  head.layout = TS_REGISTRY_LAYOUT;
  head.unit_capacity = units;
  head.version_capacity = versions;
  head.slot_count = slots_for(units);
  head.bank_bytes = (uint32_t)round_up((uint64_t)units * 4);
  uint64_t at = sizeof(ts_registry_header);
  head.participants_at = (uint32_t)at;
  at += (uint64_t)TS_MAX_PARTICIPANTS * 4;
  head.units_at = (uint32_t)at;
  at += (uint64_t)units * sizeof(ts_unit_entry);
  head.slots_at = (uint32_t)at;
  at += round_up((uint64_t)head.slot_count * 4);
  head.banks_at = (uint32_t)at;
  at += (uint64_t)head.bank_bytes * TS_BANKS;
  head.records_at = (uint32_t)at;
  at += (uint64_t)versions * sizeof(ts_version_record);
  head.tails_at = (uint32_t)at;
  at += (uint64_t)versions * TS_TAIL_BYTES;
  head.total_bytes = (uint32_t)at;
  return head;
}

static void point(ts_registry *out, uint8_t *memory, const ts_registry_header *head) {
  out->header = (ts_registry_header *)(void *)memory;
  out->participants = (uint32_t *)(void *)(memory + head->participants_at);
  out->units = (ts_unit_entry *)(void *)(memory + head->units_at);
  out->slots = (uint32_t *)(void *)(memory + head->slots_at);
  out->banks = memory + head->banks_at;
  out->records = (ts_version_record *)(void *)(memory + head->records_at);
  out->tails = memory + head->tails_at;
  out->unit_capacity = head->unit_capacity;
  out->version_capacity = head->version_capacity;
  out->slot_count = head->slot_count;
  out->bank_bytes = head->bank_bytes;
}

uint64_t ts_registry_bytes(uint32_t units, uint32_t versions) {
  return plan(units, versions).total_bytes;
}

static int is_usable(const ts_registry *out, const void *memory) {
  return out != NULL && memory != NULL && (uintptr_t)memory % 8 == 0;
}

ts_status ts_registry_create(ts_registry *out, void *memory, uint64_t bytes, uint32_t units,
                             uint32_t versions) {
  ts_registry_header head = plan(units, versions);
  if (!is_usable(out, memory) || head.total_bytes == 0) return TS_E_ARGUMENT;
  if (bytes < head.total_bytes) return TS_E_LAYOUT;
  memset(memory, 0, head.total_bytes);
  uint32_t magic = head.magic;
  head.magic = 0;
  memcpy(memory, &head, sizeof head);
  point(out, memory, &head);
  ts_store_release(&out->header->magic, magic);
  return TS_OK;
}

ts_status ts_registry_attach(ts_registry *out, void *memory, uint64_t bytes) {
  if (!is_usable(out, memory)) return TS_E_ARGUMENT;
  const ts_registry_header *found = memory;
  if (bytes < sizeof *found || ts_load_acquire(&found->magic) != TS_REGISTRY_MAGIC) return TS_E_LAYOUT;
  ts_registry_header head = plan(found->unit_capacity, found->version_capacity);
  size_t fixed_bytes = offsetof(ts_registry_header, reserved_fixed);
  if (head.total_bytes == 0 || memcmp(found, &head, fixed_bytes) != 0) return TS_E_LAYOUT;
  if (bytes < head.total_bytes) return TS_E_LAYOUT;
  point(out, memory, &head);
  return TS_OK;
}

/* ---- words of the tables ---- */

static uint32_t *state_of(const ts_registry *registry, uint32_t record) {
  return ts_record_word(registry, record, STATE_WORD);
}

/* Takes the writer's place; whoever finds it taken is counted. */
static int enter(ts_registry *registry) {
  if (ts_kernels.word_take(&registry->header->writer_lock)) return 1;
  ts_kernels.word_add(&registry->header->refused, 1);
  return 0;
}

static ts_status leave(ts_registry *registry, ts_status status) {
  ts_lock_leave(&registry->header->writer_lock);
  return status;
}

/* ---- units ---- */

static int is_named(const ts_unit_entry *entry, uint64_t hash, const void *name, uint32_t name_bytes) {
  return entry->name_hash == hash && entry->name_bytes == name_bytes &&
         memcmp(entry->name, name, name_bytes) == 0;
}

/* Probes for a name. `slot` becomes the empty slot where the probe ended. */
static ts_status probe(const ts_registry *registry, uint64_t hash, const void *name, uint32_t name_bytes,
                       uint32_t *index, uint32_t *slot) {
  uint32_t mask = registry->slot_count - 1;
  for (uint32_t step = 0; step <= mask; step++) {
    *slot = ((uint32_t)hash + step) & mask;
    uint32_t held = ts_see(&registry->slots[*slot]);
    if (held == 0) return TS_E_NOT_FOUND;
    if (held > registry->unit_capacity) return TS_E_LAYOUT;
    if (!is_named(&registry->units[held - 1], hash, name, name_bytes)) continue;
    *index = held - 1;
    return TS_OK;
  }
  return TS_E_FULL;
}

ts_status ts_registry_lookup(const ts_registry *registry, const void *name, uint32_t name_bytes,
                             uint32_t *index) {
  uint32_t slot;
  if (name_bytes < 1 || name_bytes > TS_MAX_NAME_BYTES) return TS_E_NOT_FOUND;
  return probe(registry, ts_hash64(name, name_bytes, 0), name, name_bytes, index, &slot);
}

static ts_status add_unit(ts_registry *registry, const void *name, uint32_t name_bytes, uint32_t *index) {
  uint64_t hash = ts_hash64(name, name_bytes, 0);
  uint32_t slot, count = ts_unit_count(registry);
  ts_status found = probe(registry, hash, name, name_bytes, index, &slot);
  if (found != TS_E_NOT_FOUND) return found;
  if (count == registry->unit_capacity) return TS_E_FULL;
  ts_unit_entry *entry = &registry->units[count];
  entry->name_hash = hash;
  entry->name_bytes = name_bytes;
  memcpy(entry->name, name, name_bytes);
  ts_show(&registry->slots[slot], count + 1);
  ts_show(&registry->header->unit_count, count + 1);
  *index = count;
  return TS_OK;
}

ts_status ts_registry_register_unit(ts_registry *registry, const void *name, uint32_t name_bytes,
                                    uint32_t *index) {
  if (name_bytes < 1 || name_bytes > TS_MAX_NAME_BYTES) return TS_E_ARGUMENT;
  if (!enter(registry)) return TS_E_BUSY;
  return leave(registry, add_unit(registry, name, name_bytes, index));
}

/* ---- reclaimable records: a queue, oldest first, linked through the records ---- */

static int is_reclaimable(uint32_t state) {
  return state == TS_STATE_RETIRED || state == TS_STATE_QUARANTINED;
}

/*
 * Readers copy whole records, so what the writer links them with is stored as shared
 * words are. Links end in this, so that 0 can say "not in the queue".
 */
static const uint32_t QUEUE_END = UINT32_C(0xffffffff);

static void enqueue(ts_registry *registry, uint32_t record) {
  ts_registry_header *header = registry->header;
  ts_version_record *at = &registry->records[record];
  if (at->next_free != 0) return;
  ts_store_relaxed(&at->next_free, QUEUE_END);
  uint32_t tail = header->reclaim_tail;
  int follows = tail != 0 && tail <= registry->version_capacity;
  ts_store_relaxed(follows ? &registry->records[tail - 1].next_free : &header->reclaim_head, record + 1);
  header->reclaim_tail = record + 1;
  ts_store_relaxed(&header->reclaim_count, header->reclaim_count + 1);
}

static uint32_t dequeue(ts_registry *registry) {
  ts_registry_header *header = registry->header;
  uint32_t head = header->reclaim_head;
  if (head == 0 || head > registry->version_capacity) return TS_NO_RECORD;
  ts_version_record *at = &registry->records[head - 1];
  header->reclaim_head = at->next_free == QUEUE_END ? 0 : at->next_free;
  if (header->reclaim_head == 0) header->reclaim_tail = 0;
  ts_store_relaxed(&header->reclaim_count, header->reclaim_count - 1);
  ts_store_relaxed(&at->next_free, 0);
  return head - 1;
}

static int is_past_for_all(const ts_registry *registry, uint32_t from) {
  for (uint32_t i = 0; i < TS_MAX_PARTICIPANTS; i++)
    if (!ts_participant_is_past(&registry->participants[i], from)) return 0;
  return 1;
}

/* The oldest record nobody can still see; records that were revived drop out on the way. */
static uint32_t reclaim(ts_registry *registry) {
  uint32_t live = ts_generation_load(&registry->header->generation);
  ts_participants_begin();
  for (uint32_t left = registry->header->reclaim_count; left > 0; left--) {
    uint32_t record = dequeue(registry);
    if (record == TS_NO_RECORD) return TS_NO_RECORD;
    if (!is_reclaimable(ts_load_relaxed(state_of(registry, record)))) continue;
    uint32_t from = registry->records[record].reuse_from;
    if (live >= from && is_past_for_all(registry, from)) return record;
    enqueue(registry, record);
  }
  return TS_NO_RECORD;
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
  copy_words((uint32_t *)(void *)(registry->tails + (size_t)record * TS_TAIL_BYTES), tail, TS_TAIL_BYTES / 4);
  ts_rewrite_end(sequence, fresh.sequence);
}

static ts_status add_version(ts_registry *registry, const ts_version_draft *draft, uint32_t *record) {
  ts_registry_header *header = registry->header;
  uint32_t count = ts_record_count(registry);
  if (draft->unit >= ts_unit_count(registry)) return TS_E_ARGUMENT;
  uint32_t at = count < registry->version_capacity ? count : reclaim(registry);
  if (at == TS_NO_RECORD) return TS_E_FULL;
  write_record(registry, at, draft);
  if (at == count) ts_show(&header->record_count, count + 1);
  else ts_store_relaxed(&header->reused, header->reused + 1);
  ts_store_relaxed(&header->registered, header->registered + 1);
  *record = at;
  return TS_OK;
}

ts_status ts_registry_register_version(ts_registry *registry, const ts_version_draft *draft,
                                       uint32_t *record) {
  if ((size_t)draft->prerelease_bytes + draft->metadata_bytes > TS_TAIL_BYTES) return TS_E_ARGUMENT;
  if (!enter(registry)) return TS_E_BUSY;
  return leave(registry, add_version(registry, draft, record));
}

static int is_in_bank(const ts_registry *registry, uint32_t generation, uint32_t record) {
  uint32_t unit = registry->records[record].unit;
  return unit < registry->unit_capacity &&
         ts_load_relaxed(ts_bank_word(registry, generation, unit)) == record + 1;
}

/* Makes a record reusable once no view that is still whole can show it. */
static ts_status retire(ts_registry *registry, uint32_t record) {
  ts_registry_header *header = registry->header;
  uint32_t live = ts_generation_load(&header->generation);
  uint32_t staged = ts_load_relaxed(&header->staged);
  if (is_in_bank(registry, live, record)) return TS_E_STATE;
  if (staged == live + 1 && is_in_bank(registry, staged, record)) ts_store_release(&header->staged, 0);
  int was_live_before = live > 0 && is_in_bank(registry, live - 1, record);
  ts_store_relaxed(&registry->records[record].reuse_from, was_live_before ? live + 1 : live);
  enqueue(registry, record);
  return TS_OK;
}

static ts_status change_state(ts_registry *registry, uint32_t record, ts_version_state state) {
  if (record >= ts_record_count(registry)) return TS_E_ARGUMENT;
  ts_status status = is_reclaimable(state) ? retire(registry, record) : TS_OK;
  if (status == TS_OK) ts_store_release(state_of(registry, record), state);
  return status;
}

ts_status ts_registry_set_state(ts_registry *registry, uint32_t record, ts_version_state state) {
  if (state < TS_STATE_CANDIDATE || state > TS_STATE_QUARANTINED) return TS_E_ARGUMENT;
  if (!enter(registry)) return TS_E_BUSY;
  return leave(registry, change_state(registry, record, state));
}

/* ---- generations ---- */

static ts_status check_move(const ts_registry *registry, ts_move move) {
  if (move.unit >= ts_unit_count(registry)) return TS_E_ARGUMENT;
  if (move.record == TS_NO_RECORD) return TS_OK;
  if (move.record >= ts_record_count(registry)) return TS_E_ARGUMENT;
  if (registry->records[move.record].unit != move.unit) return TS_E_ARGUMENT;
  return is_reclaimable(ts_load_relaxed(state_of(registry, move.record))) ? TS_E_STATE : TS_OK;
}

static ts_status fill_next(ts_registry *registry, const ts_move *moves, uint32_t count,
                           uint32_t *generation) {
  ts_registry_header *header = registry->header;
  uint32_t live = ts_generation_load(&header->generation);
  if (live >= TS_MAX_GENERATION) return TS_E_FULL;
  for (uint32_t i = 0; i < count; i++) {
    ts_status status = check_move(registry, moves[i]);
    if (status != TS_OK) return status;
  }
  ts_store_relaxed(&header->staged, 0);
  for (uint32_t unit = 0; unit < ts_unit_count(registry); unit++)
    ts_bank_store(ts_bank_word(registry, live + 1, unit),
                  ts_load_relaxed(ts_bank_word(registry, live, unit)));
  for (uint32_t i = 0; i < count; i++)
    ts_bank_store(ts_bank_word(registry, live + 1, moves[i].unit), moves[i].record + 1);
  ts_show(&header->staged, live + 1);
  *generation = live + 1;
  return TS_OK;
}

ts_status ts_registry_stage(ts_registry *registry, const ts_move *moves, uint32_t count,
                            uint32_t *generation) {
  if (count > 0 && moves == NULL) return TS_E_ARGUMENT;
  if (!enter(registry)) return TS_E_BUSY;
  return leave(registry, fill_next(registry, moves, count, generation));
}

ts_status ts_registry_publish(ts_registry *registry, uint32_t generation) {
  ts_registry_header *header = registry->header;
  if (generation == 0 || ts_see(&header->staged) != generation) return TS_E_STATE;
  return ts_kernels.word_advance(&header->generation, generation - 1, generation) ? TS_OK : TS_E_STATE;
}
