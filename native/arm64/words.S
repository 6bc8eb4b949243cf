#include "asm.S"

/*
 * Steps on shared words, twice: by the atomics of ARMv8.1, and by load and store
 * exclusive. A step that finds another value than it wants stores nothing; only a
 * store that lost its reservation is tried again.
 */

    with_lse

/* int ts_word_take_lse(uint32_t *word) */
function ts_word_take_lse
    mov w2, #1                                  // w2 = taken
    mov w1, wzr                                 // w1 = free, then what was there
    casa w1, w2, [x0]
    cmp w1, #0
    cset w0, eq
    ret
end_function ts_word_take_lse

/* int ts_word_claim_lse(uint32_t *word, uint32_t to) */
function ts_word_claim_lse
    mov w2, wzr                                 // w2 = free, then what was there
    cas w2, w1, [x0]
    cmp w2, #0
    cset w0, eq
    ret
end_function ts_word_claim_lse

/* uint32_t ts_word_swap_lse(uint32_t *word, uint32_t to) */
function ts_word_swap_lse
    swpl w1, w0, [x0]
    ret
end_function ts_word_swap_lse

/* uint32_t ts_word_add_lse(uint32_t *word, uint32_t more) */
function ts_word_add_lse
    ldadd w1, w0, [x0]
    ret
end_function ts_word_add_lse

/*
 * int ts_pair_step_lse(uint32_t *pair, uint32_t from_low, uint32_t from_high,
 *                      uint32_t to_low, uint32_t to_high)
 */
function ts_pair_step_lse
    mov w6, w1                                  // w6, w7 = from, then what was there
    mov w7, w2
    mov w8, w3                                  // w8, w9 = to
    mov w9, w4
    caspl w6, w7, w8, w9, [x0]
    cmp w6, w1
    ccmp w7, w2, #0, eq
    cset w0, eq
    ret
end_function ts_pair_step_lse

    without_lse

/* int ts_word_take_llsc(uint32_t *word) */
function ts_word_take_llsc
    mov w2, #1                                  // w2 = taken
1:
    ldaxr w1, [x0]
    cbnz w1, 2f
    stxr w3, w2, [x0]
    cbnz w3, 1b
    mov w0, #1
    ret
2:
    clrex
    mov w0, wzr
    ret
end_function ts_word_take_llsc

/* int ts_word_claim_llsc(uint32_t *word, uint32_t to) */
function ts_word_claim_llsc
1:
    ldxr w2, [x0]
    cbnz w2, 2f
    stxr w3, w1, [x0]
    cbnz w3, 1b
    mov w0, #1
    ret
2:
    clrex
    mov w0, wzr
    ret
end_function ts_word_claim_llsc

/* uint32_t ts_word_swap_llsc(uint32_t *word, uint32_t to) */
function ts_word_swap_llsc
1:
    ldxr w2, [x0]                               // w2 = what was there
    stlxr w3, w1, [x0]
    cbnz w3, 1b
    mov w0, w2
    ret
end_function ts_word_swap_llsc

/* uint32_t ts_word_add_llsc(uint32_t *word, uint32_t more) */
function ts_word_add_llsc
1:
    ldxr w2, [x0]                               // w2 = what was there
    add w3, w2, w1
    stxr w4, w3, [x0]
    cbnz w4, 1b
    mov w0, w2
    ret
end_function ts_word_add_llsc

/*
 * int ts_pair_step_llsc(uint32_t *pair, uint32_t from_low, uint32_t from_high,
 *                       uint32_t to_low, uint32_t to_high)
 */
function ts_pair_step_llsc
1:
    ldxp w5, w6, [x0]                           // w5, w6 = what is there
    cmp w5, w1
    ccmp w6, w2, #0, eq
    b.ne 2f
    stlxp w7, w3, w4, [x0]
    cbnz w7, 1b
    mov w0, #1
    ret
2:
    clrex
    mov w0, wzr
    ret
end_function ts_pair_step_llsc
