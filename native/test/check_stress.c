#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "tickswap/registry.h"

/*
 * 32 readers and 4 writers, each writer with units of its own, in a registry that begins small
 * and grows. Every other reader is a participant: what it saw in a whole view stays what it
 * was until its next tick.
 */

enum { STRESS_READERS = 32, WRITERS = 4, OWN_UNITS = 4, STRESS_UNITS = WRITERS * OWN_UNITS, MOVES = 600 };

typedef struct stress {
  ts_registry registry;
  uint64_t bytes;
  pthread_mutex_t staging;               /* one staging at a time, from stage to publish */
  ts_move history[STRESS_UNITS * MOVES]; /* the unit and the build that each generation moved */
  uint32_t reading, done;
} stress;

typedef struct stress_thread {
  stress *on;
  uint32_t index;
  uint64_t whole, torn, lost, reclaimed, unmatched;
} stress_thread;

static uint64_t content_of(uint32_t unit, uint32_t build) {
  return (uint64_t)unit << 32 | build;
}

static int may_retry(ts_status status) {
  CHECK(status == TS_OK || status == TS_E_BUSY || status == TS_E_FULL);
  if (status != TS_OK) sched_yield();
  return status != TS_OK;
}

static uint32_t register_move(ts_registry *registry, uint32_t unit, uint32_t build) {
  ts_version_draft draft = {.key = {1, 0, 0, build}, .unit = unit, .content_hash = content_of(unit, build)};
  uint32_t record = TS_NO_RECORD;
  for (;;) {
    uint32_t growths = ts_registry_growths(registry);
    ts_status status = ts_registry_register_version(registry, &draft, &record);
    if (status == TS_E_FULL) status = ts_registry_grow(registry, growths) == TS_OK ? TS_E_BUSY : TS_E_FULL;
    if (!may_retry(status)) return record;
  }
}

static void move_unit(stress *on, ts_registry *registry, uint32_t unit, uint32_t build, uint32_t *live) {
  uint32_t generation, record = register_move(registry, unit, build);
  ts_move move = {unit, record};
  CHECK(pthread_mutex_lock(&on->staging) == 0);
  while (may_retry(ts_registry_stage(registry, &move, 1, &generation))) continue;
  CHECK(ts_registry_publish(registry, generation) == TS_OK);
  on->history[generation - 1] = (ts_move){unit, build};
  CHECK(pthread_mutex_unlock(&on->staging) == 0);
  if (*live != TS_NO_RECORD)
    while (may_retry(ts_registry_set_state(registry, *live, TS_STATE_RETIRED))) continue;
  *live = record;
}

static void attach(ts_registry *registry, const stress *on) {
  CHECK(ts_registry_attach(registry, on->registry.header, on->bytes) == TS_OK);
}

static void *stress_write(void *argument) {
  stress_thread *self = argument;
  ts_registry registry;
  uint32_t live[OWN_UNITS];
  attach(&registry, self->on);
  memset(live, 0xff, sizeof live);
  while (__atomic_load_n(&self->on->reading, __ATOMIC_ACQUIRE) < STRESS_READERS) sched_yield();
  for (uint32_t build = 1; build <= MOVES; build++)
    for (uint32_t own = 0; own < OWN_UNITS; own++)
      move_unit(self->on, &registry, self->index * OWN_UNITS + own, build, &live[own]);
  __atomic_fetch_add(&self->on->done, 1, __ATOMIC_RELEASE);
  return NULL;
}

typedef struct view {
  uint32_t records[STRESS_UNITS];
  uint32_t builds[STRESS_UNITS]; /* 0: no version yet */
  uint32_t torn;
} view;

static view look(const ts_registry *registry, uint32_t generation) {
  view seen = {.torn = 0};
  for (uint32_t unit = 0; unit < STRESS_UNITS; unit++) {
    ts_version_record read;
    seen.records[unit] = ts_registry_active(registry, generation, unit);
    if (seen.records[unit] == TS_NO_RECORD) continue;
    if (ts_registry_read(registry, seen.records[unit], &read, NULL) != TS_OK) seen.torn++;
    else if (read.content_hash != content_of(unit, read.key.build)) seen.torn++;
    else seen.builds[unit] = read.key.build;
  }
  return seen;
}

/* Records of a view that no longer hold what they held. */
static uint32_t look_again(const ts_registry *registry, const view *seen) {
  uint32_t changed = 0;
  for (uint32_t unit = 0; unit < STRESS_UNITS; unit++) {
    ts_version_record read;
    if (seen->records[unit] == TS_NO_RECORD) continue;
    if (ts_registry_read(registry, seen->records[unit], &read, NULL) != TS_OK ||
        read.content_hash != content_of(unit, seen->builds[unit]))
      changed++;
  }
  return changed;
}

/* The best version of a unit is one that it has; and no older than one that was seen live
   before, unless versions come and go while it is looked for. */
static int is_best_wrong(const ts_registry *registry, uint32_t unit, uint32_t least) {
  ts_version_range range = {{1, 0, 0, 0}, {1, 0, 0, UINT32_MAX}};
  ts_version_filter filter = {unit, 0, 0, 1u << TS_STATE_CANDIDATE};
  ts_version_record read;
  uint32_t record, before = __atomic_load_n(&registry->header->rewrites, __ATOMIC_ACQUIRE);
  if (ts_registry_best(registry, &range, 1, &filter, &record) != TS_OK) return 1;
  if (__atomic_load_n(&registry->header->rewrites, __ATOMIC_SEQ_CST) != before || before % 2 != 0) return 0;
  if (record == TS_NO_RECORD) return least > 0;
  if (ts_registry_read(registry, record, &read, NULL) != TS_OK) return 0; /* rewritten since */
  return read.unit == unit && read.key.build < least;
}

