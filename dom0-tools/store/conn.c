/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Connections: assembling requests, handing out replies and events.
 * Data: struct conn. Lock: none, one thread.
 * The order of output is: an event that is half-sent, the reply, waiting events. An event that
 * finds no room marks its watch, which fires once for its own path when the queue has drained: so
 * what a client that does not read can make us hold is bounded, and still nothing is lost.
 * It does not know how bytes travel (conn_socket.c, conn_ring.c) nor what they mean (protocol.c).
 */
#include "conn.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "keep.h"
#include "mem.h"
#include "protocol.h"
#include "transaction.h"
#include "watch.h"

/* Events that may wait for one privileged connection; guests have their quota. */
#define PRIVILEGED_EVENTS 8192

struct conn *conn_create(struct store *s, const struct actor *who)
{
	struct conn *c = mem_zalloc(sizeof(*c));

	if (!c || quota_prepare(&s->quota, who->domid) < 0) {
		free(c);
		return NULL;
	}
	c->store = s;
	c->actor = *who;
	c->last_event = &c->first_event;
	c->next = s->conns;
	c->previous = &s->conns;
	if (c->next)
		c->next->previous = &c->next;
	s->conns = c;
	return c;
}

struct conn *conn_adopt(struct store *s, const struct actor *who)
{
	struct conn *c = s->conns;

	while (c && !(c->orphan && c->actor.domid == who->domid))
		c = c->next;
	if (!c)
		c = conn_create(s, who);
	if (!c)
		return NULL;
	c->actor = *who;
	c->orphan = false;
	c->kept = true;
	return c;
}

static void drop_first_event(struct conn *c)
{
	struct conn_event *e = c->first_event;

	c->first_event = e->next;
	if (!c->first_event)
		c->last_event = &c->first_event;
	c->event_count--;
	quota_adjust(&c->store->quota, c->actor.domid, QUOTA_MEMORY, -(int64_t)e->length);
	free(e);
}

void conn_reset(struct conn *c)
{
	transaction_drop_all(c);
	watch_remove_all(c);
	while (c->first_event)
		drop_first_event(c);
	c->received = c->reply_length = c->sent = 0;
	c->sending_event = false;
	keep_reset(c);
}

void conn_destroy(struct conn *c)
{
	if (!c)
		return;
	conn_reset(c);
	*c->previous = c->next;
	if (c->next)
		c->next->previous = c->previous;
	free(c);
}

size_t conn_wanted(struct conn *c, void **where)
{
	size_t header = sizeof(c->header);

	if (c->reply_length)
		return 0;
	if (c->received < header) {
		*where = (uint8_t *)&c->header + c->received;
		return header - c->received;
	}
	*where = c->payload + (c->received - header);
	return c->header.len - (c->received - header);
}

int conn_received(struct conn *c, size_t length)
{
	size_t header = sizeof(c->header);

	c->received += length;
	if (c->received < header)
		return 0;
	if (c->header.len > XENSTORE_PAYLOAD_MAX)
		return -EPROTO;
	if (c->received < header + c->header.len)
		return 0;
	c->payload[c->header.len] = '\0';
	c->received = 0;
	protocol_handle(c);
	return 0;
}

int conn_reply(struct conn *c, uint32_t type, const void *payload, size_t length)
{
	struct xen_xsd_sockmsg header = {
		.type = type,
		.req_id = c->header.req_id,
		.tx_id = c->header.tx_id,
		.len = (uint32_t)length,
	};

	if (length > XENSTORE_PAYLOAD_MAX)
		return -E2BIG;
	memcpy(c->reply, &header, sizeof(header));
	if (length)
		memcpy(c->reply + sizeof(header), payload, length);
	c->reply_length = sizeof(header) + length;
	return 0;
}

static bool same_event(const struct conn_event *a, const struct conn_event *b)
{
	return a->watch == b->watch && a->length == b->length &&
	       !memcmp(a->data, b->data, a->length);
}

/* The same event waits already, not yet begun. */
static bool is_waiting(const struct conn *c, const struct conn_event *new)
{
	const struct conn_event *e = c->first_event;

	if (e && c->sending_event)
		e = e->next;
	for (; e; e = e->next)
		if (same_event(e, new))
			return true;
	return false;
}

