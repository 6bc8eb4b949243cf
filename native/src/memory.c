/* Where a registry's tables lie in its memory, and how it grows. */
#include <string.h>

#include "tables.h"
#include "tickswap/hash.h"

enum { LINE = 64 };

static uint64_t round_up(uint64_t bytes) {
  return (bytes + LINE - 1) / LINE * LINE;
}

/* A power of two, at least twice the units, so that a probe always meets an empty slot. */
static uint32_t slots_for(uint32_t units) {
  uint32_t slots = 16;
  if (units == 0) return 0;
  while (slots < units * 2) slots *= 2;
  return slots;
}

/* Entries up to segment `index`: doubled by each, as far as there may be. */
static uint32_t entries_until(uint32_t first, uint32_t most, uint32_t index) {
  uint64_t doubled = (uint64_t)first << index;
  return doubled < most ? (uint32_t)doubled : most;
}

static ts_segment plan_segment(const ts_registry_capacity *room, uint32_t index, uint64_t at) {
  ts_segment made = {0};
  if (index > 0) {
    made.first_unit = entries_until(room->units, room->most_units, index - 1);
    made.first_version = entries_until(room->versions, room->most_versions, index - 1);
  }
  made.units = entries_until(room->units, room->most_units, index) - made.first_unit;
  made.versions = entries_until(room->versions, room->most_versions, index) - made.first_version;
  made.slot_count = slots_for(made.units);
  made.bank_bytes = (uint32_t)round_up((uint64_t)made.units * 4);
  made.units_at = (uint32_t)at;
  at += (uint64_t)made.units * sizeof(ts_unit_entry);
  made.slots_at = (uint32_t)at;
  at += round_up((uint64_t)made.slot_count * 4);
  made.banks_at = (uint32_t)at;
  at += (uint64_t)made.bank_bytes * TS_BANKS;
  made.records_at = (uint32_t)at;
  at += (uint64_t)made.versions * sizeof(ts_version_record);
  made.tails_at = (uint32_t)at;
  at += (uint64_t)made.versions * TS_TAIL_BYTES;
  made.end = (uint32_t)at;
  return made;
}

static ts_registry_capacity filled(const ts_registry_capacity *capacity) {
  ts_registry_capacity room = *capacity;
  if (room.most_units == 0) room.most_units = room.units;
  if (room.most_versions == 0) room.most_versions = room.versions;
  return room;
}

static int is_possible(const ts_registry_capacity *room) {
  return room->units >= 1 && room->units <= room->most_units && room->most_units <= TS_MAX_UNITS &&
         room->versions >= 1 && room->versions <= room->most_versions &&
         room->most_versions <= TS_MAX_VERSIONS && room->own_slots <= TS_MAX_PARTICIPANTS;
}

static const uint64_t PARTICIPANTS_AT = sizeof(ts_registry_header);
static const uint64_t SEGMENTS_AT = sizeof(ts_registry_header) + TS_MAX_PARTICIPANTS * 4;
static const uint64_t TABLES_AT =
    sizeof(ts_registry_header) + TS_MAX_PARTICIPANTS * 4 + TS_MAX_SEGMENTS * sizeof(ts_segment);

/* All segments there can ever be; no more than TS_MAX_SEGMENTS, because the most is no more than 2^20. */
static void plan_all(ts_registry *out, const ts_registry_capacity *room) {
  uint64_t at = TABLES_AT;
  out->segment_count = 0;
  for (uint32_t i = 0; i < TS_MAX_SEGMENTS; i++) {
    ts_segment *made = &out->segments[i];
    *made = plan_segment(room, i, at);
    if (made->units == 0 && made->versions == 0) return;
    at = made->end;
    out->segment_count = i + 1;
  }
}

static ts_registry_header head_of(const ts_registry_capacity *room) {
  ts_registry_header head = {.magic = TS_REGISTRY_MAGIC,
                             .layout = TS_REGISTRY_LAYOUT,
                             .unit_capacity = room->units,
                             .version_capacity = room->versions,
                             .most_units = room->most_units,
                             .most_versions = room->most_versions,
                             .own_slots = room->own_slots,
                             .participants_at = (uint32_t)PARTICIPANTS_AT,
                             .segments_at = (uint32_t)SEGMENTS_AT};
  head.check = (uint32_t)ts_hash64(&head, offsetof(ts_registry_header, check), 0);
  return head;
}

