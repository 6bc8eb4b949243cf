#include "asm.S"

/*
 * A key in memory is major, minor, patch, build. Loaded as two 64-bit words and each
 * rotated by 32 it is a number of 128 bits, which `cmp` and `sbcs` compare at once:
 * carry set when the first is not below the second.
 */

/* int ts_version_compare_neon(const ts_version_key *a, const ts_version_key *b) */
function ts_version_compare_neon
    ldp x2, x3, [x0]                            // x2, x3 = a
    ldp x4, x5, [x1]                            // x4, x5 = b
    cmp x2, x4
    csel x2, x2, x3, ne                         // the words that decide
    csel x4, x4, x5, ne
    ror x2, x2, #32
    ror x4, x4, #32
    cmp x2, x4
    cset w0, hi
    csinv w0, w0, wzr, hs
    ret
end_function ts_version_compare_neon

/* \d = the signs of four keys' parts against the probe's: -1, 0, 1. Overwrites \part. */
.macro sign d, part, probe
    cmhi \d\().4s, \probe\().4s, \part\().4s
    cmhi \part\().4s, \part\().4s, \probe\().4s
    sub \d\().4s, \d\().4s, \part\().4s
.endm

/* \r = 8 * major's sign + 4 * minor's + 2 * patch's + build's, of the four keys at x1 */
.macro weigh r
    ld4 {v0.4s-v3.4s}, [x1], #64
    sign v4, v0, v16
    sign v5, v1, v17
    sign v6, v2, v18
    sign \r, v3, v19
    mla \r\().4s, v4.4s, v20.4s
    mla \r\().4s, v5.4s, v21.4s
    add \r\().4s, \r\().4s, v6.4s
    add \r\().4s, \r\().4s, v6.4s
.endm

/*
 * void ts_version_compare_many_neon(const ts_version_key *probe, const ts_version_key *keys,
 *                                   size_t count, int8_t *out)
 *
 * The sign of the weighted sum of the parts' signs is the order: each weight is more
 * than all that follow it together.
 */
function ts_version_compare_many_neon
    ld4r {v16.4s-v19.4s}, [x0]                  // v16 to v19 = the parts of the probe
    movi v20.4s, #8
    movi v21.4s, #4
    subs x2, x2, #16                            // x2 = keys left, less a block
    b.lo 2f
1:
    weigh v24
    weigh v25
    weigh v26
    weigh v27
    uzp1 v24.8h, v24.8h, v25.8h
    uzp1 v26.8h, v26.8h, v27.8h
    uzp1 v24.16b, v24.16b, v26.16b              // v24 = 16 sums
    cmlt v25.16b, v24.16b, #0
    cmgt v24.16b, v24.16b, #0
    sub v24.16b, v25.16b, v24.16b
    st1 {v24.16b}, [x3], #16
    subs x2, x2, #16
    b.hs 1b
2:
    adds x2, x2, #16                            // x2 = keys left, below 16
    b.eq 4f
    ldp x4, x5, [x0]                            // x4, x5 = the probe
3:
    ldp x6, x7, [x1], #16
    cmp x6, x4
    csel x7, x6, x7, ne                         // the words that decide
    csel x9, x4, x5, ne
    ror x7, x7, #32
    ror x9, x9, #32
    cmp x7, x9
    cset w8, hi
    csinv w8, w8, wzr, hs
    strb w8, [x3], #1
    subs x2, x2, #1
    b.ne 3b
4:
    ret
end_function ts_version_compare_many_neon

/* \high, \low = the key of the record with index \index, as a number. Uses x15. */
.macro load_key high, low, index
    add x15, x0, \index, lsl #6
    ldp \high, \low, [x15]
    ror \high, \high, #32
    ror \low, \low, #32
.endm

/*
 * void ts_version_merge_neon(const ts_version_record *records, const uint32_t *left, size_t left_count,
 *                            const uint32_t *right, size_t right_count, uint32_t *out)
 */
