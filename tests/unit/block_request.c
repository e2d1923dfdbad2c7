/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the block backend makes of requests, honest and not. Each refusal is a number that a hostile
 * frontend may write into a slot.
 */
/* SOURCES: pv-drivers/block/request.c */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "block/request.h"

#define DISK_SECTORS 1000u

static const struct disk_limits disk = {.sectors = DISK_SECTORS, .alignment = 1, .discard = true};
static const struct disk_limits readonly = {
	.sectors = DISK_SECTORS, .alignment = 1, .readonly = true};
static const struct disk_limits disk_4k = {
	.sectors = DISK_SECTORS, .alignment = 8, .discard = true};

static struct request r;

/* A request of `count` whole pages. */
static union xen_blkif_sring_entry data(uint8_t operation, uint64_t sector, uint8_t count)
{
	union xen_blkif_sring_entry raw;

	memset(&raw, 0xa5, sizeof(raw));
	raw.req.operation = operation;
	raw.req.nr_segments = count;
	raw.req.id = 0x1122334455667788;
	raw.req.sector_number = sector;
	for (unsigned int i = 0; i < BLKIF_MAX_SEGMENTS_PER_REQUEST; i++)
		raw.req.seg[i] = (struct xen_blkif_request_segment){100 + i, 0, 7};
	return raw;
}

static int parse(union xen_blkif_sring_entry raw, const struct disk_limits *limits)
{
	memset(&r, 0x5a, sizeof(r));
	return request_parse(&r, &raw, limits);
}

static void test_read(void **state)
{
	(void)state;
	assert_int_equal(parse(data(BLKIF_OP_READ, 16, 3), &disk), BLKIF_RSP_OKAY);
	assert_int_equal(r.kind, REQUEST_READ);
	assert_int_equal(r.id, 0x1122334455667788);
	assert_int_equal(r.sector, 16);
	assert_int_equal(r.length, 3 * 4096);
	assert_int_equal(r.segment_count, 3);
	assert_int_equal(r.segments[2].gref, 102);
	assert_false(r.indirect);
	assert_false(request_writes(&r));
}

static void test_part_of_a_page(void **state)
{
	union xen_blkif_sring_entry raw = data(BLKIF_OP_WRITE, 16, 1);

	(void)state;
	raw.req.seg[0].first_sect = 2;
	raw.req.seg[0].last_sect = 4;
	assert_int_equal(parse(raw, &disk), BLKIF_RSP_OKAY);
	assert_true(request_writes(&r));
	assert_int_equal(r.length, 3 * 512);
	assert_int_equal(segment_offset(&r.segments[0]), 1024);
	assert_int_equal(segment_bytes(&r.segments[0]), 1536);
}

static void test_the_disk_ends(void **state)
{
	(void)state;
	assert_int_equal(parse(data(BLKIF_OP_READ, DISK_SECTORS - 8, 1), &disk), BLKIF_RSP_OKAY);
	assert_int_equal(parse(data(BLKIF_OP_READ, DISK_SECTORS - 7, 1), &disk), BLKIF_RSP_ERROR);
	assert_int_equal(parse(data(BLKIF_OP_READ, DISK_SECTORS, 1), &disk), BLKIF_RSP_ERROR);
	assert_int_equal(parse(data(BLKIF_OP_READ, UINT64_MAX, 1), &disk), BLKIF_RSP_ERROR);
	assert_int_equal(parse(data(BLKIF_OP_WRITE, UINT64_MAX - 7, 1), &disk), BLKIF_RSP_ERROR);
	assert_int_equal(parse(data(BLKIF_OP_WRITE, 1ull << 55, 1), &disk), BLKIF_RSP_ERROR);
}

static void test_segments_outside_their_page(void **state)
{
	union xen_blkif_sring_entry raw = data(BLKIF_OP_READ, 0, 2);

	(void)state;
	raw.req.seg[1].last_sect = 8;
	assert_int_equal(parse(raw, &disk), BLKIF_RSP_ERROR);
	raw.req.seg[1].last_sect = 255;
	assert_int_equal(parse(raw, &disk), BLKIF_RSP_ERROR);
	raw.req.seg[1].first_sect = 4;
	raw.req.seg[1].last_sect = 3;
	assert_int_equal(parse(raw, &disk), BLKIF_RSP_ERROR);
	raw.req.seg[1].last_sect = 4;
	assert_int_equal(parse(raw, &disk), BLKIF_RSP_OKAY);
}

