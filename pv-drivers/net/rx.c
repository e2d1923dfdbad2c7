/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * rx.c: packets for the guest. The frontend posts empty pages; a packet fills one or more of them,
 * slot by slot: data, then (for a segmented packet) an extra slot, then further data. Packets wait
 * in the TAP device while there are too few pages.
 */
#include <errno.h>
#include <linux/if_tun.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "netback.h"

/* A response that is written when its data has been copied. */
struct rx_slot {
	bool extra;
	uint16_t id, flags, length;
	uint16_t gso_size;
	uint8_t gso_type;
	unsigned int piece; /* whose status counts */
};

static struct rx_slot slots[RING_SLOTS];

/* Pages that the largest packet needs, which the frontend's features allow. */
static int slots_needed(const struct netback *n)
{
	return n->features.sg ? (65536 + 18 + (int)PAGE - 1) / (int)PAGE + 2 : 1;
}

/* A broken ring is ready, too: rx_run shuts it off. */
bool rx_ready(struct netback *n)
{
	int needed = slots_needed(n), posted;

	if (!n->rx.ring.shared)
		return false;
	posted = ring_back_pending(&n->rx.ring);
	if (posted >= 0 && posted < needed)
		posted = ring_back_sleep(&n->rx.ring, (uint32_t)needed);
	return posted < 0 || posted >= needed;
}

int rx_set_offloads(struct netback *n)
{
	const struct net_features *f = &n->features;
	unsigned long flags = 0;

	if (!f->no_csum) {
		flags = TUN_F_CSUM;
		if (f->sg && f->gso_tcpv4)
			flags |= TUN_F_TSO4;
		if (f->sg && f->gso_tcpv6 && f->ipv6_csum)
			flags |= TUN_F_TSO6;
	}
	return ioctl(n->tap, TUNSETOFFLOAD, flags) < 0 ? -errno : 0;
}

static uint16_t first_flags(const struct virtio_net_hdr *h)
{
	if (h->flags & VIRTIO_NET_HDR_F_NEEDS_CSUM)
		return NETRXF_csum_blank | NETRXF_data_validated;
	return h->flags & VIRTIO_NET_HDR_F_DATA_VALID ? NETRXF_data_validated : 0;
}

static struct rx_slot *take_slot(struct netback *n, unsigned int *count, uint32_t *ref)
{
	union xen_netif_rx_sring_entry slot;
	struct rx_slot *s = &slots[(*count)++];

	ring_back_take(&n->rx.ring, &slot);
	*s = (struct rx_slot){.id = slot.req.id};
	*ref = slot.req.gref;
	return s;
}

static void add_extra(struct netback *n, unsigned int *count, const struct virtio_net_hdr *h)
{
	uint32_t ref;
	struct rx_slot *s = take_slot(n, count, &ref);

	s->extra = true;
	s->gso_size = h->gso_size;
	s->gso_type = (h->gso_type & ~VIRTIO_NET_HDR_GSO_ECN) == VIRTIO_NET_HDR_GSO_TCPV4
			      ? XEN_NETIF_GSO_TYPE_TCPV4
			      : XEN_NETIF_GSO_TYPE_TCPV6;
}

/* Spread one packet over slots and pieces. */
static void add_packet(struct netback *n, uint8_t *data, size_t bytes,
		       const struct virtio_net_hdr *h, unsigned int *count, unsigned int *pieces)
{
	bool first = true, gso = h->gso_type != VIRTIO_NET_HDR_GSO_NONE;

	while (bytes) {
		uint16_t part = (uint16_t)(bytes < PAGE ? bytes : PAGE);
		uint32_t ref;
		struct rx_slot *s = take_slot(n, count, &ref);

		s->length = part;
		s->piece = *pieces;
		s->flags = first ? first_flags(h) : 0;
		n->pieces[(*pieces)++] = (struct xa_gnttab_copy){
			.local = data,
			.ref = ref,
			.domid = n->backend.domid,
			.length = part,
			.to_foreign = true,
		};
		data += part;
		bytes -= part;
		if (bytes)
			s->flags |= NETRXF_more_data;
		if (first && gso) {
			s->flags |= NETRXF_extra_info;
			add_extra(n, count, h);
		}
		first = false;
	}
}

static void respond(struct netback *n, const struct rx_slot *s)
{
	if (s->extra) {
		struct xen_netif_extra_info e = {.type = XEN_NETIF_EXTRA_TYPE_GSO};

		e.u.gso.size = s->gso_size;
		e.u.gso.type = s->gso_type;
		ring_back_answer(&n->rx.ring, &e, sizeof(e));
	} else {
		struct xen_netif_rx_response r = {.id = s->id, .flags = s->flags};

		r.status = n->pieces[s->piece].status ? NETIF_RSP_ERROR : (int16_t)s->length;
		ring_back_answer(&n->rx.ring, &r, sizeof(r));
	}
}

/* Queued before the frontend said what it takes, or larger than the device's MTU: dropped. */
static bool fits(const struct netback *n, const struct virtio_net_hdr *h, size_t bytes)
{
	switch (h->gso_type & ~VIRTIO_NET_HDR_GSO_ECN) {
	case VIRTIO_NET_HDR_GSO_NONE:
		return n->features.sg || bytes <= PAGE;
	case VIRTIO_NET_HDR_GSO_TCPV4:
		return n->features.sg && n->features.gso_tcpv4;
	case VIRTIO_NET_HDR_GSO_TCPV6:
		return n->features.sg && n->features.gso_tcpv6;
	default:
		return false;
	}
}

/* A packet from the TAP device into buffer `index`; its size without the header, or 0. */
static size_t read_packet(struct netback *n, unsigned int index, struct virtio_net_hdr *h)
{
	uint8_t *at = buffer_of(n, index);
	ssize_t got = read(n->tap, at, PACKET_SPACE);

	if (got <= (ssize_t)sizeof(*h))
		return 0;
	memcpy(h, at, sizeof(*h));
	return (size_t)got - sizeof(*h);
}

bool rx_run(struct netback *n)
{
	unsigned int count = 0, pieces = 0, packets = 0;
	struct virtio_net_hdr h;
	size_t bytes;
	int posted;

	if (!n->rx.ring.shared)
		return false;
	posted = ring_back_pending(&n->rx.ring); /* once: the frontend may go on counting */
	if (posted < 0) {
		backend_fail(&n->backend, "receive ring: more requests than slots");
		return false;
	}
	while (packets < BATCH && posted - (int)count >= slots_needed(n) &&
	       (bytes = read_packet(n, packets, &h)) > 0) {
		if (!fits(n, &h, bytes))
			continue;
		add_packet(n, buffer_of(n, packets) + sizeof(h), bytes, &h, &count, &pieces);
		n->stats->rx_packets++;
		n->stats->rx_bytes += bytes;
		packets++;
	}
	if (!packets)
		return false;
	if (xa_gnttab_copy(n->gnttab, n->pieces, pieces) < 0)
		for (unsigned int i = 0; i < pieces; i++)
			n->pieces[i].status = -1;
	for (unsigned int i = 0; i < count; i++)
		respond(n, &slots[i]);
	if (ring_back_push(&n->rx.ring))
		xa_evtchn_notify(n->evtchn, n->rx.port);
	return packets == BATCH;
}
