/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * packet.h: what the slots of a ring say about one packet, checked. Pure: copies of slots in, a
 * plan of copies out.
 */
#ifndef SHOJI_NET_PACKET_H
#define SHOJI_NET_PACKET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "shoji/io/netif.h"

#define PACKET_SLOTS_MAX     20 /* that we look at: fragments, and extra slots among them */
#define PACKET_FRAGMENTS_MAX XEN_NETIF_NR_SLOTS_MIN
#define PACKET_BYTES_MAX     XEN_NETIF_MAX_TX_SIZE

struct packet_fragment {
	uint32_t ref;
	uint16_t offset, length;
};

struct packet {
	unsigned int slots; /* consumed, extra slots included */
	unsigned int fragment_count;
	struct packet_fragment fragments[PACKET_FRAGMENTS_MAX];
	uint32_t extra_slots;		/* bit n: slot n was an extra one */
	uint16_t ids[PACKET_SLOTS_MAX]; /* of the requests */
	uint32_t size;
	uint16_t gso_size; /* 0: not segmented */
	uint8_t gso_type;
	bool csum_blank, validated;
};

enum packet_verdict {
	PACKET_OK,	  /* to be sent */
	PACKET_DROP,	  /* well-formed, but not for us: answer its slots with an error */
	PACKET_IMPOSSIBLE /* the frontend broke the protocol: no slot after it can be trusted */
};

/* The packet that begins at slots[0]; `available` slots are there (at most PACKET_SLOTS_MAX are
 * looked at). On PACKET_IMPOSSIBLE *why is told. */
enum packet_verdict packet_parse(const union xen_netif_tx_sring_entry *slots,
				 unsigned int available, struct packet *p, const char **why);

/* Where a checksum is to be filled in: bytes from the start of the Ethernet header, and from there
 * to the field. False: no TCP or UDP that we can read. */
struct packet_checksum {
	uint16_t start, offset;
	uint16_t header_bytes; /* all headers, for segmentation */
};
bool packet_find_checksum(const uint8_t *frame, size_t bytes, struct packet_checksum *c);

#endif
