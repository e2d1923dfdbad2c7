/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * xenbus.c: the two ends find each other through the store. Ours: InitWait (2) when ready,
 * Connected (4) when the ring is mapped, Closing (5) and Closed (6) after the frontend.
 *
 * A frontend that was served before a restart must not notice: our state stays 4, and the ring is
 * taken up where the record of requests in flight says. Without that record nobody can tell what
 * was in flight, so such a connection is refused. What the frontend wrote here is input: numbers
 * are parsed strictly; the domain and the paths come from our command line and our own directory.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "blkback.h"
#include "daemon/log.h"

#define BACKEND	 "/local/domain/0/backend/shoji-vbd/%u/%u"
#define PROTOCOL "x86_64-abi"

static void path_of(char *path, size_t size, const char *directory, const char *name)
{
	snprintf(path, size, "%s/%s", directory, name);
}

static int read_number(struct blkback *b, const char *directory, const char *name, uint64_t *value)
{
	char path[160];

	path_of(path, sizeof(path), directory, name);
	return store_client_read_number(b->store, 0, path, value);
}

static int read_grant(struct blkback *b, const char *name, uint32_t *value)
{
	uint64_t number = 0;
	int rc = read_number(b, b->peer, name, &number);

	*value = (uint32_t)number;
	return rc < 0 ? rc : number > UINT32_MAX ? -EINVAL : 0;
}

static int write_number(struct blkback *b, const char *name, uint64_t value)
{
	char path[160];

	path_of(path, sizeof(path), b->own, name);
	return store_client_writef(b->store, 0, path, "%llu", (unsigned long long)value);
}

static bool lost(int rc)
{
	return rc == -EPIPE || rc == -ETIMEDOUT;
}

static int set_state(struct blkback *b, int state)
{
	if (b->state == state)
		return 0;
	b->state = state;
	return b->store ? write_number(b, "state", (unsigned int)state) : 0;
}

/* --- the ring --- */

static void disconnect(struct blkback *b)
{
	void *shared = b->ring.shared;

	if (!shared)
		return;
	serve_detach(b);
	inflight_disconnect(b->inflight);
	xa_gnttab_unmap(b->gnttab, shared, 1);
	xa_evtchn_unbind(b->evtchn, b->port);
	b->port_pending = false;
}

/* Only the native layout of requests, which is what 64-bit frontends speak. */
static int check_protocol(struct blkback *b)
{
	char path[160], *value;
	size_t length;
	int rc;

	path_of(path, sizeof(path), b->peer, "protocol");
	rc = store_client_read(b->store, 0, path, &value, &length);
	if (rc < 0)
		return rc == -ENOENT ? 0 : rc;
	rc = strcmp(value, PROTOCOL) ? -EPROTONOSUPPORT : 0;
	free(value);
	return rc;
}

/* The record to go on with: that of a killed backend, or a new one. */
static int prepare_record(struct blkback *b, const struct xen_sring *shared, int frontend,
			  uint32_t ref, uint32_t remote)
{
	if (frontend == XenbusStateConnected && inflight_matches(b->inflight, ref, remote))
		return 0;
	if (frontend == XenbusStateConnected && b->state == XenbusStateConnected)
		return -EBADFD;
	inflight_connect(b->inflight, ref, remote,
			 __atomic_load_n(&shared->rsp_prod, __ATOMIC_ACQUIRE));
	return 0;
}

static int attach(struct blkback *b, int frontend)
{
	uint32_t ref, remote;
	void *shared;
	int rc = check_protocol(b), port;

	if (!rc)
		rc = read_grant(b, "ring-ref", &ref);
	if (!rc)
		rc = read_grant(b, "event-channel", &remote);
	if (rc)
		return rc;
	shared = xa_gnttab_map(b->gnttab, b->domid, &ref, 1, true);
	if (!shared)
		return -errno;
	rc = prepare_record(b, shared, frontend, ref, remote);
	port = rc ? rc : xa_evtchn_bind_interdomain(b->evtchn, b->domid, remote);
	if (port < 0) {
		xa_gnttab_unmap(b->gnttab, shared, 1);
		return port;
	}
	b->port = (uint32_t)port;
	serve_attach(b, shared);
	return 0;
}

static int connect_frontend(struct blkback *b, int frontend)
{
	char why[120];
	int rc;

	if (b->ring.shared || b->state == XenbusStateClosing)
		return 0;
	rc = attach(b, frontend);
	if (lost(rc))
		return rc;
	if (rc < 0) {
		snprintf(why, sizeof(why), "cannot connect to the frontend: %s",
			 rc == -EBADFD ? "the record of its requests in flight is lost"
				       : strerror(-rc));
		xenbus_fail(b, why);
		return 0;
	}
	log_info("connected%s: %u requests to carry out again",
		 b->state == XenbusStateConnected ? " again" : "", b->replay_count);
	rc = set_state(b, XenbusStateConnected);
	/* It may wait for answers that were shown when we were killed. */
	xa_evtchn_notify(b->evtchn, b->port);
	return rc;
}

