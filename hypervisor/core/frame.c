/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * References to frames.
 *
 * Duty: the gate through which every frame number from a guest goes, and the counting after it. No
 * lock: the count is one atomic word; it never rises from 0, so who holds a reference knows that
 * owner and record stay as they are. Types are in frame_type.c.
 */
#include "core/frame_internal.h"

bool frame_get(struct frame *f, const struct domain *owner)
{
	return ref_take(f, owner);
}

void frame_put(struct frame *f)
{
	ref_drop(f);
}

struct frame *frame_get_mfn(mfn_t m, const struct domain *owner)
{
	struct frame *f = ram_frame(m.n);

	return f && ref_take(f, owner) ? f : NULL;
}
