#include "asm.S"

#define STRIPES_PER_BLOCK 16
#define SECRET_LAST 128                         /* the secret's last 64 bytes mix the lanes */

/*
 * Takes two vectors of input, \a and \b, into the lanes \la and \lb, under the keys \ka and
 * \kb. Each word also goes to the lane beside its own: these are summed in \sa and \sb,
 * and change places only when the lanes are needed.
 */
.macro accumulate la, lb, a, b, ka, kb, sa, sb
    eor \ka\().16b, \ka\().16b, \a\().16b
    eor \kb\().16b, \kb\().16b, \b\().16b
    add \sa\().2d, \sa\().2d, \a\().2d
    add \sb\().2d, \sb\().2d, \b\().2d
    uzp1 v24.4s, \ka\().4s, \kb\().4s           // the low halves of four keyed words
    uzp2 v25.4s, \ka\().4s, \kb\().4s           // the high halves
    umlal \la\().2d, v24.2s, v25.2s
    umlal2 \lb\().2d, v24.4s, v25.4s
.endm

/* Adds the sums for the lanes beside. */
.macro settle lane, sum
    ext \sum\().16b, \sum\().16b, \sum\().16b, #8
    add \lane\().2d, \lane\().2d, \sum\().2d
.endm

/* lane = (lane ^ lane >> 47 ^ key) * prime32_1, the prime in v26 */
.macro scramble lane, key
    ushr v24.2d, \lane\().2d, #47
    eor \lane\().16b, \lane\().16b, \key\().16b
    eor \lane\().16b, \lane\().16b, v24.16b
    xtn v24.2s, \lane\().2d                     // low halves
    shrn v25.2s, \lane\().2d, #32               // high halves
    umull v25.2d, v25.2s, v26.2s
    shl \lane\().2d, v25.2d, #32
    umlal \lane\().2d, v24.2s, v26.2s
.endm

/*
 * size_t ts_hash_stripes_neon(uint64_t *lanes, const uint8_t *in, size_t stripes,
 *                             const uint8_t *secret, size_t position)
 */
function ts_hash_stripes_neon
    ldp q0, q1, [x0]                            // v0 to v3 = the lanes
    ldp q2, q3, [x0, #32]
    mov w5, #0x79b1
    movk w5, #0x9e37, lsl #16
    dup v26.4s, w5                              // v26 = PRIME32_1
    cbz x2, 4f
1:
    add x5, x3, x4, lsl #3                      // x5 = the secret of this stripe
    mov x6, #STRIPES_PER_BLOCK
    sub x6, x6, x4
    cmp x6, x2
    csel x6, x6, x2, lo                         // x6 = stripes until the block or the input ends
    sub x2, x2, x6
    add x4, x4, x6
    movi v28.2d, #0                             // v28 to v31 = sums for the lanes beside
    movi v29.2d, #0
    movi v30.2d, #0
    movi v31.2d, #0
2:
    ldp q4, q5, [x1], #32
    ldp q6, q7, [x1], #32
    ldp q16, q17, [x5]
    ldp q20, q21, [x5, #32]
    add x5, x5, #8
    accumulate v0, v1, v4, v5, v16, v17, v28, v29
    accumulate v2, v3, v6, v7, v20, v21, v30, v31
    subs x6, x6, #1
    b.ne 2b
    settle v0, v28
    settle v1, v29
    settle v2, v30
    settle v3, v31
    cmp x4, #STRIPES_PER_BLOCK
    b.ne 3f
    add x5, x3, #SECRET_LAST
    ldp q16, q17, [x5]
    ldp q20, q21, [x5, #32]
    scramble v0, v16
    scramble v1, v17
    scramble v2, v20
    scramble v3, v21
    mov x4, xzr
3:
    cbnz x2, 1b
4:
    stp q0, q1, [x0]
    stp q2, q3, [x0, #32]
    mov x0, x4
    ret
end_function ts_hash_stripes_neon