function ts_version_merge_neon
    add x2, x1, x2, lsl #2                      // x2 = end of the left run
    add x4, x3, x4, lsl #2                      // x4 = end of the right run
    cmp x1, x2
    b.eq 4f
    cmp x3, x4
    b.eq 5f
    ldr w6, [x1], #4                            // w6 = index on the left; x7, x8 its key
    load_key x7, x8, x6
    ldr w9, [x3], #4                            // w9 = index on the right; x10, x11 its key
    load_key x10, x11, x9
    cmp x11, x8
    sbcs xzr, x10, x7
    b.lo 2f
1:
    str w6, [x5], #4                            // right is not below left
    cmp x1, x2
    b.eq 3f
    ldr w6, [x1], #4
    load_key x7, x8, x6
    cmp x11, x8
    sbcs xzr, x10, x7
    b.hs 1b
2:
    str w9, [x5], #4                            // right is below left
    cmp x3, x4
    b.eq 6f
    ldr w9, [x3], #4
    load_key x10, x11, x9
    cmp x11, x8
    sbcs xzr, x10, x7
    b.lo 2b
    b 1b
3:
    str w9, [x5], #4                            // left is used up
4:
    cmp x3, x4
    b.eq 7f
    ldr w9, [x3], #4
    str w9, [x5], #4
    b 4b
6:
    str w6, [x5], #4                            // right is used up
5:
    cmp x1, x2
    b.eq 7f
    ldr w6, [x1], #4
    str w6, [x5], #4
    b 5b
7:
    ret
end_function ts_version_merge_neon

/*
 * \v = for the records at x14 and 64 after it, whether major and minor lie between the
 * least that would be better and the most that any range has; x14 moves on
 */
.macro test_high v
    ld1 {\v\().d}[0], [x14], x13
    ld1 {\v\().d}[1], [x14], x13
    rev64 \v\().4s, \v\().4s
    sub \v\().2d, \v\().2d, v16.2d
    cmhs \v\().2d, v17.2d, \v\().2d
.endm

/*
 * int64_t ts_version_best_neon(const ts_version_record *records, size_t count,
 *                              const ts_version_range *ranges, size_t range_count,
 *                              const ts_version_filter *filter)
 *
 * From the end. Eight records none of which can be better by its major and minor are
 * passed over at once; the others are looked at one by one.
 */
