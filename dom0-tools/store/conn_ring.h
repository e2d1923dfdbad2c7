/* SPDX-License-Identifier: GPL-2.0-only */
/* Clients behind a shared page: guests, and the control domain's own kernel. */
#ifndef SHOJI_STORE_CONN_RING_H
#define SHOJI_STORE_CONN_RING_H

#include "link.h"
#include "ring.h"
#include "xa_evtchn.h"

struct ring_link {
	struct link link;
	struct ring ring;
	struct xa_evtchn *evtchn;
	uint32_t port; /* ours */
	bool moved;    /* indices have moved in this turn: the other side must be told */
	bool unmask;   /* the port is masked until its input has been read */
	bool broken;   /* the other side broke the protocol; it may ask to start over */
	bool by_grant; /* how page is to be unmapped */
};

/* A link over a page that is mapped and a port that is bound. NULL when out of memory. */
struct ring_link *ring_link_create(struct store *s, const struct actor *who, struct xa_evtchn *e,
				   struct xen_xenstore_domain_interface *page, uint32_t port);
/* Ends the connection; the caller unmaps and unbinds, the loop releases the link. */
void ring_link_end(struct ring_link *r);

/* An event came in on its port. */
void ring_link_event(struct ring_link *r);

#endif
