/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A frontend that writes anything into its ring, while the backend serves it and is restarted.
 *
 * Input: one byte of commands per step, each with the bytes it wants. Checked: whatever was
 * accepted lies on the disk and within its pages; never more is in flight than there are slots; our
 * counters stay ours.
 */
/* SOURCES: pv-drivers/block/request.c pv-drivers/block/inflight.c */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "block/inflight.h"
#include "block/request.h"

#define CHECK(condition)          \
	do {                      \
		if (!(condition)) \
			abort();  \
	} while (0)

static _Alignas(4096) uint8_t page[4096];
static struct inflight record;
static struct ring_back ring;
static struct disk_limits limits;

struct input {
	const uint8_t *at;
	size_t left;
};

static void take(struct input *in, void *to, size_t bytes)
{
	size_t n = bytes < in->left ? bytes : in->left;

	memset(to, 0, bytes);
	memcpy(to, in->at, n);
	in->at += n;
	in->left -= n;
}

static void check_accepted(const struct request *r)
{
	uint64_t bytes = 0;

	for (unsigned int i = 0; i < r->segment_count; i++) {
		CHECK(segment_offset(&r->segments[i]) + segment_bytes(&r->segments[i]) <= 4096);
		bytes += segment_bytes(&r->segments[i]);
	}
	CHECK(r->segment_count <= SEGMENTS_MAX);
	CHECK(r->kind == REQUEST_DISCARD || r->length == bytes);
	CHECK(r->length <= limits.sectors * SECTOR);
	CHECK(r->sector <= limits.sectors - r->length / SECTOR);
	CHECK(r->sector % limits.alignment == 0);
	CHECK(!limits.readonly || r->kind == REQUEST_READ ||
	      (r->kind == REQUEST_FLUSH && !r->length) ||
	      (r->kind == REQUEST_BARRIER && !r->length));
}

static int judge(unsigned int slot, struct input *in)
{
	struct xen_blkif_request_segment segments[SEGMENTS_MAX];
	struct request r;
	int status = request_parse(&r, &record.slots[slot].raw, &limits);

	if (status == BLKIF_RSP_OKAY && r.indirect) {
		CHECK(r.segment_count * sizeof(segments[0]) <= sizeof(segments));
		take(in, segments, r.segment_count * sizeof(segments[0]));
		status = request_add_segments(&r, segments, &limits);
	}
	if (status == BLKIF_RSP_OKAY)
		check_accepted(&r);
	return status;
}

/* 0, or -1: the ring is broken, and a backend would end here. */
static int serve(struct input *in, bool answer)
{
	int pending = ring_back_pending(&ring), slot;

	if (pending < 0)
		return -1;
	CHECK(pending <= 32);
	while (pending-- > 0 && (slot = inflight_take(&record, &ring)) >= 0) {
		int status = judge((unsigned int)slot, in);

		if (answer)
			inflight_answer(&record, &ring, (unsigned int)slot, status);
	}
	inflight_push(&record, &ring);
	CHECK(ring.req_cons - ring.rsp_prod <= INFLIGHT_SLOTS);
	return 0;
}

static void restart(struct input *in)
{
	unsigned int order[INFLIGHT_SLOTS];
	unsigned int count = inflight_recover(&record, &ring, page, sizeof(page), order);

	CHECK(count <= INFLIGHT_SLOTS);
	CHECK(count == ring.req_cons - ring.rsp_prod);
	for (unsigned int i = 0; i < count; i++)
		inflight_answer(&record, &ring, order[i], judge(order[i], in));
	inflight_push(&record, &ring);
	CHECK(ring.req_cons == ring.rsp_prod);
}

static void write_slot(struct input *in)
{
	struct xen_sring *shared = (struct xen_sring *)page;

	take(in, ring_slot(shared, 32, 112, shared->req_prod), 112);
	shared->req_prod++;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input in = {data, size};
	uint8_t command = 0;
	uint16_t place;

	take(&in, &command, 1);
	limits = (struct disk_limits){.sectors = 4096,
				      .alignment = command & 1 ? 8 : 1,
				      .readonly = command & 2,
				      .discard = command & 4};
	memset(page, 0, sizeof(page));
	inflight_connect(&record, 8, 9, 0);
	restart(&in);
	while (in.left) {
		take(&in, &command, 1);
		switch (command % 6) {
		case 0:
		case 1:
			write_slot(&in);
			break;
		case 2: /* scribble */
			take(&in, &place, 2);
			take(&in, page + place % (sizeof(page) - 16), 4);
			break;
		case 3:
			restart(&in);
			break;
		default:
			if (serve(&in, command % 6 == 4))
				return 0;
		}
	}
	return 0;
}
