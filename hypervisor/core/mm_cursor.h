/* SPDX-License-Identifier: GPL-2.0-only */
/* The frame that the last request of a list changed, referenced once for a run of requests on it.
 */
#ifndef SHOJI_CORE_MM_CURSOR_H
#define SHOJI_CORE_MM_CURSOR_H

#include "core/mm_internal.h"

struct cursor {
	struct domain *owner;
	struct frame *frame; /* referenced; NULL: none yet */
	uint64_t mfn;
};

/* False: it is not the owner's, and c is nowhere. */
static always_inline bool cursor_move(struct cursor *c, uint64_t n)
{
	struct frame *f;

	if (c->frame && c->mfn == n)
		return true;
	if (c->frame)
		ref_drop(c->frame);
	f = ram_frame(n);
	c->mfn = n;
	c->frame = likely(f && ref_take(f, c->owner)) ? f : NULL;
	return c->frame;
}

static always_inline void cursor_end(struct cursor *c)
{
	if (c->frame)
		ref_drop(c->frame);
}

#endif
