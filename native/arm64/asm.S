/*
 * What every assembly file here includes first: one source for ELF and Mach-O.
 *
 *   function name       begins a function that is visible inside the library only
 *   end_function name   ends it
 *   frame / unframe     keeps x29 and x30, the return address signed where there is PAC
 *   with_lse / without  the atomics of ARMv8.1, for one region
 *
 * Only base ARMv8.0 assembles outside such a region, and x18, which Apple's ABI
 * keeps for the system, does not assemble at all.
 */
#ifndef TICKSWAP_ARM64_ASM_S
#define TICKSWAP_ARM64_ASM_S

#include "layout.h"

#define x18 the_platform_owns_this_register
#define w18 the_platform_owns_this_register

#ifdef __APPLE__
#define SYMBOL(name) _##name
#else
#define SYMBOL(name) name
#endif

    .arch armv8-a

#ifdef __APPLE__
    .text

.macro function name
    .globl _\name
    .private_extern _\name
    .p2align 4
_\name:
    hint #34                                    // bti c
.endm

.macro end_function name
.endm

#else
    .text

.macro function name
    .globl \name
    .hidden \name
    .type \name, %function
    .p2align 4
\name:
    hint #34                                    // bti c
.endm

.macro end_function name
    .size \name, . - \name
.endm

#endif

.macro frame
    hint #25                                    // paciasp
    stp x29, x30, [sp, #-16]!
    mov x29, sp
.endm

.macro unframe
    ldp x29, x30, [sp], #16
    hint #29                                    // autiasp
.endm

.macro with_lse
    .arch_extension lse
.endm

.macro without_lse
    .arch_extension nolse
.endm

#ifdef __ELF__
    /* Everything here lands on bti and signs its frames: let the linker say so of the whole library. */
    .section .note.gnu.property, "a"
    .p2align 3
    .long 4, 16, 5                              // bytes of the name, of the content; type
    .asciz "GNU"
    .long 0xc0000000, 4, 3, 0                   // FEATURE_1_AND, its bytes, BTI and PAC
    .section .note.GNU-stack, "", %progbits     // no executable stack
    .text
#endif

#endif
