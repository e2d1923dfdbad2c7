/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * main.c: shoji-netback, the backend of one network interface of one guest, as a process of dom0.
 *
 *	shoji-netback --domain N --device H --tap-fd 4 [--stats-fd 5]
 *
 * The caller has made the TAP device (with virtio-net headers) and attached it to a bridge; this
 * process opens the nodes of /dev/xen and the store, then gives up all rights and shuts itself in.
 * It ends with status 0 when the device is gone, and with another when it cannot go on: then it may
 * be started again with the same descriptors.
 */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "daemon/log.h"
#include "daemon/process.h"
#include "netback.h"
#include "sandbox/sandbox.h"

enum { POLL_TAP, POLL_EVENTS, POLL_STORE, POLL_SIGNAL, POLL_COUNT };

static struct netback netback = {.tap = -1};
static struct net_stats no_stats;

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
	fprintf(stderr, "usage: shoji-netback --domain N --device H --tap-fd FD [--stats-fd FD]\n");
	return 2;
}

static int parse(int argc, char **argv, int *stats_fd)
{
	static const struct option options[] = {
		{"domain", 1, NULL, 'd'},   {"device", 1, NULL, 'v'}, {"tap-fd", 1, NULL, 't'},
		{"stats-fd", 1, NULL, 's'}, {NULL, 0, NULL, 0},
	};
	long value;
	int c;

	while ((c = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (c == '?' || !number(optarg, 65535, &value))
			return -1;
		if (c == 'd')
			netback.domid = (uint16_t)value;
		else if (c == 'v')
			netback.device = (unsigned int)value;
		else if (c == 't')
			netback.tap = (int)value;
		else
			*stats_fd = (int)value;
	}
	return optind == argc && netback.domid && netback.tap >= 0 ? 0 : -1;
}

static void map_stats(int fd)
{
	void *at =
		fd < 0 ? MAP_FAILED : mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

	netback.stats = at == MAP_FAILED ? &no_stats : at;
	netback.stats->magic = STATS_MAGIC;
}

static int open_all(struct netback *n)
{
	int rc = store_client_open(&n->store);

	if (!rc)
		rc = xa_evtchn_open(&n->evtchn);
	if (!rc)
		rc = xa_gnttab_open(&n->gnttab);
	if (!rc && fcntl(n->tap, F_SETFL, O_NONBLOCK) < 0)
		rc = -errno;
	n->buffers = malloc(BATCH * PACKET_SPACE);
	return rc ? rc : n->buffers ? 0 : -ENOMEM;
}

/* Take note of all that is pending; which port it was does not matter. */
static void drain_events(struct netback *n)
{
	int port;

	while ((port = xa_evtchn_pending(n->evtchn)) >= 0)
		xa_evtchn_unmask(n->evtchn, (uint32_t)port);
}

static int loop(struct netback *n, int signals)
{
	struct pollfd fds[POLL_COUNT] = {
		[POLL_TAP] = {.fd = -1, .events = POLLIN},
		[POLL_EVENTS] = {.fd = xa_evtchn_fd(n->evtchn), .events = POLLIN},
		[POLL_STORE] = {.fd = store_client_fd(n->store), .events = POLLIN},
		[POLL_SIGNAL] = {.fd = signals, .events = POLLIN},
	};
	bool busy = false;
	int rc;

	while (!n->finished) {
		fds[POLL_TAP].fd = rx_ready(n) ? n->tap : -1;
		if (poll(fds, POLL_COUNT, busy ? 0 : -1) < 0 && errno != EINTR)
			return -errno;
		if (fds[POLL_SIGNAL].revents)
			return 0;
		drain_events(n);
		if (fds[POLL_STORE].revents) {
			rc = xenbus_event(n);
			if (rc < 0)
				return rc;
		}
		busy = tx_run(n);
		busy |= rx_run(n);
	}
	return 0;
}

int main(int argc, char **argv)
{
	int stats_fd = -1, signals, rc;
	char name[48];

	if (parse(argc, argv, &stats_fd))
		return usage();
	snprintf(name, sizeof(name), "netback %u/%u", netback.domid, netback.device);
	log_open(name, false, false);
	map_stats(stats_fd);
	signals = process_signal_fd();
	rc = open_all(&netback);
	if (rc < 0)
		return fail("cannot start", -rc);
	rc = process_drop_rights("nobody");
	if (rc == -ENOENT) /* a system without that user: no rights at least */
		rc = process_drop_rights(NULL);
	if (!rc)
		rc = sandbox_enter();
	if (rc < 0)
		return fail("cannot give up rights", -rc);
	rc = xenbus_start(&netback);
	if (!rc)
		rc = loop(&netback, signals);
	xenbus_close(&netback);
	return rc < 0 ? fail("cannot go on", -rc) : 0;
}
