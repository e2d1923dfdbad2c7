/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Reading what a frontend claims about a packet. The slots are copies, so they cannot change under
 * us; every length and offset is checked here, and nothing behind this file checks again.
 */
#include "packet.h"

#include <string.h>

#define PAGE 4096u

static enum packet_verdict impossible(const char **why, const char *text)
{
	*why = text;
	return PACKET_IMPOSSIBLE;
}

static enum packet_verdict take_extra(const struct xen_netif_extra_info *e, struct packet *p,
				      const char **why)
{
	if (e->type == XEN_NETIF_EXTRA_TYPE_NONE || e->type >= XEN_NETIF_EXTRA_TYPE_MAX)
		return impossible(why, "an extra slot of unknown type");
	if (e->type != XEN_NETIF_EXTRA_TYPE_GSO)
		return PACKET_DROP; /* we offer none of the others */
	if (!e->u.gso.size || (e->u.gso.type != XEN_NETIF_GSO_TYPE_TCPV4 &&
			       e->u.gso.type != XEN_NETIF_GSO_TYPE_TCPV6))
		return impossible(why, "an impossible segmentation");
	p->gso_size = e->u.gso.size;
	p->gso_type = e->u.gso.type;
	return PACKET_OK;
}

/* The extra slots behind the first; returns the worst verdict. */
static enum packet_verdict take_extras(const union xen_netif_tx_sring_entry *slots,
				       unsigned int available, struct packet *p, const char **why)
{
	enum packet_verdict worst = PACKET_OK, verdict;
	uint8_t flags;

	do {
		if (p->slots == available || p->slots == PACKET_SLOTS_MAX)
			return impossible(why, "an extra slot is missing");
		flags = slots[p->slots].extra.flags;
		verdict = take_extra(&slots[p->slots].extra, p, why);
		if (verdict == PACKET_IMPOSSIBLE)
			return verdict;
		if (verdict != PACKET_OK)
			worst = verdict;
		p->extra_slots |= 1u << p->slots++;
	} while (flags & XEN_NETIF_EXTRA_FLAG_MORE);
	return worst;
}

static bool take_fragment(const struct xen_netif_tx_request *r, uint32_t length, struct packet *p)
{
	struct packet_fragment *f = &p->fragments[p->fragment_count];

	if (r->offset > PAGE || length > PAGE - r->offset)
		return false;
	*f = (struct packet_fragment){r->gref, r->offset, (uint16_t)length};
	p->fragment_count++;
	return true;
}

/* Further fragments; the first one's length is what they leave of the whole. */
static enum packet_verdict take_fragments(const union xen_netif_tx_sring_entry *slots,
					  unsigned int available, struct packet *p,
					  const char **why)
{
	const struct xen_netif_tx_request *r = &slots[0].req;
	uint32_t rest = r->size;

	p->fragment_count = 1;
	for (uint16_t flags = r->flags; flags & NETTXF_more_data; flags = r->flags) {
		if (p->slots == available || p->slots == PACKET_SLOTS_MAX ||
		    p->fragment_count == PACKET_FRAGMENTS_MAX)
			return impossible(why, "a packet of too many or missing slots");
		r = &slots[p->slots].req;
		if (r->size >= rest || !take_fragment(r, r->size, p))
			return impossible(why, "a fragment larger than its page or packet");
		rest -= r->size;
		p->ids[p->slots++] = r->id;
	}
	p->fragments[0].length = 0;
	r = &slots[0].req;
	if (r->offset > PAGE || rest > PAGE - r->offset)
		return impossible(why, "a packet crosses the end of its page");
	p->fragments[0] = (struct packet_fragment){r->gref, r->offset, (uint16_t)rest};
	return PACKET_OK;
}

enum packet_verdict packet_parse(const union xen_netif_tx_sring_entry *slots,
				 unsigned int available, struct packet *p, const char **why)
{
	const struct xen_netif_tx_request *first = &slots[0].req;
	enum packet_verdict extras = PACKET_OK, verdict;

	memset(p, 0, sizeof(*p));
	p->slots = 1;
	p->ids[0] = first->id;
	p->size = first->size;
	p->csum_blank = first->flags & NETTXF_csum_blank;
	p->validated = first->flags & NETTXF_data_validated;
	if (first->flags & NETTXF_extra_info)
		extras = take_extras(slots, available, p, why);
	if (extras == PACKET_IMPOSSIBLE)
		return extras;
	verdict = take_fragments(slots, available, p, why);
	if (verdict != PACKET_OK)
		return verdict;
	if (p->size < 14)
		return PACKET_DROP; /* less than an Ethernet header */
	return extras;
}

/* --- checksums --- */

#define ETH_BYTES  14u
#define TYPE_VLAN  0x8100u
#define TYPE_IPV4  0x0800u
#define TYPE_IPV6  0x86ddu
#define PROTO_TCP  6u
#define PROTO_UDP  17u
#define IPV6_BYTES 40u

static uint16_t big16(const uint8_t *at)
{
	return (uint16_t)(at[0] << 8 | at[1]);
}

static bool find_transport(const uint8_t *frame, size_t bytes, uint8_t proto, size_t start,
			   struct packet_checksum *c)
{
	c->start = (uint16_t)start;
	if (proto == PROTO_UDP && bytes >= start + 8) {
		c->offset = 6;
		c->header_bytes = (uint16_t)(start + 8);
		return true;
	}
	if (proto == PROTO_TCP && bytes >= start + 20) {
		c->offset = 16;
		c->header_bytes = (uint16_t)(start + (frame[start + 12] >> 4) * 4u);
		return c->header_bytes >= start + 20 && c->header_bytes <= bytes;
	}
	return false;
}

bool packet_find_checksum(const uint8_t *frame, size_t bytes, struct packet_checksum *c)
{
	size_t at = ETH_BYTES;
	uint16_t type;

	if (bytes < at)
		return false;
	type = big16(frame + 12);
	if (type == TYPE_VLAN && bytes >= at + 4) {
		type = big16(frame + at + 2);
		at += 4;
	}
	if (type == TYPE_IPV4 && bytes >= at + 20) {
		size_t header = (frame[at] & 15u) * 4u;

		if (frame[at] >> 4 != 4 || header < 20 || bytes < at + header ||
		    (big16(frame + at + 6) & 0x1fff))
			return false;
		return find_transport(frame, bytes, frame[at + 9], at + header, c);
	}
	if (type == TYPE_IPV6 && bytes >= at + IPV6_BYTES)
		return find_transport(frame, bytes, frame[at + 6], at + IPV6_BYTES, c);
	return false;
}