void xenbus_fail(struct blkback *b, const char *why)
{
	char path[160];

	log_error("%s", why);
	disconnect(b);
	if (b->store) {
		path_of(path, sizeof(path), b->own, "error");
		store_client_write(b->store, 0, path, why);
	}
	set_state(b, XenbusStateClosing);
}

/* --- states --- */

static int frontend_closed(struct blkback *b)
{
	uint64_t online;

	disconnect(b);
	if (read_number(b, b->own, "online", &online) || online != 1)
		b->finished = true;
	return set_state(b, XenbusStateClosed);
}

static int follow(struct blkback *b, int frontend)
{
	switch (frontend) {
	case XenbusStateUnknown: /* its directory is gone */
		disconnect(b);
		return 0;
	case XenbusStateInitialising:
		disconnect(b);
		return set_state(b, XenbusStateInitWait);
	case XenbusStateInitialised:
	case XenbusStateConnected:
		return connect_frontend(b, frontend);
	case XenbusStateClosing:
		disconnect(b);
		return set_state(b, XenbusStateClosing);
	case XenbusStateClosed:
		return frontend_closed(b);
	default:
		return 0;
	}
}

static int look(struct blkback *b)
{
	uint64_t state = XenbusStateUnknown, own;
	int rc = read_number(b, b->own, "state", &own);

	if (rc == -ENOENT || rc == -EACCES) { /* the toolstack took us away */
		b->finished = !b->new_store;
		return 0;
	}
	if (lost(rc))
		return rc;
	rc = read_number(b, b->peer, "state", &state);
	if (lost(rc))
		return rc;
	return follow(b, rc ? XenbusStateUnknown : (int)state);
}

/* Takes all events there are: 1, 0: none, or -errno. */
static int take_events(struct blkback *b)
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
int xenbus_event(struct blkback *b)
{
	int rc;

	do {
		rc = take_events(b);
		if (rc <= 0)
			return rc;
		rc = look(b);
	} while (!rc && !b->finished);
	return rc;
}

/* --- beginning and end --- */

static int advertise(struct blkback *b)
{
	const struct disk *d = &b->disk;
	const struct {
		const char *name;
		uint64_t value;
	} nodes[] = {
		{"sectors", d->limits.sectors},
		{"sector-size", d->sector_bytes},
		{"physical-sector-size", d->physical_bytes},
		{"info", d->readonly ? VDISK_READONLY : 0},
		{"feature-flush-cache", 1},
		{"feature-barrier", 1},
		{"feature-discard", d->limits.discard},
		{"discard-granularity", d->discard_granularity},
		{"discard-alignment", 0},
		{"discard-secure", 0},
		{"feature-persistent", 0},
		{"feature-max-indirect-segments", SEGMENTS_MAX},
	};
	int rc = 0;

	for (size_t i = 0; i < sizeof(nodes) / sizeof(nodes[0]) && !rc; i++)
		rc = write_number(b, nodes[i].name, nodes[i].value);
	return rc;
}

/* The frontend's directory, as the toolstack wrote it into ours. */
static int find_peer(struct blkback *b)
{
	char path[160], *value;
	size_t length;
	int rc;

	path_of(path, sizeof(path), b->own, "frontend");
	rc = store_client_read(b->store, 0, path, &value, &length);
	if (rc < 0)
		return rc;
	rc = length < sizeof(b->peer) ? 0 : -ENAMETOOLONG;
	snprintf(b->peer, sizeof(b->peer), "%s", value);
	free(value);
	return rc;
}

static int watch(struct blkback *b)
{
	char path[160];
	int rc;

	path_of(path, sizeof(path), b->peer, "state");
	rc = store_client_watch(b->store, path, "frontend");
	if (!rc)
		rc = store_client_watch(b->store, b->own, "own");
	return rc;
}

int xenbus_start(struct blkback *b)
{
	uint64_t state;
	int rc;

	snprintf(b->own, sizeof(b->own), BACKEND, b->domid, b->device);
	rc = find_peer(b);
	if (!rc)
		rc = read_number(b, b->own, "state", &state);
	if (rc)
		return rc;
	b->state = (int)state;
	if (b->state != XenbusStateConnected) {
		rc = advertise(b);
		if (!rc)
			rc = set_state(b, XenbusStateInitWait);
	}
	if (!rc)
		rc = watch(b);
	return rc < 0 ? rc : xenbus_event(b);
}

/* A store that has lost all there was is no reason to stop: our caller tells us when to. */
int xenbus_resume(struct blkback *b)
{
	int rc = watch(b);

	b->new_store = true;
	return rc < 0 ? rc : xenbus_event(b);
}
