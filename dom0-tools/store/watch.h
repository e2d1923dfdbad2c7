/* SPDX-License-Identifier: GPL-2.0-only */
/* Watches: who wants to hear about changes at and below a path. */
#ifndef SHOJI_STORE_WATCH_H
#define SHOJI_STORE_WATCH_H

#include "edit.h"
#include "store.h"

struct conn;

/* A path this long and a token this long fit into one event together. */
#define WATCH_TOKEN_MAX (XENSTORE_PAYLOAD_MAX - PATH_ABSOLUTE_MAX - 2)
#define WATCH_ANY_DEPTH SIZE_MAX

struct watch {
	struct watch *next; /* conn->watches */
	struct conn *conn;
	size_t depth;  /* levels below path that count */
	size_t prefix; /* of paths, not shown to a client that gave a relative one */
	bool late;     /* there was no room for an event; fire for path itself when there is */
	const char *token;
	char path[];
};

/* What the domain pays for it. */
size_t watch_bytes(const struct watch *w);

/* Sets a watch and queues its first event. 0 or -errno. */
int watch_add(struct conn *c, const char *path, const char *token, size_t depth);
int watch_remove(struct conn *c, const char *path, const char *token);
void watch_remove_all(struct conn *c);

/* For keep.h, with the path as it is kept: the watch, new or found, without an event; or NULL. */
struct watch *watch_restore(struct conn *c, const char *path, const char *token);
struct watch *watch_find(struct conn *c, const char *path, const char *token);
void watch_forget(struct conn *c, const char *path, const char *token);

/* Tells everybody who watches and may hear. */
void watch_fire_changes(struct store *s, const struct tree *before, const struct tree *after,
			const struct change *changes);
void watch_fire_event(struct store *s, const char *name);

#endif
