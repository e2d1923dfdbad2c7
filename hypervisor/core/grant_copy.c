/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Copying between frames of two domains, each named by a grant or by a frame of the caller's own.
 *
 * Each end is pinned for the length of one copy: a grant in use, or a frame reference, and for the
 * destination a writable type reference, so that nothing is ever written into a page table.
 */
#include "core/grant_internal.h"
#include "lib/string.h"

struct end {
	struct domain *owner;
	struct frame *frame;
	uint32_t ref;
	bool granted;
};

static int16_t pin_grant(struct domain *d, struct end *e, uint32_t ref, bool readonly)
{
	int16_t status = grant_begin(e->owner, ref, d, readonly, &e->frame);

	e->granted = status == GNTST_okay;
	e->ref = ref;
	return status;
}

static int16_t pin_frame(struct domain *d, struct end *e, uint64_t frame)
{
	if (e->owner != d) /* others' memory only by their leave */
		return GNTST_permission_denied;
	e->frame = frame_get_mfn(mfn(frame), d);
	return e->frame ? GNTST_okay : GNTST_bad_page;
}

static void unpin(struct end *e, bool readonly)
{
	if (e->granted)
		grant_end(e->owner, e->ref, readonly);
	else if (e->frame)
		frame_put(e->frame);
	if (e->owner)
		domain_put(e->owner);
}

static int16_t pin(struct domain *d, struct end *e, const struct xen_gnttab_copy_ptr *p,
		   bool granted, bool readonly)
{
	if (p->domid == DOMID_SELF) {
		e->owner = d;
		domain_ref(d);
	} else {
		e->owner = domain_get(domid(p->domid));
	}
	if (!e->owner)
		return GNTST_bad_domain;
	return granted ? pin_grant(d, e, p->u.ref, readonly) : pin_frame(d, e, p->u.gmfn);
}

static int16_t copy_bytes(struct end *to, uint16_t to_offset, const struct end *from,
			  uint16_t from_offset, uint16_t bytes)
{
	char *dst = machine_map(frame_mfn(to->frame));
	const char *src = machine_map(frame_mfn(from->frame));

	if (frame_get_type(to->frame, FRAME_WRITABLE))
		return GNTST_bad_page;
	memcpy(dst + to_offset, src + from_offset, bytes);
	(void)frame_put_type(to->frame);
	return GNTST_okay;
}

int16_t grant_copy_one(struct domain *d, const struct xen_gnttab_copy *op)
{
	struct end from = {0}, to = {0};
	int16_t status;

	if (op->source.offset + op->len > PAGE_SIZE || op->dest.offset + op->len > PAGE_SIZE)
		return GNTST_bad_copy_arg;
	status = pin(d, &from, &op->source, op->flags & GNTCOPY_source_gref, true);
	if (status == GNTST_okay)
		status = pin(d, &to, &op->dest, op->flags & GNTCOPY_dest_gref, false);
	if (status == GNTST_okay)
		status = copy_bytes(&to, op->dest.offset, &from, op->source.offset, op->len);
	unpin(&to, false);
	unpin(&from, true);
	return status;
}