static void test_counts(void **state)
{
	(void)state;
	assert_int_equal(parse(data(BLKIF_OP_READ, 0, 0), &disk), BLKIF_RSP_ERROR);
	assert_int_equal(parse(data(BLKIF_OP_WRITE, 0, 0), &disk), BLKIF_RSP_ERROR);
	assert_int_equal(parse(data(BLKIF_OP_READ, 0, 11), &disk), BLKIF_RSP_OKAY);
	assert_int_equal(parse(data(BLKIF_OP_READ, 0, 12), &disk), BLKIF_RSP_ERROR);
	assert_int_equal(parse(data(BLKIF_OP_WRITE_BARRIER, 0, 12), &disk), BLKIF_RSP_ERROR);
	assert_int_equal(parse(data(BLKIF_OP_READ, 0, 255), &disk), BLKIF_RSP_ERROR);
}

static void test_flushes(void **state)
{
	(void)state;
	assert_int_equal(parse(data(BLKIF_OP_FLUSH_DISKCACHE, UINT64_MAX, 0), &disk),
			 BLKIF_RSP_OKAY);
	assert_int_equal(r.kind, REQUEST_FLUSH);
	assert_int_equal(r.length, 0);
	assert_int_equal(parse(data(BLKIF_OP_FLUSH_DISKCACHE, 8, 1), &disk), BLKIF_RSP_OKAY);
	assert_int_equal(r.length, 4096);
	assert_int_equal(parse(data(BLKIF_OP_WRITE_BARRIER, 8, 2), &disk), BLKIF_RSP_OKAY);
	assert_int_equal(r.kind, REQUEST_BARRIER);
	assert_true(request_writes(&r));
	assert_int_equal(parse(data(BLKIF_OP_WRITE_BARRIER, DISK_SECTORS, 1), &disk),
			 BLKIF_RSP_ERROR);
}

static void test_unknown_operations(void **state)
{
	(void)state;
	assert_int_equal(parse(data(BLKIF_OP_RESERVED_1, 0, 1), &disk), BLKIF_RSP_EOPNOTSUPP);
	for (unsigned int operation = BLKIF_OP_INDIRECT + 1; operation < 256; operation++)
		assert_int_equal(parse(data((uint8_t)operation, 0, 1), &disk),
				 BLKIF_RSP_EOPNOTSUPP);
	assert_int_equal(r.id, 0x1122334455667788);
}

static void test_readonly(void **state)
{
	(void)state;
	assert_int_equal(parse(data(BLKIF_OP_READ, 0, 1), &readonly), BLKIF_RSP_OKAY);
	assert_int_equal(parse(data(BLKIF_OP_WRITE, 0, 1), &readonly), BLKIF_RSP_ERROR);
	assert_int_equal(parse(data(BLKIF_OP_WRITE_BARRIER, 0, 1), &readonly), BLKIF_RSP_ERROR);
	assert_int_equal(parse(data(BLKIF_OP_FLUSH_DISKCACHE, 0, 1), &readonly), BLKIF_RSP_ERROR);
	assert_int_equal(parse(data(BLKIF_OP_FLUSH_DISKCACHE, 0, 0), &readonly), BLKIF_RSP_OKAY);
}

static union xen_blkif_sring_entry discard(uint64_t sector, uint64_t count, uint8_t flag)
{
	union xen_blkif_sring_entry raw = data(BLKIF_OP_DISCARD, sector, 0);

	raw.discard.flag = flag;
	raw.discard.nr_sectors = count;
	return raw;
}

static void test_discard(void **state)
{
	struct disk_limits limits = disk;

	(void)state;
	assert_int_equal(parse(discard(8, 64, 0), &disk), BLKIF_RSP_OKAY);
	assert_int_equal(r.kind, REQUEST_DISCARD);
	assert_int_equal(r.length, 64 * 512);
	assert_int_equal(r.segment_count, 0);
	assert_int_equal(parse(discard(0, DISK_SECTORS, 0), &disk), BLKIF_RSP_OKAY);
	assert_int_equal(parse(discard(0, DISK_SECTORS + 1, 0), &disk), BLKIF_RSP_ERROR);
	assert_int_equal(parse(discard(1, UINT64_MAX, 0), &disk), BLKIF_RSP_ERROR);
	assert_int_equal(parse(discard(UINT64_MAX, 2, 0), &disk), BLKIF_RSP_ERROR);
	assert_int_equal(parse(discard(0, 0, 0), &disk), BLKIF_RSP_ERROR);
	assert_int_equal(parse(discard(0, 8, BLKIF_DISCARD_SECURE), &disk), BLKIF_RSP_EOPNOTSUPP);
	assert_int_equal(parse(discard(4, 8, 0), &disk_4k), BLKIF_RSP_ERROR);
	assert_int_equal(parse(discard(8, 4, 0), &disk_4k), BLKIF_RSP_ERROR);
	limits.readonly = true;
	assert_int_equal(parse(discard(0, 8, 0), &limits), BLKIF_RSP_ERROR);
	limits.discard = false;
	assert_int_equal(parse(discard(0, 8, 0), &limits), BLKIF_RSP_EOPNOTSUPP);
}

