/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * main.c: shoji-blkback, the backend of one disk of one guest, as a process of dom0.
 *
 *	shoji-blkback --domain N --device D --inflight-fd 3 --disk-fd 4 [--stats-fd 5]
 *
 * The caller has opened the disk, and keeps the memory behind --inflight-fd (a memfd, empty at
 * first) for as long as the guest lives. This process opens the nodes of /dev/xen and the store,
 * then gives up all rights and shuts itself in (sandbox/). It ends with status 0 when the device is
 * gone or on SIGTERM, and with another when it cannot go on; then, and after a kill, it is started
 * again with the same descriptors. While the store is away the disk is served all the same.
 */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "blkback.h"
#include "daemon/log.h"
#include "daemon/process.h"
#include "sandbox/sandbox.h"

#define STORE_RETRY_MS 1000

enum source { EVENTS = 1, DISK = 2, STORE = 4, SIGNAL = 8 };
#define SOURCES 4

struct arguments {
	int inflight, disk, stats;
};

static struct blkback blkback = {.barrier = -1};
static struct block_stats no_stats;

static int fail(const char *what, int error)
{
	log_error("%s: %s", what, strerror(error));
	return 1;
}

static bool number(const char *text, long max, long *value)
{
	char *end;

	errno = 0;
	*value = strtol(text, &end, 10);
	return *text && !*end && !errno && *value >= 0 && *value <= max;
}

static int usage(void)
{
	fprintf(stderr, "usage: shoji-blkback --domain N --device D --inflight-fd FD --disk-fd FD "
			"[--stats-fd FD]\n");
	return 2;
}

