#include "asm.S"

/*
 * The scans are for a NaN or an infinity. Times zero, these are NaN, and everything else
 * is zero; a sum with a NaN in it is NaN. So 256 bytes are one multiplication and addition
 * for each vector, until a block has a NaN; then, and for the rest, one value after the other:
 * shifted left by one, a value with all bits of the exponent set is not below their mask.
 */

/* Sums of the 64 bytes at x2, times zero, into v16, v17, v19, v20; x2 moves on */
.macro scan_64 type
    ld1 {v0.\type-v3.\type}, [x2], #64
    fmla v16.\type, v0.\type, v31.\type
    fmla v17.\type, v1.\type, v31.\type
    fmla v19.\type, v2.\type, v31.\type
    fmla v20.\type, v3.\type, v31.\type
.endm

/* Goes to \found, x2 at its start again, when the block of 256 bytes at x2 has one */
.macro scan_block type, found
    movi v16.2d, #0
    movi v17.2d, #0
    movi v19.2d, #0
    movi v20.2d, #0
    scan_64 \type
    scan_64 \type
    scan_64 \type
    scan_64 \type
    fadd v16.\type, v16.\type, v17.\type
    fadd v19.\type, v19.\type, v20.\type
    fadd v16.\type, v16.\type, v19.\type    // v16 = a sum that is NaN or zero in each lane
    fcmeq v16.\type, v16.\type, v16.\type   // all ones where it is no NaN
    uminv b16, v16.16b
    fmov w5, s16                                // w5 = 0 when a lane has a NaN
    cbz w5, \found
.endm

/* int64_t ts_first_non_finite_f32_neon(const void *data, size_t count) */
function ts_first_non_finite_f32_neon
    mov x2, x0                                  // x2 = where the scan is
    mov w3, #0xff000000                         // w3 = exponent << 1
    movi v31.2d, #0                             // v31 = zero
    subs x4, x1, #64                            // x4 = floats left, less a block
    b.lo 3f
1:
    scan_block 4s, 2f
    subs x4, x4, #64
    b.hs 1b
    b 3f
2:
    sub x2, x2, #256                            // x2 = the block again
3:
    add x4, x4, #64                             // x4 = floats left
4:
    cbz x4, 5f
    ldr w5, [x2], #4
    lsl w5, w5, #1                              // w5 = the float without its sign
    sub x4, x4, #1
    cmp w5, w3
    b.lo 4b
    sub x2, x2, x0
    lsr x0, x2, #2
    sub x0, x0, #1                              // x0 = the one before x2
    ret
5:
    mov x0, #-1
    ret
end_function ts_first_non_finite_f32_neon

/* int64_t ts_first_non_finite_f64_neon(const void *data, size_t count) */
function ts_first_non_finite_f64_neon
    mov x2, x0                                  // x2 = where the scan is
    mov x3, #0xffe0000000000000                 // x3 = exponent << 1
    movi v31.2d, #0                             // v31 = zero
    subs x4, x1, #32                            // x4 = doubles left, less a block
    b.lo 3f
1:
    scan_block 2d, 2f
    subs x4, x4, #32
    b.hs 1b
    b 3f
2:
    sub x2, x2, #256                            // x2 = the block again
3:
    add x4, x4, #32                             // x4 = doubles left
4:
    cbz x4, 5f
    ldr x5, [x2], #8
    lsl x5, x5, #1                              // x5 = the double without its sign
    sub x4, x4, #1
    cmp x5, x3
    b.lo 4b
    sub x2, x2, x0
    lsr x0, x2, #3
    sub x0, x0, #1                              // x0 = the one before x2
    ret
5:
    mov x0, #-1
    ret
end_function ts_first_non_finite_f64_neon

/* void ts_xor_neon(void *out, const void *a, const void *b, size_t bytes) */
function ts_xor_neon
    subs x3, x3, #64                            // x3 = bytes left, less a block
    b.lo 2f
