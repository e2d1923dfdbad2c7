/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * xenbus.c: what is a disk's own in the handshake with the frontend (backend/xenbus.c).
 *
 * A frontend that was served before a restart must not notice: our state stays 4, and the ring is
 * taken up where the record of requests in flight says. Without that record nobody can tell what
 * was in flight, so such a connection is refused.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "blkback.h"
#include "daemon/log.h"

#define PROTOCOL "x86_64-abi"

static struct blkback *of(struct backend *b)
{
	return (struct blkback *)b;
}

static void detach(struct backend *backend)
{
	struct blkback *b = of(backend);
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
static int check_protocol(struct backend *b)
{
	char path[160], *value;
	size_t length;
	int rc;

	snprintf(path, sizeof(path), "%s/protocol", b->peer);
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
	if (frontend == XenbusStateConnected && b->backend.state == XenbusStateConnected)
		return -EBADFD;
	inflight_connect(b->inflight, ref, remote,
			 __atomic_load_n(&shared->rsp_prod, __ATOMIC_ACQUIRE));
	return 0;
}

static int take_ring(struct blkback *b, int frontend, uint32_t ref, uint32_t remote)
{
	uint16_t domid = b->backend.domid;
	void *shared = xa_gnttab_map(b->gnttab, domid, &ref, 1, true);
	int rc, port;

	if (!shared)
		return -errno;
	rc = prepare_record(b, shared, frontend, ref, remote);
	port = rc ? rc : xa_evtchn_bind_interdomain(b->evtchn, domid, remote);
	if (port < 0) {
		xa_gnttab_unmap(b->gnttab, shared, 1);
		return port;
	}
	b->port = (uint32_t)port;
	serve_attach(b, shared);
	return 0;
}

static int attach(struct backend *backend, int frontend, const char **why)
{
	struct blkback *b = of(backend);
	uint32_t ref, remote;
	int rc = check_protocol(backend);

	if (!rc)
		rc = backend_read_u32(backend, "ring-ref", &ref);
	if (!rc)
		rc = backend_read_u32(backend, "event-channel", &remote);
	if (!rc)
		rc = take_ring(b, frontend, ref, remote);
	if (rc == -EBADFD)
		*why = "the record of its requests in flight is lost";
	if (!rc)
		log_info("connected%s: %u requests to carry out again",
			 backend->state == XenbusStateConnected ? " again" : "", b->replay_count);
	return rc;
}

/* It may wait for answers that were shown when we were killed. */
static void attached(struct backend *b)
{
	xa_evtchn_notify(of(b)->evtchn, of(b)->port);
}

const struct backend_kind block_kind = {"shoji-vbd", attach, detach, attached};

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
		rc = backend_write_number(&b->backend, nodes[i].name, nodes[i].value);
	return rc;
}

int xenbus_start(struct blkback *b)
{
	struct backend *backend = &b->backend;
	uint64_t state;
	int rc = backend_find(backend);

	if (!rc)
		rc = backend_read_number(backend, backend->own, "state", &state);
	if (rc)
		return rc;
	backend->state = (int)state;
	if (backend->state != XenbusStateConnected) {
		rc = advertise(b);
		if (!rc)
			rc = backend_set_state(backend, XenbusStateInitWait);
	}
	if (!rc)
		rc = backend_watch(backend);
	return rc < 0 ? rc : backend_event(backend);
}
