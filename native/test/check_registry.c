#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "tickswap/registry.h"

typedef struct fixture {
  void *memory;
  ts_registry registry;
} fixture;

static fixture open_growing(const ts_registry_capacity *capacity) {
  fixture made;
  uint64_t bytes = ts_registry_most_bytes(capacity);
  CHECK(bytes > 0);
  made.memory = malloc(bytes);
  CHECK(made.memory != NULL);
  CHECK(ts_registry_create(&made.registry, made.memory, bytes, capacity) == TS_OK);
  return made;
}

static fixture open_fixture(uint32_t units, uint32_t versions) {
  ts_registry_capacity capacity = {.units = units, .versions = versions};
  return open_growing(&capacity);
}

static uint32_t add_unit(fixture *on, const char *name) {
  uint32_t unit = 99;
  CHECK(ts_registry_register_unit(&on->registry, name, (uint32_t)strlen(name), &unit) == TS_OK);
  return unit;
}

static ts_version_draft draft_of(uint32_t unit, uint32_t build) {
  ts_version_draft draft = {.key = {1, 2, 3, build}, .unit = unit, .content_hash = build};
  return draft;
}

static uint32_t add_version(fixture *on, uint32_t unit, uint32_t build) {
  ts_version_draft draft = draft_of(unit, build);
  uint32_t record = 99;
  CHECK(ts_registry_register_version(&on->registry, &draft, &record) == TS_OK);
  return record;
}

static void go_live(fixture *on, uint32_t unit, uint32_t record) {
  ts_move move = {unit, record};
  uint32_t generation;
  CHECK(ts_registry_stage(&on->registry, &move, 1, &generation) == TS_OK);
  CHECK(ts_registry_publish(&on->registry, generation) == TS_OK);
}

static uint64_t bytes_for(uint32_t units, uint32_t versions, uint32_t most_units, uint32_t own_slots) {
  ts_registry_capacity capacity = {units, versions, most_units, 0, own_slots};
  return ts_registry_bytes(&capacity);
}

static void creating(void) {
  ts_registry_capacity capacity = {.units = 4, .versions = 8, .most_units = 8};
  uint64_t bytes = ts_registry_bytes(&capacity);
  ts_registry registry;
  uint8_t *memory = malloc(bytes + 8);
  CHECK(memory != NULL);
  CHECK(bytes_for(0, 1, 0, 0) == 0 && bytes_for(1, 0, 0, 0) == 0 && bytes_for(4, 1, 3, 0) == 0);
  CHECK(bytes_for(TS_MAX_UNITS + 1, 1, 0, 0) == 0 && bytes_for(1, TS_MAX_VERSIONS + 1, 0, 0) == 0);
  CHECK(bytes_for(1, 1, TS_MAX_UNITS, 0) > 0 && bytes_for(1, 1, TS_MAX_UNITS + 1, 0) == 0);
  CHECK(bytes_for(1, 1, 0, TS_MAX_PARTICIPANTS + 1) == 0);
  CHECK(ts_registry_create(&registry, memory, bytes - 1, &capacity) == TS_E_LAYOUT);
  CHECK(ts_registry_create(&registry, memory + 1, bytes, &capacity) == TS_E_ARGUMENT);
  CHECK(ts_registry_create(&registry, NULL, bytes, &capacity) == TS_E_ARGUMENT);
  CHECK(ts_registry_create(NULL, memory, bytes, &capacity) == TS_E_ARGUMENT);
  CHECK(ts_registry_create(&registry, memory, bytes, NULL) == TS_E_ARGUMENT);
  CHECK(ts_registry_create(&registry, memory, bytes, &(ts_registry_capacity){0}) == TS_E_ARGUMENT);
  CHECK(ts_registry_create(&registry, memory, bytes, &capacity) == TS_OK);
  CHECK(ts_registry_attach(&registry, memory, bytes) == TS_OK);
  CHECK(ts_registry_attach(&registry, memory + 4, bytes) == TS_E_ARGUMENT);
  CHECK(ts_registry_attach(NULL, memory, bytes) == TS_E_ARGUMENT);
  CHECK(ts_registry_attach(&registry, memory, bytes - 1) == TS_E_LAYOUT);
  CHECK(ts_registry_attach(&registry, memory, 4) == TS_E_LAYOUT);
  CHECK(ts_registry_attach(&registry, memory, 0) == TS_E_LAYOUT);
  for (uint32_t at = 0; at < offsetof(ts_registry_header, reserved_fixed); at++) {
    memory[at] ^= 1;
    CHECK(ts_registry_attach(&registry, memory, bytes) == TS_E_LAYOUT);
    memory[at] ^= 1;
  }
  free(memory);
}

