/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * shoji-consoled: options, start and the main loop. One process serves the consoles of all guests:
 * it logs them from the first byte and shows them to any number of viewers.
 * Data: struct consoled. Lock: none, one thread.
 */
#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/stat.h>
#include <unistd.h>

#include "clock_ms.h"
#include "console_client.h"
#include "consoled.h"
#include "daemon/log.h"
#include "daemon/process.h"
#include "supervised.h"

#define THROTTLE_MS 50
#define RESCAN_MS   200

enum exit_status {
	EXIT_OK = 0,
	EXIT_START = 1,	 /* something needed could not be opened */
	EXIT_USAGE = 2,	 /* the command line is wrong */
	EXIT_STORE = 3,	 /* the store daemon does not answer */
	EXIT_NO_XEN = 4, /* there is no hypervisor below, or no right to talk to it */
};

struct options {
	const char *socket, *pid_file, *log_folder;
	bool background, use_syslog, quiet;
};

static const char usage[] =
	"usage: shoji-consoled [options]\n"
	"  --socket PATH      viewers connect there instead of " CONSOLE_CLIENT_SOCKET "\n"
	"  --log-folder PATH  logs go there instead of " CONSOLE_CLIENT_LOGS "\n"
	"  --daemon           go to the background when ready, log to syslog\n"
	"  --pid-file PATH    write the process id there when ready\n"
	"  --syslog           log to syslog too\n"
	"  --quiet            log warnings and errors only\n"
	"  --help\n";

static const struct option long_options[] = {
	{"socket", required_argument, NULL, 's'}, {"log-folder", required_argument, NULL, 'f'},
	{"daemon", no_argument, NULL, 'd'},	  {"pid-file", required_argument, NULL, 'p'},
	{"syslog", no_argument, NULL, 'l'},	  {"quiet", no_argument, NULL, 'q'},
	{"help", no_argument, NULL, 'h'},	  {NULL, 0, NULL, 0},
};

/* False when the option is not understood. */
static bool take_option(struct options *o, int letter)
{
	switch (letter) {
	case 's':
		o->socket = optarg;
		return true;
	case 'f':
		o->log_folder = optarg;
		return true;
	case 'd':
		o->background = o->use_syslog = true;
		return true;
	case 'p':
		o->pid_file = optarg;
		return true;
	case 'l':
		o->use_syslog = true;
		return true;
	case 'q':
		o->quiet = true;
		return true;
	default:
		return false;
	}
}

static void parse_options(struct options *o, int argc, char **argv)
{
	int letter;

	while ((letter = getopt_long(argc, argv, "", long_options, NULL)) >= 0) {
		if (letter == 'h') {
			fputs(usage, stdout);
			exit(EXIT_OK);
		}
		if (!take_option(o, letter)) {
			fputs(usage, stderr);
			exit(EXIT_USAGE);
		}
	}
	if (optind < argc) {
		fprintf(stderr, "shoji-consoled: what is \"%s\"?\n%s", argv[optind], usage);
		exit(EXIT_USAGE);
	}
}

int consoled_watch(struct consoled *d, struct source *s, uint32_t events, bool again)
{
	struct epoll_event e = {.events = events, .data.ptr = s};

	return epoll_ctl(d->epoll, again ? EPOLL_CTL_MOD : EPOLL_CTL_ADD, s->fd, &e) ? -errno : 0;
}

int consoled_watch_store(struct consoled *d)
{
	d->store_source = (struct source){SOURCE_STORE, store_client_fd(d->store)};
	return consoled_watch(d, &d->store_source, EPOLLIN, false);
}

/* --- start --- */

