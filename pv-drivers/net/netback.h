/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * netback.h: the state of a network backend: one process, one interface of one guest.
 *
 *   main.c     arguments, the loop
 *   xenbus.c   the handshake through the store, connecting and disconnecting
 *   tx.c       from the guest's ring to the TAP device
 *   rx.c       from the TAP device into buffers that the guest has posted
 *   packet.c   what slots mean (pure)
 *
 * The guest may write to the rings at any time; whatever decides something is a copy.
 */
#ifndef SHOJI_NET_NETBACK_H
#define SHOJI_NET_NETBACK_H

#include <linux/virtio_net.h>
#include <stdbool.h>
#include <stdint.h>

#include "packet.h"
#include "shoji/io/netif.h"
#include "shoji/io/xenbus.h"
#include "store_client.h"
#include "xa_evtchn.h"
#include "xa_gnttab.h"

#define RING_SLOTS   256u /* of one page, for either direction */
#define BATCH	     32u  /* packets moved with one copy call */
#define PIECES_MAX   (BATCH * PACKET_FRAGMENTS_MAX)
#define PACKET_SPACE (sizeof(struct virtio_net_hdr) + 16u + 65536u)
#define STATS_MAGIC  0x53484f4a49535431ULL

/* Shared with `shoji top` through a file. */
struct net_stats {
	uint64_t magic;
	uint64_t rx_packets, rx_bytes; /* to the guest */
	uint64_t tx_packets, tx_bytes;
};

struct half_ring {
	struct xen_sring *shared; /* NULL: not connected */
	uint32_t req_cons, rsp_prod;
	uint32_t rsp_pushed; /* of rsp_prod, what the frontend can see */
	uint32_t port;	     /* local */
};

/* What the frontend can take. */
struct net_features {
	bool sg, gso_tcpv4, gso_tcpv6, no_csum, ipv6_csum;
};

struct netback {
	uint16_t domid;
	unsigned int device;
	int tap;
	struct net_stats *stats;

	struct store_client *store;
	struct xa_evtchn *evtchn;
	struct xa_gnttab *gnttab;
	char own[64], peer[96]; /* directories in the store */
	int state;		/* ours, XenbusState… */
	bool finished;		/* the device is gone for good */

	struct half_ring tx, rx;
	struct net_features features;
	struct xa_gnttab_copy pieces[PIECES_MAX];
	uint8_t *buffers; /* BATCH times PACKET_SPACE */
};

/* xenbus.c: all 0 or -errno */
int xenbus_start(struct netback *n);
int xenbus_event(struct netback *n); /* the store has something to say */
/* The frontend broke the protocol: disconnect it for good and say why. */
void xenbus_fail(struct netback *n, const char *why);
void xenbus_close(struct netback *n);

/* tx.c, rx.c: move what there is; true: there may be more at once. */
bool tx_run(struct netback *n);
bool rx_run(struct netback *n);
/* May rx_run do something when the TAP device has a packet? Else it waits for the guest. */
bool rx_ready(struct netback *n);
int rx_set_offloads(struct netback *n);

static inline uint8_t *buffer_of(struct netback *n, unsigned int packet)
{
	return n->buffers + packet * PACKET_SPACE;
}

static inline void *ring_slot(const struct half_ring *r, uint32_t index, size_t slot_bytes)
{
	return (uint8_t *)r->shared + XEN_SRING_HEADER + (index % RING_SLOTS) * slot_bytes;
}

/* Publish responses; true: the frontend wants to be told. */
static inline bool ring_push(struct half_ring *r)
{
	uint32_t old = r->rsp_pushed, event;

	if (old == r->rsp_prod)
		return false;
	r->rsp_pushed = r->rsp_prod;
	__atomic_store_n(&r->shared->rsp_prod, r->rsp_prod, __ATOMIC_SEQ_CST);
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	event = __atomic_load_n(&r->shared->rsp_event, __ATOMIC_SEQ_CST);
	return (uint32_t)(r->rsp_prod - event) < (uint32_t)(r->rsp_prod - old);
}

/* Requests waiting; more than the ring has slots: nonsense. */
static inline uint32_t ring_pending(const struct half_ring *r)
{
	return __atomic_load_n(&r->shared->req_prod, __ATOMIC_ACQUIRE) - r->req_cons;
}

/* Ask to be told when `more` requests beyond those consumed are there; true: they are already. */
static inline bool ring_sleep(struct half_ring *r, uint32_t more)
{
	__atomic_store_n(&r->shared->req_event, r->req_cons + more, __ATOMIC_SEQ_CST);
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	return ring_pending(r) >= more;
}

#endif
