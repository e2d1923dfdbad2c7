/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Links over shared pages. Data: struct ring_link. Lock: none, one thread.
 * A guest that breaks the protocol is not listened to any more until it resets the ring; its domain
 * stays known. The port stays masked while input is worked on, so a flood of events costs nothing.
 * It does not map or bind: host_xen.c does.
 */
#include "conn_ring.h"

#include <errno.h>
#include <stdlib.h>

#include "daemon/log.h"
#include "keep.h"
#include "mem.h"

static struct ring_link *of(struct link *l)
{
	return (struct ring_link *)((char *)l - offsetof(struct ring_link, link));
}

static ssize_t ring_link_take(struct link *l, void *data, size_t size)
{
	struct ring_link *r = of(l);
	ssize_t n = r->broken ? 0 : ring_take(&r->ring, data, size);

	l->conn->ring_read = r->ring.read;
	r->moved |= n > 0;
	return n;
}

static ssize_t ring_link_put(struct link *l, const void *data, size_t size)
{
	struct ring_link *r = of(l);
	ssize_t n = r->broken ? (ssize_t)size : ring_put(&r->ring, data, size);

	l->conn->ring_written = r->ring.written;
	r->moved |= n > 0 && !r->broken;
	return n;
}

static void ring_link_end_turn(struct link *l)
{
	struct ring_link *r = of(l);

	if (r->moved) {
		ring_publish(&r->ring);
		xa_evtchn_notify(r->evtchn, r->port);
	}
	r->moved = false;
	if (!r->broken) {
		l->readable |= ring_has_input(&r->ring);
		l->writable |= ring_has_room(&r->ring);
	}
	/* Nothing more can be done without an event: no input, or no room for output. */
	if (r->unmask && (!l->readable || !l->writable)) {
		r->unmask = false;
		xa_evtchn_unmask(r->evtchn, r->port);
	}
}

static void ring_link_fail(struct link *l, int error)
{
	struct ring_link *r = of(l);
	bool index = !ring_is_sane(&r->ring);

	log_warning("domain %u broke the protocol of its store ring (%s); not listening to it "
		    "until it starts over",
		    l->conn->actor.domid, index ? "bad index" : "message too long");
	(void)error;
	conn_reset(l->conn);
	r->broken = true;
	r->ring.page->error = index ? XENSTORE_ERROR_RINGIDX : XENSTORE_ERROR_PROTO;
	r->moved = true;
	l->readable = false;
	ring_link_end_turn(l);
}

/* The page and the port have gone before, with the connection. */
static void ring_link_release(struct link *l)
{
	free(of(l));
}

static const struct link_kind ring_kind = {
	.take = ring_link_take,
	.put = ring_link_put,
	.end_turn = ring_link_end_turn,
	.fail = ring_link_fail,
	.release = ring_link_release,
};

/* A client that outlived another daemon has read and written as far as that one noted. */
static struct conn *conn_of(struct store *s, const struct actor *who, struct ring *ring)
{
	struct conn *c = conn_adopt(s, who);

	if (c && c->recalled) {
		ring->read = c->ring_read;
		ring->written = c->ring_written;
	} else if (c) {
		c->ring_read = ring->read;
		c->ring_written = ring->written;
	}
	return c;
}

struct ring_link *ring_link_create(struct store *s, const struct actor *who, struct xa_evtchn *e,
				   struct xen_xenstore_domain_interface *page, uint32_t port)
{
	struct ring_link *r = mem_zalloc(sizeof(*r));

	if (!r)
		return NULL;
	ring_attach(&r->ring, page);
	r->link.conn = conn_of(s, who, &r->ring);
	if (!r->link.conn) {
		free(r);
		return NULL;
	}
	r->broken = r->link.conn->recalled && page->error != XENSTORE_ERROR_NONE;
	r->link.kind = &ring_kind;
	r->link.readable = r->link.writable = true;
	r->evtchn = e;
	r->port = port;
	r->moved = true; /* the first turn tells the other side that somebody is here */
	page->server_features =
		XENSTORE_SERVER_FEATURE_RECONNECTION | XENSTORE_SERVER_FEATURE_ERROR;
	return r;
}

void ring_link_end(struct ring_link *r)
{
	conn_destroy(r->link.conn);
	r->link.conn = NULL;
	r->link.dead = true;
}

/* The guest asks to start over, as a kernel does that takes over from another one. */
static void reconnect(struct ring_link *r)
{
	struct conn *c = r->link.conn;

	conn_reset(c);
	c->ring_read = c->ring_written = 0;
	keep_turn(c->store, c); /* before the guest sees it */
	ring_reset(&r->ring);
	r->broken = false;
	r->ring.page->error = XENSTORE_ERROR_NONE;
	__atomic_store_n(&r->ring.page->connection, XENSTORE_CONNECTED, __ATOMIC_RELEASE);
	r->moved = true;
}

void ring_link_event(struct ring_link *r)
{
	if (__atomic_load_n(&r->ring.page->connection, __ATOMIC_ACQUIRE) == XENSTORE_RECONNECT)
		reconnect(r);
	r->unmask = true;
	r->link.readable = r->link.writable = true;
}
