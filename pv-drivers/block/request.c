/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * request.c: from the bytes of a ring slot to a request that can be carried out.
 *
 * Duty: every number is checked against the protocol and the disk before it is believed. Data:
 * the caller's private copies only, never shared memory. Does no I/O and keeps no state, so tests
 * and the fuzzer call it as it is.
 */
#include "request.h"

#include <stddef.h>
#include <string.h>

static bool aligned(const struct disk_limits *limits, uint64_t sector)
{
	return sector % limits->alignment == 0;
}

/* Also when sector + count does not fit 64 bits. */
static bool in_range(const struct disk_limits *limits, uint64_t sector, uint64_t count)
{
	return sector <= limits->sectors && count <= limits->sectors - sector;
}

int request_add_segments(struct request *r, const struct xen_blkif_request_segment *segments,
			 const struct disk_limits *limits)
{
	r->indirect = false;
	r->length = 0;
	for (unsigned int i = 0; i < r->segment_count; i++) {
		struct xen_blkif_request_segment s = segments[i];

		if (s.first_sect > s.last_sect || s.last_sect >= SECTORS_PER_PAGE)
			return BLKIF_RSP_ERROR;
		r->segments[i] = s;
		r->length += segment_bytes(&s);
	}
	if (!in_range(limits, r->sector, r->length / SECTOR) || !aligned(limits, r->sector) ||
	    !aligned(limits, r->length / SECTOR))
		return BLKIF_RSP_ERROR;
	return BLKIF_RSP_OKAY;
}

static int parse_data(struct request *r, const struct xen_blkif_request *raw,
		      const struct disk_limits *limits)
{
	bool may_be_empty = r->kind == REQUEST_FLUSH || r->kind == REQUEST_BARRIER;

	r->sector = raw->sector_number;
	r->segment_count = raw->nr_segments;
	if (r->segment_count > BLKIF_MAX_SEGMENTS_PER_REQUEST ||
	    (!r->segment_count && !may_be_empty))
		return BLKIF_RSP_ERROR;
	if (!r->segment_count) { /* nothing but the flush: its sector means nothing */
		r->sector = 0;
		return BLKIF_RSP_OKAY;
	}
	if (limits->readonly && request_writes(r))
		return BLKIF_RSP_ERROR;
	return request_add_segments(r, raw->seg, limits);
}

static int parse_indirect(struct request *r, const struct xen_blkif_request_indirect *raw,
			  const struct disk_limits *limits)
{
	if (raw->indirect_op != BLKIF_OP_READ && raw->indirect_op != BLKIF_OP_WRITE)
		return BLKIF_RSP_EOPNOTSUPP;
	r->kind = raw->indirect_op == BLKIF_OP_READ ? REQUEST_READ : REQUEST_WRITE;
	r->id = raw->id;
	r->sector = raw->sector_number;
	r->segment_count = raw->nr_segments;
	r->indirect_ref = raw->indirect_grefs[0];
	r->indirect = true;
	if (!r->segment_count || r->segment_count > SEGMENTS_MAX)
		return BLKIF_RSP_ERROR;
	return limits->readonly && request_writes(r) ? BLKIF_RSP_ERROR : BLKIF_RSP_OKAY;
}

static int parse_discard(struct request *r, const struct xen_blkif_request_discard *raw,
			 const struct disk_limits *limits)
{
	r->kind = REQUEST_DISCARD;
	r->sector = raw->sector_number;
	if (!limits->discard || (raw->flag & BLKIF_DISCARD_SECURE))
		return BLKIF_RSP_EOPNOTSUPP;
	if (limits->readonly || !raw->nr_sectors || !in_range(limits, r->sector, raw->nr_sectors) ||
	    !aligned(limits, r->sector) || !aligned(limits, raw->nr_sectors))
		return BLKIF_RSP_ERROR;
	r->length = raw->nr_sectors * SECTOR;
	return BLKIF_RSP_OKAY;
}

int request_parse(struct request *r, const union xen_blkif_sring_entry *raw,
		  const struct disk_limits *limits)
{
	static const uint8_t kinds[] = {
		[BLKIF_OP_READ] = REQUEST_READ,
		[BLKIF_OP_WRITE] = REQUEST_WRITE,
		[BLKIF_OP_WRITE_BARRIER] = REQUEST_BARRIER,
		[BLKIF_OP_FLUSH_DISKCACHE] = REQUEST_FLUSH,
	};

	memset(r, 0, offsetof(struct request, segments));
	r->operation = raw->req.operation;
	r->id = raw->req.id; /* at the same place in all kinds */
	if (r->operation == BLKIF_OP_INDIRECT)
		return parse_indirect(r, &raw->indirect, limits);
	if (r->operation == BLKIF_OP_DISCARD)
		return parse_discard(r, &raw->discard, limits);
	if (r->operation >= sizeof(kinds))
		return BLKIF_RSP_EOPNOTSUPP;
	r->kind = kinds[r->operation];
	return parse_data(r, &raw->req, limits);
}
