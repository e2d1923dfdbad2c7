/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The order in which the block backend does things: barriers, flushes, short transfers, retries,
 * stopping. The disk is a list here: what was submitted waits until the test completes it.
 */
/* SOURCES: pv-drivers/block/serve.c pv-drivers/block/request.c pv-drivers/block/inflight.c */
/* LIBS: -luring */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "block/blkback.h"

static _Alignas(4096) uint8_t page[4096];
static struct inflight record;
static struct disk_stats stats;
static struct ring_front front;
static struct blkback b;
static uint64_t next_id;

/* --- the disk, the data, the events --- */

static struct {
	unsigned int slot;
	enum job_step step;
	uint64_t id, done;
} submitted[64];
static unsigned int submitted_count, notified, fetched;
static struct {
	int slot, result;
} completions[64];
static unsigned int completion_count, completion_next;
static int data_result;

int disk_submit(struct disk *d, struct job *job, uint8_t *buffer, unsigned int slot)
{
	(void)d;
	assert_ptr_equal(buffer, b.buffers + (size_t)slot * BUFFER_BYTES);
	submitted[submitted_count].slot = slot;
	submitted[submitted_count].id = job->request.id;
	submitted[submitted_count].done = job->done;
	submitted[submitted_count++].step = job->step;
	return 0;
}

void disk_flush_queue(struct disk *d)
{
	(void)d;
}

int disk_next(struct disk *d, int *result)
{
	(void)d;
	if (completion_next == completion_count)
		return -1;
	*result = completions[completion_next].result;
	return completions[completion_next++].slot;
}

int data_fetch_segments(struct blkback *back, unsigned int slot,
			struct xen_blkif_request_segment *segments)
{
	for (unsigned int i = 0; i < back->jobs[slot].request.segment_count; i++)
		segments[i] = (struct xen_blkif_request_segment){i, 0, 7};
	fetched++;
	return data_result;
}

int data_from_guest(struct blkback *back, unsigned int slot)
{
	(void)back, (void)slot;
	return data_result;
}

int data_to_guest(struct blkback *back, unsigned int slot)
{
	(void)back, (void)slot;
	return data_result;
}

int xa_evtchn_notify(struct xa_evtchn *e, uint32_t port)
{
	(void)e, (void)port;
	notified++;
	return 0;
}

/* --- helpers --- */

static int setup(void **state)
{
	(void)state;
	memset(&b, 0, sizeof(b));
	memset(&stats, 0, sizeof(stats));
	b.inflight = &record;
	b.stats = &stats;
	b.buffers = (uint8_t *)0x10000000;
	b.disk.limits = (struct disk_limits){.sectors = 1000, .alignment = 1, .discard = true};
	ring_front_init(&front, page, sizeof(page), sizeof(union xen_blkif_sring_entry));
	inflight_connect(&record, 8, 9, 0);
	serve_attach(&b, page);
	submitted_count = completion_count = completion_next = 0;
	notified = fetched = 0;
	data_result = 0;
	next_id = 100;
	return 0;
}

static uint64_t ask(uint8_t operation, uint8_t segments)
{
	union xen_blkif_sring_entry raw = {
		.req = {.operation = operation, .nr_segments = segments, .id = next_id}};

	for (unsigned int i = 0; i < segments; i++)
		raw.req.seg[i].last_sect = 7;
	ring_front_put(&front, &raw, sizeof(raw));
	ring_front_push(&front);
	return next_id++;
}

/* The disk is done with what was submitted as number n. */
static void complete(unsigned int n, int result)
{
	completions[completion_count].slot = (int)submitted[n].slot;
	completions[completion_count++].result = result;
	assert_int_equal(serve_run(&b), 0);
}

static void expect_answer(uint64_t id, int status)
{
	struct xen_blkif_response response;

	assert_true(ring_front_pending(&front) > 0);
	ring_front_take(&front, &response, sizeof(response));
	assert_int_equal(response.id, id);
	assert_int_equal(response.status, status);
}

static void expect_no_answer(void)
{
	assert_int_equal(ring_front_pending(&front), 0);
}

/* --- tests --- */

