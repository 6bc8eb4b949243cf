/* A small harness: named checks, a seeded random source, and the seed in every failure. */
#ifndef TICKSWAP_TEST_CHECK_H
#define TICKSWAP_TEST_CHECK_H

#include <stdint.h>

typedef struct check_case {
  const char *name;
  void (*run)(void);
} check_case;

/* One list per file, ended by an entry without a name. */
extern const check_case check_version[];
extern const check_case check_hash[];
extern const check_case check_arena[];
extern const check_case check_kernels[];
extern const check_case check_registry[];

/* A number from the seeded source. */
uint64_t check_random(void);

/* One below `bound`; bound at least 1. */
uint32_t check_random_below(uint32_t bound);

/* Fills memory with random bytes. */
void check_random_fill(void *memory, uint32_t bytes);

/* Reports a failure and ends the run. */
_Noreturn void check_fail(const char *file, int line, const char *what);

#define CHECK(condition) ((condition) ? (void)0 : check_fail(__FILE__, __LINE__, #condition))

#endif
