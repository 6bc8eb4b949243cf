#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "tickswap/registry.h"

/* 32 readers and 4 writers, each writer with units of its own. */

enum { STRESS_READERS = 32, WRITERS = 4, OWN_UNITS = 4, STRESS_UNITS = WRITERS * OWN_UNITS, MOVES = 300 };

typedef struct stress {
  ts_registry registry;
  pthread_mutex_t staging; /* one staging at a time, from stage to publish */
  uint32_t replay[STRESS_UNITS];
  uint32_t done;
} stress;

typedef struct stress_thread {
  stress *on;
  uint32_t index;
  uint64_t torn, lost, whole;
} stress_thread;

static uint64_t content_of(uint32_t unit, uint32_t build) {
  return (uint64_t)unit << 32 | build;
}

static int may_retry(ts_status status) {
  CHECK(status == TS_OK || status == TS_E_BUSY || status == TS_E_FULL);
  if (status != TS_OK) sched_yield();
  return status != TS_OK;
}

static void move_unit(stress *on, uint32_t unit, uint32_t build, uint32_t *live) {
  ts_version_draft draft = {.key = {1, 0, 0, build}, .unit = unit, .content_hash = content_of(unit, build)};
  uint32_t record = TS_NO_RECORD, generation;
  while (may_retry(ts_registry_register_version(&on->registry, &draft, &record))) continue;
  ts_move move = {unit, record};
  CHECK(pthread_mutex_lock(&on->staging) == 0);
  while (may_retry(ts_registry_stage(&on->registry, &move, 1, &generation))) continue;
  CHECK(ts_registry_publish(&on->registry, generation) == TS_OK);
  on->replay[unit] = build;
  CHECK(pthread_mutex_unlock(&on->staging) == 0);
  if (*live != TS_NO_RECORD)
    while (may_retry(ts_registry_set_state(&on->registry, *live, TS_STATE_RETIRED))) continue;
  *live = record;
}

static void *stress_write(void *argument) {
  stress_thread *self = argument;
  uint32_t live[OWN_UNITS];
  memset(live, 0xff, sizeof live);
  for (uint32_t build = 1; build <= MOVES; build++)
    for (uint32_t own = 0; own < OWN_UNITS; own++)
      move_unit(self->on, self->index * OWN_UNITS + own, build, &live[own]);
  __atomic_fetch_add(&self->on->done, 1, __ATOMIC_RELEASE);
  return NULL;
}

/* Whole views show every unit at one of its versions, and never an older one than before. */
static void *stress_read(void *argument) {
  stress_thread *self = argument;
  const ts_registry *registry = &self->on->registry;
  uint32_t seen[STRESS_UNITS] = {0};
  while (__atomic_load_n(&self->on->done, __ATOMIC_ACQUIRE) < WRITERS) {
    uint32_t generation = ts_registry_generation(registry), now[STRESS_UNITS] = {0}, torn = 0;
    for (uint32_t unit = 0; unit < STRESS_UNITS; unit++) {
      uint32_t record = ts_registry_active(registry, generation, unit);
      ts_version_record read;
      if (record == TS_NO_RECORD) continue;
      if (ts_registry_read(registry, record, &read, NULL) != TS_OK) torn++;
      else if (read.content_hash != content_of(unit, read.key.build)) torn++;
      else now[unit] = read.key.build;
    }
    if (!ts_registry_view_is_whole(registry, generation)) continue;
    self->whole++;
    self->torn += torn;
    for (uint32_t unit = 0; unit < STRESS_UNITS; unit++) {
      if (now[unit] < seen[unit]) self->lost++;
      seen[unit] = now[unit];
    }
    if (self->whole % 8 == 0) sched_yield();
  }
  return NULL;
}

static void check_replay(const stress *on) {
  uint32_t generation = ts_registry_generation(&on->registry);
  CHECK(generation == STRESS_UNITS * MOVES);
  for (uint32_t unit = 0; unit < STRESS_UNITS; unit++) {
    ts_version_record read;
    CHECK(ts_registry_read(&on->registry, ts_registry_active(&on->registry, generation, unit), &read, NULL) ==
          TS_OK);
    CHECK(read.unit == unit && read.key.build == on->replay[unit] && on->replay[unit] == MOVES);
  }
}

static void stressing(void) {
  static stress on;
  static stress_thread threads[STRESS_READERS + WRITERS];
  pthread_t ids[STRESS_READERS + WRITERS];
  ts_registry_capacity capacity = {.units = STRESS_UNITS, .versions = STRESS_UNITS * 4};
  uint64_t bytes = ts_registry_bytes(&capacity);
  void *memory = malloc(bytes);
  on = (stress){.done = 0};
  CHECK(memory != NULL);
  CHECK(ts_registry_create(&on.registry, memory, bytes, &capacity) == TS_OK);
  CHECK(pthread_mutex_init(&on.staging, NULL) == 0);
  for (uint32_t unit = 0; unit < STRESS_UNITS; unit++) {
    char name[8];
    uint32_t index;
    int length = snprintf(name, sizeof name, "u%u", unit);
    CHECK(ts_registry_register_unit(&on.registry, name, (uint32_t)length, &index) == TS_OK && index == unit);
  }
  for (uint32_t i = 0; i < STRESS_READERS + WRITERS; i++) {
    threads[i] = (stress_thread){.on = &on, .index = i};
    CHECK(pthread_create(&ids[i], NULL, i < WRITERS ? stress_write : stress_read, &threads[i]) == 0);
  }
  for (uint32_t i = 0; i < STRESS_READERS + WRITERS; i++) {
    CHECK(pthread_join(ids[i], NULL) == 0);
    CHECK(threads[i].torn == 0 && threads[i].lost == 0);
  }
  check_replay(&on);
  pthread_mutex_destroy(&on.staging);
  free(memory);
}

const check_case check_stress[] = {{"registry.stress", stressing}, {NULL, NULL}};