static void test_out_of_order(void **state)
{
	uint64_t first = ask(BLKIF_OP_WRITE, 1), second = ask(BLKIF_OP_READ, 2);

	(void)state;
	assert_int_equal(serve_run(&b), 0);
	assert_int_equal(submitted_count, 2);
	assert_int_equal(b.busy, 2);
	expect_no_answer();
	complete(1, 8192);
	expect_answer(second, BLKIF_RSP_OKAY);
	complete(0, 4096);
	expect_answer(first, BLKIF_RSP_OKAY);
	assert_int_equal(b.busy, 0);
	assert_true(serve_idle(&b));
	assert_int_equal(stats.rd_bytes, 8192);
	assert_int_equal(stats.wr_bytes, 4096);
}

static void test_barrier_runs_alone(void **state)
{
	uint64_t before = ask(BLKIF_OP_WRITE, 1), barrier = ask(BLKIF_OP_WRITE_BARRIER, 1);
	uint64_t after = ask(BLKIF_OP_WRITE, 1);

	(void)state;
	assert_int_equal(serve_run(&b), 0);
	assert_int_equal(submitted_count, 1); /* only the one before it */
	assert_true(serve_idle(&b));
	complete(0, 4096);
	expect_answer(before, BLKIF_RSP_OKAY);
	assert_int_equal(submitted_count, 2);
	assert_int_equal(submitted[1].step, STEP_FLUSH_BEFORE);
	complete(1, 0);
	assert_int_equal(submitted[2].step, STEP_DATA);
	assert_int_equal(submitted[2].id, barrier);
	complete(2, 4096);
	assert_int_equal(submitted[3].step, STEP_FLUSH_AFTER);
	assert_int_equal(submitted_count, 4);
	expect_no_answer();
	complete(3, 0);
	expect_answer(barrier, BLKIF_RSP_OKAY);
	assert_int_equal(serve_run(&b), 0);
	assert_int_equal(submitted[4].id, after);
}

static void test_flush(void **state)
{
	uint64_t empty = ask(BLKIF_OP_FLUSH_DISKCACHE, 0), full = ask(BLKIF_OP_FLUSH_DISKCACHE, 1);

	(void)state;
	assert_int_equal(serve_run(&b), 0);
	assert_int_equal(submitted[0].step, STEP_FLUSH_AFTER);
	assert_int_equal(submitted[1].step, STEP_DATA);
	complete(0, -EIO);
	expect_answer(empty, BLKIF_RSP_ERROR); /* never a success that is none */
	complete(1, 4096);
	assert_int_equal(submitted[2].step, STEP_FLUSH_AFTER);
	expect_no_answer();
	complete(2, 0);
	expect_answer(full, BLKIF_RSP_OKAY);
	assert_int_equal(stats.flush_ops, 1);
}

static void test_short_transfers(void **state)
{
	uint64_t id = ask(BLKIF_OP_WRITE, 3);

	(void)state;
	assert_int_equal(serve_run(&b), 0);
	complete(0, 5000);
	expect_no_answer();
	assert_int_equal(submitted[1].done, 5000);
	complete(1, 7288);
	expect_answer(id, BLKIF_RSP_OKAY);

	id = ask(BLKIF_OP_READ, 1);
	assert_int_equal(serve_run(&b), 0);
	complete(2, 0); /* the file is shorter than it was */
	expect_answer(id, BLKIF_RSP_ERROR);
}

static void test_interrupted(void **state)
{
	uint64_t id = ask(BLKIF_OP_READ, 1);

	(void)state;
	assert_int_equal(serve_run(&b), 0);
	for (unsigned int i = 0; i < 16; i++)
		complete(i, i % 2 ? -EINTR : -EAGAIN);
	expect_no_answer();
	complete(16, -EAGAIN); /* not for ever */
	expect_answer(id, BLKIF_RSP_ERROR);
}

