/*
 * A thread of a native engine that ticks by itself, without Node, and follows which
 * version of a unit is live. Once per tick it passes a boundary, one load, which gives the
 * generation; within the tick it asks about that generation only, so a swap never falls into
 * the middle of one, and what it reads is not reused under it.
 */
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "tickswap/kernels.h"
#include "tickswap/registry.h"

enum { UNITS = 8, VERSIONS = 2, MOST_VERSIONS = 64, TICKS_BETWEEN_SWAPS = 20, TICK_MS = 2 };

static const char NAME[] = "traffic";
enum { NAME_BYTES = sizeof NAME - 1 };

/* What the engine's thread and the rest of the program share, besides the registry. */
typedef struct engine {
  void *memory; /* the registry's; main's, who frees it after the thread has ended */
  uint64_t memory_bytes;
  uint32_t ticks;
  uint32_t stop;
} engine;

static void require(ts_status status, const char *doing) {
  if (status == TS_OK) return;
  fprintf(stderr, "%s: status %d\n", doing, (int)status);
  exit(1);
}

static void sleep_ms(long milliseconds) {
  struct timespec pause = {0, milliseconds * 1000000};
  nanosleep(&pause, NULL);
}

/* One tick: which version this thread runs in it, or nothing before the first is live. */
static uint32_t run_tick(const ts_registry *registry, uint32_t slot, uint32_t unit, uint32_t running,
                         uint32_t tick) {
  uint32_t generation = ts_registry_tick(registry, slot);
  uint32_t record = ts_registry_active(registry, generation, unit);
  ts_version_record version;
  if (record == TS_NO_RECORD || record == running) return record;
  require(ts_registry_read(registry, record, &version, NULL), "read the version");
  printf("tick %u: generation %u, %s %u.%u.%u.%u\n", tick, generation, NAME, version.key.major,
         version.key.minor, version.key.patch, version.key.build);
  return record;
}

static void *tick_by_itself(void *argument) {
  engine *shared = argument;
  ts_registry registry; /* a view of the memory, of this thread's own */
  uint32_t unit, slot, running = TS_NO_RECORD;
  require(ts_registry_attach(&registry, shared->memory, shared->memory_bytes), "attach");
  require(ts_registry_lookup(&registry, NAME, NAME_BYTES, &unit), "find the unit");
  require(ts_registry_join(&registry, &slot), "join");
  while (!__atomic_load_n(&shared->stop, __ATOMIC_ACQUIRE)) {
    uint32_t tick = __atomic_add_fetch(&shared->ticks, 1, __ATOMIC_RELEASE);
    running = run_tick(&registry, slot, unit, running, tick);
    sleep_ms(TICK_MS);
  }
  ts_registry_leave(&registry, slot);
  return NULL;
}

/* What a control thread does: register, stage, publish. Gives the version's record. */
static uint32_t swap_to(ts_registry *registry, uint32_t unit, ts_version_key key) {
  ts_version_draft draft = {.key = key, .unit = unit, .content_hash = key.minor};
  uint32_t record, generation;
  uint32_t growths = ts_registry_growths(registry);
  ts_status status = ts_registry_register_version(registry, &draft, &record);
  if (status == TS_E_FULL) {
    require(ts_registry_grow(registry, growths), "grow");
    status = ts_registry_register_version(registry, &draft, &record);
  }
  require(status, "register the version");
  ts_move move = {unit, record};
  require(ts_registry_stage(registry, &move, 1, &generation), "stage");
  require(ts_registry_publish(registry, generation), "publish");
  return record;
}

static void wait_for_ticks(engine *shared, uint32_t more) {
  uint32_t until = __atomic_load_n(&shared->ticks, __ATOMIC_ACQUIRE) + more;
  while (__atomic_load_n(&shared->ticks, __ATOMIC_ACQUIRE) < until) sleep_ms(1);
}

int main(void) {
  ts_registry_capacity capacity = {.units = UNITS, .versions = VERSIONS, .most_versions = MOST_VERSIONS};
  engine shared = {.memory_bytes = ts_registry_most_bytes(&capacity)};
  shared.memory = malloc(shared.memory_bytes);
  if (shared.memory == NULL) return 1;
  require(ts_kernels_choose(getenv("TICKSWAP_FORCE_IMPL")), "choose an implementation");
  printf("implementation %s\n", ts_kernels.implementation);

  ts_registry registry;
  uint32_t unit, before = TS_NO_RECORD;
  require(ts_registry_create(&registry, shared.memory, shared.memory_bytes, &capacity), "create");
  require(ts_registry_register_unit(&registry, NAME, NAME_BYTES, &unit), "register the unit");

  pthread_t thread;
  if (pthread_create(&thread, NULL, tick_by_itself, &shared) != 0) return 1;
  for (uint32_t minor = 0; minor < 3; minor++) {
    uint32_t record = swap_to(&registry, unit, (ts_version_key){2, minor, 0, 0});
    wait_for_ticks(&shared, TICKS_BETWEEN_SWAPS);
    if (before != TS_NO_RECORD)
      require(ts_registry_set_state(&registry, before, TS_STATE_RETIRED), "retire the version before");
    before = record;
  }
  __atomic_store_n(&shared.stop, 1, __ATOMIC_RELEASE);
  pthread_join(thread, NULL);
  free(shared.memory);
  return 0;
}