/* Everything that was there before a growth is there after it, at the same place. */
static void growing(void) {
  enum { MOST = 100 };
  ts_registry_capacity capacity = {.units = 2, .versions = 3, .most_units = MOST, .most_versions = MOST};
  fixture on = open_growing(&capacity);
  ts_registry *registry = &on.registry, narrow;
  CHECK(ts_registry_attach(&narrow, on.memory, ts_registry_bytes(&capacity)) == TS_OK);
  ts_version_draft draft = draft_of(0, 0);
  uint32_t index, record;
  CHECK(ts_registry_growths(registry) == 0 &&
        ts_registry_grown_bytes(registry) > ts_registry_bytes(&capacity));
  CHECK(ts_registry_grow(&narrow, 0) == TS_E_LAYOUT);
  for (uint32_t i = 0; i < MOST; i++) {
    char name[8];
    uint32_t length = (uint32_t)snprintf(name, sizeof name, "u%u", i),
             growths = ts_registry_growths(registry);
    if (ts_registry_register_unit(registry, name, length, &index) == TS_E_FULL) {
      CHECK(ts_registry_grow(registry, growths) == TS_OK && ts_registry_grow(registry, growths) == TS_OK);
      CHECK(ts_registry_growths(registry) == growths + 1);
      CHECK(ts_registry_register_unit(registry, name, length, &index) == TS_OK);
    }
    CHECK(index == i && ts_registry_lookup(registry, name, length, &index) == TS_OK && index == i);
    CHECK(ts_registry_active(registry, ts_registry_generation(registry), i) == TS_NO_RECORD);
    draft = draft_of(i, i);
    if (ts_registry_register_version(registry, &draft, &record) == TS_E_FULL) {
      CHECK(ts_registry_grow(registry, ts_registry_growths(registry)) == TS_OK);
      CHECK(ts_registry_register_version(registry, &draft, &record) == TS_OK);
    }
    CHECK(record == i);
    go_live(&on, i, record);
  }
  CHECK(ts_registry_register_unit(registry, "more", 4, &index) == TS_E_FULL);
  CHECK(ts_registry_register_version(registry, &draft, &record) == TS_E_FULL);
  CHECK(ts_registry_grown_bytes(registry) == 0);
  CHECK(ts_registry_grow(registry, ts_registry_growths(registry)) == TS_E_FULL);
  for (uint32_t i = 0; i < MOST; i++) {
    ts_version_record read;
    CHECK(ts_registry_active(registry, MOST, i) == i);
    CHECK(ts_registry_read(registry, i, &read, NULL) == TS_OK && read.content_hash == i && read.unit == i);
  }
  /* A view of the first part alone reads that, and says where it ends. */
  ts_version_record read;
  CHECK(ts_registry_read(&narrow, 2, &read, NULL) == TS_OK && read.content_hash == 2);
  CHECK(ts_registry_read(&narrow, 3, &read, NULL) == TS_E_GROWN);
  CHECK(ts_registry_read(&narrow, MOST, &read, NULL) == TS_E_ARGUMENT);
  CHECK(ts_registry_lookup(&narrow, "u1", 2, &index) == TS_OK && index == 1);
  CHECK(ts_registry_lookup(&narrow, "u2", 2, &index) == TS_E_GROWN);
  CHECK(ts_registry_active(&narrow, MOST, 1) == 1 && ts_registry_active(&narrow, MOST, 2) == TS_NO_RECORD);
  CHECK(ts_registry_set_state(&narrow, 2, TS_STATE_PERMANENT) == TS_E_GROWN);
  ts_registry_extend(&narrow, ts_registry_most_bytes(&capacity));
  CHECK(ts_registry_lookup(&narrow, "u99", 3, &index) == TS_OK && index == 99);
  CHECK(ts_registry_set_state(&narrow, 99, TS_STATE_PERMANENT) == TS_OK);
  free(on.memory);
}

