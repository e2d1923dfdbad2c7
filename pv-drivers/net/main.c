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
#include <unistd.h>

#include "backend/calm.h"
#include "backend/start.h"
#include "daemon/log.h"
#include "daemon/process.h"
#include "netback.h"

enum { POLL_TAP, POLL_EVENTS, POLL_STORE, POLL_SIGNAL, POLL_COUNT };

static struct netback netback = {.backend.kind = &net_kind, .tap = -1};

static int fail(const char *what, int error)
{
	log_error("%s: %s", what, strerror(error));
	return 1;
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
		if (c == '?' || !backend_number(optarg, c == 'd' ? 32751 : 65535, &value))
			return -1;
		if (c == 'd')
			netback.backend.domid = (uint16_t)value;
		else if (c == 'v')
			netback.backend.device = (unsigned int)value;
		else if (c == 't')
			netback.tap = (int)value;
		else
			*stats_fd = (int)value;
	}
	return optind == argc && netback.backend.domid && netback.tap >= 0 ? 0 : -1;
}

static int open_all(struct netback *n)
{
	int rc = store_client_open(&n->backend.store);

	if (!rc)
		rc = xa_evtchn_open(&n->evtchn);
	if (!rc)
		rc = xa_gnttab_open(&n->gnttab);
	if (!rc && fcntl(n->tap, F_SETFL, O_NONBLOCK) < 0)
		rc = -errno;
	n->buffers = malloc(BATCH * PACKET_SPACE);
	return rc ? rc : n->buffers ? 0 : -ENOMEM;
}

/* Take note of all that is pending; which port it was does not matter. They stay masked for now. */
static void take_events(struct netback *n)
{
	int port;

	while (n->masked_count < 2 && (port = xa_evtchn_pending(n->evtchn)) >= 0)
		n->masked[n->masked_count++] = (uint32_t)port;
}

static void unmask_events(struct netback *n)
{
	while (n->masked_count)
		xa_evtchn_unmask(n->evtchn, n->masked[--n->masked_count]);
}

/* Without the store nothing can begin or end, but packets flow. */
static int look_at_store(struct netback *n, bool event)
{
	if (!n->backend.store)
		return backend_find_store(&n->backend);
	return event ? backend_store_event(&n->backend) : 0;
}

/* Sleeps unless busy. The TAP device is asked about only when the guest can take a packet. */
static int wait_something(struct netback *n, struct pollfd *fds, bool busy)
{
	struct store_client *store = n->backend.store;

	fds[POLL_TAP].fd = rx_ready(n) ? n->tap : -1;
	fds[POLL_STORE].fd = store ? store_client_fd(store) : -1;
	if (poll(fds, POLL_COUNT, busy ? 0 : store ? -1 : BACKEND_RETRY_MS) < 0 && errno != EINTR)
		return -errno;
	return 0;
}

static int loop(struct netback *n, int signals)
{
	struct pollfd fds[POLL_COUNT] = {
		[POLL_TAP] = {.events = POLLIN},
		[POLL_EVENTS] = {.fd = xa_evtchn_fd(n->evtchn), .events = POLLIN},
		[POLL_STORE] = {.events = POLLIN},
		[POLL_SIGNAL] = {.fd = signals, .events = POLLIN},
	};
	uint32_t sent, received;
	bool busy = false;
	int rc = 0;

	while (!rc && !n->backend.finished) {
		rc = wait_something(n, fds, busy);
		if (rc || fds[POLL_SIGNAL].revents)
			break;
		take_events(n);
		sent = n->tx.ring.req_cons;
		received = n->rx.ring.req_cons;
		rc = look_at_store(n, fds[POLL_STORE].revents);
		busy = tx_run(n);
		if (fds[POLL_TAP].revents)
			busy |= rx_run(n);
		backend_calm_events(&n->backend.events, n->masked_count,
				    n->tx.ring.req_cons != sent || n->rx.ring.req_cons != received);
		unmask_events(n);
	}
	return rc;
}

int main(int argc, char **argv)
{
	int stats_fd = -1, signals, rc;
	char name[48];

	if (parse(argc, argv, &stats_fd))
		return usage();
	snprintf(name, sizeof(name), "netback %u/%u", netback.backend.domid,
		 netback.backend.device);
	log_open(name, false, false);
	netback.stats = backend_map_stats(stats_fd);
	signals = process_signal_fd();
	rc = open_all(&netback);
	if (rc < 0)
		return fail("cannot start", -rc);
	rc = backend_give_up_rights(netback.evtchn, netback.backend.domid);
	if (rc < 0)
		return fail("cannot give up rights", -rc);
	rc = xenbus_start(&netback);
	if (!rc)
		rc = loop(&netback, signals);
	xenbus_close(&netback);
	return rc < 0 ? fail("cannot go on", -rc) : 0;
}
