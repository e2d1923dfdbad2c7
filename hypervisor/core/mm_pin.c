/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Pins: a guest's own type reference on a table, so that it stays checked while nothing refers to
 * it.
 *
 * A frame has at most one pin, FRAME_TYPE_PINNED; who sets or clears that bit owns the type and the
 * frame reference that go with it. An unpin that was interrupted sets the bit again, and the guest
 * repeats the call.
 */
#include "core/frame_internal.h"
#include "core/mm.h"
#include "shoji/errno.h"

static bool set_pinned(struct frame *f)
{
	return !(__atomic_fetch_or(&f->type, FRAME_TYPE_PINNED, __ATOMIC_SEQ_CST) &
		 FRAME_TYPE_PINNED);
}

static bool clear_pinned(struct frame *f)
{
	return __atomic_fetch_and(&f->type, ~FRAME_TYPE_PINNED, __ATOMIC_SEQ_CST) &
	       FRAME_TYPE_PINNED;
}

static bool owner_dies(const struct frame *f)
{
	return __atomic_load_n(&f->owner->dying, __ATOMIC_SEQ_CST) != DOMAIN_ALIVE;
}

/* Give back a type that somebody else's pin kept valid until just now, and its reference; the
 * caller holds another. */
static void let_go(struct frame *f)
{
	frame_abandon_type(f);
	while (owner_dies(f) && frame_undo_partial(f))
		; /* mm_relinquish() may have passed by */
}

static void unpin_at_once(struct frame *f)
{
	if (!clear_pinned(f))
		return;
	while (frame_put_type(f))
		;
	ref_drop(f);
}

int mm_pin_table(struct domain *d, mfn_t m, enum frame_type t)
{
	struct frame *f = frame_get_mfn(m, d);
	int rc;

	if (!f)
		return -XEN_EINVAL;
	rc = frame_get_type(f, t);
	if (rc) {
		ref_drop(f);
		return rc;
	}
	ref_again(f); /* others may take the pin with its own as soon as it is set */
	if (!set_pinned(f)) {
		let_go(f);
		rc = -XEN_EINVAL;
	} else if (owner_dies(f)) {
		unpin_at_once(f); /* mm_relinquish() may have passed by */
	}
	ref_drop(f);
	return rc;
}

/* 0, or -XEN_ERESTART: the pin is there again. The caller holds a reference beside the pin's. */
static int unpin(struct frame *f)
{
	int rc;

	if (!clear_pinned(f))
		return -XEN_EINVAL;
	rc = frame_put_type(f);
	if (!rc) {
		ref_drop(f);
	} else if (!set_pinned(f)) { /* pinned anew by another CPU */
		let_go(f);
		rc = 0;
	}
	return rc;
}

int mm_unpin_table(struct domain *d, mfn_t m)
{
	struct frame *f = frame_get_mfn(m, d);
	int rc;

	if (!f)
		return -XEN_EINVAL;
	rc = unpin(f);
	if (rc == -XEN_ERESTART && owner_dies(f)) {
		unpin_at_once(f); /* mm_relinquish() may have passed by, and nobody calls again */
		rc = 0;
	}
	ref_drop(f);
	return rc;
}

int mm_unpin_dying(struct frame *f)
{
	return frame_pinned(f) && unpin(f) == -XEN_ERESTART ? -XEN_ERESTART : 0;
}