static void units(void) {
  enum { COUNT = 500 };
  fixture on = open_fixture(COUNT, 1);
  char name[TS_MAX_NAME_BYTES + 1];
  uint32_t index;
  for (uint32_t i = 0; i < COUNT; i++) {
    snprintf(name, sizeof name, "unit-%u", i);
    CHECK(add_unit(&on, name) == i);
    CHECK(add_unit(&on, name) == i);
  }
  for (uint32_t i = 0; i < COUNT; i++) {
    snprintf(name, sizeof name, "unit-%u", i);
    CHECK(ts_registry_lookup(&on.registry, name, (uint32_t)strlen(name), &index) == TS_OK && index == i);
  }
  CHECK(ts_registry_lookup(&on.registry, "unit-x", 6, &index) == TS_E_NOT_FOUND);
  CHECK(ts_registry_lookup(&on.registry, "", 0, &index) == TS_E_NOT_FOUND);
  CHECK(ts_registry_register_unit(&on.registry, "one more", 8, &index) == TS_E_FULL);
  memset(name, 'n', sizeof name);
  CHECK(ts_registry_register_unit(&on.registry, name, sizeof name, &index) == TS_E_ARGUMENT);
  CHECK(ts_registry_register_unit(&on.registry, name, 0, &index) == TS_E_ARGUMENT);
  free(on.memory);
}

static void versions(void) {
  fixture on = open_fixture(2, 4);
  uint32_t unit = add_unit(&on, "traffic"), record;
  uint8_t tail[TS_TAIL_BYTES];
  ts_version_draft draft = {.key = {1, 4, 2, 17},
                            .flags = 5,
                            .unit = unit,
                            .timestamp_ms = 7,
                            .content_hash = 9,
                            .prerelease_bytes = 4,
                            .metadata_bytes = 5,
                            .tail = "rc.1g0a1b"};
  ts_version_record read;
  CHECK(ts_registry_register_version(&on.registry, &draft, &record) == TS_OK && record == 0);
  CHECK(ts_registry_read(&on.registry, record, &read, tail) == TS_OK);
  CHECK(ts_version_compare_c(&read.key, &draft.key) == 0 && read.flags == 5 && read.unit == unit);
  CHECK(read.timestamp_ms == 7 && read.content_hash == 9 && read.state == TS_STATE_CANDIDATE);
  CHECK(memcmp(tail, "rc.1g0a1b", 9) == 0 && read.integrity == ts_version_integrity(&read, tail));
  CHECK(ts_registry_read(&on.registry, 1, &read, NULL) == TS_E_ARGUMENT);
  draft.metadata_bytes = TS_TAIL_BYTES - 3;
  CHECK(ts_registry_register_version(&on.registry, &draft, &record) == TS_E_ARGUMENT);
  draft = draft_of(unit + 1, 0);
  CHECK(ts_registry_register_version(&on.registry, &draft, &record) == TS_E_ARGUMENT);
  CHECK(ts_registry_set_state(&on.registry, 0, TS_STATE_PERMANENT) == TS_OK);
  CHECK(ts_registry_set_state(&on.registry, 0, TS_STATE_FREE) == TS_E_ARGUMENT);
  CHECK(ts_registry_set_state(&on.registry, 0, (ts_version_state)7) == TS_E_ARGUMENT);
  CHECK(ts_registry_set_state(&on.registry, 1, TS_STATE_ACTIVE) == TS_E_ARGUMENT);
  free(on.memory);
}

