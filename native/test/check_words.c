#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

#include "check.h"
#include "tickswap/kernels.h"

static void alone(void) {
  uint32_t *word = check_alloc(sizeof *word);
  for (int i = 0; i < 2000; i++) {
    uint32_t was = check_random_below(3) ? (uint32_t)check_random() : 0, to = (uint32_t)check_random();
    *word = was;
    CHECK((int32_t)CALL(ts_kernels.word_take, P(word)) == (was == 0));
    CHECK(*word == (was == 0 ? 1 : was));
    *word = was;
    CHECK((int32_t)CALL(ts_kernels.word_claim, P(word), W(to)) == (was == 0));
    CHECK(*word == (was == 0 ? to : was));
    *word = was;
    CHECK((uint32_t)CALL(ts_kernels.word_swap, P(word), W(to)) == was);
    CHECK(*word == to);
    *word = was;
    CHECK((uint32_t)CALL(ts_kernels.word_add, P(word), W(to)) == was);
    CHECK(*word == was + to);
  }
  check_free(word);
}

static uint32_t mostly(uint32_t same) {
  return check_random_below(4) ? same : (uint32_t)check_random();
}

static void pairs(void) {
  uint32_t *pair = check_alloc(2 * sizeof *pair);
  for (int i = 0; i < 4000; i++) {
    uint32_t low = (uint32_t)check_random(), high = check_random_below(2) ? (uint32_t)check_random() : 0;
    uint32_t from_low = mostly(low), from_high = mostly(high);
    uint32_t to_low = (uint32_t)check_random(), to_high = (uint32_t)check_random();
    int fits = from_low == low && from_high == high;
    pair[0] = low;
    pair[1] = high;
    CHECK((int32_t)CALL(ts_kernels.pair_step, P(pair), W(from_low), W(from_high), W(to_low), W(to_high)) ==
          fits);
    CHECK(pair[0] == (fits ? to_low : low) && pair[1] == (fits ? to_high : high));
  }
  check_free(pair);
}

enum { THREADS = 4, ROUNDS = 5000 };

typedef struct shared {
  _Alignas(8) uint32_t pair[2]; /* both count the same */
  uint32_t lock, counted, claimed, given;
  uint64_t guarded; /* by the lock */
  uint64_t swapped; /* sum of what was swapped out */
} shared;

static void step_pair(shared *on) {
  for (;;) {
    uint32_t low = __atomic_load_n(&on->pair[0], __ATOMIC_RELAXED);
    if (ts_kernels.pair_step(on->pair, low, ~low, low + 1, ~(low + 1))) return;
  }
}

static void *contend(void *argument) {
  shared *on = argument;
  for (int i = 0; i < ROUNDS; i++) {
    ts_kernels.word_add(&on->counted, 1);
    while (!ts_kernels.word_take(&on->lock)) continue;
    on->guarded++;
    __atomic_store_n(&on->lock, 0, __ATOMIC_RELEASE);
    step_pair(on);
    /* Whoever claims the word puts a 7 in it; every 7 is swapped out once. */
    if (ts_kernels.word_claim(&on->claimed, 7)) ts_kernels.word_add(&on->given, 7);
    __atomic_fetch_add(&on->swapped, ts_kernels.word_swap(&on->claimed, 0), __ATOMIC_RELAXED);
  }
  return NULL;
}

static void together(void) {
  shared on = {.pair = {0, UINT32_MAX}};
  pthread_t ids[THREADS];
  for (int i = 0; i < THREADS; i++) CHECK(pthread_create(&ids[i], NULL, contend, &on) == 0);
  for (int i = 0; i < THREADS; i++) CHECK(pthread_join(ids[i], NULL) == 0);
  CHECK(on.counted == THREADS * ROUNDS && on.guarded == (uint64_t)THREADS * ROUNDS);
  CHECK(on.pair[0] == THREADS * ROUNDS && on.pair[1] == ~on.pair[0]);
  CHECK(on.swapped == on.given && on.claimed == 0);
}

#ifdef TICKSWAP_DEBUG
static _Alignas(8) uint8_t room[64];

static void misaligned_take(void) {
  ts_word_take_c((uint32_t *)(void *)(room + 2));
}

static void misaligned_pair(void) {
  ts_pair_step_c((uint32_t *)(void *)(room + 4), 0, 0, 1, 1);
}

static void misaligned_key(void) {
  ts_version_compare_c((const ts_version_key *)(const void *)(room + 1), (const void *)room);
}

static void slot_out_of_range(void) {
  ts_registry registry = {.header = (void *)room};
  ts_registry_leave(&registry, TS_MAX_PARTICIPANTS);
}

/* What no status reports ends a debug build where it is called, before any memory is touched. */
static void preconditions(void) {
  void (*const broken[])(void) = {misaligned_take, misaligned_pair, misaligned_key, slot_out_of_range};
  for (size_t i = 0; i < sizeof broken / sizeof broken[0]; i++) {
    int status = 0;
    pid_t child = fork();
    CHECK(child >= 0);
    if (child == 0) {
      fclose(stderr);
      broken[i]();
      _exit(0);
    }
    CHECK(waitpid(child, &status, 0) == child);
    CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
  }
}
#endif

const check_case check_words[] = {
#ifdef TICKSWAP_DEBUG
    {"words.preconditions", preconditions},
#endif

    {"words.alone", alone},
    {"words.pairs", pairs},
    {"words.together", together},
    {NULL, NULL}};
