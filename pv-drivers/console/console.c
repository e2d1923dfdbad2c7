/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One guest's console: its page, its port, where its bytes go. The port stays masked while a guest
 * that writes more than its share has to wait, so a flood costs dom0 a bounded amount of work; an
 * event counts as some bytes even if it brings none.
 * Data: struct console. Lock: none; one thread. It does not look for guests: guests.c does.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "consoled.h"
#include "daemon/log.h"
#include "supervised.h"

struct console *console_find(struct consoled *d, const char *name)
{
	for (struct console *c = d->consoles; c; c = c->next)
		if (!strcmp(c->name, name))
			return c;
	return NULL;
}

static struct console *make(struct consoled *d, const char *name)
{
	struct console *c = calloc(1, sizeof(*c));

	if (!c || !backlog_open(&c->backlog)) {
		free(c);
		return NULL;
	}
	snprintf(c->name, sizeof(c->name), "%s", name);
	c->domid = NO_DOMAIN;
	logfile_open(&c->log, d->log_folder, name);
	c->next = d->consoles;
	d->consoles = c;
	return c;
}

/* --- the page --- */

static void *map(struct consoled *d, struct console *c, uint16_t domid, uint64_t frame)
{
	static const uint32_t ref = XA_GNTTAB_CONSOLE;
	void *page = xa_gnttab_map(d->gnttab, domid, &ref, 1, true);

	c->by_grant = page != NULL;
	if (page)
		return page;
	if (!d->foreign && xa_foreignmem_open(&d->foreign) < 0)
		return NULL;
	return xa_foreignmem_map(d->foreign, domid, true, 1, &frame, NULL);
}

static void unmap(struct consoled *d, struct console *c)
{
	if (c->by_grant)
		xa_gnttab_unmap(d->gnttab, c->page, 1);
	else
		xa_foreignmem_unmap(d->foreign, c->page, 1);
	c->page = NULL;
}

/* --- a new domain or one that was there before this process --- */

static void state_path(const struct consoled *d, const struct console *c, char *path, size_t size)
{
	snprintf(path, size, "%s/%s", d->state_folder, c->name);
}

/* The domain that the log ends with, as the process before this one noted. */
static int noted_domain(const struct consoled *d, const struct console *c)
{
	char path[300];
	int domid = NO_DOMAIN;
	FILE *f;

	state_path(d, c, path, sizeof(path));
	f = fopen(path, "re");
	if (f && fscanf(f, "%d", &domid) != 1)
		domid = NO_DOMAIN;
	if (f)
		fclose(f);
	return domid;
}

static void note_domain(const struct consoled *d, const struct console *c)
{
	char path[300];
	FILE *f;

	state_path(d, c, path, sizeof(path));
	f = fopen(path, "we");
	if (!f)
		return;
	fprintf(f, "%d\n", c->domid);
	fclose(f);
}

/* A line in the log between two domains. */
static void log_start(struct console *c)
{
	char line[160], stamp[40];
	time_t now = time(NULL);
	struct tm tm;

	strftime(stamp, sizeof(stamp), "%Y-%m-%d %H:%M:%S", localtime_r(&now, &tm));
	snprintf(line, sizeof(line), "--- %s: domain %d, %s ---\n", c->name, c->domid, stamp);
	logfile_write(&c->log, line, strlen(line));
}

/* This process was started again: viewers see what the one before has logged. */
static void restore_backlog(struct console *c)
{
	static char tail[BACKLOG_SIZE / 2];

	backlog_add(&c->backlog, tail, logfile_tail(&c->log, tail, sizeof(tail)));
}

static void begin(struct consoled *d, struct console *c)
{
	c->boot_start = c->backlog.total;
	if (noted_domain(d, c) == c->domid && !c->backlog.total)
		restore_backlog(c);
	else
		log_start(c);
	note_domain(d, c);
}

static void publish_pty(struct consoled *d, struct console *c)
{
	char path[64], node[64];

	if (!c->pty)
		c->pty = viewer_open_pty(d, c, path, sizeof(path));
	else if (ttyname_r(c->pty->source.fd, path, sizeof(path)))
		return;
	if (!c->pty)
		return;
	snprintf(node, sizeof(node), "/local/domain/%d/console/tty", c->domid);
	store_client_write(d->store, 0, node, path);
}

