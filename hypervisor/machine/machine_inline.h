/* SPDX-License-Identifier: GPL-2.0-only */
/* The inline part of core/machine.h on hardware. */
#ifndef SHOJI_MACHINE_INLINE_H
#define SHOJI_MACHINE_INLINE_H

#include "core/cpu.h"

#define CPU_BLOCK_BYTES 0x10000UL /* size and alignment of a CPU's block (machine/percpu.h) */

/* struct cpu lies at the bottom of the block that holds all stacks of its CPU. */
static inline struct cpu *this_cpu(void)
{
	uint64_t sp;

	__asm__("mov %%rsp, %0" : "=r"(sp));
	return (struct cpu *)(sp & ~(CPU_BLOCK_BYTES - 1));
}

#endif
