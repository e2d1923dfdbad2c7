/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * xenbus.c: what is a network card's own in the handshake with the frontend (backend/xenbus.c). A
 * backend that starts while the frontend is connected attaches to its rings where the last one
 * stopped.
 */
#include <errno.h>

#include "daemon/log.h"
#include "netback.h"

static struct netback *of(struct backend *b)
{
	return (struct netback *)b;
}

static void detach_ring(struct netback *n, struct half *h)
{
	if (h->ring.shared)
		xa_gnttab_unmap(n->gnttab, h->ring.shared, 1);
	h->ring.shared = NULL;
}

static void detach(struct backend *backend)
{
	struct netback *n = of(backend);

	detach_ring(n, &n->tx);
	detach_ring(n, &n->rx);
	if (n->tx.port)
		xa_evtchn_unbind(n->evtchn, n->tx.port);
	if (n->rx.port && n->rx.port != n->tx.port)
		xa_evtchn_unbind(n->evtchn, n->rx.port);
	n->tx.port = n->rx.port = 0;
}

/* All requests before the last answer were dealt with, none after it. */
static int attach_ring(struct netback *n, struct half *h, const char *node, uint32_t slot_bytes)
{
	struct xen_sring *shared;
	uint32_t ref, done;
	int rc = backend_read_u32(&n->backend, node, &ref);

	if (rc < 0)
		return rc;
	shared = xa_gnttab_map(n->gnttab, n->backend.domid, &ref, 1, true);
	if (!shared)
		return -errno;
	done = __atomic_load_n(&shared->rsp_prod, __ATOMIC_ACQUIRE);
	ring_back_attach(&h->ring, shared, PAGE, slot_bytes, done, done);
	return 0;
}

static int bind(struct netback *n, const char *node)
{
	uint32_t port;
	int rc = backend_read_u32(&n->backend, node, &port);

	return rc < 0 ? rc : xa_evtchn_bind_interdomain(n->evtchn, n->backend.domid, port);
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

	f->sg = backend_read_switch(&n->backend, "feature-sg");
	f->gso_tcpv4 = backend_read_switch(&n->backend, "feature-gso-tcpv4");
	f->gso_tcpv6 = backend_read_switch(&n->backend, "feature-gso-tcpv6");
	f->no_csum = backend_read_switch(&n->backend, "feature-no-csum-offload");
	f->ipv6_csum = backend_read_switch(&n->backend, "feature-ipv6-csum-offload");
}

static int attach(struct backend *backend, int frontend, const char **why)
{
	struct netback *n = of(backend);
	int rc;

	(void)frontend, (void)why;
	if (!backend_read_switch(backend, "request-rx-copy"))
		return -EOPNOTSUPP; /* only frontends of the last century */
	read_features(n);
	rc = attach_ring(n, &n->tx, "tx-ring-ref", TX_SLOT);
	if (!rc)
		rc = attach_ring(n, &n->rx, "rx-ring-ref", RX_SLOT);
	if (!rc)
		rc = bind_ports(n);
	if (!rc)
		rc = rx_set_offloads(n);
	if (!rc)
		log_info("connected: %s%s%s", n->features.sg ? "sg " : "",
			 n->features.gso_tcpv4 ? "gso " : "",
			 n->features.no_csum ? "no-csum" : "csum");
	return rc;
}

/* Requests may be waiting, also of a former backend's time: tell both loops to look. */
static void attached(struct backend *b)
{
	xa_evtchn_notify(of(b)->evtchn, of(b)->tx.port);
}

const struct backend_kind net_kind = {"shoji-vif", attach, detach, attached};

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
		rc = backend_write_number(&n->backend, offered[i], 1);
	return rc ? rc : backend_write_number(&n->backend, "feature-rx-flip", 0);
}

int xenbus_start(struct netback *n)
{
	int rc = backend_find(&n->backend);

	if (!rc)
		rc = advertise(n);
	if (!rc)
		rc = backend_set_state(&n->backend, XenbusStateInitWait);
	if (!rc)
		rc = backend_watch(&n->backend);
	return rc < 0 ? rc : backend_event(&n->backend);
}

void xenbus_close(struct netback *n)
{
	detach(&n->backend);
	store_client_close(n->backend.store);
}
