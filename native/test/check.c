#include "check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

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

void check_random_fill(void *memory, uint32_t bytes) {
  uint8_t *at = memory;
  for (uint32_t i = 0; i < bytes; i++) at[i] = (uint8_t)check_random();
}

_Noreturn void check_fail(const char *file, int line, const char *what) {
  fprintf(stderr, "%s:%d: %s: does not hold: %s (--seed %llu --function %s)\n", file, line, running, what,
          (unsigned long long)first_seed, running);
  exit(1);
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

int main(int argc, char **argv) {
  const check_case *lists[] = {check_kernels, check_version, check_hash, check_arena, check_registry};
  const char *only = NULL;
  int ran = 0;
  first_seed = (uint64_t)time(NULL);
  for (int i = 1; i + 1 < argc; i += 2) {
    if (strcmp(argv[i], "--seed") == 0) first_seed = strtoull(argv[i + 1], NULL, 10);
    if (strcmp(argv[i], "--function") == 0) only = argv[i + 1];
  }
  if (ts_kernels_choose(getenv("TICKSWAP_FORCE_IMPL")) != TS_OK) {
    fprintf(stderr, "TICKSWAP_FORCE_IMPL names no implementation of this build\n");
    return 2;
  }
  printf("implementation %s, seed %llu\n", ts_kernels.implementation, (unsigned long long)first_seed);
  for (size_t i = 0; i < sizeof lists / sizeof lists[0]; i++) ran += run_list(lists[i], only);
  printf("%d checks passed\n", ran);
  return ran > 0 ? 0 : 2;
}
