/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * serve.c: from the ring to the disk and back.
 *
 * Each request has a slot of the in-flight record and a job of the same number, which goes through
 * its steps (flush, data, flush) and is answered. A barrier waits until all before it are done and
 * lets none pass while it runs. Requests of a killed backend are carried out before new ones.
 * Answers of one round are shown to the frontend at once. Data: struct blkback. Lock: none.
 */
#include <errno.h>

#include "blkback.h"

#define RETRIES_MAX 16

static void answer(struct blkback *b, unsigned int slot, int status)
{
	inflight_answer(b->inflight, &b->ring, slot, status);
	b->busy--;
	if (b->barrier == (int)slot)
		b->barrier = -1;
}

static int status_of(int error)
{
	return error == -EOPNOTSUPP ? BLKIF_RSP_EOPNOTSUPP : BLKIF_RSP_ERROR;
}

static bool step_needed(const struct request *r, enum job_step step)
{
	switch (step) {
	case STEP_FLUSH_BEFORE:
		return r->kind == REQUEST_BARRIER;
	case STEP_DATA:
		return r->length != 0;
	case STEP_FLUSH_AFTER:
		return r->kind == REQUEST_FLUSH || (r->kind == REQUEST_BARRIER && r->length);
	default:
		return true;
	}
}

static void count(struct disk_stats *stats, const struct request *r)
{
	if (r->kind == REQUEST_READ) {
		stats->rd_ops++;
		stats->rd_bytes += r->length;
	} else if (r->kind != REQUEST_DISCARD && r->length) {
		stats->wr_ops++;
		stats->wr_bytes += r->length;
	}
	if (r->kind == REQUEST_FLUSH || r->kind == REQUEST_BARRIER)
		stats->flush_ops++;
}

static void finish(struct blkback *b, unsigned int slot)
{
	struct job *job = &b->jobs[slot];
	int rc = 0;

	if (job->request.kind == REQUEST_READ)
		rc = data_to_guest(b, slot);
	if (!rc)
		count(b->stats, &job->request);
	answer(b, slot, rc ? BLKIF_RSP_ERROR : BLKIF_RSP_OKAY);
}

/* Starts the first step from job->step on that the request needs. */
static void go_on(struct blkback *b, unsigned int slot)
{
	struct job *job = &b->jobs[slot];

	while (!step_needed(&job->request, job->step))
		job->step++;
	if (job->step == STEP_DONE)
		finish(b, slot);
	else if (disk_submit(&b->disk, job, buffer_of(b, slot), slot))
		answer(b, slot, BLKIF_RSP_ERROR);
}

static int prepare(struct blkback *b, unsigned int slot)
{
	struct job *job = &b->jobs[slot];
	struct xen_blkif_request_segment segments[SEGMENTS_MAX];
	int status;

	job->step = STEP_FLUSH_BEFORE;
	job->done = 0;
	job->retries = 0;
	status = request_parse(&job->request, &b->inflight->slots[slot].raw, &b->disk.limits);
	if (status == BLKIF_RSP_OKAY && job->request.indirect) {
		if (data_fetch_segments(b, slot, segments))
			return BLKIF_RSP_ERROR;
		status = request_add_segments(&job->request, segments, &b->disk.limits);
	}
	if (status == BLKIF_RSP_OKAY && request_writes(&job->request) && job->request.length &&
	    data_from_guest(b, slot))
		return BLKIF_RSP_ERROR;
	return status;
}

static void start(struct blkback *b, unsigned int slot)
{
	int status;

	b->busy++;
	status = prepare(b, slot);
	if (status != BLKIF_RSP_OKAY) {
		answer(b, slot, status);
		return;
	}
	if (b->jobs[slot].request.kind == REQUEST_BARRIER) {
		b->barrier = (int)slot;
		if (b->busy > 1)
			return; /* the last one before it will start it */
	}
	go_on(b, slot);
}

static bool retry(struct job *job, int result)
{
	return (result == -EINTR || result == -EAGAIN) && job->retries++ < RETRIES_MAX;
}

static void complete(struct blkback *b, unsigned int slot, int result)
{
	struct job *job = &b->jobs[slot];
	bool transfer = job->step == STEP_DATA && job->request.kind != REQUEST_DISCARD;

	if (retry(job, result)) {
		go_on(b, slot);
		return;
	}
	if (result < 0 || (transfer && !result)) { /* 0: the file has become shorter */
		answer(b, slot, status_of(result));
		return;
	}
	if (transfer)
		job->done += (unsigned int)result;
	if (!transfer || job->done == job->request.length)
		job->step++;
	go_on(b, slot);
}

static void reap(struct blkback *b)
{
	int slot, result;

	while ((slot = disk_next(&b->disk, &result)) >= 0) {
		complete(b, (unsigned int)slot, result);
		if (b->barrier >= 0 && b->busy == 1 && b->barrier != slot)
			go_on(b, (unsigned int)b->barrier);
	}
}

/* The slot of the next request to carry out, -1: none for now. */
static int next_slot(struct blkback *b, int *pending)
{
	if (b->barrier >= 0 || b->busy == INFLIGHT_SLOTS)
		return -1;
	if (b->replay_next < b->replay_count)
		return (int)b->replay[b->replay_next++];
	if (b->stopping || *pending <= 0)
		return -1;
	--*pending;
	return inflight_take(b->inflight, &b->ring);
}

static void push(struct blkback *b)
{
	if (inflight_push(b->inflight, &b->ring))
		xa_evtchn_notify(b->evtchn, b->port);
}

int serve_run(struct blkback *b)
{
	int pending, slot;

	if (!b->ring.shared)
		return 0;
	reap(b);
	push(b); /* frees slots */
	pending = ring_back_pending(&b->ring);
	if (pending < 0)
		return pending;
	while ((slot = next_slot(b, &pending)) >= 0)
		start(b, (unsigned int)slot);
	disk_flush_queue(&b->disk);
	reap(b); /* what was in the cache is done already */
	push(b);
	disk_flush_queue(&b->disk);
	return 0;
}

/* Nothing to do until the disk or the frontend says so. */
bool serve_idle(struct blkback *b)
{
	if (!b->ring.shared || b->barrier >= 0 || b->stopping)
		return true;
	if (b->replay_next < b->replay_count)
		return b->busy == INFLIGHT_SLOTS;
	return ring_back_sleep(&b->ring, 1) == 0;
}

void serve_attach(struct blkback *b, void *shared)
{
	b->replay_count = inflight_recover(b->inflight, &b->ring, shared, PAGE, b->replay);
	b->replay_next = 0;
	b->busy = 0;
	b->barrier = -1;
}

void serve_detach(struct blkback *b)
{
	struct io_uring_cqe *cqe;

	while (b->busy) {
		disk_flush_queue(&b->disk);
		if (io_uring_wait_cqe(&b->disk.io, &cqe))
			break;
		reap(b);
	}
	b->ring.shared = NULL;
}
