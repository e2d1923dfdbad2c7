/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * xenbus.c: the two ends find each other through the store. Ours: InitWait (2) when ready,
 * Connected (4) when the rings are mapped, Closing (5) and Closed (6) after the frontend. A backend
 * that starts while the frontend is connected attaches to its rings where the last one stopped.
 *
 * What the frontend wrote there is input: numbers are parsed strictly, the domain and the paths
 * come from our command line and our own directory.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/log.h"
#include "netback.h"

#define BACKEND "/local/domain/0/backend/shoji-vif/%u/%u"

static void path_of(char *path, size_t size, const char *directory, const char *name)
{
	snprintf(path, size, "%s/%s", directory, name);
}

static int read_number(struct netback *n, const char *directory, const char *name, uint64_t *value)
{
	char path[160];

	path_of(path, sizeof(path), directory, name);
	return store_client_read_number(n->store, 0, path, value);
}

static bool read_flag(struct netback *n, const char *name)
{
	uint64_t value;

	return !read_number(n, n->peer, name, &value) && value == 1;
}

static int write_number(struct netback *n, const char *name, unsigned int value)
{
	char path[160];

	path_of(path, sizeof(path), n->own, name);
	return store_client_writef(n->store, 0, path, "%u", value);
}

static int set_state(struct netback *n, int state)
{
	if (n->state == state)
		return 0;
	n->state = state;
	return write_number(n, "state", (unsigned int)state);
}

/* --- rings --- */

static void detach(struct netback *n, struct half_ring *r)
{
	if (r->shared)
		xa_gnttab_unmap(n->gnttab, r->shared, 1);
	r->shared = NULL;
}

static void disconnect(struct netback *n)
{
	detach(n, &n->tx);
	detach(n, &n->rx);
	if (n->tx.port)
		xa_evtchn_unbind(n->evtchn, n->tx.port);
	if (n->rx.port && n->rx.port != n->tx.port)
		xa_evtchn_unbind(n->evtchn, n->rx.port);
	n->tx.port = n->rx.port = 0;
}

static int attach(struct netback *n, struct half_ring *r, const char *node)
{
	uint64_t ref;
	uint32_t grant;
	int rc = read_number(n, n->peer, node, &ref);

	if (rc < 0 || ref > UINT32_MAX)
		return rc < 0 ? rc : -EINVAL;
	grant = (uint32_t)ref;
	r->shared = xa_gnttab_map(n->gnttab, n->domid, &grant, 1, true);
	if (!r->shared)
		return -errno;
	r->rsp_prod = __atomic_load_n(&r->shared->rsp_prod, __ATOMIC_ACQUIRE);
	r->req_cons = r->rsp_pushed = r->rsp_prod;
	return 0;
}

static int bind(struct netback *n, const char *node)
{
	uint64_t port;
	int rc = read_number(n, n->peer, node, &port);

	if (rc < 0 || port > UINT32_MAX)
		return rc < 0 ? rc : -EINVAL;
	return xa_evtchn_bind_interdomain(n->evtchn, n->domid, (uint32_t)port);
}

static int bind_ports(struct netback *n)
{
	int tx = bind(n, "event-channel-tx"), rx;

	if (tx == -ENOENT) {
		tx = rx = bind(n, "event-channel");
	} else {
		rx = tx < 0 ? tx : bind(n, "event-channel-rx");
	}
	if (tx < 0 || rx < 0)
		return tx < 0 ? tx : rx;
	n->tx.port = (uint32_t)tx;
	n->rx.port = (uint32_t)rx;
	return 0;
}

static void read_features(struct netback *n)
{
	struct net_features *f = &n->features;

	f->sg = read_flag(n, "feature-sg");
	f->gso_tcpv4 = read_flag(n, "feature-gso-tcpv4");
	f->gso_tcpv6 = read_flag(n, "feature-gso-tcpv6");
	f->no_csum = read_flag(n, "feature-no-csum-offload");
	f->ipv6_csum = read_flag(n, "feature-ipv6-csum-offload");
}

static int connect_rings(struct netback *n)
{
	int rc;

	if (!read_flag(n, "request-rx-copy"))
		return -EOPNOTSUPP; /* only frontends of the last century */
	read_features(n);
	rc = attach(n, &n->tx, "tx-ring-ref");
	if (!rc)
		rc = attach(n, &n->rx, "rx-ring-ref");
	if (!rc)
		rc = bind_ports(n);
	if (!rc)
		rc = rx_set_offloads(n);
	return rc;
}