static struct conn_event *new_event(const struct watch *w, const char *path)
{
	struct xen_xsd_sockmsg header = {.type = XS_WATCH_EVENT};
	size_t path_size, token_size = strlen(w->token) + 1;
	struct conn_event *e;

	path += w->prefix;
	path_size = strlen(path) + 1;
	header.len = (uint32_t)(path_size + token_size);
	e = mem_alloc(sizeof(*e) + sizeof(header) + header.len);
	if (!e)
		return NULL;
	e->next = NULL;
	e->watch = w;
	e->length = sizeof(header) + header.len;
	memcpy(e->data, &header, sizeof(header));
	memcpy(e->data + sizeof(header), path, path_size);
	memcpy(e->data + sizeof(header) + path_size, w->token, token_size);
	return e;
}

static bool has_room(const struct conn *c)
{
	if (c->actor.privileged)
		return c->event_count < PRIVILEGED_EVENTS;
	return c->event_count < c->store->quota.limit[QUOTA_EVENTS];
}

static void append_event(struct conn *c, struct conn_event *e)
{
	quota_adjust(&c->store->quota, c->actor.domid, QUOTA_MEMORY, (int64_t)e->length);
	*c->last_event = e;
	c->last_event = &e->next;
	c->event_count++;
}

static void mark_late(struct watch *w)
{
	if (w->late)
		return;
	w->late = true;
	keep_watch(w);
}

void conn_queue_event(struct conn *c, struct watch *w, const char *path)
{
	struct conn_event *e;

	e = !w->late && has_room(c) ? new_event(w, path) : NULL;
	if (!e) {
		mark_late(w);
		return;
	}
	if (is_waiting(c, e)) {
		free(e);
		return;
	}
	append_event(c, e);
	keep_event(c, e);
}

int conn_restore_event(struct conn *c, struct watch *w, const void *data, size_t length)
{
	struct conn_event *e = mem_alloc(sizeof(*e) + length);

	if (!e)
		return -ENOMEM;
	e->next = NULL;
	e->watch = w;
	e->length = length;
	memcpy(e->data, data, length);
	append_event(c, e);
	if (w)
		w->late = false;
	return 0;
}

void conn_drop_events(struct conn *c, size_t count)
{
	while (count-- && c->first_event)
		drop_first_event(c);
}

/* With the queue empty, watches that found no room get their turn. */
static void queue_late_events(struct conn *c)
{
	struct watch *w;

	for (w = c->watches; w && has_room(c); w = w->next) {
		if (!w->late)
			continue;
		w->late = false;
		conn_queue_event(c, w, w->path);
		if (w->late)
			return;
	}
}

void conn_forget_events(struct conn *c, const struct watch *w)
{
	struct conn_event *e, **slot = &c->first_event;

	while ((e = *slot)) {
		if (e->watch != w) {
			slot = &e->next;
		} else if (e == c->first_event && c->sending_event) {
			e->watch = NULL;
			slot = &e->next;
		} else {
			*slot = e->next;
			c->event_count--;
			quota_adjust(&c->store->quota, c->actor.domid, QUOTA_MEMORY,
				     -(int64_t)e->length);
			free(e);
		}
	}
	c->last_event = slot;
}

size_t conn_output(struct conn *c, const void **data)
{
	if (!c->sending_event && c->reply_length) {
		*data = c->reply + c->sent;
		return c->reply_length - c->sent;
	}
	if (!c->first_event)
		queue_late_events(c);
	if (!c->first_event)
		return 0;
	*data = c->first_event->data + c->sent;
	return c->first_event->length - c->sent;
}

void conn_sent(struct conn *c, size_t length)
{
	if (!length)
		return;
	c->sent += length;
	c->has_sent = true;
	if (!c->sending_event && c->reply_length) {
		if (c->sent == c->reply_length)
			c->reply_length = c->sent = 0;
		return;
	}
	c->sending_event = c->sent < c->first_event->length;
	if (!c->sending_event) {
		c->sent = 0;
		c->events_sent++;
		drop_first_event(c);
	}
}
