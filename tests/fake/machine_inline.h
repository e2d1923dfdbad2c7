/* SPDX-License-Identifier: GPL-2.0-only */
/* The inline part of core/machine.h on a host: each thread plays the CPU of its choice. */
#ifndef SHOJI_FAKE_MACHINE_INLINE_H
#define SHOJI_FAKE_MACHINE_INLINE_H

#include "core/cpu.h"

extern struct cpu fake_cpus[MAX_CPUS];
extern __thread unsigned int fake_cpu_id;

static inline struct cpu *this_cpu(void)
{
	return &fake_cpus[fake_cpu_id];
}

#endif
