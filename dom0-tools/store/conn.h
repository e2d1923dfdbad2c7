/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A client of the store, whatever carries its bytes.
 *
 * In:  conn_wanted says where the next bytes go and how many; conn_received tells that they came.
 *      When a message is complete it is carried out at once. While its reply has not been taken
 *      away conn_wanted wants nothing, so a client that does not read cannot make us hold more than
 *      one reply.
 * Out: conn_output says what to send next; conn_sent tells how much of it went.
 */
#ifndef SHOJI_STORE_CONN_H
#define SHOJI_STORE_CONN_H

#include "store.h"

struct transaction;
struct watch;

/* A watch event on its way. */
struct conn_event {
	struct conn_event *next;
	const struct watch *watch; /* NULL when the watch is gone */
	size_t length;
	uint8_t data[]; /* header and payload */
};

#define CONN_MESSAGE_MAX (sizeof(struct xen_xsd_sockmsg) + XENSTORE_PAYLOAD_MAX)

struct conn {
	struct conn *next, **previous; /* store->conns */
	struct store *store;
	struct actor actor;
	struct domain *domain; /* behind a ring; NULL behind a socket */
	struct watch *watches;
	struct transaction *transactions;
	uint32_t last_transaction;

	struct xen_xsd_sockmsg header; /* the message being received */
	size_t received;	       /* of header and payload together */
	uint8_t payload[XENSTORE_PAYLOAD_MAX + 1];

	uint8_t reply[CONN_MESSAGE_MAX];
	size_t reply_length; /* 0: none */
	struct conn_event *first_event, **last_event;
	size_t event_count;
	size_t sent; /* of what conn_output returned last */
	bool sending_event;

	/* For one that outlives the daemon (keep.h): */
	bool kept;
	bool recalled;
	bool orphan;			  /* recalled, and not adopted yet */
	uint32_t ring_read, ring_written; /* positions in its ring */
	size_t events_sent;		  /* since that was noted last */
	bool has_sent;
};

/* NULL when out of memory. */
struct conn *conn_create(struct store *s, const struct actor *who);
/* The one that was recalled for this client, or a new one; either is kept from now on. */
struct conn *conn_adopt(struct store *s, const struct actor *who);
void conn_destroy(struct conn *c);

/* As if the client had just connected: no watches, no transactions, nothing half-received. */
void conn_reset(struct conn *c);

size_t conn_wanted(struct conn *c, void **where);
/* 0, or -EPROTO when the client has broken the protocol and cannot be understood any more. */
int conn_received(struct conn *c, size_t length);

size_t conn_output(struct conn *c, const void **data);
void conn_sent(struct conn *c, size_t length);

/* For the protocol: the one reply to the request being handled. More than fits is cut (-E2BIG). */
int conn_reply(struct conn *c, uint32_t type, const void *payload, size_t length);

/* For watches: queue an event, or mark the watch to fire later when there is no room. */
void conn_queue_event(struct conn *c, struct watch *w, const char *path);
/* The event as it was queued once. 0 or -ENOMEM. */
int conn_restore_event(struct conn *c, struct watch *w, const void *data, size_t length);
/* So many events have gone. */
void conn_drop_events(struct conn *c, size_t count);
/* Waiting events of this watch are not sent any more. */
void conn_forget_events(struct conn *c, const struct watch *w);

#endif