static void generations(void) {
  fixture on = open_fixture(2, 8);
  uint32_t a = add_unit(&on, "a"), b = add_unit(&on, "b"), generation;
  uint32_t a1 = add_version(&on, a, 1), b1 = add_version(&on, b, 1), a2 = add_version(&on, a, 2);
  ts_registry *registry = &on.registry;
  CHECK(ts_registry_generation(registry) == 0 && ts_registry_active(registry, 0, a) == TS_NO_RECORD);
  CHECK(ts_registry_publish(registry, 1) == TS_E_STATE);
  ts_move both[] = {{a, a1}, {b, b1}}, next = {a, a2}, none = {b, TS_NO_RECORD}, wrong = {b, a2};
  CHECK(ts_registry_stage(registry, both, 2, &generation) == TS_OK && generation == 1);
  CHECK(ts_registry_generation(registry) == 0 && ts_registry_active(registry, 0, a) == TS_NO_RECORD);
  CHECK(ts_registry_publish(registry, 2) == TS_E_STATE);
  CHECK(ts_registry_publish(registry, 1) == TS_OK);
  CHECK(ts_registry_publish(registry, 1) == TS_E_STATE);
  CHECK(ts_registry_active(registry, 1, a) == a1 && ts_registry_active(registry, 1, b) == b1);
  CHECK(ts_registry_stage(registry, &wrong, 1, &generation) == TS_E_ARGUMENT);
  CHECK(ts_registry_stage(registry, &next, 1, &generation) == TS_OK && generation == 2);
  CHECK(ts_registry_stage(registry, &none, 1, &generation) == TS_OK && generation == 2);
  CHECK(ts_registry_publish(registry, 2) == TS_OK);
  CHECK(ts_registry_active(registry, 2, a) == a1 && ts_registry_active(registry, 2, b) == TS_NO_RECORD);
  CHECK(ts_registry_view_is_whole(registry, 1) && ts_registry_active(registry, 1, b) == b1);
  go_live(&on, a, a2);
  CHECK(!ts_registry_view_is_whole(registry, 1) && ts_registry_view_is_whole(registry, 2));
  CHECK(ts_registry_active(registry, 2, a) == a1 && ts_registry_active(registry, 3, a) == a2);
  CHECK(ts_registry_active(registry, 3, 99) == TS_NO_RECORD);
  free(on.memory);
}

static void retiring(void) {
  fixture on = open_fixture(1, 3);
  ts_registry *registry = &on.registry;
  uint32_t unit = add_unit(&on, "a"), generation, record;
  uint32_t first = add_version(&on, unit, 1), second = add_version(&on, unit, 2);
  ts_move move = {unit, second};
  ts_version_draft draft = draft_of(unit, 4);
  go_live(&on, unit, first);
  CHECK(ts_registry_set_state(registry, first, TS_STATE_RETIRED) == TS_E_STATE);
  CHECK(ts_registry_stage(registry, &move, 1, &generation) == TS_OK);
  CHECK(ts_registry_set_state(registry, second, TS_STATE_QUARANTINED) == TS_OK);
  CHECK(ts_registry_publish(registry, generation) == TS_E_STATE);
  CHECK(ts_registry_stage(registry, &move, 1, &generation) == TS_E_STATE);
  CHECK(add_version(&on, unit, 3) == 2);
  CHECK(add_version(&on, unit, 4) == second);
  CHECK(ts_registry_register_version(registry, &draft, &record) == TS_E_FULL);
  go_live(&on, unit, second);
  CHECK(ts_registry_set_state(registry, first, TS_STATE_RETIRED) == TS_OK);
  CHECK(ts_registry_register_version(registry, &draft, &record) == TS_E_FULL);
  go_live(&on, unit, 2);
  CHECK(add_version(&on, unit, 5) == first);
  free(on.memory);
}

