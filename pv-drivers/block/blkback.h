/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * blkback.h: the state of a block backend: one process, one disk of one guest.
 *
 *   main.c      arguments, the loop
 *   xenbus.c    what is a disk's own in the handshake through the store
 *   serve.c     from the ring to the disk and back
 *   data.c      bytes between the guest's pages and our buffers
 *   disk.c      the disk: its size, and I/O by io_uring
 *   request.c   what a request means (pure)
 *   inflight.c  the record that outlives us (pure)
 */
#ifndef SHOJI_BLOCK_BLKBACK_H
#define SHOJI_BLOCK_BLKBACK_H

#include <liburing.h>
#include <stdbool.h>
#include <stdint.h>

#include "backend/xenbus.h"
#include "device_stats.h"
#include "inflight.h"
#include "request.h"
#include "ring/ring.h"
#include "xa_evtchn.h"
#include "xa_gnttab.h"

#define PAGE	     4096u
#define BUFFER_BYTES (SEGMENTS_MAX * PAGE) /* of one request */

/* The steps of a request, in this order; most have only one. */
enum job_step { STEP_FLUSH_BEFORE, STEP_DATA, STEP_FLUSH_AFTER, STEP_DONE };

/* What is being done about inflight slot number i. */
struct job {
	struct request request;
	enum job_step step;
	uint64_t done; /* bytes of the data step */
	uint8_t retries;
};

struct disk {
	int fd;
	bool block_device, readonly, pinned;
	uint32_t sector_bytes, physical_bytes;
	uint32_t discard_granularity; /* bytes; 0: cannot */
	struct disk_limits limits;
	struct io_uring io;
};

struct blkback {
	struct backend backend; /* first */
	struct disk_stats *stats;
	struct inflight *inflight;
	struct disk disk;

	struct xa_evtchn *evtchn;
	struct xa_gnttab *gnttab;
	bool stopping; /* take nothing more, end when all is answered */

	struct ring_back ring;
	uint32_t port;	   /* local */
	bool port_pending; /* it is masked until we look for more before sleeping */
	struct job jobs[INFLIGHT_SLOTS];
	unsigned int busy; /* jobs under way */
	int barrier;	   /* slot of one that runs alone, or -1 */
	unsigned int replay[INFLIGHT_SLOTS], replay_next, replay_count;
	uint8_t *buffers; /* BUFFER_BYTES per slot */
};

static inline uint8_t *buffer_of(struct blkback *b, unsigned int slot)
{
	return b->buffers + (size_t)slot * BUFFER_BYTES;
}

/* disk.c: 0 or -errno */
int disk_open(struct disk *d, int fd, uint8_t *buffers);
/* Starts the current step; its result comes out of disk_next. */
int disk_submit(struct disk *d, struct job *job, uint8_t *buffer, unsigned int slot);
void disk_flush_queue(struct disk *d);
/* The next completion: its slot and result, or -1: none. */
int disk_next(struct disk *d, int *result);

/* data.c: 0 or -errno */
int data_fetch_segments(struct blkback *b, unsigned int slot,
			struct xen_blkif_request_segment *segments);
int data_from_guest(struct blkback *b, unsigned int slot);
int data_to_guest(struct blkback *b, unsigned int slot);

/* serve.c */
void serve_attach(struct blkback *b, void *shared);
void serve_detach(struct blkback *b); /* waits until the disk is at rest */
/* Moves what there is. 0, or -EPROTO: the frontend has broken its ring. */
int serve_run(struct blkback *b);
/* May the loop sleep? Asks the frontend for an event first. */
bool serve_idle(struct blkback *b);

/* xenbus.c: 0 or -errno */
extern const struct backend_kind block_kind;
int xenbus_start(struct blkback *b);

#endif
