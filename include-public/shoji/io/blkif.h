/* SPDX-License-Identifier: MIT */
/*
 * Block devices: requests and responses on a ring (ring.h); 32 slots per page (of 112 bytes). The
 * layouts are those of the protocol named "x86_64-abi", which is native here. Sectors on the ring
 * are 512 bytes whatever the disk's.
 *
 * Store nodes. Frontend: ring-ref (or ring-page-order and ring-ref0…), event-channel, protocol,
 * feature-persistent. Backend: sectors, sector-size, physical-sector-size, info, feature-barrier,
 * feature-flush-cache, feature-discard, discard-granularity, discard-alignment, discard-secure,
 * feature-persistent, feature-max-indirect-segments, max-ring-page-order.
 */
#ifndef SHOJI_PUBLIC_IO_BLKIF_H
#define SHOJI_PUBLIC_IO_BLKIF_H

#include "../types.h"
#include "ring.h"

#define BLKIF_OP_READ		 0
#define BLKIF_OP_WRITE		 1
#define BLKIF_OP_WRITE_BARRIER	 2 /* feature-barrier */
#define BLKIF_OP_FLUSH_DISKCACHE 3 /* feature-flush-cache; may carry data to be written first */
#define BLKIF_OP_RESERVED_1	 4
#define BLKIF_OP_DISCARD	 5 /* feature-discard */
#define BLKIF_OP_INDIRECT	 6 /* feature-max-indirect-segments */

#define BLKIF_MAX_SEGMENTS_PER_REQUEST	     11
#define BLKIF_MAX_INDIRECT_PAGES_PER_REQUEST 8
#define XEN_BLKIF_SEGMENTS_PER_INDIRECT_PAGE 512
#define XEN_BLKIF_SECTOR_SIZE		     512

/* Part of one granted page. first_sect <= last_sect < 8, else BLKIF_RSP_ERROR. */
struct xen_blkif_request_segment {
	xen_grant_ref_t gref;
	uint8_t first_sect, last_sect; /* 512-byte units within the page, inclusive */
};
SHOJI_ABI_SIZE(struct xen_blkif_request_segment, 8);
SHOJI_ABI_OFFSET(struct xen_blkif_request_segment, last_sect, 5);

/* READ, WRITE, WRITE_BARRIER, FLUSH_DISKCACHE */
struct xen_blkif_request {
	uint8_t operation;	/* BLKIF_OP_… */
	uint8_t nr_segments;	/* at most BLKIF_MAX_SEGMENTS_PER_REQUEST */
	uint16_t handle;	/* virtual device; ignored */
	uint64_t id;		/* comes back in the response */
	uint64_t sector_number; /* first sector */
	struct xen_blkif_request_segment seg[BLKIF_MAX_SEGMENTS_PER_REQUEST];
};
SHOJI_ABI_SIZE(struct xen_blkif_request, 112);
SHOJI_ABI_OFFSET(struct xen_blkif_request, id, 8);
SHOJI_ABI_OFFSET(struct xen_blkif_request, seg, 24);

struct xen_blkif_request_discard {
	uint8_t operation; /* BLKIF_OP_DISCARD */
	uint8_t flag;	   /* BLKIF_DISCARD_SECURE or 0 */
	uint16_t handle;
	uint64_t id;
	uint64_t sector_number;
	uint64_t nr_sectors;
};
SHOJI_ABI_SIZE(struct xen_blkif_request_discard, 32);
SHOJI_ABI_OFFSET(struct xen_blkif_request_discard, id, 8);
SHOJI_ABI_OFFSET(struct xen_blkif_request_discard, nr_sectors, 24);
#define BLKIF_DISCARD_SECURE 1

/* A request whose segments, 512 to a page, are in other granted pages. */
struct xen_blkif_request_indirect {
	uint8_t operation;    /* BLKIF_OP_INDIRECT */
	uint8_t indirect_op;  /* BLKIF_OP_READ or BLKIF_OP_WRITE */
	uint16_t nr_segments; /* at most what the backend offers */
	uint64_t id;
	uint64_t sector_number;
	uint16_t handle;
	xen_grant_ref_t indirect_grefs[BLKIF_MAX_INDIRECT_PAGES_PER_REQUEST];
};
SHOJI_ABI_SIZE(struct xen_blkif_request_indirect, 64);
SHOJI_ABI_OFFSET(struct xen_blkif_request_indirect, id, 8);
SHOJI_ABI_OFFSET(struct xen_blkif_request_indirect, indirect_grefs, 28);

struct xen_blkif_response {
	uint64_t id;	   /* of the request */
	uint8_t operation; /* of the request */
	int16_t status;	   /* BLKIF_RSP_… */
};
SHOJI_ABI_SIZE(struct xen_blkif_response, 16);
SHOJI_ABI_OFFSET(struct xen_blkif_response, status, 10);
#define BLKIF_RSP_EOPNOTSUPP (-2)
#define BLKIF_RSP_ERROR	     (-1)
#define BLKIF_RSP_OKAY	     0

union xen_blkif_sring_entry {
	struct xen_blkif_request req;
	struct xen_blkif_request_discard discard;
	struct xen_blkif_request_indirect indirect;
	struct xen_blkif_response rsp;
};
SHOJI_ABI_SIZE(union xen_blkif_sring_entry, 112);

/* Bits of the backend's "info" node. */
#define VDISK_CDROM	1
#define VDISK_REMOVABLE 2
#define VDISK_READONLY	4

#endif