/* Thousands of versions through a small table, revived and retired at random, one model beside. */
static void reusing(void) {
  enum { CAPACITY = 16, ROUNDS = 20000 };
  fixture on = open_fixture(1, CAPACITY);
  ts_registry *registry = &on.registry;
  uint32_t unit = add_unit(&on, "a"), live = add_version(&on, unit, 0);
  go_live(&on, unit, live);
  for (uint32_t round = 1; round < ROUNDS; round++) {
    uint32_t fresh = add_version(&on, unit, round), before = live;
    CHECK(fresh != live);
    uint32_t fate = check_random_below(4);
    if (fate == 0) {
      CHECK(ts_registry_set_state(registry, fresh, TS_STATE_QUARANTINED) == TS_OK);
      continue;
    }
    if (fate == 1) {
      CHECK(ts_registry_set_state(registry, fresh, TS_STATE_RETIRED) == TS_OK);
      CHECK(ts_registry_set_state(registry, fresh, TS_STATE_CANDIDATE) == TS_OK);
    }
    go_live(&on, unit, fresh);
    live = fresh;
    CHECK(ts_registry_set_state(registry, before, TS_STATE_RETIRED) == TS_OK);
    ts_version_record read;
    CHECK(ts_registry_read(registry, live, &read, NULL) == TS_OK && read.content_hash == round);
  }
  CHECK(registry->header->registered == ROUNDS && registry->header->record_count == CAPACITY);
  free(on.memory);
}

enum { THREAD_UNITS = 16, READERS = 4, PUBLISHES = 20000 };

typedef struct reader {
  ts_registry registry;
  uint64_t torn, whole;
} reader;

/* Every unit of a generation carries that generation as its build number. */
static void *read_generations(void *argument) {
  reader *self = argument;
  uint32_t generation = 0;
  while (generation < PUBLISHES) {
    generation = ts_registry_generation(&self->registry);
    uint32_t wrong = 0;
    for (uint32_t unit = 0; unit < THREAD_UNITS && generation > 0; unit++) {
      ts_version_record read;
      uint32_t record = ts_registry_active(&self->registry, generation, unit);
      if (ts_registry_read(&self->registry, record, &read, NULL) != TS_OK) wrong++;
      else if (read.key.build != generation || read.unit != unit) wrong++;
    }
    int whole = ts_registry_view_is_whole(&self->registry, generation);
    self->whole += (uint64_t)whole;
    if (whole && wrong > 0) self->torn++;
  }
  return NULL;
}

static void publish_all(fixture *on) {
  uint32_t live[THREAD_UNITS], generation;
  ts_move moves[THREAD_UNITS];
  for (uint32_t next = 1; next <= PUBLISHES; next++) {
    for (uint32_t unit = 0; unit < THREAD_UNITS; unit++)
      moves[unit] = (ts_move){unit, add_version(on, unit, next)};
    CHECK(ts_registry_stage(&on->registry, moves, THREAD_UNITS, &generation) == TS_OK);
    CHECK(ts_registry_publish(&on->registry, generation) == TS_OK);
    for (uint32_t unit = 0; unit < THREAD_UNITS; unit++) {
      if (next > 1) CHECK(ts_registry_set_state(&on->registry, live[unit], TS_STATE_RETIRED) == TS_OK);
      live[unit] = moves[unit].record;
    }
  }
}