static void test_failures(void **state)
{
	uint64_t id = ask(BLKIF_OP_READ, 1);

	(void)state;
	assert_int_equal(serve_run(&b), 0);
	complete(0, -EIO);
	expect_answer(id, BLKIF_RSP_ERROR);
	id = ask(BLKIF_OP_DISCARD, 0);
	assert_int_equal(serve_run(&b), 0);
	expect_answer(id, BLKIF_RSP_ERROR); /* of no sectors */
	data_result = -EFAULT;
	id = ask(BLKIF_OP_WRITE, 1);
	assert_int_equal(serve_run(&b), 0);
	assert_int_equal(submitted_count, 1); /* the disk saw nothing of it */
	expect_answer(id, BLKIF_RSP_ERROR);
	id = ask(BLKIF_OP_READ, 1);
	assert_int_equal(serve_run(&b), 0);
	complete(1, 4096);
	expect_answer(id, BLKIF_RSP_ERROR);
	assert_int_equal(stats.rd_ops + stats.wr_ops, 0);
	assert_int_equal(b.busy, 0);
}

static void test_broken_ring(void **state)
{
	(void)state;
	front.shared->req_prod += 33;
	assert_int_equal(serve_run(&b), -EPROTO);
	assert_int_equal(submitted_count, 0);
}

static void test_stopping(void **state)
{
	uint64_t id = ask(BLKIF_OP_WRITE, 1);

	(void)state;
	assert_int_equal(serve_run(&b), 0);
	b.stopping = true;
	ask(BLKIF_OP_WRITE, 1);
	assert_int_equal(serve_run(&b), 0);
	assert_int_equal(submitted_count, 1); /* the next backend's */
	complete(0, 4096);
	expect_answer(id, BLKIF_RSP_OKAY);
	expect_no_answer();
	assert_int_equal(b.busy, 0);
	assert_true(serve_idle(&b));
}

/* A backend was killed; the next one does what was left first, in order, then what is new. */
static void test_replay(void **state)
{
	uint64_t first = ask(BLKIF_OP_WRITE, 1), second = ask(BLKIF_OP_WRITE_BARRIER, 0), third,
		 fourth;

	(void)state;
	third = ask(BLKIF_OP_WRITE, 1);
	for (unsigned int i = 0; i < 3; i++)
		assert_true(inflight_take(&record, &b.ring) >= 0);
	fourth = ask(BLKIF_OP_READ, 1);
	serve_attach(&b, page);
	assert_int_equal(b.replay_count, 3);
	assert_int_equal(serve_run(&b), 0);
	assert_int_equal(submitted_count, 1);
	assert_int_equal(submitted[0].id, first);
	complete(0, 4096);
	assert_int_equal(submitted[1].id, second);
	assert_int_equal(submitted[1].step, STEP_FLUSH_BEFORE);
	complete(1, 0);
	assert_int_equal(serve_run(&b), 0);
	assert_int_equal(submitted_count, 4);
	assert_int_equal(submitted[2].id, third);
	assert_int_equal(submitted[3].id, fourth);
	complete(2, 4096);
	complete(3, 4096);
	expect_answer(first, BLKIF_RSP_OKAY);
	expect_answer(second, BLKIF_RSP_OKAY);
	expect_answer(third, BLKIF_RSP_OKAY);
	expect_answer(fourth, BLKIF_RSP_OKAY);
}

static void test_full_ring(void **state)
{
	(void)state;
	for (unsigned int i = 0; i < 32; i++)
		ask(BLKIF_OP_WRITE, 1);
	assert_int_equal(serve_run(&b), 0);
	assert_int_equal(submitted_count, 32);
	assert_true(serve_idle(&b));
	complete(7, 4096);
	expect_answer(107, BLKIF_RSP_OKAY);
	ask(BLKIF_OP_WRITE, 1);
	assert_false(serve_idle(&b));
	assert_int_equal(serve_run(&b), 0);
	assert_int_equal(submitted_count, 33);
	assert_int_equal(submitted[32].slot, submitted[7].slot);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_out_of_order, setup),
		cmocka_unit_test_setup(test_barrier_runs_alone, setup),
		cmocka_unit_test_setup(test_flush, setup),
		cmocka_unit_test_setup(test_short_transfers, setup),
		cmocka_unit_test_setup(test_interrupted, setup),
		cmocka_unit_test_setup(test_failures, setup),
		cmocka_unit_test_setup(test_broken_ring, setup),
		cmocka_unit_test_setup(test_stopping, setup),
		cmocka_unit_test_setup(test_replay, setup),
		cmocka_unit_test_setup(test_full_ring, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