static uint64_t bytes_of(const ts_registry_capacity *capacity, int most) {
  ts_registry planned;
  ts_registry_capacity room = filled(capacity);
  if (!is_possible(&room)) return 0;
  plan_all(&planned, &room);
  return planned.segments[most ? planned.segment_count - 1 : 0].end;
}

uint64_t ts_registry_bytes(const ts_registry_capacity *capacity) {
  return bytes_of(capacity, 0);
}

uint64_t ts_registry_most_bytes(const ts_registry_capacity *capacity) {
  return bytes_of(capacity, 1);
}

void ts_registry_extend(ts_registry *registry, uint64_t bytes) {
  if (bytes > registry->bytes) registry->bytes = bytes;
  while (registry->segments_there < registry->segment_count &&
         registry->segments[registry->segments_there].end <= registry->bytes)
    registry->segments_there++;
}

static void open_at(ts_registry *out, void *memory, uint64_t bytes) {
  out->header = memory;
  out->bytes = 0;
  out->segments_there = 0;
  ts_registry_extend(out, bytes);
}

static int is_usable(const ts_registry *out, const void *memory) {
  return out != NULL && memory != NULL && (uintptr_t)memory % 8 == 0;
}

/* Readers in other languages find the segments in the shared memory. */
static void describe(const ts_registry *registry, uint32_t index) {
  memcpy((ts_segment *)ts_at(registry, SEGMENTS_AT) + index, &registry->segments[index], sizeof(ts_segment));
}

ts_status ts_registry_create(ts_registry *out, void *memory, uint64_t bytes,
                             const ts_registry_capacity *capacity) {
  if (!is_usable(out, memory) || capacity == NULL) return TS_E_ARGUMENT;
  ts_registry_capacity room = filled(capacity);
  if (!is_possible(&room)) return TS_E_ARGUMENT;
  uint64_t needed = bytes_of(&room, 0);
  if (bytes < needed) return TS_E_LAYOUT;
  ts_registry_header head = head_of(&room);
  uint32_t magic = head.magic;
  head.magic = 0;
  memset(memory, 0, needed);
  memcpy(memory, &head, sizeof head);
  plan_all(out, &room);
  open_at(out, memory, bytes);
  describe(out, 0);
  ts_store_release(&out->header->magic, magic);
  return TS_OK;
}

ts_status ts_registry_attach(ts_registry *out, void *memory, uint64_t bytes) {
  if (!is_usable(out, memory)) return TS_E_ARGUMENT;
  const ts_registry_header *found = memory;
  if (bytes < sizeof *found || ts_load_acquire(&found->magic) != TS_REGISTRY_MAGIC) return TS_E_LAYOUT;
  ts_registry_capacity room = {found->unit_capacity, found->version_capacity, found->most_units,
                               found->most_versions, found->own_slots};
  ts_registry_header head = head_of(&room);
  size_t fixed_bytes = offsetof(ts_registry_header, reserved_fixed);
  if (!is_possible(&room) || memcmp(found, &head, fixed_bytes) != 0) return TS_E_LAYOUT;
  if (bytes < bytes_of(&room, 0)) return TS_E_LAYOUT;
  plan_all(out, &room);
  open_at(out, memory, bytes);
  return TS_OK;
}

uint32_t ts_registry_growths(const ts_registry *registry) {
  return ts_see(&registry->header->growths);
}

uint64_t ts_registry_grown_bytes(const ts_registry *registry) {
  uint32_t next = ts_see(&registry->header->growths) + 1;
  return next < registry->segment_count ? registry->segments[next].end : 0;
}

static ts_status add_segment(ts_registry *registry, uint32_t growths) {
  ts_registry_header *header = registry->header;
  uint32_t next = ts_load_relaxed(&header->growths) + 1;
  if (next != growths + 1) return TS_OK;
  if (next >= registry->segment_count) return TS_E_FULL;
  if (next >= registry->segments_there) return TS_E_LAYOUT;
  const ts_segment *added = &registry->segments[next];
  memset(ts_at(registry, added->units_at), 0, added->end - added->units_at);
  describe(registry, next);
  ts_show(&header->growths, next);
  return TS_OK;
}

ts_status ts_registry_grow(ts_registry *registry, uint32_t growths) {
  if (!ts_lock_take(&registry->header->writer_lock)) {
    ts_add_relaxed(&registry->header->refused, 1);
    return TS_E_BUSY;
  }
  ts_status status = add_segment(registry, growths);
  ts_lock_leave(&registry->header->writer_lock);
  return status;
}
