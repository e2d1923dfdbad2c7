/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What each CPU did since the machine started. A count is its CPU's own: one instruction, no lock,
 * no shared line. Who adds them up reads them as they change.
 */
#ifndef SHOJI_CORE_COUNTS_H
#define SHOJI_CORE_COUNTS_H

#include "lib/types.h"

/* COUNT(name, what it is called in public) */
#define COUNTS(COUNT)                         \
	COUNT(SWITCH, "switches")             \
	COUNT(WAKE, "wakeups")                \
	COUNT(MOVE, "vcpus moved")            \
	COUNT(EVENT, "events")                \
	COUNT(PAGE_FAULT, "page faults")      \
	COUNT(EXCEPTION, "other exceptions")  \
	COUNT(INTERRUPT, "interrupts")        \
	COUNT(TIMER, "timer interrupts")      \
	COUNT(GUEST_TIMER, "guest timers")    \
	COUNT(FLUSH_SENT, "tlb flushes sent") \
	COUNT(FLUSH_AVOIDED, "tlb flushes avoided")

enum count {
#define COUNT(name, text) COUNT_##name,
	COUNTS(COUNT)
#undef COUNT
		COUNT_KINDS
};

#define COUNT_HYPERCALLS 128 /* by number; those above are none */

struct counts {
	uint64_t of[COUNT_KINDS];
	uint64_t hypercalls[COUNT_HYPERCALLS];
};

#define count_add(c, kind, n) ((void)((c)->counts.of[COUNT_##kind] += (n)))
#define count_one(c, kind)    count_add(c, kind, 1)

#endif
