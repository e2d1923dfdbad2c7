/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Taking the memory of a dying domain.
 *
 * Duty: each of its frames loses its pin, what a half-checked table refers to, and the reference of
 * being allocated. Frames that other domains still map stay until they let go. Nothing of the
 * domain runs, and its vCPUs have given their roots back. The walk goes by domain.pages under
 * page_lock: a frame that was seen goes to the tail with FRAME_DROPPED, and the walk ends when one
 * of those comes first.
 */
#include "core/frame_internal.h"
#include "core/mm.h"
#include "core/preempt.h"
#include "shoji/errno.h"

#define COST_FRAME 550

/* page_lock held */
static void mark_dropped(struct domain *d, struct frame *f)
{
	__atomic_fetch_or(&f->flags, FRAME_DROPPED, __ATOMIC_RELAXED);
	list_del(&f->link);
	list_add_tail(&f->link, &d->pages);
}

/* A reference on a frame of the list, unless it is on its way out of it on another CPU. */
static bool ref_listed(struct frame *f)
{
	uint64_t x = __atomic_load_n(&f->count, __ATOMIC_RELAXED);

	while ((x & FRAME_COUNT_MASK) && !word_cas(&f->count, &x, x + 1))
		;
	return x & FRAME_COUNT_MASK;
}

/* The next frame not seen yet, with a reference. NULL: none is left. */
static struct frame *next_frame(struct domain *d)
{
	struct frame *f, *found = NULL;

	spin_lock(&d->page_lock);
	while (!found && (f = list_first(&d->pages, struct frame, link)) &&
	       !(f->flags & FRAME_DROPPED)) {
		if (ref_listed(f))
			found = f;
		else
			mark_dropped(d, f);
	}
	spin_unlock(&d->page_lock);
	return found;
}

static int drop_frame(struct domain *d, struct frame *f)
{
	int rc = mm_unpin_dying(f);

	if (!rc)
		rc = frame_undo_partial(f);
	if (rc)
		return -XEN_ERESTART;
	spin_lock(&d->page_lock);
	mark_dropped(d, f);
	spin_unlock(&d->page_lock);
	(void)domain_release_frame(d, f); /* it may have been before */
	return 0;
}

int mm_relinquish(struct domain *d)
{
	struct frame *f;

	while ((f = next_frame(d))) {
		int rc = drop_frame(d, f);

		frame_put(f);
		preempt_charge(COST_FRAME);
		if (rc || preempt_due())
			return -XEN_ERESTART;
	}
	return 0;
}
