/* SPDX-License-Identifier: GPL-2.0-only */
/* What a block request means, after everything in it was checked. Pure; see request.c. */
#ifndef SHOJI_BLOCK_REQUEST_H
#define SHOJI_BLOCK_REQUEST_H

#include <stdbool.h>
#include <stdint.h>

#include "shoji/io/blkif.h"

#define SECTOR		 XEN_BLKIF_SECTOR_SIZE
#define SECTORS_PER_PAGE 8u
#define SEGMENTS_MAX	 32u /* offered for indirect requests; what stock frontends use */
#define INDIRECT_BYTES	 (SEGMENTS_MAX * (unsigned int)sizeof(struct xen_blkif_request_segment))

/* What the disk can do and how large it is. */
struct disk_limits {
	uint64_t sectors;   /* of 512 bytes */
	uint32_t alignment; /* in such sectors: what the disk's own sector has */
	bool readonly, discard;
};

enum request_kind { REQUEST_READ, REQUEST_WRITE, REQUEST_FLUSH, REQUEST_BARRIER, REQUEST_DISCARD };

struct request {
	uint64_t id;
	uint8_t operation; /* as the frontend wrote it, for the response */
	uint8_t kind;	   /* enum request_kind */
	bool indirect;	   /* segments are still to be fetched from indirect_ref */
	uint16_t segment_count;
	uint32_t indirect_ref;
	uint64_t sector; /* first */
	uint64_t length; /* in bytes, of all segments (or of the discard) */
	struct xen_blkif_request_segment segments[SEGMENTS_MAX];
};

/*
 * Both take a private copy and return BLKIF_RSP_OKAY, or the status to answer with. After
 * request_parse with ->indirect set, the segments are fetched and given to the second.
 */
int request_parse(struct request *r, const union xen_blkif_sring_entry *raw,
		  const struct disk_limits *limits);
int request_add_segments(struct request *r, const struct xen_blkif_request_segment *segments,
			 const struct disk_limits *limits);

static inline bool request_writes(const struct request *r)
{
	return r->kind != REQUEST_READ && r->kind != REQUEST_DISCARD;
}

static inline uint16_t segment_offset(const struct xen_blkif_request_segment *s)
{
	return (uint16_t)(s->first_sect * SECTOR);
}

static inline uint16_t segment_bytes(const struct xen_blkif_request_segment *s)
{
	return (uint16_t)((s->last_sect - s->first_sect + 1) * SECTOR);
}

#endif
