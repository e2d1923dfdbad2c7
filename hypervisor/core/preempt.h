/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Long work is cut at preemption points. Each hypercall starts with HYPERCALL_BUDGET units; work
 * costs units (about one instruction each); when they are spent, the operation stops at its next
 * point with -XEN_ERESTART and the hypercall is re-issued by the guest itself, after pending
 * interrupts.
 */
#ifndef SHOJI_CORE_PREEMPT_H
#define SHOJI_CORE_PREEMPT_H

#include "core/machine.h"

static inline void preempt_charge(unsigned int units)
{
	this_cpu()->budget -= units;
}

/* True: stop here. Work that has made no progress yet in this call must not ask. */
static inline bool preempt_due(void)
{
	return this_cpu()->budget < 0;
}

static inline void preempt_start(void)
{
	this_cpu()->budget = HYPERCALL_BUDGET;
}

#endif
