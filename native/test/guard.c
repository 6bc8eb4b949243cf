#ifndef _DEFAULT_SOURCE
#define _DEFAULT_SOURCE 1
#endif
/* Calls and memory that notice what a kernel must not touch. */
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "check.h"

#if defined(__aarch64__) && !defined(TICKSWAP_PORTABLE_ONLY)
uint64_t check_call_guarded(uint64_t *broken, const void *function, const uint64_t *arguments);

uint64_t check_call(check_function *function, const uint64_t arguments[8]) {
  uint64_t broken = 0;
  const void *at;
  memcpy(&at, &function, sizeof at);
  uint64_t result = check_call_guarded(&broken, at, arguments);
  CHECK(broken == 0);
  return result;
}

void check_spoil_general(void);
void check_spoil_vector(void);
void check_spoil_stack(void);

static void notices(void) {
  check_function *spoilers[] = {check_spoil_general, check_spoil_vector, check_spoil_stack};
  const uint64_t none[8] = {0};
  for (size_t i = 0; i < sizeof spoilers / sizeof spoilers[0]; i++) {
    uint64_t broken = 0;
    const void *at;
    memcpy(&at, &spoilers[i], sizeof at);
    check_call_guarded(&broken, at, none);
    CHECK(broken != 0);
  }
}
#else
static void notices(void) {
  CHECK(CALL(check_random_below, N(1)) == 0);
}

uint64_t check_call(check_function *function, const uint64_t arguments[8]) {
  typedef uint64_t six(uint64_t, uint64_t, uint64_t, uint64_t, uint64_t, uint64_t);
  return ((six *)function)(arguments[0], arguments[1], arguments[2], arguments[3], arguments[4],
                           arguments[5]);
}
#endif

/* PAGE is a multiple of every page size there is on the platforms. */
enum { PAGE = 16384, BEFORE = 64, PATTERN = 0xa6 };

typedef struct mapping {
  uint8_t *start;
  size_t bytes;
  uint8_t *data;
} mapping;

enum { MOST_MAPPINGS = 16 };
static mapping mappings[MOST_MAPPINGS];

static mapping *find(const void *data) {
  for (int i = 0; i < MOST_MAPPINGS; i++)
    if (mappings[i].data == data) return &mappings[i];
  check_fail(__FILE__, __LINE__, "a guarded mapping is found");
}

void *check_alloc(size_t bytes) {
  mapping *at = find(NULL);
  size_t usable = (bytes + BEFORE + PAGE - 1) / PAGE * PAGE;
  at->bytes = usable + PAGE;
  at->start = mmap(NULL, at->bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  CHECK(at->start != MAP_FAILED);
  CHECK(mprotect(at->start + usable, PAGE, PROT_NONE) == 0);
  at->data = at->start + usable - bytes;
  memset(at->data - BEFORE, PATTERN, BEFORE);
  return at->data;
}

void check_free(void *memory) {
  mapping *at = find(memory);
  for (int i = 1; i <= BEFORE; i++) CHECK(at->data[-i] == PATTERN);
  CHECK(munmap(at->start, at->bytes) == 0);
  at->data = NULL;
}

static void maps(void) {
  uint8_t *memory = check_alloc(5);
  CHECK(memory[-1] == PATTERN && ((uintptr_t)memory + 5) % 4096 == 0);
  check_free(memory);
}

const check_case check_guard[] = {{"guard.calls", notices}, {"guard.memory", maps}, {NULL, NULL}};