function ts_version_best_neon
    frame
    stp x19, x20, [sp, #-16]!
    add x9, x0, x1, lsl #6                      // x9 = past the record to look at next
    mov x5, #-1                                 // x5 = index of the best
    cbz x3, 11f
    ldp w10, w11, [x4, #FILTER_UNIT]            // w10 = unit, w11 = flags required
    ldp w12, w17, [x4, #FILTER_EXCLUDED]        // w12 = flags excluded, w17 = states
    add x3, x2, x3, lsl #5                      // x3 = end of the ranges
    mov x19, xzr                                // x19 = most major and minor of any range
    mov x8, x2
0:
    ldr x16, [x8, #RANGE_HIGH]
    add x8, x8, #RANGE_BYTES
    ror x16, x16, #32
    cmp x16, x19
    csel x19, x16, x19, hi
    cmp x8, x3
    b.ne 0b
    mov x6, xzr                                 // x6, x7 = the least key that would be better
    mov x7, xzr
    dup v16.2d, x6                              // v16 = x6 twice
    dup v17.2d, x19                             // v17 = x19 - x6 twice
1:
    mov x13, #RECORD_BYTES                      // x13 = from record to record
    subs x1, x1, #8                             // x1 = records left, less a block
    b.lo 3f
2:
    sub x14, x9, #8 * RECORD_BYTES
    test_high v0
    test_high v1
    test_high v2
    test_high v3
    orr v0.16b, v0.16b, v1.16b
    orr v2.16b, v2.16b, v3.16b
    orr v0.16b, v0.16b, v2.16b
    addp d0, v0.2d
    fmov x14, d0
    cbnz x14, 4f
    sub x9, x9, #8 * RECORD_BYTES
    subs x1, x1, #8
    b.hs 2b
3:
    adds x4, x1, #8                             // x4 = the last few, below eight
    mov x1, xzr
    b.ne 5f
    b 11f
4:
    mov x4, #8                                  // x4 = records to look at one by one
5:
    ldp x14, x15, [x9, #-RECORD_BYTES]!
    ror x14, x14, #32                           // x14, x15 = the key
    ror x15, x15, #32
    cmp x14, x19
    b.hi 6f
    cmp x15, x7
    sbcs xzr, x14, x6
    b.hs 7f
6:
    subs x4, x4, #1
    b.ne 5b
    cbnz x1, 1b
    b 11f
7:
    ldp w8, w16, [x9, #RECORD_FLAGS]            // w8 = flags, w16 = unit
    cmp w16, w10
    b.ne 6b
    bics wzr, w11, w8
    b.ne 6b
    tst w8, w12
    b.ne 6b
    ldrh w8, [x9, #RECORD_PRERELEASE_BYTES]
    ldr w16, [x9, #RECORD_STATE]
    cbnz w8, 6b
    lsr w16, w17, w16
    tbz w16, #0, 6b
    mov x8, x2                                  // x8 = the range
8:
    cmp x8, x3
    b.eq 6b
    ldp x16, x20, [x8, #RANGE_LOW]
    ror x16, x16, #32                           // x16, x20 = its lower end
    ror x20, x20, #32
    cmp x15, x20
    sbcs xzr, x14, x16
    b.lo 9f
    ldp x16, x20, [x8, #RANGE_HIGH]
    ror x16, x16, #32                           // x16, x20 = its upper end
    ror x20, x20, #32
    cmp x20, x15
    sbcs xzr, x16, x14
    b.hs 10f
9:
    add x8, x8, #RANGE_BYTES
    b 8b
10:
    sub x5, x9, x0
    lsr x5, x5, #6
    adds x7, x15, #1
    adcs x6, x14, xzr
    b.hs 11f                                    // no key is higher
    subs x16, x19, x6
    b.lo 11f                                    // no range goes higher
    dup v16.2d, x6
    dup v17.2d, x16
    b 6b
11:
    mov x0, x5
    ldp x19, x20, [sp], #16
    unframe
    ret
end_function ts_version_best_neon

/* x3 += the folded product of 16 bytes of the record at \at, keyed with the 16 at \key */
.macro seal_16 at, key
    ldur x4, [x0, #\at]
    ldur x5, [x0, #\at + 8]
    ldp x6, x7, [x2, #\key]
    add x6, x6, x1
    sub x7, x7, x1
    eor x4, x4, x6
    eor x5, x5, x7
    mul x6, x4, x5
    umulh x7, x4, x5
    eor x6, x6, x7
    add x3, x3, x6
.endm

/*
 * uint32_t ts_version_seal_neon(const ts_version_record *record, uint64_t seed)
 *
 * XXH3-64 of exactly RECORD_STATE bytes, in its class of 17 to 128: the first two and, ending
 * with the input, the last two groups of 16.
 */
function ts_version_seal_neon
    adr x2, 1f                                  // x2 = the secret, then two constants
    ldp x3, x8, [x2, #64]                       // x3 = length * PRIME64_1, x8 = PRIME_MX1
    seal_16 16, 32
    seal_16 RECORD_STATE - 32, 48
    seal_16 0, 0
    seal_16 RECORD_STATE - 16, 16
    eor x3, x3, x3, lsr #37
    mul x3, x3, x8
    eor x0, x3, x3, lsr #32
    ret
    .p2align 3
1:
    .quad 0xbe4ba423396cfeb8, 0x1cad21f72c81017c, 0xdb979083e96dd4de, 0x1f67b3b7a4a44072
    .quad 0x78e5c0cc4ee679cb, 0x2172ffcc7dd05a82, 0x8e2443f7744608b8, 0x4c263a81e69035e0
    .quad 0x3188ea830486cf34, 0x165667919e3779f9
end_function ts_version_seal_neon
