/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Page-table isolation. Where the CPU speculates through what it may not read, a guest's top-level
 * table, as the CPU uses it in ring 3, has of the hypervisor only what entry code needs. For C each
 * such table has a companion: a page of ours with the same entries of the guest's and all of our
 * own. It exists from the moment the table is checked until it is let go.
 */
#ifndef SHOJI_CORE_MM_COMPANION_H
#define SHOJI_CORE_MM_COMPANION_H

#include "core/domain.h"
#include "core/frame.h"
#include "core/machine.h"

extern bool mm_isolation; /* set once, before the first domain */

/* Top-level tables that d may have, while there is isolation. */
uint64_t companions_limit(const struct domain *d);
/* A table of level 4 was checked: 0, or -XEN_ENOMEM. Caller has the frame BUSY. */
int companion_attach(struct frame *f);
/* The table is being let go: no CPU uses it. Caller has the frame BUSY. */
void companion_detach(struct frame *f);

/* NULL: it has none. */
static inline uint64_t *companion_of(const struct frame *f)
{
	return f->companion ? machine_map(mfn(f->companion)) : NULL;
}

/* An entry of f is being written: caller has the table's lock. */
static inline void companion_write(const struct frame *f, unsigned int index, uint64_t value)
{
	uint64_t *companion = companion_of(f);

	if (companion)
		__atomic_store_n(&companion[index], value, __ATOMIC_RELEASE);
}

#endif
