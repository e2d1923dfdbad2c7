/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How a backend and its frontend find each other through the store (shoji/io/xenbus.h). Ours:
 * InitWait (2) when ready, Connected (4) when attached, Closing (5) and Closed (6) after the
 * frontend. What is the same for every kind of device is here; a kind brings three functions.
 *
 * What the frontend wrote is input: numbers are parsed strictly; the domain and the paths come from
 * our command line and our own directory.
 */
#ifndef SHOJI_BACKEND_XENBUS_H
#define SHOJI_BACKEND_XENBUS_H

#include <stdbool.h>
#include <stdint.h>

#include "pace.h"
#include "shoji/io/xenbus.h"
#include "store_client.h"

struct backend;

struct backend_kind {
	const char *type; /* of the node: "shoji-vbd" */
	/*
	 * Reads the frontend's nodes, maps what it shares, binds its events. `frontend` is its
	 * state. 0, or -errno with nothing left behind; *why may be set to say it better than
	 * strerror.
	 */
	int (*attach)(struct backend *b, int frontend, const char **why);
	/* Undoes that; also when there is nothing to undo. */
	void (*detach)(struct backend *b);
	/* Attached, and the frontend can see it: it may wait for an event. */
	void (*attached)(struct backend *b);
};

/* The first member of each backend's own struct. */
struct backend {
	const struct backend_kind *kind;
	uint16_t domid;
	unsigned int device;
	struct store_client *store; /* NULL: away */
	char own[64], peer[96];	    /* directories in the store */
	int state;		    /* ours, XenbusState… */
	bool is_attached;
	bool finished;		   /* the device is gone for good */
	bool new_store;		   /* not the one that we began with */
	struct pace looks, events; /* calm.h */
};

/* All 0 or -errno; -EPIPE and -ETIMEDOUT: the store is lost. */
bool backend_store_lost(int rc);
int backend_read_number(struct backend *b, const char *directory, const char *name,
			uint64_t *value);
/* Of the frontend: a grant or a port; a switch, off when it is not there. */
int backend_read_u32(struct backend *b, const char *name, uint32_t *value);
bool backend_read_switch(struct backend *b, const char *name);
int backend_write_number(struct backend *b, const char *name, uint64_t value);
int backend_set_state(struct backend *b, int state);

/* Finds our directory and the frontend's. */
int backend_find(struct backend *b);
/* Watches both. */
int backend_watch(struct backend *b);
/* Looks after the frontend, and at the start once: whatever the store has to say. */
int backend_event(struct backend *b);

/*
 * The same for the loop, which serves the device on when the store is away (b->store NULL): it then
 * calls backend_find_store every BACKEND_RETRY_MS, and watches the new descriptor if that finds it.
 */
#define BACKEND_RETRY_MS 1000
int backend_store_event(struct backend *b);
int backend_find_store(struct backend *b);
/* The frontend broke the protocol: detach it for good and say why. */
void backend_fail(struct backend *b, const char *why);

#endif
