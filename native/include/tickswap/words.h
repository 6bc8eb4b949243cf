#ifndef TICKSWAP_WORDS_H
#define TICKSWAP_WORDS_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * The steps on shared words that read and write at once, for any number of threads;
 * none of them waits. `word`: aligned to 4; `pair`: two words, aligned to 8 (asserted in
 * a debug build). What a step does not name stays as it was.
 *
 *   take    0 becomes 1, and 1 is returned; 0 when it was not 0. Acquire: a lock.
 *   claim   0 becomes `to`, and 1 is returned; 0 when it was not 0. No ordering.
 *   swap    becomes `to`; gives what it was. Release: what is given up is given whole.
 *   add     becomes `more` larger, modulo 2^32; gives what it was. No ordering.
 *   pair    (from_low, from_high) becomes (to_low, to_high), and 1 is returned; 0 when
 *           either word was another one. Release.
 */
int ts_word_take_c(uint32_t *word);
int ts_word_claim_c(uint32_t *word, uint32_t to);
uint32_t ts_word_swap_c(uint32_t *word, uint32_t to);
uint32_t ts_word_add_c(uint32_t *word, uint32_t more);
int ts_pair_step_c(uint32_t *pair, uint32_t from_low, uint32_t from_high, uint32_t to_low, uint32_t to_high);

#ifdef __cplusplus
}
#endif
#endif
