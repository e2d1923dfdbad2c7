/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * tx.c: packets of the guest. Requests are copied out of the ring, checked, their data fetched by
 * one grant-copy call for a whole batch, written to the TAP device, and answered in order. All is
 * done before an answer is given, so that a restarted backend goes on at the first unanswered
 * request.
 */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "netback.h"

struct tx_batch {
	unsigned int count, pieces;
	struct packet packets[BATCH];
	enum packet_verdict verdicts[BATCH];
};

static void add_pieces(struct netback *n, struct tx_batch *b, unsigned int index)
{
	const struct packet *p = &b->packets[index];
	uint8_t *to = buffer_of(n, index) + sizeof(struct virtio_net_hdr);

	for (unsigned int i = 0; i < p->fragment_count; i++) {
		const struct packet_fragment *f = &p->fragments[i];

		if (!f->length)
			continue;
		n->pieces[b->pieces++] = (struct xa_gnttab_copy){
			.local = to,
			.ref = f->ref,
			.domid = n->backend.domid,
			.offset = f->offset,
			.length = f->length,
		};
		to += f->length;
	}
}

/* One packet off the ring; false: there is none, or the frontend is out of its mind. */
static bool take_packet(struct netback *n, struct tx_batch *b)
{
	union xen_netif_tx_sring_entry slots[PACKET_SLOTS_MAX];
	int available = ring_back_pending(&n->tx.ring);
	const char *why = NULL;
	enum packet_verdict verdict;

	if (!available)
		return false;
	if (available < 0) {
		backend_fail(&n->backend, "transmit ring: more requests than slots");
		return false;
	}
	if (available > (int)PACKET_SLOTS_MAX)
		available = PACKET_SLOTS_MAX;
	for (int i = 0; i < available; i++)
		ring_back_peek(&n->tx.ring, (uint32_t)i, &slots[i]);
	verdict = packet_parse(slots, (unsigned int)available, &b->packets[b->count], &why);
	if (verdict == PACKET_IMPOSSIBLE) {
		backend_fail(&n->backend, why);
		return false;
	}
	b->verdicts[b->count] = verdict;
	if (verdict == PACKET_OK)
		add_pieces(n, b, b->count);
	n->tx.ring.req_cons += b->packets[b->count].slots;
	b->count++;
	return true;
}

/* --- sending --- */

static bool fill_header(struct virtio_net_hdr *h, const struct packet *p, const uint8_t *frame)
{
	struct packet_checksum c;

	memset(h, 0, sizeof(*h));
	if (!p->csum_blank) {
		h->flags = p->validated ? VIRTIO_NET_HDR_F_DATA_VALID : 0;
		return !p->gso_size;
	}
	if (!packet_find_checksum(frame, p->size, &c))
		return false;
	h->flags = VIRTIO_NET_HDR_F_NEEDS_CSUM;
	h->csum_start = c.start;
	h->csum_offset = c.offset;
	if (p->gso_size) {
		h->gso_type = p->gso_type == XEN_NETIF_GSO_TYPE_TCPV4 ? VIRTIO_NET_HDR_GSO_TCPV4
								      : VIRTIO_NET_HDR_GSO_TCPV6;
		h->gso_size = p->gso_size;
		h->hdr_len = c.header_bytes;
	}
	return true;
}

/* False: dropped. A full TAP queue drops, as a cable would. */
static bool send_packet(struct netback *n, unsigned int index, const struct packet *p)
{
	uint8_t *at = buffer_of(n, index);
	struct virtio_net_hdr header;
	size_t bytes = sizeof(header) + p->size;

	if (!fill_header(&header, p, at + sizeof(header)))
		return false;
	memcpy(at, &header, sizeof(header));
	if (write(n->tap, at, bytes) != (ssize_t)bytes)
		return false;
	n->stats->tx_packets++;
	n->stats->tx_bytes += p->size;
	return true;
}

static bool copied(const struct xa_gnttab_copy *pieces, const struct packet *p, unsigned int *piece)
{
	bool ok = true;

	for (unsigned int i = 0; i < p->fragment_count; i++)
		if (p->fragments[i].length)
			ok &= pieces[(*piece)++].status == 0;
	return ok;
}

static void answer(struct netback *n, const struct packet *p, int16_t status)
{
	for (unsigned int i = 0; i < p->slots; i++) {
		struct xen_netif_tx_response r = {.status = NETIF_RSP_NULL};

		if (!(p->extra_slots >> i & 1)) {
			r.id = p->ids[i];
			r.status = status;
		}
		ring_back_answer(&n->tx.ring, &r, sizeof(r));
	}
	ring_back_show(&n->tx.ring);
}

static void finish(struct netback *n, struct tx_batch *b)
{
	unsigned int piece = 0;

	for (unsigned int i = 0; i < b->count; i++) {
		int16_t status = NETIF_RSP_ERROR;

		if (b->verdicts[i] == PACKET_OK && copied(n->pieces, &b->packets[i], &piece))
			status = send_packet(n, i, &b->packets[i]) ? NETIF_RSP_OKAY
								   : NETIF_RSP_DROPPED;
		answer(n, &b->packets[i], status);
	}
	if (ring_back_push(&n->tx.ring))
		xa_evtchn_notify(n->evtchn, n->tx.port);
}

bool tx_run(struct netback *n)
{
	static struct tx_batch batch;

	batch.count = batch.pieces = 0;
	while (n->tx.ring.shared && batch.count < BATCH && take_packet(n, &batch))
		;
	if (!n->tx.ring.shared)
		return false;
	if (!batch.count)
		return ring_back_sleep(&n->tx.ring, 1) != 0;
	if (batch.pieces && xa_gnttab_copy(n->gnttab, n->pieces, batch.pieces) < 0)
		for (unsigned int i = 0; i < batch.pieces; i++)
			n->pieces[i].status = -1;
	finish(n, &batch);
	return true;
}
