#ifndef _DEFAULT_SOURCE
#define _DEFAULT_SOURCE 1
#endif
#include <stdio.h>
#include <sys/mman.h>

#include "check.h"
#include "tickswap/dirty.h"

enum { PAGES = 900 };

static uint8_t *map(int sharing) {
  uint8_t *memory =
      mmap(NULL, (size_t)PAGES * TS_PAGE_BYTES, PROT_READ | PROT_WRITE, sharing | MAP_ANONYMOUS, -1, 0);
  CHECK(memory != MAP_FAILED);
  return memory;
}

static void arguments(void) {
  ts_dirty dirty;
  uint8_t *memory = map(MAP_PRIVATE);
  CHECK(ts_dirty_open(NULL, memory, TS_PAGE_BYTES) == TS_E_ARGUMENT);
  CHECK(ts_dirty_open(&dirty, NULL, TS_PAGE_BYTES) == TS_E_ARGUMENT);
  CHECK(ts_dirty_open(&dirty, memory, 0) == TS_E_ARGUMENT);
  CHECK(ts_dirty_open(&dirty, memory + 8, TS_PAGE_BYTES) == TS_E_ARGUMENT);
  CHECK(ts_dirty_open(&dirty, memory, TS_PAGE_BYTES - 1) == TS_E_ARGUMENT);
  munmap(memory, (size_t)PAGES * TS_PAGE_BYTES);
}

/* Random pages are written; exactly these are found, once. Some were never touched before. */
static void tracks(int sharing) {
  uint8_t *memory = map(sharing);
  static uint32_t found[PAGES];
  ts_dirty dirty, second;
  size_t count = 99;
  for (int page = 0; page < PAGES; page += 3) memory[page * TS_PAGE_BYTES] = 1;
  CHECK(ts_dirty_open(&dirty, memory, (uint64_t)PAGES * TS_PAGE_BYTES) == TS_OK);
  CHECK(ts_dirty_open(&second, memory, (uint64_t)PAGES * TS_PAGE_BYTES) == TS_E_BUSY);
  for (int round = 0; round < 20; round++) {
    uint8_t written[PAGES] = {0};
    for (uint32_t writes = check_random_below(PAGES); writes > 0; writes--) {
      uint32_t page = check_random_below(PAGES);
      memory[page * TS_PAGE_BYTES + check_random_below(TS_PAGE_BYTES)]++;
      written[page] = 1;
    }
    CHECK(ts_dirty_peek(&dirty, found, &count) == TS_OK);
    size_t peeked = count;
    CHECK(ts_dirty_take(&dirty, found, &count) == TS_OK && count == peeked);
    size_t at = 0;
    for (uint32_t page = 0; page < PAGES; page++)
      if (written[page]) CHECK(at < count && found[at++] == page);
    CHECK(at == count);
    CHECK(ts_dirty_take(&dirty, found, &count) == TS_OK && count == 0);
  }
  ts_dirty_close(&dirty);
  CHECK(ts_dirty_open(&dirty, memory, TS_PAGE_BYTES) == TS_OK);
  ts_dirty_close(&dirty);
  munmap(memory, (size_t)PAGES * TS_PAGE_BYTES);
}

static void tracking(void) {
  uint8_t *memory = map(MAP_PRIVATE);
  ts_dirty dirty;
  CHECK(ts_dirty_probe() == (ts_dirty_obstacle() == NULL));
  if (ts_dirty_probe()) {
    tracks(MAP_PRIVATE);
    tracks(MAP_SHARED);
  } else {
    printf("      this machine does not track writes: %s\n", ts_dirty_obstacle());
    CHECK(ts_dirty_open(&dirty, memory, TS_PAGE_BYTES) == TS_E_UNSUPPORTED);
  }
  munmap(memory, (size_t)PAGES * TS_PAGE_BYTES);
}

const check_case check_dirty[] = {{"dirty.arguments", arguments}, {"dirty.tracking", tracking}, {NULL, NULL}};
