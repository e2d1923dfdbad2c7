/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * disk.c: the file or block device behind a virtual disk.
 *
 * Duty: what it is (size, sectors, whether blocks can be given back), and one I/O per job through
 * io_uring. Block devices are read and written past the page cache, as the guest has one of its
 * own; files go through it, so several guests can share it. Data: the ring's memory. Lock: none,
 * one thread. Does not know requests beyond their kind, place and length; no retries of its own.
 *
 * A process that is killed is not gone before its I/O has ended (the kernel waits for requests of a
 * ring when the task that submitted them exits): who is started after it never races with it.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/falloc.h>
#include <linux/fs.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "blkback.h"

#define QUEUE_ENTRIES 64u

static uint32_t read_sysfs(const char *path)
{
	FILE *f = fopen(path, "re");
	unsigned int value = 0;

	if (!f)
		return 0;
	if (fscanf(f, "%u", &value) != 1)
		value = 0;
	fclose(f);
	return value;
}

/* A partition has its queue one level up. */
static uint32_t device_granularity(dev_t device)
{
	char path[96];
	uint32_t value = 0;

	for (int up = 0; up < 2 && !value; up++) {
		snprintf(path, sizeof(path), "/sys/dev/block/%u:%u/%squeue/discard_granularity",
			 major(device), minor(device), up ? "../" : "");
		value = read_sysfs(path);
	}
	return value;
}

static int describe_device(struct disk *d, dev_t device)
{
	uint64_t bytes;
	int logical;
	unsigned int physical;

	if (ioctl(d->fd, BLKGETSIZE64, &bytes) < 0 || ioctl(d->fd, BLKSSZGET, &logical) < 0 ||
	    ioctl(d->fd, BLKPBSZGET, &physical) < 0)
		return -errno;
	d->block_device = true;
	d->sector_bytes = (uint32_t)logical;
	d->physical_bytes = physical;
	d->discard_granularity = device_granularity(device);
	d->limits.sectors = bytes / SECTOR;
	fcntl(d->fd, F_SETFL, O_DIRECT); /* if it cannot: cached */
	return 0;
}

static int describe(struct disk *d)
{
	struct stat st;
	int flags = fcntl(d->fd, F_GETFL), rc = 0;

	if (flags < 0 || fstat(d->fd, &st) < 0)
		return -errno;
	d->readonly = (flags & O_ACCMODE) == O_RDONLY;
	if (S_ISBLK(st.st_mode)) {
		rc = describe_device(d, st.st_rdev);
	} else if (S_ISREG(st.st_mode)) {
		d->sector_bytes = SECTOR;
		d->physical_bytes = d->discard_granularity = PAGE;
		d->limits.sectors = (uint64_t)st.st_size / SECTOR;
	} else {
		return -ENOTBLK;
	}
	d->limits.alignment = d->sector_bytes / SECTOR;
	d->limits.readonly = d->readonly;
	d->limits.discard = d->discard_granularity && !d->readonly;
	return rc ? rc : d->limits.sectors && d->limits.alignment ? 0 : -ENOSPC;
}

/* The first page of each buffer stays pinned, so small requests need not look it up each time. */
static bool pin_buffers(struct disk *d, uint8_t *buffers)
{
	struct iovec pages[INFLIGHT_SLOTS];

	for (unsigned int i = 0; i < INFLIGHT_SLOTS; i++)
		pages[i] = (struct iovec){buffers + (size_t)i * BUFFER_BYTES, PAGE};
	return io_uring_register_buffers(&d->io, pages, INFLIGHT_SLOTS) == 0;
}

static void allow(struct io_uring_restriction *r, unsigned int opcode, uint8_t value)
{
	*r = (struct io_uring_restriction){.opcode = (uint16_t)opcode};
	r->sqe_op = value; /* or the flags, at the same place */
}

