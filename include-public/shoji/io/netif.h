/* SPDX-License-Identifier: MIT */
/*
 * Network interfaces: a transmit ring (from the guest) and a receive ring (to the guest) per queue,
 * 256 slots each per page.
 *
 * Store nodes. Frontend: tx-ring-ref, rx-ring-ref, event-channel (or event-channel-tx and -rx),
 * request-rx-copy = 1, feature-rx-notify, feature-sg, feature-gso-tcpv4, feature-no-csum-offload,
 * multi-queue-num-queues and queue-N/…. Backend: feature-rx-copy = 1, feature-sg,
 * feature-gso-tcpv4, feature-split-event-channels, multi-queue-max-queues.
 *
 * A packet is one or more slots. With MORE_DATA another fragment follows; with EXTRA_INFO the slot
 * after the first is a struct xen_netif_extra_info, then further ones while their FLAG_MORE is set.
 */
#ifndef SHOJI_PUBLIC_IO_NETIF_H
#define SHOJI_PUBLIC_IO_NETIF_H

#include "../types.h"
#include "ring.h"

#define XEN_NETIF_NR_SLOTS_MIN 18     /* slots per packet that a backend must accept */
#define XEN_NETIF_MAX_TX_SIZE  0xFFFF /* bytes per packet */

/* Transmit. The first slot's size is the whole packet's, later ones' their fragment's. */
struct xen_netif_tx_request {
	xen_grant_ref_t gref;
	uint16_t offset; /* bytes into the page; offset + fragment <= 4096 */
	uint16_t flags;	 /* NETTXF_… */
	uint16_t id;	 /* comes back in the response */
	uint16_t size;	 /* bytes */
};
SHOJI_ABI_SIZE(struct xen_netif_tx_request, 12);
SHOJI_ABI_OFFSET(struct xen_netif_tx_request, size, 10);
#define NETTXF_csum_blank     (1u << 0) /* the checksum is only of the pseudo header */
#define NETTXF_data_validated (1u << 1) /* no need to check it */
#define NETTXF_more_data      (1u << 2)
#define NETTXF_extra_info     (1u << 3)

/* One per slot; an extra slot is answered with NETIF_RSP_NULL. */
struct xen_netif_tx_response {
	uint16_t id;
	int16_t status; /* NETIF_RSP_… */
};
SHOJI_ABI_SIZE(struct xen_netif_tx_response, 4);
SHOJI_ABI_OFFSET(struct xen_netif_tx_response, status, 2);

/* Receive: an empty page, granted for writing. Slot and id go together: id is index % slots. */
struct xen_netif_rx_request {
	uint16_t id;
	uint16_t pad;
	xen_grant_ref_t gref;
};
SHOJI_ABI_SIZE(struct xen_netif_rx_request, 8);
SHOJI_ABI_OFFSET(struct xen_netif_rx_request, gref, 4);

struct xen_netif_rx_response {
	uint16_t id;
	uint16_t offset; /* bytes into the page */
	uint16_t flags;	 /* NETRXF_… */
	int16_t status;	 /* bytes of this fragment, or negative: NETIF_RSP_… */
};
SHOJI_ABI_SIZE(struct xen_netif_rx_response, 8);
SHOJI_ABI_OFFSET(struct xen_netif_rx_response, status, 6);
#define NETRXF_data_validated (1u << 0)
#define NETRXF_csum_blank     (1u << 1)
#define NETRXF_more_data      (1u << 2)
#define NETRXF_extra_info     (1u << 3)
#define NETRXF_gso_prefix     (1u << 4)

#define NETIF_RSP_DROPPED (-2)
#define NETIF_RSP_ERROR	  (-1)
#define NETIF_RSP_OKAY	  0
#define NETIF_RSP_NULL	  1

#define XEN_NETIF_EXTRA_TYPE_NONE      0
#define XEN_NETIF_EXTRA_TYPE_GSO       1
#define XEN_NETIF_EXTRA_TYPE_MCAST_ADD 2
#define XEN_NETIF_EXTRA_TYPE_MCAST_DEL 3
#define XEN_NETIF_EXTRA_TYPE_HASH      4
#define XEN_NETIF_EXTRA_TYPE_MAX       5
#define XEN_NETIF_EXTRA_FLAG_MORE      1
#define XEN_NETIF_GSO_TYPE_NONE	       0
#define XEN_NETIF_GSO_TYPE_TCPV4       1
#define XEN_NETIF_GSO_TYPE_TCPV6       2
struct xen_netif_extra_info {
	uint8_t type;  /* XEN_NETIF_EXTRA_TYPE_… */
	uint8_t flags; /* XEN_NETIF_EXTRA_FLAG_MORE or 0 */
	union {
		struct {
			uint16_t size; /* bytes of payload per segment */
			uint8_t type;  /* XEN_NETIF_GSO_TYPE_… */
			uint8_t pad;
			uint16_t features; /* 0 */
		} gso;
		struct {
			uint8_t addr[6];
		} mcast;
		struct {
			uint8_t type;
			uint8_t algorithm;
			uint8_t value[4];
		} hash;
		uint16_t pad[3];
	} u;
};
SHOJI_ABI_SIZE(struct xen_netif_extra_info, 8);
SHOJI_ABI_OFFSET(struct xen_netif_extra_info, u, 2);

union xen_netif_tx_sring_entry {
	struct xen_netif_tx_request req;
	struct xen_netif_extra_info extra;
	struct xen_netif_tx_response rsp;
};
SHOJI_ABI_SIZE(union xen_netif_tx_sring_entry, 12);

union xen_netif_rx_sring_entry {
	struct xen_netif_rx_request req;
	struct xen_netif_extra_info extra;
	struct xen_netif_rx_response rsp;
};
SHOJI_ABI_SIZE(union xen_netif_rx_sring_entry, 8);

#endif
