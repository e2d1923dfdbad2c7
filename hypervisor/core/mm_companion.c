/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The companions of top-level tables (mm_companion.h): made and freed.
 *
 * Data: frame.companion, written while the frame is BUSY; domain.companions, atomic. A domain may
 * have so many tables that their companions are a bounded share of its own memory.
 */
#include "core/mm_companion.h"

#include "core/limits.h"
#include "lib/string.h"
#include "shoji/errno.h"

#define COMPANIONS_LEAST 64
#define COMPANIONS_SHARE 8 /* beyond those, one for so many frames that it may have */

bool mm_isolation;

uint64_t companions_limit(const struct domain *d)
{
	return COMPANIONS_LEAST + d->max_pages / COMPANIONS_SHARE;
}

static bool charge(struct domain *d)
{
	uint64_t limit = companions_limit(d);

	if (__atomic_fetch_add(&d->companions, 1, __ATOMIC_RELAXED) < limit)
		return true;
	__atomic_fetch_sub(&d->companions, 1, __ATOMIC_RELAXED);
	limit_hit(d, SHOJI_LIMIT_top_tables, "top-level page tables", limit);
	return false;
}

int companion_attach(struct frame *f)
{
	struct domain *d = f->owner;
	uint64_t *companion;

	if (!mm_isolation)
		return 0;
	if (!charge(d))
		return -XEN_ENOMEM;
	companion = hv_alloc_pages(0);
	if (!companion) {
		__atomic_fetch_sub(&d->companions, 1, __ATOMIC_RELAXED);
		return -XEN_ENOMEM;
	}
	memcpy(companion, machine_map(frame_mfn(f)), PAGE_SIZE);
	machine_init_companion(d, companion);
	f->companion = (uint32_t)machine_unmap_addr(companion).n;
	return 0;
}

void companion_detach(struct frame *f)
{
	uint64_t *companion = companion_of(f);

	if (!companion)
		return;
	f->companion = 0;
	hv_free_pages(companion, 0);
	__atomic_fetch_sub(&f->owner->companions, 1, __ATOMIC_RELAXED);
}