/* A folder and those above it. */
static void make_folder(const char *path)
{
	char part[256];

	for (const char *slash = strchr(path + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
		snprintf(part, sizeof(part), "%.*s", (int)(slash - path), path);
		mkdir(part, 0755);
	}
	mkdir(path, 0700);
}

static void make_folders(const struct options *o, struct consoled *d)
{
	char folder[256];
	char *slash;

	snprintf(folder, sizeof(folder), "%s", o->socket);
	slash = strrchr(folder, '/');
	if (slash && slash != folder) {
		*slash = '\0';
		make_folder(folder);
	}
	make_folder(d->log_folder);
	make_folder(d->state_folder);
}

static int open_xen(struct consoled *d)
{
	int rc = xa_evtchn_open(&d->evtchn);

	if (!rc)
		rc = xa_gnttab_open(&d->gnttab);
	if (rc < 0)
		log_error("cannot open /dev/xen/{evtchn,gntdev}: %s; is this the control domain, "
			  "and are the modules xen-evtchn and xen-gntdev loaded?",
			  strerror(-rc));
	else
		xa_gnttab_warm_up(d->gnttab);
	return rc < 0 ? EXIT_NO_XEN : EXIT_OK;
}

static int open_sources(struct consoled *d, const struct options *o)
{
	d->signals = (struct source){SOURCE_SIGNALS, process_signal_fd()};
	d->listener = (struct source){SOURCE_LISTENER, viewer_listen(o->socket)};
	if (d->listener.fd < 0) {
		log_error("cannot listen at %s: %s", o->socket, strerror(-d->listener.fd));
		return EXIT_START;
	}
	d->evtchn_source = (struct source){SOURCE_EVTCHN, xa_evtchn_fd(d->evtchn)};
	if (d->signals.fd < 0 || consoled_watch(d, &d->signals, EPOLLIN, false) ||
	    consoled_watch(d, &d->listener, EPOLLIN, false) || consoled_watch_store(d) ||
	    consoled_watch(d, &d->evtchn_source, EPOLLIN, false)) {
		log_error("cannot make the main loop: %s", strerror(errno));
		return EXIT_START;
	}
	return EXIT_OK;
}

static int start(struct consoled *d, const struct options *o)
{
	int status, rc;

	make_folders(o, d);
	d->epoll = epoll_create1(EPOLL_CLOEXEC);
	status = open_xen(d);
	if (status)
		return status;
	rc = guests_open(d);
	if (rc < 0) {
		log_error("cannot reach the store daemon at " STORE_CLIENT_SOCKET
			  ": %s; is it running? systemctl start shoji-stored",
			  strerror(-rc));
		return EXIT_STORE;
	}
	status = open_sources(d, o);
	if (status)
		return status;
	if (process_ready(o->pid_file) < 0) {
		log_error("cannot write %s: %s", o->pid_file, strerror(errno));
		return EXIT_START;
	}
	return EXIT_OK;
}

/* --- the loop --- */

static void handle(struct consoled *d, struct source *s)
{
	switch (s->kind) {
	case SOURCE_SIGNALS:
		d->stop |= process_signal_read(s->fd) != SIGHUP;
		break;
	case SOURCE_LISTENER:
		viewer_accept(d);
		break;
	case SOURCE_STORE:
		break; /* after every turn */
	case SOURCE_EVTCHN:
		console_events(d);
		break;
	case SOURCE_VIEWER:
		viewer_event(d, (struct viewer *)s);
		break;
	}
}

/* The guest has no domain; is it to be expected back? */
static bool may_return(const struct consoled *d, const struct console *c)
{
	if (c->supervised)
		return supervised(c->name);
	return d->now_ms - c->ended_ms < LINGER_MS;
}

/* Guests that had to wait, guests that did not come back. Returns ms until the next time, -1. */
static int run_timers(struct consoled *d)
{
	struct console *c, *next;
	int timeout = -1;

	for (c = d->consoles; c; c = next) {
		next = c->next;
		if (c->page && c->masked && !c->broken) {
			console_run(d, c);
			timeout = THROTTLE_MS;
		} else if (!c->page) {
			if (!may_return(d, c))
				console_forget(d, c, true);
			else if (timeout < 0)
				timeout = RESCAN_MS;
		}
	}
	if (d->store && d->rescan && d->now_ms < d->rescan_until_ms) {
		guests_scan(d);
		timeout = timeout < 0 ? RESCAN_MS : timeout;
	}
	return timeout;
}

/* The sooner of two times to wait; -1 is never. */
static int sooner(int a, int b)
{
	return a < 0 || (b >= 0 && b < a) ? b : a;
}

static void loop(struct consoled *d)
{
	struct epoll_event events[64];
	int timeout = 0;

	while (!d->stop) {
		int n = epoll_wait(d->epoll, events, 64, timeout);

		d->now_ms = clock_ms();
		for (int i = 0; i < n; i++)
			handle(d, events[i].data.ptr);
		guests_event(d);
		timeout = sooner(run_timers(d), guests_find_store(d));
		viewer_sweep(d);
	}
}

static void finish(struct consoled *d, const struct options *o)
{
	struct console *c, *next;

	for (c = d->consoles; c; c = next) {
		next = c->next;
		if (c->page)
			console_detach(d, c);
		console_forget(d, c, false);
	}
	unlink(o->socket);
	if (o->pid_file)
		unlink(o->pid_file);
	store_client_close(d->store);
	xa_foreignmem_close(d->foreign);
	xa_gnttab_close(d->gnttab);
	xa_evtchn_close(d->evtchn);
}

int main(int argc, char **argv)
{
	struct options o = {.socket = CONSOLE_CLIENT_SOCKET, .log_folder = CONSOLE_CLIENT_LOGS};
	static struct consoled d;
	bool asked;
	int status;

	parse_options(&o, argc, argv);
	log_open("shoji-consoled", o.use_syslog, o.quiet);
	if (process_start(o.background) < 0)
		return EXIT_START;
	process_raise_descriptors();
	d.log_folder = o.log_folder;
	d.state_folder = "/run/shoji/console";
	d.now_ms = clock_ms();
	status = start(&d, &o);
	if (status)
		return status;
	loop(&d);
	asked = store_client_is_introduced(d.store, 0) >= 0;
	finish(&d, &o);
	return asked ? EXIT_OK : EXIT_STORE;
}
