/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A frontend that writes anything into its two rings, before and while the network backend works.
 *
 * Input: one byte of commands per step, each with the bytes it wants. The rest of the input is also
 * what the frontend scribbles in the middle of our calls (a copy, a packet from the TAP device).
 * Checked: nothing is read or written outside of our buffers and one page of the guest; what goes
 * to the TAP device is well-formed; no more answers than requests; a frontend is shut off once.
 */
/* SOURCES: pv-drivers/net/packet.c pv-drivers/net/tx.c pv-drivers/net/rx.c */
/* FLAGS: -Dread=tap_read -Dwrite=tap_write -Dioctl=tap_ioctl */
#include <errno.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "net/netback.h"

#define CHECK(condition)          \
	do {                      \
		if (!(condition)) \
			abort();  \
	} while (0)

static _Alignas(4096) uint8_t tx_page[4096], rx_page[4096];
static struct netback n;
static struct net_stats stats;
static unsigned int packets_waiting;

static struct input {
	const uint8_t *at;
	size_t left;
} in;

static void take(void *to, size_t bytes)
{
	size_t got = bytes < in.left ? bytes : in.left;

	memset(to, 0, bytes);
	memcpy(to, in.at, got);
	in.at += got;
	in.left -= got;
}

/* Four bytes somewhere in a ring, most often among its indexes. */
static void scribble(void)
{
	uint8_t *page;
	uint16_t place;

	take(&place, sizeof(place));
	page = place & 1 ? tx_page : rx_page;
	place >>= 1;
	take(page + (place & 0x4000 ? place % 16 : place % (4096 - 4)), 4);
}

/* The frontend posts more: it may do so at any moment. */
static void post(uint8_t *page, uint32_t count)
{
	struct xen_sring *shared = (struct xen_sring *)page;

	shared->req_prod += count;
}

static void frontend_interferes(void)
{
	uint8_t command;

	take(&command, 1);
	if (command & 1)
		scribble();
	if (command & 2)
		post(command & 4 ? tx_page : rx_page, command >> 3);
}

/* --- what the backend calls --- */

ssize_t tap_read(int fd, void *to, size_t bytes)
{
	struct virtio_net_hdr *h = to;
	uint16_t size;

	(void)fd;
	frontend_interferes();
	if (!packets_waiting) {
		errno = EAGAIN;
		return -1;
	}
	packets_waiting--;
	take(&size, sizeof(size));
	CHECK(bytes >= sizeof(*h) + 65536);
	memset(to, 0x33, sizeof(*h) + size);
	take(h, sizeof(*h));
	return (ssize_t)(sizeof(*h) + size);
}

ssize_t tap_write(int fd, const void *from, size_t bytes)
{
	const struct virtio_net_hdr *h = from;

	(void)fd;
	CHECK(bytes >= sizeof(*h) + 14 && bytes <= sizeof(*h) + 65535);
	if (h->flags & VIRTIO_NET_HDR_F_NEEDS_CSUM)
		CHECK((size_t)h->csum_start + h->csum_offset + 2 <= bytes - sizeof(*h));
	if (h->gso_type)
		CHECK(h->gso_size && h->hdr_len <= bytes - sizeof(*h));
	frontend_interferes();
	return in.left & 8 ? -1 : (ssize_t)bytes;
}

int tap_ioctl(int fd, unsigned long request, ...);
int tap_ioctl(int fd, unsigned long request, ...)
{
	(void)fd, (void)request;
	return 0;
}

int xa_gnttab_copy(struct xa_gnttab *g, struct xa_gnttab_copy *pieces, uint32_t count)
{
	uint8_t sum = 0;

	(void)g;
	CHECK(count && count <= PIECES_MAX);
	for (uint32_t i = 0; i < count; i++) {
		struct xa_gnttab_copy *p = &pieces[i];

		CHECK(p->domid == n.backend.domid && p->length && p->offset + p->length <= 4096);
		if (p->to_foreign)
			for (unsigned int b = 0; b < p->length; b++)
				sum += ((volatile uint8_t *)p->local)[b];
		else
			take(p->local, p->length);
		p->status = p->ref & 1 ? -3 : 0;
	}
	frontend_interferes();
	return sum == 77 ? -EFAULT : 0;
}

int xa_evtchn_notify(struct xa_evtchn *e, uint32_t port)
{
	(void)e;
	CHECK(port == n.tx.port || port == n.rx.port);
	return 0;
}

void backend_fail(struct backend *b, const char *why)
{
	CHECK(b == &n.backend && why && *why && n.tx.ring.shared);
	n.tx.ring.shared = n.rx.ring.shared = NULL;
}

/* --- the steps --- */

static void connect_frontend(uint8_t features)
{
	memset(tx_page, 0, sizeof(tx_page));
	memset(rx_page, 0, sizeof(rx_page));
	n.tx.port = 5;
	n.rx.port = 6;
	ring_back_attach(&n.tx.ring, tx_page, PAGE, TX_SLOT, 0, 0);
	ring_back_attach(&n.rx.ring, rx_page, PAGE, RX_SLOT, 0, 0);
	n.features = (struct net_features){.sg = features & 1,
					   .gso_tcpv4 = features & 2,
					   .gso_tcpv6 = features & 4,
					   .no_csum = features & 8,
					   .ipv6_csum = features & 16};
	packets_waiting = 0;
	rx_set_offloads(&n);
}

static void write_request(void)
{
	struct xen_sring *shared = (struct xen_sring *)tx_page;
	uint8_t *slot = tx_page + XEN_SRING_HEADER + shared->req_prod % RING_SLOTS * 12;

	take(slot, 12);
	shared->req_prod++;
}

static void step(uint8_t command)
{
	switch (command % 6) {
	case 0:
		write_request();
		break;
	case 1:
		scribble();
		break;
	case 2:
		post(rx_page, command);
		break;
	case 3:
		packets_waiting = command;
		break;
	case 4:
		tx_run(&n);
		break;
	default:
		rx_ready(&n);
		rx_run(&n);
	}
	if (n.tx.ring.shared) /* not shut off in the middle of a packet */
		CHECK(n.tx.ring.rsp_prod == n.tx.ring.req_cons &&
		      n.rx.ring.rsp_prod == n.rx.ring.req_cons);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t command;

	if (!n.buffers)
		n.buffers = malloc(BATCH * PACKET_SPACE);
	n.backend.domid = 1;
	n.stats = &stats;
	in = (struct input){data, size};
	take(&command, 1);
	connect_frontend(command);
	while (in.left && n.tx.ring.shared) {
		take(&command, 1);
		step(command);
	}
	return 0;
}
