#include "check.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "tickswap/kernels.h"

static uint64_t first_seed;
static uint64_t state;
static const char *running = "";

/* splitmix64 */
uint64_t check_random(void) {
  uint64_t z = (state += UINT64_C(0x9e3779b97f4a7c15));
  z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
  z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
  return z ^ z >> 31;
}

uint32_t check_random_below(uint32_t bound) {
  return (uint32_t)(check_random() % bound);
}

void check_random_fill(void *memory, size_t bytes) {
  uint8_t *at = memory;
  for (size_t i = 0; i < bytes; i++) at[i] = (uint8_t)check_random();
}

static void say_where(void) {
  fprintf(stderr, "(implementation %s, --seed %llu --function %s)\n", ts_kernels.implementation,
          (unsigned long long)first_seed, running);
}

_Noreturn void check_fail(const char *file, int line, const char *what) {
  fprintf(stderr, "%s:%d: %s: does not hold: %s ", file, line, running, what);
  say_where();
  exit(1);
}

static void crashed(int number) {
  fprintf(stderr, "%s: signal %d ", running, number);
  say_where();
  _exit(1);
}

static int run_list(const check_case *cases, const char *only) {
  int ran = 0;
  for (; cases->name != NULL; cases++) {
    if (only != NULL && strcmp(only, cases->name) != 0) continue;
    running = cases->name;
    state = first_seed;
    cases->run();
    printf("  ok  %s\n", cases->name);
    ran++;
  }
  return ran;
}

static int run_all(const char *only) {
  const check_case *lists[] = {check_guard, check_kernels, check_version, check_hash,     check_blake3,
                               check_arena, check_dirty,   check_words,   check_registry, check_stress};
  int ran = 0;
  printf("implementation %s, seed %llu\n", ts_kernels.implementation, (unsigned long long)first_seed);
  for (size_t i = 0; i < sizeof lists / sizeof lists[0]; i++) ran += run_list(lists[i], only);
  return ran;
}

/* Every implementation this machine runs, or the one that is forced. */
static int run_implementations(const char *forced, const char *only) {
  int ran = 0;
  if (forced != NULL) return run_all(only);
  for (size_t i = 0; ts_kernels_available(i) != NULL; i++) {
    if (ts_kernels_choose(ts_kernels_available(i)) != TS_OK) return 0;
    ran += run_all(only);
  }
  return ran;
}

int main(int argc, char **argv) {
  const char *forced = getenv("TICKSWAP_FORCE_IMPL"), *only = NULL, *repeated = NULL;
  uint64_t rounds = 1;
  int benches = 0;
  first_seed = (uint64_t)time(NULL);
  for (int i = 1; i < argc; i++) {
    const char *value = i + 1 < argc ? argv[i + 1] : "";
    if (strcmp(argv[i], "--bench") == 0) benches = 1;
    else if (strcmp(argv[i], "--seed") == 0) first_seed = strtoull(value, NULL, 10);
    else if (strcmp(argv[i], "--function") == 0) only = value;
    else if (strcmp(argv[i], "--repeat") == 0) repeated = value;
    else if (strcmp(argv[i], "--rounds") == 0) rounds = strtoull(value, NULL, 10);
  }
  if (ts_kernels_choose(forced) != TS_OK) {
    fprintf(stderr, "TICKSWAP_FORCE_IMPL names no implementation that runs here\n");
    return 2;
  }
  signal(SIGSEGV, crashed);
  signal(SIGBUS, crashed);
  signal(SIGILL, crashed);
  if (repeated != NULL) return check_repeat(repeated, rounds);
  if (benches) {
    check_bench(only);
    return 0;
  }
  int ran = run_implementations(forced, only);
  printf("%d checks passed\n", ran);
  return ran > 0 ? 0 : 2;
}
