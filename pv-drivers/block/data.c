/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * data.c: bytes between the pages a guest has granted and our buffers, by grant copy.
 *
 * A request's segments lie one behind the other in its buffer, so the disk sees one piece. Nothing
 * of the guest stays mapped, so nothing can change under the disk's or our feet. Data: the
 * caller's; a failed piece fails the request.
 */
#include <errno.h>
#include <string.h>

#include "blkback.h"

int data_fetch_segments(struct blkback *b, unsigned int slot,
			struct xen_blkif_request_segment *segments)
{
	const struct request *r = &b->jobs[slot].request;
	struct xa_gnttab_copy piece = {
		.local = segments,
		.ref = r->indirect_ref,
		.domid = b->backend.domid,
		.length = (uint16_t)(r->segment_count * sizeof(*segments)),
	};
	int rc = xa_gnttab_copy(b->gnttab, &piece, 1);

	return rc < 0 ? rc : piece.status ? -EFAULT : 0;
}

static int copy_all(struct blkback *b, unsigned int slot, bool to_guest)
{
	const struct request *r = &b->jobs[slot].request;
	struct xa_gnttab_copy pieces[SEGMENTS_MAX];
	uint8_t *at = buffer_of(b, slot);
	int rc;

	for (unsigned int i = 0; i < r->segment_count; i++) {
		const struct xen_blkif_request_segment *s = &r->segments[i];

		pieces[i] = (struct xa_gnttab_copy){
			.local = at,
			.ref = s->gref,
			.domid = b->backend.domid,
			.offset = segment_offset(s),
			.length = segment_bytes(s),
			.to_foreign = to_guest,
		};
		at += pieces[i].length;
	}
	rc = xa_gnttab_copy(b->gnttab, pieces, r->segment_count);
	for (unsigned int i = 0; !rc && i < r->segment_count; i++)
		if (pieces[i].status)
			rc = -EFAULT;
	return rc;
}

int data_from_guest(struct blkback *b, unsigned int slot)
{
	return copy_all(b, slot, false);
}

int data_to_guest(struct blkback *b, unsigned int slot)
{
	return copy_all(b, slot, true);
}
