#include <pthread.h>

#include "check.h"
#include "tickswap/kernels.h"

static void alone(void) {
  uint32_t *word = check_alloc(sizeof *word);
  for (int i = 0; i < 2000; i++) {
    uint32_t was = check_random_below(3) ? (uint32_t)check_random() : 0;
    uint32_t from = check_random_below(2) ? was : (uint32_t)check_random(), to = (uint32_t)check_random();
    *word = was;
    CHECK((int32_t)CALL(ts_kernels.word_take, P(word)) == (was == 0));
    CHECK(*word == (was == 0 ? 1 : was));
    *word = was;
    CHECK((int32_t)CALL(ts_kernels.word_advance, P(word), W(from), W(to)) == (from == was));
    CHECK(*word == (from == was ? to : was));
    *word = was;
    CHECK((uint32_t)CALL(ts_kernels.word_add, P(word), W(to)) == was);
    CHECK(*word == was + to);
  }
  check_free(word);
}

enum { THREADS = 4, ROUNDS = 5000 };

typedef struct shared {
  uint32_t lock, counted, advanced;
  uint64_t guarded; /* by the lock */
} shared;

static void *contend(void *argument) {
  shared *on = argument;
  for (int i = 0; i < ROUNDS; i++) {
    ts_kernels.word_add(&on->counted, 1);
    while (!ts_kernels.word_take(&on->lock)) continue;
    on->guarded++;
    __atomic_store_n(&on->lock, 0, __ATOMIC_RELEASE);
    uint32_t seen = __atomic_load_n(&on->advanced, __ATOMIC_RELAXED);
    while (!ts_kernels.word_advance(&on->advanced, seen, seen + 1))
      seen = __atomic_load_n(&on->advanced, __ATOMIC_RELAXED);
  }
  return NULL;
}

static void together(void) {
  shared on = {0, 0, 0, 0};
  pthread_t ids[THREADS];
  for (int i = 0; i < THREADS; i++) CHECK(pthread_create(&ids[i], NULL, contend, &on) == 0);
  for (int i = 0; i < THREADS; i++) CHECK(pthread_join(ids[i], NULL) == 0);
  CHECK(on.counted == THREADS * ROUNDS && on.advanced == THREADS * ROUNDS);
  CHECK(on.guarded == (uint64_t)THREADS * ROUNDS);
}

const check_case check_words[] = {{"words.alone", alone}, {"words.together", together}, {NULL, NULL}};
