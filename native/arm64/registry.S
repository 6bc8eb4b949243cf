#include "asm.S"

/*
 * Steps on a shared word, twice: by the atomics of ARMv8.1, and by load and store
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

/* int ts_word_advance_lse(uint32_t *word, uint32_t from, uint32_t to) */
function ts_word_advance_lse
    mov w3, w1                                  // w3 = from, then what was there
    casl w3, w2, [x0]
    cmp w3, w1
    cset w0, eq
    ret
end_function ts_word_advance_lse

/* uint32_t ts_word_add_lse(uint32_t *word, uint32_t more) */
function ts_word_add_lse
    ldadd w1, w0, [x0]
    ret
end_function ts_word_add_lse

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

/* int ts_word_advance_llsc(uint32_t *word, uint32_t from, uint32_t to) */
function ts_word_advance_llsc
1:
    ldxr w3, [x0]
    cmp w3, w1
    b.ne 2f
    stlxr w4, w2, [x0]
    cbnz w4, 1b
    mov w0, #1
    ret
2:
    clrex
    mov w0, wzr
    ret
end_function ts_word_advance_llsc

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
