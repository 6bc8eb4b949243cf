/* Where the words of a registry are, for its writers and its readers. */
#ifndef TICKSWAP_SRC_TABLES_H
#define TICKSWAP_SRC_TABLES_H

#include "atomic.h"
#include "protocol.h"
#include "tickswap/registry.h"

enum { RECORD_WORDS = 16, STATE_WORD = 11, SEQUENCE_WORD = 12 };

static_assert(offsetof(ts_version_record, state) == STATE_WORD * 4, "layout");
static_assert(offsetof(ts_version_record, sequence) == SEQUENCE_WORD * 4, "layout");

static inline uint32_t *ts_bank_word(const ts_registry *registry, uint32_t generation, uint32_t unit) {
  uint8_t *bank = registry->banks + (size_t)(generation % TS_BANKS) * registry->bank_bytes;
  return (uint32_t *)(void *)bank + unit;
}

static inline uint32_t *ts_record_word(const ts_registry *registry, uint32_t record, int word) {
  return (uint32_t *)(void *)(registry->records + record) + word;
}

/* Counts read from memory that others write are held to the capacity. */
static inline uint32_t ts_unit_count(const ts_registry *registry) {
  uint32_t count = ts_see(&registry->header->unit_count);
  return count < registry->unit_capacity ? count : registry->unit_capacity;
}

static inline uint32_t ts_record_count(const ts_registry *registry) {
  uint32_t count = ts_see(&registry->header->record_count);
  return count < registry->version_capacity ? count : registry->version_capacity;
}

#endif