static void test_large_sectors(void **state)
{
	union xen_blkif_sring_entry raw = data(BLKIF_OP_WRITE, 8, 2);

	(void)state;
	assert_int_equal(parse(raw, &disk_4k), BLKIF_RSP_OKAY);
	raw.req.sector_number = 9;
	assert_int_equal(parse(raw, &disk_4k), BLKIF_RSP_ERROR);
	raw.req.sector_number = 8;
	raw.req.seg[1].last_sect = 3;
	assert_int_equal(parse(raw, &disk_4k), BLKIF_RSP_ERROR);
}

static union xen_blkif_sring_entry indirect(uint8_t operation, uint64_t sector, uint16_t count)
{
	union xen_blkif_sring_entry raw = data(BLKIF_OP_INDIRECT, 0, 0);

	raw.indirect.indirect_op = operation;
	raw.indirect.nr_segments = count;
	raw.indirect.id = 77;
	raw.indirect.sector_number = sector;
	raw.indirect.indirect_grefs[0] = 4711;
	return raw;
}

static void test_indirect(void **state)
{
	struct xen_blkif_request_segment segments[SEGMENTS_MAX];

	(void)state;
	for (unsigned int i = 0; i < SEGMENTS_MAX; i++)
		segments[i] = (struct xen_blkif_request_segment){i, 0, 7};
	assert_int_equal(parse(indirect(BLKIF_OP_WRITE, 8, SEGMENTS_MAX), &disk), BLKIF_RSP_OKAY);
	assert_true(r.indirect);
	assert_int_equal(r.id, 77);
	assert_int_equal(r.indirect_ref, 4711);
	assert_int_equal(r.operation, BLKIF_OP_INDIRECT);
	assert_int_equal(request_add_segments(&r, segments, &disk), BLKIF_RSP_OKAY);
	assert_int_equal(r.length, SEGMENTS_MAX * 4096);
	assert_false(r.indirect);

	r.sector = DISK_SECTORS - SEGMENTS_MAX * 8 + 1;
	assert_int_equal(request_add_segments(&r, segments, &disk), BLKIF_RSP_ERROR);
	r.sector = 0;
	segments[SEGMENTS_MAX - 1].last_sect = 9;
	assert_int_equal(request_add_segments(&r, segments, &disk), BLKIF_RSP_ERROR);
}

static void test_indirect_refusals(void **state)
{
	(void)state;
	assert_int_equal(parse(indirect(BLKIF_OP_READ, 0, 0), &disk), BLKIF_RSP_ERROR);
	assert_int_equal(parse(indirect(BLKIF_OP_READ, 0, SEGMENTS_MAX + 1), &disk),
			 BLKIF_RSP_ERROR);
	assert_int_equal(parse(indirect(BLKIF_OP_READ, 0, 65535), &disk), BLKIF_RSP_ERROR);
	assert_int_equal(parse(indirect(BLKIF_OP_DISCARD, 0, 1), &disk), BLKIF_RSP_EOPNOTSUPP);
	assert_int_equal(parse(indirect(BLKIF_OP_INDIRECT, 0, 1), &disk), BLKIF_RSP_EOPNOTSUPP);
	assert_int_equal(parse(indirect(BLKIF_OP_WRITE, 0, 1), &readonly), BLKIF_RSP_ERROR);
	assert_int_equal(parse(indirect(BLKIF_OP_READ, 0, 1), &readonly), BLKIF_RSP_OKAY);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_read),
		cmocka_unit_test(test_part_of_a_page),
		cmocka_unit_test(test_the_disk_ends),
		cmocka_unit_test(test_segments_outside_their_page),
		cmocka_unit_test(test_counts),
		cmocka_unit_test(test_flushes),
		cmocka_unit_test(test_unknown_operations),
		cmocka_unit_test(test_readonly),
		cmocka_unit_test(test_discard),
		cmocka_unit_test(test_large_sectors),
		cmocka_unit_test(test_indirect),
		cmocka_unit_test(test_indirect_refusals),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
