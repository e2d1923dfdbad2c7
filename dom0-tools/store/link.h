/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What carries a connection's bytes: a socket or a ring. The main loop gives every link its turn;
 * in one turn a link takes in at most one request.
 */
#ifndef SHOJI_STORE_LINK_H
#define SHOJI_STORE_LINK_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "conn.h"

struct link;

struct link_kind {
	/* Both return bytes moved, 0 when that has to wait, -errno when the client is lost. */
	ssize_t (*take)(struct link *l, void *data, size_t size);
	ssize_t (*put)(struct link *l, const void *data, size_t size);
	/* The turn is over: pass on what has been put, tell the other side. */
	void (*end_turn)(struct link *l);
	/* The client broke the protocol or is lost (the errno says which). */
	void (*fail)(struct link *l, int error);
	/* Frees a dead link. */
	void (*release)(struct link *l);
};

struct link {
	struct link *next, **previous;
	const struct link_kind *kind;
	struct conn *conn;
	bool readable; /* there may be input */
	bool writable; /* there may be room for output */
	bool due;      /* it has to have a turn though it seems idle */
	bool dead;     /* to be released after this round; conn may be gone */
};

/* Puts the link at the end of the list at *head. */
void link_add(struct link **head, struct link *l);

/* A turn for every link that has work. */
void link_round(struct link **head);
/* How long the loop may sleep: 0 when there is work, -1 for ever. */
int link_timeout_ms(struct link *head);

/* Out of the list, and released. */
void link_release(struct link *l);

/* It would do something if it had a turn now. */
bool link_has_work(struct link *l);
void link_turn(struct link *l);

#endif