static void threads(void) {
  fixture on = open_fixture(THREAD_UNITS, THREAD_UNITS * 4);
  reader readers[READERS];
  pthread_t ids[READERS];
  for (uint32_t unit = 0; unit < THREAD_UNITS; unit++) {
    char name[8];
    snprintf(name, sizeof name, "u%u", unit);
    CHECK(add_unit(&on, name) == unit);
  }
  for (int i = 0; i < READERS; i++) {
    readers[i] = (reader){.registry = on.registry};
    CHECK(pthread_create(&ids[i], NULL, read_generations, &readers[i]) == 0);
  }
  publish_all(&on);
  for (int i = 0; i < READERS; i++) {
    CHECK(pthread_join(ids[i], NULL) == 0);
    CHECK(readers[i].torn == 0 && readers[i].whole > 0);
  }
  free(on.memory);
}

/* A record that a participant may still see is not reused, however many generations pass. */
static void participating(void) {
  fixture on = open_fixture(1, 3);
  ts_registry *registry = &on.registry;
  uint32_t unit = add_unit(&on, "a"), slot, other, record;
  uint32_t first = add_version(&on, unit, 1);
  ts_version_draft draft = draft_of(unit, 9);
  go_live(&on, unit, first);
  CHECK(ts_registry_join(registry, &slot) == TS_OK && ts_registry_join(registry, &other) == TS_OK);
  CHECK(slot != other && ts_registry_tick(registry, slot) == 1 && ts_registry_tick(registry, other) == 1);
  uint32_t second = add_version(&on, unit, 2), third = add_version(&on, unit, 3);
  go_live(&on, unit, second);
  CHECK(ts_registry_set_state(registry, first, TS_STATE_RETIRED) == TS_OK);
  go_live(&on, unit, third);
  CHECK(ts_registry_register_version(registry, &draft, &record) == TS_E_FULL);
  CHECK(ts_registry_tick(registry, slot) == 3);
  CHECK(ts_registry_register_version(registry, &draft, &record) == TS_E_FULL);
  ts_registry_leave(registry, other);
  CHECK(ts_registry_register_version(registry, &draft, &record) == TS_OK && record == first);
  ts_registry_leave(registry, slot);
  for (uint32_t i = 0; i < TS_MAX_PARTICIPANTS; i++) CHECK(ts_registry_join(registry, &slot) == TS_OK);
  CHECK(ts_registry_join(registry, &slot) == TS_E_FULL);
  free(on.memory);
}

static void choosing_best(void) {
  fixture on = open_fixture(2, 16);
  uint32_t unit = add_unit(&on, "a"), other = add_unit(&on, "b"), record;
  ts_version_range ranges[] = {{{1, 2, 3, 4}, {1, 2, 3, 7}}, {{2, 0, 0, 0}, {3, 0, 0, 0}}};
  ts_version_filter filter = {unit, 0, 0, 1u << TS_STATE_CANDIDATE | 1u << TS_STATE_ACTIVE};
  const ts_registry *registry = &on.registry;
  CHECK(ts_registry_best(registry, ranges, 2, &filter, &record) == TS_OK && record == TS_NO_RECORD);
  for (uint32_t build = 0; build < 12; build++) add_version(&on, build % 3 == 2 ? other : unit, build);
  CHECK(ts_registry_best(registry, ranges, 2, &filter, &record) == TS_OK && record == 7);
  CHECK(ts_registry_set_state(&on.registry, 7, TS_STATE_QUARANTINED) == TS_OK);
  CHECK(ts_registry_best(registry, ranges, 2, &filter, &record) == TS_OK && record == 6);
  filter.unit = other;
  CHECK(ts_registry_best(registry, ranges, 2, &filter, &record) == TS_OK && record == 5);
  CHECK(ts_registry_best(registry, NULL, 0, &filter, &record) == TS_OK && record == TS_NO_RECORD);
  free(on.memory);
}

const check_case check_registry[] = {{"registry.create", creating},
                                     {"registry.grow", growing},
                                     {"registry.units", units},
                                     {"registry.versions", versions},
                                     {"registry.generations", generations},
                                     {"registry.retire", retiring},
                                     {"registry.best", choosing_best},
                                     {"registry.reuse", reusing},
                                     {"registry.participants", participating},
                                     {"registry.threads", threads},
                                     {NULL, NULL}};
