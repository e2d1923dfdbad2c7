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
#include <unistd.h>

#include "backend/calm.h"
#include "backend/start.h"
#include "blkback.h"
#include "daemon/log.h"
#include "daemon/process.h"

enum source { EVENTS = 1, DISK = 2, STORE = 4, SIGNAL = 8 };
#define SOURCES 4

struct arguments {
	int inflight, disk, stats;
};

static struct blkback blkback = {.backend.kind = &block_kind, .barrier = -1};

static int fail(const char *what, int error)
{
	log_error("%s: %s", what, strerror(error));
	return 1;
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
		if (c == '?' || !backend_number(optarg, c == 'd' ? 32751 : 1l << 29, &value))
			return -1;
		if (c == 'd')
			blkback.backend.domid = (uint16_t)value;
		else if (c == 'v')
			blkback.backend.device = (unsigned int)value;
		else
			*(c == 'i' ? &a->inflight : c == 'f' ? &a->disk : &a->stats) = (int)value;
	}
	return optind == argc && blkback.backend.domid && a->inflight >= 0 && a->disk >= 0 ? 0 : -1;
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
		rc = store_client_open(&b->backend.store);
	if (!rc)
		rc = xa_evtchn_open(&b->evtchn);
	if (!rc)
		rc = xa_gnttab_open(&b->gnttab);
	return rc;
}

static int watch_source(int epoll, int fd, enum source source)
{
	struct epoll_event event = {.events = EPOLLIN, .data.u32 = source};

	return epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event) < 0 ? -errno : 0;
}

/* Without the store nothing can begin or end, but the disk is served. */
static int find_store(struct blkback *b, int epoll)
{
	int rc = backend_find_store(&b->backend);

	if (rc < 0 || !b->backend.store)
		return rc;
	return watch_source(epoll, store_client_fd(b->backend.store), STORE);
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
	if (timeout && !b->backend.store)
		timeout = BACKEND_RETRY_MS;
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
		rc = watch_source(epoll, store_client_fd(b->backend.store), STORE);
	return rc ? rc : watch_source(epoll, signals, SIGNAL);
}

static int handle(struct blkback *b, int epoll, int signals, int ready)
{
	uint32_t before = b->ring.req_cons;
	int rc = 0;

	if (ready & SIGNAL) {
		process_signal_read(signals);
		b->stopping = true;
	}
	if (ready & EVENTS)
		take_event(b);
	if (!b->backend.store)
		rc = find_store(b, epoll);
	else if (ready & STORE)
		rc = backend_store_event(&b->backend);
	if (serve_run(b)) {
		backend_fail(&b->backend, "the frontend has put nonsense on its ring");
		rc = b->backend.store ? backend_store_event(&b->backend) : rc;
	}
	backend_calm_events(&b->backend.events, ready & EVENTS, b->ring.req_cons != before);
	return rc;
}

static int loop(struct blkback *b, int signals)
{
	int epoll = epoll_create1(EPOLL_CLOEXEC);
	int rc = epoll < 0 ? -errno : watch_all(b, epoll, signals);

	while (rc >= 0 && !b->backend.finished && !(b->stopping && !b->busy)) {
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
	snprintf(name, sizeof(name), "blkback %u/%u", blkback.backend.domid,
		 blkback.backend.device);
	log_open(name, false, false);
	blkback.stats = backend_map_stats(a.stats);
	signals = process_signal_fd();
	rc = open_all(&blkback, &a);
	if (rc < 0)
		return fail("cannot start", -rc);
	rc = backend_give_up_rights(blkback.evtchn, blkback.backend.domid);
	if (rc < 0)
		return fail("cannot give up rights", -rc);
	rc = xenbus_start(&blkback);
	if (!rc)
		rc = loop(&blkback, signals);
	return rc < 0 ? fail("cannot go on", -rc) : 0;
}