/* Whole views show every unit at one of its versions, and never an older one than before. */
static void *stress_read(void *argument) {
  stress_thread *self = argument;
  ts_registry registry;
  uint32_t seen[STRESS_UNITS] = {0}, slot = 0;
  int joined = self->index % 2 == 0;
  attach(&registry, self->on);
  if (joined) CHECK(ts_registry_join(&registry, &slot) == TS_OK);
  while (__atomic_load_n(&self->on->done, __ATOMIC_ACQUIRE) < WRITERS) {
    uint32_t generation = joined ? ts_registry_tick(&registry, slot) : ts_registry_generation(&registry);
    view now = look(&registry, generation);
    if (!ts_registry_view_is_whole(&registry, generation)) continue;
    if (self->whole++ == 0) __atomic_fetch_add(&self->on->reading, 1, __ATOMIC_RELEASE);
    self->torn += now.torn;
    for (uint32_t unit = 0; unit < STRESS_UNITS; unit++) {
      if (now.builds[unit] < seen[unit]) self->lost++;
      seen[unit] = now.builds[unit];
    }
    uint32_t asked = self->whole % STRESS_UNITS;
    if (is_best_wrong(&registry, asked, seen[asked])) self->unmatched++;
    if (self->whole % 8 == 0) sched_yield();
    if (joined) self->reclaimed += look_again(&registry, &now);
  }
  if (joined) ts_registry_leave(&registry, slot);
  return NULL;
}

/* The same moves by one thread, in the order in which they went live, end in the same state. */
static void check_replay(const stress *on, const ts_registry_capacity *capacity) {
  ts_registry replayed;
  void *memory = malloc(on->bytes);
  uint32_t generation, live[STRESS_UNITS];
  CHECK(memory != NULL && ts_registry_create(&replayed, memory, on->bytes, capacity) == TS_OK);
  memset(live, 0xff, sizeof live);
  for (uint32_t unit = 0; unit < STRESS_UNITS; unit++) {
    uint32_t index;
    char name = (char)('a' + unit);
    if (ts_registry_register_unit(&replayed, &name, 1, &index) == TS_OK) continue;
    CHECK(ts_registry_grow(&replayed, ts_registry_growths(&replayed)) == TS_OK);
    CHECK(ts_registry_register_unit(&replayed, &name, 1, &index) == TS_OK);
  }
  for (uint32_t i = 0; i < STRESS_UNITS * MOVES; i++) {
    ts_move made = on->history[i], move = {made.unit, register_move(&replayed, made.unit, made.record)};
    CHECK(ts_registry_stage(&replayed, &move, 1, &generation) == TS_OK);
    CHECK(ts_registry_publish(&replayed, generation) == TS_OK && generation == i + 1);
    if (live[made.unit] != TS_NO_RECORD)
      CHECK(ts_registry_set_state(&replayed, live[made.unit], TS_STATE_RETIRED) == TS_OK);
    live[made.unit] = move.record;
  }
  CHECK(ts_registry_generation(&on->registry) == generation);
  view ended = look(&on->registry, generation), expected = look(&replayed, generation);
  CHECK(ended.torn == 0 && memcmp(ended.builds, expected.builds, sizeof ended.builds) == 0);
  CHECK(expected.builds[0] == MOVES);
  CHECK(on->registry.header->registered == replayed.header->registered);
  CHECK(on->registry.header->activated == replayed.header->activated);
  free(memory);
}

static void stressing(void) {
  static stress on;
  static stress_thread threads[STRESS_READERS + WRITERS];
  pthread_t ids[STRESS_READERS + WRITERS];
  ts_registry_capacity capacity = {
      .units = 3, .versions = 5, .most_units = STRESS_UNITS, .most_versions = STRESS_UNITS * 64};
  on = (stress){.bytes = ts_registry_most_bytes(&capacity)};
  void *memory = malloc(on.bytes);
  CHECK(memory != NULL);
  CHECK(ts_registry_create(&on.registry, memory, on.bytes, &capacity) == TS_OK);
  CHECK(pthread_mutex_init(&on.staging, NULL) == 0);
  for (uint32_t unit = 0; unit < STRESS_UNITS; unit++) {
    char name[8];
    uint32_t index, growths = ts_registry_growths(&on.registry);
    uint32_t length = (uint32_t)snprintf(name, sizeof name, "u%u", unit);
    if (ts_registry_register_unit(&on.registry, name, length, &index) == TS_E_FULL) {
      CHECK(ts_registry_grow(&on.registry, growths) == TS_OK);
      CHECK(ts_registry_register_unit(&on.registry, name, length, &index) == TS_OK);
    }
    CHECK(index == unit);
  }
  for (uint32_t i = 0; i < STRESS_READERS + WRITERS; i++) {
    threads[i] = (stress_thread){.on = &on, .index = i};
    CHECK(pthread_create(&ids[i], NULL, i < WRITERS ? stress_write : stress_read, &threads[i]) == 0);
  }
  for (uint32_t i = 0; i < STRESS_READERS + WRITERS; i++) {
    CHECK(pthread_join(ids[i], NULL) == 0);
    CHECK(threads[i].torn == 0 && threads[i].lost == 0);
    CHECK(threads[i].reclaimed == 0);
    CHECK(threads[i].unmatched == 0);
  }
  CHECK(on.registry.header->reclaimed > 0 && on.registry.header->joined == on.registry.header->left);
  check_replay(&on, &capacity);
  pthread_mutex_destroy(&on.staging);
  free(memory);
}

const check_case check_stress[] = {{"registry.stress", stressing}, {NULL, NULL}};