1:
    ldp q0, q1, [x1]                            // v0 to v3 = 64 bytes of a
    ldp q2, q3, [x1, #32]
    ldp q4, q5, [x2]                            // v4 to v7 = 64 bytes of b
    ldp q6, q7, [x2, #32]
    add x1, x1, #64
    add x2, x2, #64
    eor v0.16b, v0.16b, v4.16b
    eor v1.16b, v1.16b, v5.16b
    eor v2.16b, v2.16b, v6.16b
    eor v3.16b, v3.16b, v7.16b
    stp q0, q1, [x0]
    stp q2, q3, [x0, #32]
    add x0, x0, #64
    subs x3, x3, #64
    b.hs 1b
2:
    add x3, x3, #64                             // x3 = bytes left, below 64
3:
    subs x3, x3, #8
    b.lo 4f
    ldr x4, [x1], #8
    ldr x5, [x2], #8
    eor x4, x4, x5
    str x4, [x0], #8
    b 3b
4:
    adds x3, x3, #8                             // x3 = bytes left, below 8
    b.eq 6f
5:
    ldrb w4, [x1], #1
    ldrb w5, [x2], #1
    eor w4, w4, w5
    strb w4, [x0], #1
    subs x3, x3, #1
    b.ne 5b
6:
    ret
end_function ts_xor_neon

/* size_t ts_changed_pages_neon(const void *now, const void *before, size_t pages, uint32_t *out) */
function ts_changed_pages_neon
    mov x4, x3                                  // x4 = where the next index goes
    mov x5, xzr                                 // x5 = the page
    cbz x2, 4f
1:
    mov x6, #PAGE_BYTES                         // x6 = bytes left of the page
2:
    ldp q0, q1, [x0]                            // v0 to v7 = 128 bytes of now
    ldp q2, q3, [x0, #32]
    ldp q4, q5, [x0, #64]
    ldp q6, q7, [x0, #96]
    ldp q16, q17, [x1]                          // v16 to v24, but v18, = the same of before
    ldp q19, q20, [x1, #32]
    ldp q21, q22, [x1, #64]
    ldp q23, q24, [x1, #96]
    eor v0.16b, v0.16b, v16.16b
    eor v1.16b, v1.16b, v17.16b
    eor v2.16b, v2.16b, v19.16b
    eor v3.16b, v3.16b, v20.16b
    eor v4.16b, v4.16b, v21.16b
    eor v5.16b, v5.16b, v22.16b
    eor v6.16b, v6.16b, v23.16b
    eor v7.16b, v7.16b, v24.16b
    orr v0.16b, v0.16b, v1.16b
    orr v2.16b, v2.16b, v3.16b
    orr v4.16b, v4.16b, v5.16b
    orr v6.16b, v6.16b, v7.16b
    orr v0.16b, v0.16b, v2.16b
    orr v4.16b, v4.16b, v6.16b
    orr v0.16b, v0.16b, v4.16b                  // v0 = every bit that differs, 16 bytes wide
    umaxp v0.4s, v0.4s, v0.4s
    fmov x7, d0                                 // x7 = what differs, folded
    add x0, x0, #128
    add x1, x1, #128
    sub x6, x6, #128
    cbnz x7, 3f
    cbnz x6, 2b
    b 5f
3:
    str w5, [x4], #4
    add x0, x0, x6                              // the rest of the page needs no look
    add x1, x1, x6
5:
    add x5, x5, #1
    cmp x5, x2
    b.lo 1b
4:
    sub x4, x4, x3
    lsr x0, x4, #2                              // x0 = indices that were written
    ret
end_function ts_changed_pages_neon

/* Copies 128 bytes from x1 to x0, by the byte as far as alignment goes; both move on */
.macro copy_128
    ld1 {v0.16b-v3.16b}, [x1], #64
    ld1 {v4.16b-v7.16b}, [x1], #64
    st1 {v0.16b-v3.16b}, [x0], #64
    st1 {v4.16b-v7.16b}, [x0], #64
.endm

/* void ts_copy_neon(void *to, const void *from, size_t bytes) */
function ts_copy_neon
    subs x2, x2, #256                           // x2 = bytes left, less a block
    b.lo 2f
1:
    copy_128
    copy_128
    subs x2, x2, #256
    b.hs 1b
2:
    adds x2, x2, #256 - 16                      // x2 = bytes left, less 16
    b.mi 4f
3:
    ldr q0, [x1], #16
    str q0, [x0], #16
    subs x2, x2, #16
    b.pl 3b
4:
    adds x2, x2, #16                            // x2 = bytes left, below 16
    b.eq 6f
5:
    ldrb w4, [x1], #1
    strb w4, [x0], #1
    subs x2, x2, #1
    b.ne 5b
6:
    ret
end_function ts_copy_neon

/* void ts_copy_pages_neon(void *to, const void *from, const uint32_t *indices, size_t count) */
function ts_copy_pages_neon
    cbz x3, 3f
    mov x4, x0                                  // x4, x5 = where the arenas begin
    mov x5, x1
1:
    ldr w6, [x2], #4                            // w6 = the page
    add x0, x4, x6, lsl #12                     // x0, x1 = its bytes, there and here
    add x1, x5, x6, lsl #12
    mov x7, #PAGE_BYTES                         // x7 = bytes left of it
2:
    copy_128
    copy_128
    subs x7, x7, #256
    b.ne 2b
    subs x3, x3, #1
    b.ne 1b
3:
    ret
end_function ts_copy_pages_neon
