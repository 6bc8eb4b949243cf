/* The records that can be reused: a queue, oldest first, linked through the records. */
#include "tables.h"

/*
 * Readers copy whole records, so what the writer links them with is stored as shared
 * words are. Links end in this, so that 0 can say "not in the queue".
 */
static const uint32_t QUEUE_END = UINT32_C(0xffffffff);

static int is_record(const ts_registry *registry, uint32_t link) {
  return link != 0 && link <= ts_version_room(registry);
}

void ts_retired_add(ts_registry *registry, uint32_t record) {
  ts_registry_header *header = registry->header;
  ts_version_record *at = ts_record(registry, record);
  if (at->next_free != 0) return;
  ts_store_relaxed(&at->next_free, QUEUE_END);
  uint32_t tail = header->reclaim_tail;
  uint32_t *link =
      is_record(registry, tail) ? &ts_record(registry, tail - 1)->next_free : &header->reclaim_head;
  ts_store_relaxed(link, record + 1);
  header->reclaim_tail = record + 1;
  ts_store_relaxed(&header->reclaim_count, header->reclaim_count + 1);
}

static uint32_t dequeue(ts_registry *registry) {
  ts_registry_header *header = registry->header;
  uint32_t head = header->reclaim_head;
  if (!is_record(registry, head)) return TS_NO_RECORD;
  ts_version_record *at = ts_record(registry, head - 1);
  ts_store_relaxed(&header->reclaim_head, at->next_free == QUEUE_END ? 0 : at->next_free);
  if (header->reclaim_head == 0) header->reclaim_tail = 0;
  ts_store_relaxed(&header->reclaim_count, header->reclaim_count - 1);
  ts_store_relaxed(&at->next_free, 0);
  return head - 1;
}

/* The oldest generation that a participant views, or `live` without any. */
static uint32_t oldest_view(const ts_registry *registry, uint32_t live) {
  uint32_t oldest = live;
  for (uint32_t slot = 0; slot < TS_MAX_PARTICIPANTS; slot++)
    oldest = ts_at_most(oldest, ts_participant_view(ts_participant(registry, slot), live));
  return oldest;
}

/* Records that were revived drop out on the way. */
uint32_t ts_retired_reclaim(ts_registry *registry) {
  uint32_t left = registry->header->reclaim_count;
  if (left == 0) return TS_NO_RECORD;
  uint32_t live = ts_generation_load(ts_live(registry));
  ts_participants_begin();
  uint32_t oldest = oldest_view(registry, live);
  for (; left > 0; left--) {
    uint32_t record = dequeue(registry);
    if (record == TS_NO_RECORD) return TS_NO_RECORD;
    if (!ts_is_reclaimable(ts_load_relaxed(ts_record_word(registry, record, STATE_WORD)))) continue;
    if (ts_is_past(oldest, ts_record(registry, record)->reuse_from)) return record;
    ts_retired_add(registry, record);
  }
  return TS_NO_RECORD;
}
