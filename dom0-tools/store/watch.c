/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Watches: setting, removing, and deciding who hears of a change.
 * Data: a list per connection. Lock: none, one thread.
 * It does not send: conn.c queues events and merges them when a client does not read.
 */
#include "watch.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "access.h"
#include "conn.h"
#include "keep.h"
#include "mem.h"

size_t watch_bytes(const struct watch *w)
{
	return sizeof(*w) + strlen(w->path) + strlen(w->token) + 2;
}

static struct watch **find(struct conn *c, const char *path, const char *token)
{
	struct watch **w = &c->watches;

	while (*w && (strcmp((*w)->path, path) || strcmp((*w)->token, token)))
		w = &(*w)->next;
	return w;
}

/* The client's spelling of a path, as it is kept: absolute, or the name of an event. */
static bool resolve(const struct conn *c, const char *text, char *path, size_t *prefix)
{
	if (text[0] != '@')
		return path_resolve(text, c->actor.domid, path, prefix);
	*prefix = 0;
	if (!path_is_event(text))
		return false;
	strcpy(path, text);
	return true;
}

static struct watch *new_watch(struct conn *c, const char *path, const char *token)
{
	size_t path_size = strlen(path) + 1, token_size = strlen(token) + 1;
	struct watch *w = mem_zalloc(sizeof(*w) + path_size + token_size);

	if (!w)
		return NULL;
	w->conn = c;
	memcpy(w->path, path, path_size);
	memcpy(w->path + path_size, token, token_size);
	w->token = w->path + path_size;
	return w;
}

static int charge(struct conn *c, const struct watch *w)
{
	struct quota *q = &c->store->quota;

	if (!quota_charge(q, &c->actor, QUOTA_WATCHES, 1))
		return -E2BIG;
	if (quota_charge(q, &c->actor, QUOTA_MEMORY, watch_bytes(w)))
		return 0;
	quota_adjust(q, c->actor.domid, QUOTA_WATCHES, -1);
	return -ENOSPC;
}

int watch_add(struct conn *c, const char *text, const char *token, size_t depth)
{
	char path[PATH_ABSOLUTE_MAX + 1];
	struct watch *w;
	size_t prefix;
	int rc;

	if (!resolve(c, text, path, &prefix))
		return -EINVAL;
	if (strlen(token) > WATCH_TOKEN_MAX)
		return -E2BIG;
	if (*find(c, path, token))
		return -EEXIST;
	w = new_watch(c, path, token);
	if (!w)
		return -ENOMEM;
	w->prefix = prefix;
	w->depth = depth;
	rc = charge(c, w);
	if (rc < 0) {
		free(w);
		return rc;
	}
	w->next = c->watches;
	c->watches = w;
	keep_watch(w);
	conn_queue_event(c, w, w->path);
	return 0;
}

struct watch *watch_find(struct conn *c, const char *path, const char *token)
{
	return *find(c, path, token);
}

struct watch *watch_restore(struct conn *c, const char *path, const char *token)
{
	struct watch *w = *find(c, path, token);

	if (w)
		return w;
	w = new_watch(c, path, token);
	if (!w)
		return NULL;
	quota_adjust(&c->store->quota, c->actor.domid, QUOTA_WATCHES, 1);
	quota_adjust(&c->store->quota, c->actor.domid, QUOTA_MEMORY, (int64_t)watch_bytes(w));
	w->next = c->watches;
	c->watches = w;
	return w;
}

static void drop(struct watch **slot)
{
	struct watch *w = *slot;
	struct conn *c = w->conn;

	*slot = w->next;
	keep_watch_gone(w);
	conn_forget_events(c, w);
	quota_adjust(&c->store->quota, c->actor.domid, QUOTA_WATCHES, -1);
	quota_adjust(&c->store->quota, c->actor.domid, QUOTA_MEMORY, -(int64_t)watch_bytes(w));
	free(w);
}

int watch_remove(struct conn *c, const char *text, const char *token)
{
	char path[PATH_ABSOLUTE_MAX + 1];
	struct watch **w;
	size_t prefix;

	if (!resolve(c, text, path, &prefix))
		return -EINVAL;
	w = find(c, path, token);
	if (!*w)
		return -ENOENT;
	drop(w);
	return 0;
}

void watch_forget(struct conn *c, const char *path, const char *token)
{
	struct watch **w = find(c, path, token);

	if (*w)
		drop(w);
}

void watch_remove_all(struct conn *c)
{
	while (c->watches)
		drop(&c->watches);
}

/* The change is at the watched path or below, and not too far below. */
static bool concerns(const struct watch *w, const char *path)
{
	if (w->path[0] == '@' || !path_is_within(path, w->path))
		return false;
	return w->depth == WATCH_ANY_DEPTH || path_levels_below(path, w->path) <= w->depth;
}

/* The watched node went together with one above it. */
static bool went_along(const struct watch *w, const struct tree *before, const struct change *c)
{
	return c->removed && w->path[0] != '@' && path_is_within(w->path, c->path) &&
	       tree_find(before, w->path);
}

static void fire_one(struct watch *w, const struct tree *before, const struct tree *after,
		     const struct change *c)
{
	const char *path;

	if (concerns(w, c->path))
		path = c->path;
	else if (went_along(w, before, c))
		path = w->path;
	else
		return;
	if (access_may_hear(before, after, &w->conn->actor, path))
		conn_queue_event(w->conn, w, path);
}

void watch_fire_changes(struct store *s, const struct tree *before, const struct tree *after,
			const struct change *changes)
{
	const struct change *c;
	struct conn *conn;
	struct watch *w;

	for (c = changes; c; c = c->next)
		for (conn = s->conns; conn; conn = conn->next)
			for (w = conn->watches; w; w = w->next)
				fire_one(w, before, after, c);
}

void watch_fire_event(struct store *s, const char *name)
{
	const struct store_event *e = store_find_event(s, name);
	struct conn *conn;
	struct watch *w;

	for (conn = s->conns; conn; conn = conn->next)
		for (w = conn->watches; w; w = w->next)
			if (!strcmp(w->path, name) &&
			    (perm_of(e->perms, e->count, &conn->actor) & PERM_READ))
				conn_queue_event(conn, w, name);
}
