#include "../../arm64/asm.S"

#define CANARY_BYTES 32
#define SAVED_BYTES 144

/* xN = \base + N, for the registers a function has to keep, and the same in d8 to d15 */
.macro mark base
    .irp n, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28
    add x\n, \base, #\n
    .endr
    .irp n, 8, 9, 10, 11, 12, 13, 14, 15
    add x10, \base, #\n
    fmov d\n, x10
    .endr
.endm

/* x11 |= what differs from the marks */
.macro verify base
    .irp n, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28
    add x10, \base, #\n
    eor x10, x10, x\n
    orr x11, x11, x10
    .endr
    .irp n, 8, 9, 10, 11, 12, 13, 14, 15
    fmov x10, d\n
    sub x10, x10, #\n
    eor x10, x10, \base
    orr x11, x11, x10
    .endr
.endm

.macro pattern register
    mov \register, #0x5a17
    movk \register, #0xc0de, lsl #16
    movk \register, #0xb5a5, lsl #32
    movk \register, #0x7f3c, lsl #48
.endm

/*
 * uint64_t check_call_guarded(uint64_t *broken, const void *function, const uint64_t *arguments)
 *
 * Calls `function` with eight arguments. `broken` becomes nonzero when it does not keep
 * x19 to x28, d8 to d15, the stack pointer, or the caller's stack just above its own.
 */
function check_call_guarded
    frame
    sub sp, sp, #SAVED_BYTES
    stp x19, x20, [sp]
    stp x21, x22, [sp, #16]
    stp x23, x24, [sp, #32]
    stp x25, x26, [sp, #48]
    stp x27, x28, [sp, #64]
    stp d8, d9, [sp, #80]
    stp d10, d11, [sp, #96]
    stp d12, d13, [sp, #112]
    stp d14, d15, [sp, #128]
    sub sp, sp, #CANARY_BYTES + 16
    str x0, [sp, #CANARY_BYTES]
    mov x17, x1                                 // x17 = the function
    mov x16, x2                                 // x16 = its arguments
    pattern x9
    stp x9, x9, [sp]
    stp x9, x9, [sp, #16]
    mark x9
    ldp x0, x1, [x16]
    ldp x2, x3, [x16, #16]
    ldp x4, x5, [x16, #32]
    ldp x6, x7, [x16, #48]
    .irp n, 8, 10, 11, 12, 13, 14, 15, 16
    mov x\n, x9                                 // whatever it finds in these is no argument
    .endr
    .irp n, 0, 1, 2, 3, 4, 5, 6, 7, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31
    dup v\n\().2d, x9
    .endr
    blr x17
    pattern x9
    mov x11, xzr                                // x11 = what is broken
    verify x9
    mov x10, sp
    sub x10, x29, x10
    eor x10, x10, #SAVED_BYTES + CANARY_BYTES + 16
    orr x11, x11, x10
    .irp at, 0, 16
    ldp x12, x13, [sp, #\at]
    eor x12, x12, x9
    eor x13, x13, x9
    orr x11, x11, x12
    orr x11, x11, x13
    .endr
    ldr x12, [sp, #CANARY_BYTES]
    str x11, [x12]
    add sp, sp, #CANARY_BYTES + 16
    ldp x19, x20, [sp]
    ldp x21, x22, [sp, #16]
    ldp x23, x24, [sp, #32]
    ldp x25, x26, [sp, #48]
    ldp x27, x28, [sp, #64]
    ldp d8, d9, [sp, #80]
    ldp d10, d11, [sp, #96]
    ldp d12, d13, [sp, #112]
    ldp d14, d15, [sp, #128]
    add sp, sp, #SAVED_BYTES
    unframe
    ret
end_function check_call_guarded

/* What the caller above has to notice: void check_spoil_*(void). */
function check_spoil_general
    mov x23, xzr
    ret
end_function check_spoil_general

function check_spoil_vector
    fmov d11, xzr
    ret
end_function check_spoil_vector

function check_spoil_stack
    str xzr, [sp, #8]
    ret
end_function check_spoil_stack
