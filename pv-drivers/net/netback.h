/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * netback.h: the state of a network backend: one process, one interface of one guest.
 *
 *   main.c     arguments, the loop
 *   xenbus.c   what is a card's own in the handshake through the store
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

#include "backend/xenbus.h"
#include "device_stats.h"
#include "packet.h"
#include "ring/ring.h"
#include "shoji/io/netif.h"
#include "xa_evtchn.h"
#include "xa_gnttab.h"

#define RING_SLOTS   256u /* of one page, for either direction */
#define BATCH	     32u  /* packets moved with one copy call */
#define PIECES_MAX   (BATCH * PACKET_FRAGMENTS_MAX)
#define PACKET_SPACE (sizeof(struct virtio_net_hdr) + 16u + 65536u)
#define PAGE	     4096u
#define TX_SLOT	     ((uint32_t)sizeof(union xen_netif_tx_sring_entry))
#define RX_SLOT	     ((uint32_t)sizeof(union xen_netif_rx_sring_entry))

/* One direction. */
struct half {
	struct ring_back ring;
	uint32_t port; /* local; 0: none */
};

/* What the frontend can take. */
struct net_features {
	bool sg, gso_tcpv4, gso_tcpv6, no_csum, ipv6_csum;
};

struct netback {
	struct backend backend; /* first */
	int tap;
	struct net_stats *stats;
	struct xa_evtchn *evtchn;
	struct xa_gnttab *gnttab;

	struct half tx, rx;
	uint32_t masked[2]; /* ports that told something, until it is done */
	unsigned int masked_count;
	struct net_features features;
	struct xa_gnttab_copy pieces[PIECES_MAX];
	uint8_t *buffers; /* BATCH times PACKET_SPACE */
};

/* xenbus.c: 0 or -errno */
extern const struct backend_kind net_kind;
int xenbus_start(struct netback *n);
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

#endif
