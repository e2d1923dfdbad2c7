/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * xenbus.c: the states of a backend, which follow those of its frontend. See xenbus.h.
 * Data: struct backend. Lock: none; one thread.
 */
#include "backend/xenbus.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backend/calm.h"
#include "clock_ms.h"
#include "daemon/log.h"

#define PATH_SIZE 160

static void path_of(char *path, const char *directory, const char *name)
{
	snprintf(path, PATH_SIZE, "%s/%s", directory, name);
}

bool backend_store_lost(int rc)
{
	return rc == -EPIPE || rc == -ETIMEDOUT;
}

int backend_read_number(struct backend *b, const char *directory, const char *name, uint64_t *value)
{
	char path[PATH_SIZE];

	path_of(path, directory, name);
	return store_client_read_number(b->store, 0, path, value);
}

int backend_read_u32(struct backend *b, const char *name, uint32_t *value)
{
	uint64_t number = 0;
	int rc = backend_read_number(b, b->peer, name, &number);

	*value = (uint32_t)number;
	return rc < 0 ? rc : number > UINT32_MAX ? -EINVAL : 0;
}

bool backend_read_switch(struct backend *b, const char *name)
{
	uint64_t value;

	return !backend_read_number(b, b->peer, name, &value) && value == 1;
}

int backend_write_number(struct backend *b, const char *name, uint64_t value)
{
	char path[PATH_SIZE];

	path_of(path, b->own, name);
	return store_client_writef(b->store, 0, path, "%llu", (unsigned long long)value);
}

int backend_set_state(struct backend *b, int state)
{
	if (b->state == state)
		return 0;
	b->state = state;
	return b->store ? backend_write_number(b, "state", (unsigned int)state) : 0;
}

/* --- beginning --- */

/* The frontend's directory, as the toolstack wrote it into ours. */
int backend_find(struct backend *b)
{
	char path[PATH_SIZE], *value;
	size_t length;
	int rc;

	snprintf(b->own, sizeof(b->own), "/local/domain/0/backend/%s/%u/%u", b->kind->type,
		 b->domid, b->device);
	path_of(path, b->own, "frontend");
	rc = store_client_read(b->store, 0, path, &value, &length);
	if (rc < 0)
		return rc;
	rc = length < sizeof(b->peer) ? 0 : -ENAMETOOLONG;
	snprintf(b->peer, sizeof(b->peer), "%s", value);
	free(value);
	return rc;
}

int backend_watch(struct backend *b)
{
	char path[PATH_SIZE];
	int rc;

	path_of(path, b->peer, "state");
	rc = store_client_watch(b->store, path, "frontend");
	if (!rc)
		rc = store_client_watch(b->store, b->own, "own");
	return rc;
}

/* --- states --- */

static void detach(struct backend *b)
{
	b->kind->detach(b);
	b->is_attached = false;
}

void backend_fail(struct backend *b, const char *why)
{
	char path[PATH_SIZE];

	log_error("%s", why);
	detach(b);
	if (b->store) {
		path_of(path, b->own, "error");
		store_client_write(b->store, 0, path, why);
	}
	backend_set_state(b, XenbusStateClosing);
}

static int connect_frontend(struct backend *b, int frontend)
{
	const char *reason = NULL;
	char why[120];
	int rc;

	if (b->is_attached || b->state == XenbusStateClosing)
		return 0;
	rc = b->kind->attach(b, frontend, &reason);
	if (backend_store_lost(rc))
		return rc;
	if (rc < 0) {
		snprintf(why, sizeof(why), "cannot connect to the frontend: %s",
			 reason ? reason : strerror(-rc));
		backend_fail(b, why);
		return 0;
	}
	b->is_attached = true;
	rc = backend_set_state(b, XenbusStateConnected);
	b->kind->attached(b);
	return rc;
}

static int frontend_closed(struct backend *b)
{
	uint64_t online;

	detach(b);
	if (backend_read_number(b, b->own, "online", &online) || online != 1)
		b->finished = true;
	return backend_set_state(b, XenbusStateClosed);
}

static int follow(struct backend *b, int frontend)
{
	switch (frontend) {
	case XenbusStateUnknown: /* its directory is gone */
		detach(b);
		return 0;
	case XenbusStateInitialising:
		detach(b);
		return backend_set_state(b, XenbusStateInitWait);
	case XenbusStateInitialised:
	case XenbusStateConnected:
		return connect_frontend(b, frontend);
	case XenbusStateClosing:
		detach(b);
		return backend_set_state(b, XenbusStateClosing);
	case XenbusStateClosed:
		return frontend_closed(b);
	default:
		return 0;
	}
}

static int look(struct backend *b)
{
	uint64_t state = XenbusStateUnknown, own;
	int rc = backend_read_number(b, b->own, "state", &own);

	if (rc == -ENOENT || rc == -EACCES) { /* the toolstack took us away */
		b->finished = !b->new_store;
		return 0;
	}
	if (backend_store_lost(rc))
		return rc;
	rc = backend_read_number(b, b->peer, "state", &state);
	if (backend_store_lost(rc))
		return rc;
	return follow(b, rc ? XenbusStateUnknown : (int)state);
}

/* Takes all events there are: 1, 0: none, or -errno. */
static int take_events(struct backend *b)
{
	char *path, *token;
	int rc, seen = 0;

	while ((rc = store_client_event(b->store, &path, &token)) > 0) {
		free(path);
		seen = 1;
	}
	return rc < 0 ? rc : seen;
}

/* Events that come in while we look are queued in the client, where no descriptor tells of them. */
int backend_event(struct backend *b)
{
	int rc;

	do {
		rc = take_events(b);
		if (rc <= 0)
			return rc;
		backend_calm_states(&b->looks);
		rc = look(b);
	} while (!rc && !b->finished);
	return rc;
}

/* --- the store comes and goes --- */

static void drop_store(struct backend *b)
{
	store_client_close(b->store);
	b->store = NULL;
}

int backend_store_event(struct backend *b)
{
	int rc = backend_event(b);

	if (!backend_store_lost(rc))
		return rc;
	log_warning("lost the store; the guest is served on");
	drop_store(b);
	return 0;
}

static bool time_for_store(void)
{
	static uint64_t next;
	uint64_t now = clock_ms();

	if (now < next)
		return false;
	next = now + BACKEND_RETRY_MS;
	return true;
}

/* What we became while it was away, if it still knows us. */
static int show_state(struct backend *b)
{
	uint64_t shown;
	int rc = backend_read_number(b, b->own, "state", &shown);

	if (backend_store_lost(rc))
		return rc;
	if (rc || (int)shown == b->state)
		return 0;
	return backend_write_number(b, "state", (unsigned int)b->state);
}

/* A store that has lost all there was is no reason to stop: our caller tells us when to. */
int backend_find_store(struct backend *b)
{
	int rc = time_for_store() ? store_client_open(&b->store) : -EAGAIN;

	if (rc < 0) {
		b->store = NULL;
		return rc == -EACCES ? rc : 0; /* with its first rights it will do */
	}
	b->new_store = true;
	rc = show_state(b);
	if (!rc)
		rc = backend_watch(b);
	if (!rc)
		return backend_store_event(b);
	if (!backend_store_lost(rc))
		return rc;
	drop_store(b);
	return 0;
}
