/* A small harness: named checks, a seeded random source, and the seed in every failure. */
#ifndef TICKSWAP_TEST_CHECK_H
#define TICKSWAP_TEST_CHECK_H

#include <stddef.h>
#include <stdint.h>

typedef struct check_case {
  const char *name;
  void (*run)(void);
} check_case;

/* One list per file, ended by an entry without a name. */
extern const check_case check_guard[];
extern const check_case check_version[];
extern const check_case check_hash[];
extern const check_case check_blake3[];
extern const check_case check_arena[];
extern const check_case check_kernels[];
extern const check_case check_dirty[];
extern const check_case check_words[];
extern const check_case check_registry[];
extern const check_case check_stress[];

/* A number from the seeded source. */
uint64_t check_random(void);

/* One below `bound`; bound at least 1. */
uint32_t check_random_below(uint32_t bound);

/* Fills memory with random bytes. */
void check_random_fill(void *memory, size_t bytes);

/*
 * Memory of exactly `bytes` that ends where an unreadable page begins and has a known
 * pattern before it: reading or writing past the end crashes (and is reported with the
 * seed), writing before the start is found when it is freed. Its alignment is that of `bytes`.
 */
void *check_alloc(size_t bytes);
void check_free(void *memory);

/*
 * Calls a kernel of the running implementation as CALL(ts_kernels.f, P(pointer), N(number))
 * and gives what it returned in 64 bits; who wants fewer casts. W is a 32-bit argument, whose
 * upper half becomes garbage. Where there is an assembly caller, the registers and the stack
 * that the kernel has to keep are checked.
 */
typedef void check_function(void);
uint64_t check_call(check_function *function, const uint64_t arguments[8]);
#define P(pointer) ((uint64_t)(uintptr_t)(pointer))
#define N(number) ((uint64_t)(number))
#define W(number) (((uint64_t)(number)&UINT32_MAX) | check_random() << 32)
#define CALL(function, ...) check_call((check_function *)(function), (const uint64_t[8]){__VA_ARGS__})

/* Times every kernel, or the one called `only`, in every implementation; or runs one, `rounds` times. See
 * bench.c. */
void check_bench(const char *only);
int check_repeat(const char *name, uint64_t rounds);

/* Reports a failure and ends the run. */
_Noreturn void check_fail(const char *file, int line, const char *what);

#define CHECK(condition) ((condition) ? (void)0 : check_fail(__FILE__, __LINE__, #condition))

#endif