/* The ring does what we do, with our disk, and nothing else: it bypasses the sandbox. */
static int restrict_ring(struct disk *d)
{
	static const uint8_t used[] = {
		IORING_OP_READ,	       IORING_OP_WRITE, IORING_OP_READ_FIXED,
		IORING_OP_WRITE_FIXED, IORING_OP_FSYNC, IORING_OP_FALLOCATE,
	};
	struct io_uring_restriction r[sizeof(used) + 2];
	unsigned int n = 0;
	int rc;

	for (; n < sizeof(used); n++)
		allow(&r[n], IORING_RESTRICTION_SQE_OP, used[n]);
	allow(&r[n++], IORING_RESTRICTION_SQE_FLAGS_ALLOWED, IOSQE_FIXED_FILE);
	allow(&r[n++], IORING_RESTRICTION_SQE_FLAGS_REQUIRED, IOSQE_FIXED_FILE);
	rc = io_uring_register_restrictions(&d->io, r, n);
	return rc ? rc : io_uring_enable_rings(&d->io);
}

static int open_ring(struct disk *d)
{
	unsigned int flags = IORING_SETUP_R_DISABLED;
	int rc =
		io_uring_queue_init(QUEUE_ENTRIES, &d->io,
				    flags | IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_COOP_TASKRUN);

	if (rc == -EINVAL) /* an older kernel */
		rc = io_uring_queue_init(QUEUE_ENTRIES, &d->io, flags);
	return rc;
}

int disk_open(struct disk *d, int fd, uint8_t *buffers)
{
	int rc;

	d->fd = fd;
	rc = describe(d);
	if (!rc)
		rc = open_ring(d);
	if (!rc)
		rc = io_uring_register_files(&d->io, &d->fd, 1);
	d->pinned = !rc && pin_buffers(d, buffers);
	return rc ? rc : restrict_ring(d);
}

static void prepare_data(const struct disk *d, const struct job *job, struct io_uring_sqe *sqe,
			 uint8_t *buffer, unsigned int slot)
{
	const struct request *r = &job->request;
	uint64_t at = r->sector * SECTOR + job->done;
	unsigned int length = (unsigned int)(r->length - job->done);
	bool pinned = d->pinned && r->length <= PAGE;

	buffer += job->done;
	if (r->kind == REQUEST_DISCARD)
		io_uring_prep_fallocate(sqe, 0, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE,
					(off_t)at, (off_t)r->length);
	else if (r->kind == REQUEST_READ && pinned)
		io_uring_prep_read_fixed(sqe, 0, buffer, length, at, (int)slot);
	else if (r->kind == REQUEST_READ)
		io_uring_prep_read(sqe, 0, buffer, length, at);
	else if (pinned)
		io_uring_prep_write_fixed(sqe, 0, buffer, length, at, (int)slot);
	else
		io_uring_prep_write(sqe, 0, buffer, length, at);
}

int disk_submit(struct disk *d, struct job *job, uint8_t *buffer, unsigned int slot)
{
	struct io_uring_sqe *sqe = io_uring_get_sqe(&d->io);

	if (!sqe) { /* cannot be: there are more entries than slots */
		io_uring_submit(&d->io);
		sqe = io_uring_get_sqe(&d->io);
	}
	if (!sqe)
		return -EBUSY;
	if (job->step == STEP_DATA)
		prepare_data(d, job, sqe, buffer, slot);
	else
		io_uring_prep_fsync(sqe, 0, IORING_FSYNC_DATASYNC);
	sqe->flags |= IOSQE_FIXED_FILE;
	io_uring_sqe_set_data64(sqe, slot);
	return 0;
}

void disk_flush_queue(struct disk *d)
{
	if (io_uring_sq_ready(&d->io))
		io_uring_submit(&d->io);
}

int disk_next(struct disk *d, int *result)
{
	struct io_uring_cqe *cqe;
	int slot;

	if (io_uring_peek_cqe(&d->io, &cqe))
		return -1;
	slot = (int)io_uring_cqe_get_data64(cqe);
	*result = cqe->res;
	io_uring_cqe_seen(&d->io, cqe);
	return slot;
}
