/* Where the words of a registry are, for its writers and its readers. */
#ifndef TICKSWAP_SRC_TABLES_H
#define TICKSWAP_SRC_TABLES_H

#include "atomic.h"
#include "protocol.h"
#include "tickswap/registry.h"

enum {
  RECORD_WORDS = 16,
  LENGTHS_WORD = 10,
  STATE_WORD = 11,
  SEQUENCE_WORD = 12,
  REUSE_FROM_WORD = 15,
};

static_assert(offsetof(ts_version_record, prerelease_bytes) == LENGTHS_WORD * 4, "layout");
static_assert(offsetof(ts_version_record, state) == STATE_WORD * 4, "layout");
static_assert(offsetof(ts_version_record, sequence) == SEQUENCE_WORD * 4, "layout");
static_assert(offsetof(ts_version_record, reuse_from) == REUSE_FROM_WORD * 4, "layout");
static_assert(offsetof(ts_registry_header, generation) % 8 == 0, "a pair is aligned");
static_assert(offsetof(ts_registry_header, staged) == offsetof(ts_registry_header, generation) + 4, "a pair");

static inline ts_pair *ts_live(const ts_registry *registry) {
  return &registry->header->generation;
}

static inline void *ts_at(const ts_registry *registry, uint64_t offset) {
  return (uint8_t *)registry->header + offset;
}

static inline uint32_t *ts_participant(const ts_registry *registry, uint32_t slot) {
  return (uint32_t *)ts_at(registry, sizeof(ts_registry_header)) + slot % TS_MAX_PARTICIPANTS;
}

/* Each segment is as large as all before it: index `first` of the second, 2 `first` of the third. */
static inline const ts_segment *ts_segment_of(const ts_registry *registry, uint32_t first, uint32_t index) {
  return &registry->segments[index < first ? 0 : 32 - __builtin_clz(index / first)];
}

static inline ts_unit_entry *ts_unit(const ts_registry *registry, uint32_t unit) {
  const ts_segment *in = ts_segment_of(registry, registry->segments[0].units, unit);
  return (ts_unit_entry *)ts_at(registry, in->units_at) + (unit - in->first_unit);
}

static inline uint32_t *ts_bank_word(const ts_registry *registry, uint32_t generation, uint32_t unit) {
  const ts_segment *in = ts_segment_of(registry, registry->segments[0].units, unit);
  uint64_t bank = in->banks_at + (uint64_t)(generation % TS_BANKS) * in->bank_bytes;
  return (uint32_t *)ts_at(registry, bank) + (unit - in->first_unit);
}

static inline ts_version_record *ts_record(const ts_registry *registry, uint32_t record) {
  const ts_segment *in = ts_segment_of(registry, registry->segments[0].versions, record);
  return (ts_version_record *)ts_at(registry, in->records_at) + (record - in->first_version);
}

static inline uint32_t *ts_tail(const ts_registry *registry, uint32_t record) {
  const ts_segment *in = ts_segment_of(registry, registry->segments[0].versions, record);
  return ts_at(registry, in->tails_at + (uint64_t)(record - in->first_version) * TS_TAIL_BYTES);
}

static inline uint32_t *ts_record_word(const ts_registry *registry, uint32_t record, int word) {
  return (uint32_t *)(void *)ts_record(registry, record) + word;
}

static inline uint32_t ts_at_most(uint32_t a, uint32_t b) {
  return a < b ? a : b;
}

/*
 * Segments that are there and that this view covers. Load a count before them: what it
 * counts lies in segments that were shown before it.
 */
static inline uint32_t ts_segments_shown(const ts_registry *registry) {
  uint32_t shown = ts_at_most(ts_see(&registry->header->growths), TS_MAX_SEGMENTS) + 1;
  return ts_at_most(shown, registry->segments_there);
}

/* Whether there are segments past this view. */
static inline int ts_is_outgrown(const ts_registry *registry) {
  uint32_t shown = ts_at_most(ts_see(&registry->header->growths), TS_MAX_SEGMENTS) + 1;
  return shown > registry->segments_there && registry->segments_there < registry->segment_count;
}

static inline uint32_t ts_unit_room(const ts_registry *registry) {
  const ts_segment *last = &registry->segments[ts_segments_shown(registry) - 1];
  return last->first_unit + last->units;
}

static inline uint32_t ts_version_room(const ts_registry *registry) {
  const ts_segment *last = &registry->segments[ts_segments_shown(registry) - 1];
  return last->first_version + last->versions;
}

/* Counts read from memory that others write are held to the room. */
static inline uint32_t ts_unit_count(const ts_registry *registry) {
  uint32_t count = ts_see(&registry->header->unit_count);
  return ts_at_most(count, ts_unit_room(registry));
}

static inline uint32_t ts_record_count(const ts_registry *registry) {
  uint32_t count = ts_see(&registry->header->record_count);
  return ts_at_most(count, ts_version_room(registry));
}

static inline int ts_is_reclaimable(uint32_t state) {
  return state == TS_STATE_RETIRED || state == TS_STATE_QUARANTINED;
}

/* A name with its hash, and where the probes for it ended. */
typedef struct ts_name {
  uint64_t hash;
  const void *text;
  uint32_t bytes;
} ts_name;

typedef struct ts_probed {
  uint32_t index; /* of the unit that has the name */
  uint32_t slot;  /* without one: the empty slot of the segment that was probed last */
  uint32_t steps; /* slots looked at */
} ts_probed;

/* reader.c: TS_OK, TS_E_NOT_FOUND, or TS_E_LAYOUT for a table that was damaged. */
ts_status ts_probe(const ts_registry *registry, const ts_segment *in, const ts_name *name, ts_probed *out);
ts_status ts_find(const ts_registry *registry, const ts_name *name, ts_probed *out);

/* retired.c, for the writer inside: the queue of records that can be reused, oldest first. */
void ts_retired_add(ts_registry *registry, uint32_t record);

/* The oldest record nobody can still see, taken out, or TS_NO_RECORD. */
uint32_t ts_retired_reclaim(ts_registry *registry);

#endif