bool console_attach(struct consoled *d, const char *name, uint16_t domid, uint32_t port,
		    uint64_t frame)
{
	struct console *c = console_find(d, name);
	int local;

	if (!c)
		c = make(d, name);
	if (!c)
		return false;
	c->page = map(d, c, domid, frame);
	if (!c->page) {
		log_warning("%s: cannot map the console page of domain %u: %s", name, domid,
			    strerror(errno));
		return false;
	}
	local = xa_evtchn_bind_interdomain(d->evtchn, domid, port);
	if (local < 0) {
		log_warning("%s: cannot bind to port %u of domain %u: %s", name, port, domid,
			    strerror(-local));
		unmap(d, c);
		return false;
	}
	c->port = (uint32_t)local;
	c->domid = domid;
	c->broken = c->masked = c->event = false;
	c->supervised = supervised(name);
	pace_start(&c->pace, OUTPUT_PER_SECOND, OUTPUT_BURST, d->now_ms);
	begin(d, c);
	publish_pty(d, c);
	console_run(d, c);
	return true;
}

/* --- bytes --- */

static void lied(struct console *c)
{
	c->broken = true;
	log_warning("%s: domain %d has put impossible indices into its console page; its console "
		    "is not served any more",
		    c->name, c->domid);
}

/* Returns how many bytes were taken. */
static uint64_t take_output(struct consoled *d, struct console *c, uint64_t most)
{
	char data[XENCONS_OUT_SIZE];
	uint64_t taken = 0, left;
	ssize_t n;

	while ((left = most - taken)) {
		n = console_ring_take(c->page, data, left < sizeof(data) ? left : sizeof(data));
		if (n < 0)
			lied(c);
		if (n <= 0)
			break;
		taken += (uint64_t)n;
		backlog_add(&c->backlog, data, (size_t)n);
		logfile_write(&c->log, data, (size_t)n);
		if (backlog_start(&c->backlog) + BACKLOG_SIZE / 2 < c->backlog.total)
			viewer_feed(d, c);
	}
	return taken;
}

void console_run(struct consoled *d, struct console *c)
{
	uint64_t taken, least;
	bool typed, may_go_on;

	if (!c->page || c->broken)
		return;
	taken = take_output(d, c, pace_left(&c->pace, d->now_ms));
	least = c->event ? EVENT_BYTES : 0;
	may_go_on = pace_spend(&c->pace, d->now_ms, taken > least ? taken : least);
	c->event = false;
	typed = !c->broken && viewer_type(d, c);
	if (taken || typed)
		xa_evtchn_notify(d->evtchn, c->port);
	viewer_feed(d, c);
	if (c->masked && may_go_on && !c->broken) {
		c->masked = false;
		xa_evtchn_unmask(d->evtchn, c->port);
	}
}

void console_events(struct consoled *d)
{
	struct console *c;
	int port;

	while ((port = xa_evtchn_pending(d->evtchn)) >= 0) {
		for (c = d->consoles; c; c = c->next)
			if (c->page && c->port == (uint32_t)port)
				break;
		if (!c)
			continue;
		c->masked = c->event = true;
		console_run(d, c);
	}
}

void console_detach(struct consoled *d, struct console *c)
{
	if (!c->broken)
		take_output(d, c, 4 * XENCONS_OUT_SIZE);
	viewer_feed(d, c);
	xa_evtchn_unbind(d->evtchn, c->port);
	unmap(d, c);
	c->domid = NO_DOMAIN;
	c->ended_ms = d->now_ms;
}

void console_forget(struct consoled *d, struct console *c, bool for_good)
{
	struct console **p = &d->consoles;
	char path[300];

	while (*p != c)
		p = &(*p)->next;
	*p = c->next;
	state_path(d, c, path, sizeof(path));
	if (for_good)
		unlink(path);
	viewer_dismiss_all(d, c);
	logfile_close(&c->log);
	backlog_close(&c->backlog);
	free(c);
}