static int parse(int argc, char **argv, struct arguments *a)
{
	static const struct option options[] = {
		{"domain", 1, NULL, 'd'},      {"device", 1, NULL, 'v'},
		{"inflight-fd", 1, NULL, 'i'}, {"disk-fd", 1, NULL, 'f'},
		{"stats-fd", 1, NULL, 's'},    {NULL, 0, NULL, 0},
	};
	long value;
	int c;

	while ((c = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (c == '?' || !number(optarg, c == 'd' ? 32751 : 1l << 29, &value))
			return -1;
		if (c == 'd')
			blkback.domid = (uint16_t)value;
		else if (c == 'v')
			blkback.device = (unsigned int)value;
		else
			*(c == 'i' ? &a->inflight : c == 'f' ? &a->disk : &a->stats) = (int)value;
	}
	return optind == argc && blkback.domid && a->inflight >= 0 && a->disk >= 0 ? 0 : -1;
}

static void map_stats(int fd)
{
	void *at =
		fd < 0 ? MAP_FAILED : mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

	blkback.stats = at == MAP_FAILED ? &no_stats : at;
	blkback.stats->magic = STATS_MAGIC;
}

static int map_inflight(struct blkback *b, int fd)
{
	struct stat st;

	if (fstat(fd, &st) < 0 || (st.st_size < (off_t)sizeof(struct inflight) &&
				   ftruncate(fd, sizeof(struct inflight)) < 0))
		return -errno;
	b->inflight =
		mmap(NULL, sizeof(struct inflight), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	return b->inflight == MAP_FAILED ? -errno : 0;
}

static int map_buffers(struct blkback *b)
{
	b->buffers = mmap(NULL, (size_t)INFLIGHT_SLOTS * BUFFER_BYTES, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	return b->buffers == MAP_FAILED ? -errno : 0;
}

static int open_all(struct blkback *b, const struct arguments *a)
{
	int rc = map_inflight(b, a->inflight);

	if (!rc)
		rc = map_buffers(b);
	if (!rc)
		rc = disk_open(&b->disk, a->disk, b->buffers);
	if (!rc)
		rc = store_client_open(&b->store);
	if (!rc)
		rc = xa_evtchn_open(&b->evtchn);
	if (!rc)
		rc = xa_gnttab_open(&b->gnttab);
	return rc;
}

static int give_up_rights(struct blkback *b)
{
	int rc = process_drop_rights("nobody");

	if (rc == -ENOENT) /* a system without that user: no capabilities at least */
		rc = process_drop_rights(NULL);
	if (!rc)
		rc = xa_evtchn_restrict(b->evtchn, b->domid);
	return rc ? rc : sandbox_enter();
}

static int watch_source(int epoll, int fd, enum source source)
{
	struct epoll_event event = {.events = EPOLLIN, .data.u32 = source};

	return epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event) < 0 ? -errno : 0;
}

static bool time_for_store(void)
{
	static int64_t next;
	struct timespec now;
	int64_t ms;

	clock_gettime(CLOCK_MONOTONIC, &now);
	ms = (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
	if (ms < next)
		return false;
	next = ms + STORE_RETRY_MS;
	return true;
}

/* Without the store nothing can begin or end, but the disk is served. */
static int find_store(struct blkback *b, int epoll)
{
	int rc = time_for_store() ? store_client_open(&b->store) : -EAGAIN;

	if (rc < 0) {
		b->store = NULL;
		return rc == -EACCES ? rc : 0; /* with its first rights it will do */
	}
	rc = watch_source(epoll, store_client_fd(b->store), STORE);
	return rc < 0 ? rc : xenbus_resume(b);
}

static int store_events(struct blkback *b)
{
	int rc = xenbus_event(b);

	if (rc != -EPIPE && rc != -ETIMEDOUT)
		return rc;
	log_warning("lost the store; the disk is served on");
	store_client_close(b->store);
	b->store = NULL;
	return 0;
}

static void take_event(struct blkback *b)
{
	if (xa_evtchn_pending(b->evtchn) >= 0)
		b->port_pending = true; /* and stays masked while we work */
}

/*
 * Goes to sleep when there is nothing to do; an event during that ends it at once. The sources that
 * have something, or -errno.
 */
static int wait_something(struct blkback *b, int epoll)
{
	struct epoll_event events[SOURCES];
	int timeout = serve_idle(b) ? -1 : 0, count;
	unsigned int ready = 0;

	if (timeout && b->port_pending && b->ring.shared) {
		xa_evtchn_unmask(b->evtchn, b->port);
		b->port_pending = false;
	}
	if (timeout && !b->store)
		timeout = STORE_RETRY_MS;
	count = epoll_wait(epoll, events, SOURCES, timeout);
	if (count < 0 && errno != EINTR)
		return -errno;
	for (int i = 0; i < count; i++)
		ready |= events[i].data.u32;
	return (int)ready;
}

static int watch_all(struct blkback *b, int epoll, int signals)
{
	int rc = watch_source(epoll, xa_evtchn_fd(b->evtchn), EVENTS);

	if (!rc)
		rc = watch_source(epoll, b->disk.io.ring_fd, DISK);
	if (!rc)
		rc = watch_source(epoll, store_client_fd(b->store), STORE);
	return rc ? rc : watch_source(epoll, signals, SIGNAL);
}

static int handle(struct blkback *b, int epoll, int signals, int ready)
{
	int rc = 0;

	if (ready & SIGNAL) {
		process_signal_read(signals);
		b->stopping = true;
	}
	if (ready & EVENTS)
		take_event(b);
	if (!b->store)
		rc = find_store(b, epoll);
	else if (ready & STORE)
		rc = store_events(b);
	if (serve_run(b)) {
		xenbus_fail(b, "the frontend has put nonsense on its ring");
		rc = b->store ? store_events(b) : rc;
	}
	return rc;
}

static int loop(struct blkback *b, int signals)
{
	int epoll = epoll_create1(EPOLL_CLOEXEC);
	int rc = epoll < 0 ? -errno : watch_all(b, epoll, signals);

	while (rc >= 0 && !b->finished && !(b->stopping && !b->busy)) {
		rc = wait_something(b, epoll);
		if (rc >= 0)
			rc = handle(b, epoll, signals, rc);
	}
	return rc;
}

int main(int argc, char **argv)
{
	struct arguments a = {-1, -1, -1};
	int signals, rc;
	char name[48];

	if (parse(argc, argv, &a))
		return usage();
	snprintf(name, sizeof(name), "blkback %u/%u", blkback.domid, blkback.device);
	log_open(name, false, false);
	map_stats(a.stats);
	signals = process_signal_fd();
	rc = open_all(&blkback, &a);
	if (rc < 0)
		return fail("cannot start", -rc);
	rc = give_up_rights(&blkback);
	if (rc < 0)
		return fail("cannot give up rights", -rc);
	rc = xenbus_start(&blkback);
	if (!rc)
		rc = loop(&blkback, signals);
	return rc < 0 ? fail("cannot go on", -rc) : 0;
}