static int connect(struct netback *n)
{
	char why[120];
	int rc;

	if (n->state == XenbusStateConnected)
		return 0;
	disconnect(n);
	rc = connect_rings(n);
	if (rc < 0) {
		snprintf(why, sizeof(why), "cannot connect to the frontend: %s", strerror(-rc));
		xenbus_fail(n, why);
		return 0;
	}
	log_info("connected: %s%s%s", n->features.sg ? "sg " : "",
		 n->features.gso_tcpv4 ? "gso " : "", n->features.no_csum ? "no-csum" : "csum");
	rc = set_state(n, XenbusStateConnected);
	/* Requests may be waiting, also of a former backend's time: tell both loops to look. */
	xa_evtchn_notify(n->evtchn, n->tx.port);
	return rc;
}

void xenbus_fail(struct netback *n, const char *why)
{
	char path[160];

	log_error("%s", why);
	path_of(path, sizeof(path), n->own, "error");
	store_client_write(n->store, 0, path, why);
	disconnect(n);
	set_state(n, XenbusStateClosing);
}

/* --- states --- */

static int frontend_closed(struct netback *n)
{
	uint64_t online;

	disconnect(n);
	if (read_number(n, n->own, "online", &online) || online != 1)
		n->finished = true;
	return set_state(n, XenbusStateClosed);
}

static int follow(struct netback *n, int frontend)
{
	switch (frontend) {
	case XenbusStateUnknown: /* its directory is gone */
		disconnect(n);
		return 0;
	case XenbusStateInitialising:
		if (n->state != XenbusStateInitWait)
			disconnect(n);
		return set_state(n, XenbusStateInitWait);
	case XenbusStateInitialised:
	case XenbusStateConnected:
		return n->state == XenbusStateClosing ? 0 : connect(n);
	case XenbusStateClosing:
		disconnect(n);
		return set_state(n, XenbusStateClosing);
	case XenbusStateClosed:
		return frontend_closed(n);
	default:
		return 0;
	}
}

static int look(struct netback *n)
{
	uint64_t state = XenbusStateUnknown, own;
	int rc = read_number(n, n->own, "state", &own);

	if (rc == -ENOENT || rc == -EACCES) { /* the toolstack took us away */
		n->finished = true;
		return 0;
	}
	if (rc == -EPIPE || rc == -ETIMEDOUT)
		return rc;
	rc = read_number(n, n->peer, "state", &state);
	if (rc == -EPIPE || rc == -ETIMEDOUT)
		return rc;
	return follow(n, (int)state);
}

/* 1: something changed, 0: nothing did, or -errno. */
static int take_events(struct netback *n)
{
	char *path, *token;
	int rc, seen = 0;

	while ((rc = store_client_event(n->store, &path, &token)) > 0) {
		free(path);
		seen = 1;
	}
	return rc < 0 ? rc : seen;
}

/* Again until it is quiet: events that come with the answers do not make the socket readable. */
int xenbus_event(struct netback *n)
{
	int rc;

	do {
		rc = take_events(n);
		if (rc <= 0)
			return rc;
		rc = look(n);
	} while (!rc && !n->finished);
	return rc;
}

/* --- beginning and end --- */

static int advertise(struct netback *n)
{
	static const char *const offered[] = {
		"feature-rx-copy",	     "feature-sg",
		"feature-gso-tcpv4",	     "feature-gso-tcpv6",
		"feature-ipv6-csum-offload", "feature-split-event-channels",
		"multi-queue-max-queues",
	};
	int rc = 0;

	for (size_t i = 0; i < sizeof(offered) / sizeof(offered[0]) && !rc; i++)
		rc = write_number(n, offered[i], 1);
	return rc ? rc : write_number(n, "feature-rx-flip", 0);
}

/* The frontend's directory, as the toolstack wrote it into ours. */
static int find_peer(struct netback *n)
{
	char path[160], *value;
	size_t length;
	int rc;

	path_of(path, sizeof(path), n->own, "frontend");
	rc = store_client_read(n->store, 0, path, &value, &length);
	if (rc < 0)
		return rc;
	rc = length < sizeof(n->peer) ? 0 : -ENAMETOOLONG;
	snprintf(n->peer, sizeof(n->peer), "%s", value);
	free(value);
	return rc;
}

int xenbus_start(struct netback *n)
{
	char path[160];
	int rc;

	snprintf(n->own, sizeof(n->own), BACKEND, n->domid, n->device);
	rc = find_peer(n);
	if (!rc)
		rc = advertise(n);
	if (!rc)
		rc = set_state(n, XenbusStateInitWait);
	if (rc)
		return rc;
	path_of(path, sizeof(path), n->peer, "state");
	rc = store_client_watch(n->store, path, "frontend");
	if (!rc)
		rc = store_client_watch(n->store, n->own, "own");
	return rc < 0 ? rc : xenbus_event(n);
}

void xenbus_close(struct netback *n)
{
	disconnect(n);
	store_client_close(n->store);
}
