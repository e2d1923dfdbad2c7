/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Put before every source of the hypervisor that is fuzzed: how long a hypercall may work until its
 * next preemption point is the program's to say (world.h). The C library has a sched_yield, too.
 */
#ifndef SHOJI_FUZZ_HOOKS_H
#define SHOJI_FUZZ_HOOKS_H

#include <stdint.h>

#include "core/config.h"

extern int64_t fuzz_budget;

#undef HYPERCALL_BUDGET
#define HYPERCALL_BUDGET fuzz_budget
#define sched_yield	 core_sched_yield

#endif
