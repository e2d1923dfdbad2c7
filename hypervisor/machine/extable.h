/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Where the hypervisor may fault, and where it goes on then. An instruction announces itself by a
 * row in section .extable: two 32-bit offsets, each relative to its own place, to the instruction
 * and to its fixup. Usable from assembly.
 */
#ifndef SHOJI_MACHINE_EXTABLE_H
#define SHOJI_MACHINE_EXTABLE_H

#ifdef __ASSEMBLER__
/* clang-format off */
.macro EXTABLE at, fixup
	.pushsection .extable, "a", @progbits
	.long \at - .
	.long \fixup - .
	.popsection
.endm
/* clang-format on */
#else
#include "lib/types.h"

/* For inline assembly with labels. */
#define EXTABLE(at, fixup)               \
	".pushsection .extable, \"a\"\n" \
	".long " at " - .\n"             \
	".long " fixup " - .\n"          \
	".popsection\n"

/* The fixup of the instruction at rip, or 0: it must not fault. */
uint64_t extable_lookup(uint64_t rip);
#endif

#endif
