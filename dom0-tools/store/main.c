/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * shoji-stored: options, start and the main loop.
 * Duty: open what the store needs, then give every link its turn until a signal comes.
 * Data: struct daemon. Lock: none, one thread.
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
#include "conn_socket.h"
#include "daemon/log.h"
#include "daemon/process.h"
#include "host_xen.h"
#include "keep.h"
#include "link.h"
#include "store.h"

#define DEFAULT_SOCKET	"/run/xenstored/socket"
#define DEFAULT_JOURNAL "/run/shoji/store.journal"

enum exit_status {
	EXIT_OK = 0,
	EXIT_START = 1,	 /* something needed could not be opened */
	EXIT_USAGE = 2,	 /* the command line is wrong */
	EXIT_TAKEN = 3,	 /* another store daemon answers already */
	EXIT_NO_XEN = 4, /* there is no hypervisor below, or no right to talk to it */
};

struct options {
	const char *socket, *pid_file, *user;
	const char *journal; /* NULL: none */
	bool background, no_xen, quiet, use_syslog, no_journal;
	const char *quota[32];
	size_t quota_count;
};

struct daemon {
	struct store store;
	struct link *links;
	struct host_xen *xen; /* NULL with --no-xen */
	int epoll, listener, signals;
	unsigned int clients;
	bool listening; /* the listener is in the epoll set */
	bool stop;
};

static const char usage[] =
	"usage: shoji-stored [options]\n"
	"  --socket PATH      listen there instead of " DEFAULT_SOCKET "\n"
	"  --no-xen           serve the socket only, without a hypervisor\n"
	"  --journal PATH     keep there what outlives this process, instead of\n"
	"                     " DEFAULT_JOURNAL " (with --no-xen: nowhere)\n"
	"  --no-journal       keep nothing\n"
	"  --quota NAME=N     change a limit for guests (nodes memory watches transactions\n"
	"                     transaction-size events node-size node-perms requests); repeatable\n"
	"  --user NAME        become this user once everything is open\n"
	"  --daemon           go to the background when ready, log to syslog\n"
	"  --pid-file PATH    write the process id there when ready\n"
	"  --syslog           log to syslog too\n"
	"  --quiet            log warnings and errors only\n"
	"  --help\n";

static const struct option long_options[] = {
	{"socket", required_argument, NULL, 's'},  {"no-xen", no_argument, NULL, 'x'},
	{"quota", required_argument, NULL, 'Q'},   {"user", required_argument, NULL, 'u'},
	{"daemon", no_argument, NULL, 'd'},	   {"pid-file", required_argument, NULL, 'p'},
	{"syslog", no_argument, NULL, 'l'},	   {"quiet", no_argument, NULL, 'q'},
	{"journal", required_argument, NULL, 'j'}, {"no-journal", no_argument, NULL, 'n'},
	{"help", no_argument, NULL, 'h'},	   {NULL, 0, NULL, 0},
};

/* False when the option is not understood. */
static bool take_option(struct options *o, int letter)
{
	switch (letter) {
	case 's':
		o->socket = optarg;
		return true;
	case 'x':
		o->no_xen = true;
		return true;
	case 'j':
		o->journal = optarg;
		return true;
	case 'n':
		o->no_journal = true;
		return true;
	case 'Q':
		if (o->quota_count == sizeof(o->quota) / sizeof(o->quota[0]))
			return false;
		o->quota[o->quota_count++] = optarg;
		return true;
	case 'u':
		o->user = optarg;
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
		fprintf(stderr, "shoji-stored: what is \"%s\"?\n%s", argv[optind], usage);
		exit(EXIT_USAGE);
	}
}

/* Introductions without a hypervisor: the domain is known, and has no ring. */
static int connect_nothing(void *ctx, struct domain *d)
{
	(void)ctx;
	(void)d;
	return 0;
}

static void disconnect_nothing(void *ctx, struct domain *d)
{
	(void)ctx;
	(void)d;
}

static const struct store_host no_host = {
	.connect = connect_nothing,
	.rebind = connect_nothing,
	.disconnect = disconnect_nothing,
};

static int watch_descriptor(struct daemon *d, int *fd)
{
	struct epoll_event event = {.events = EPOLLIN, .data.ptr = fd};

	return epoll_ctl(d->epoll, EPOLL_CTL_ADD, *fd, &event) < 0 ? -errno : 0;
}

/* The folder of a file, for those who may use it. */
static void make_folder(const char *path)
{
	char folder[256], *slash;

	snprintf(folder, sizeof(folder), "%s", path);
	slash = strrchr(folder, '/');
	if (!slash || slash == folder)
		return;
	*slash = '\0';
	mkdir(folder, 0755);
}

static int open_socket(struct daemon *d, const struct options *o)
{
	make_folder(o->socket);
	if (socket_is_served(o->socket)) {
		log_error("another store daemon answers at %s; stop it first", o->socket);
		return EXIT_TAKEN;
	}
	d->listener = socket_listen(o->socket);
	if (d->listener < 0) {
		log_error("cannot listen at %s: %s", o->socket, strerror(-d->listener));
		return EXIT_START;
	}
	d->listening = true;
	return watch_descriptor(d, &d->listener) < 0 ? EXIT_START : EXIT_OK;
}

static int open_loop(struct daemon *d)
{
	d->epoll = epoll_create1(EPOLL_CLOEXEC);
	d->signals = process_signal_fd();
	if (d->epoll < 0 || d->signals < 0 || watch_descriptor(d, &d->signals) < 0) {
		log_error("cannot make the main loop: %s", strerror(errno));
		return EXIT_START;
	}
	return EXIT_OK;
}

static int create_store(struct daemon *d, const struct options *o)
{
	struct store_host host = d->xen ? host_xen_calls(d->xen) : no_host;
	size_t i;

	if (store_create(&d->store, &host) < 0) {
		log_error("not enough memory");
		return EXIT_START;
	}
	for (i = 0; i < o->quota_count; i++) {
		if (quota_set(&d->store.quota, o->quota[i]))
			continue;
		log_error("--quota %s: no such quota or no number", o->quota[i]);
		return EXIT_USAGE;
	}
	return EXIT_OK;
}

/* What another one like us has left. */
static int recall_store(struct daemon *d, const struct options *o)
{
	int rc = o->journal ? keep_recall(&d->store, o->journal) : -ENOENT;

	if (rc == -ENOENT)
		return EXIT_OK;
	if (rc < 0) {
		log_error("cannot read the journal %s: %s; remove it to begin with an empty store",
			  o->journal, strerror(-rc));
		return EXIT_START;
	}
	log_info("going on with what %s tells", o->journal);
	return EXIT_OK;
}

static void start_journal(struct daemon *d, const struct options *o)
{
	int rc;

	keep_end_orphans(&d->store);
	if (!o->journal)
		return;
	make_folder(o->journal);
	rc = keep_start(&d->store, o->journal);
	if (rc < 0)
		log_error("cannot write the journal %s: %s; a restart of this daemon would lose "
			  "the store",
			  o->journal, strerror(-rc));
}

static int start_xen(struct daemon *d)
{
	static int marker = -1;

	if (!d->xen)
		return EXIT_OK;
	if (host_xen_start(d->xen, &d->store) < 0)
		return EXIT_NO_XEN;
	host_xen_resume(d->xen);
	marker = host_xen_fd(d->xen);
	return watch_descriptor(d, &marker) < 0 ? EXIT_START : EXIT_OK;
}

static int start(struct daemon *d, const struct options *o)
{
	int status = open_loop(d);

	if (!status && !o->no_xen && host_xen_open(&d->xen, &d->links) < 0)
		status = EXIT_NO_XEN;
	status = status ? status : create_store(d, o);
	status = status ? status : open_socket(d, o);
	status = status ? status : recall_store(d, o);
	status = status ? status : start_xen(d);
	if (status)
		return status;
	start_journal(d, o);
	if (process_drop_rights(o->user) < 0) {
		log_error("cannot give up rights%s%s", o->user ? " and become " : "",
			  o->user ? o->user : "");
		return EXIT_START;
	}
	if (process_ready(o->pid_file) < 0) {
		log_error("cannot write %s: %s", o->pid_file, strerror(errno));
		return EXIT_START;
	}
	return EXIT_OK;
}

/* With all places taken the listener leaves the set, or it would be reported for ever. */
static void update_listening(struct daemon *d)
{
	bool want = d->clients < SOCKET_CLIENTS_MAX;

	if (want == d->listening)
		return;
	if (want) {
		watch_descriptor(d, &d->listener);
	} else {
		log_warning("%u clients; no more are accepted until one leaves", d->clients);
		epoll_ctl(d->epoll, EPOLL_CTL_DEL, d->listener, NULL);
	}
	d->listening = want;
}

static void handle_event(struct daemon *d, const struct epoll_event *e)
{
	struct link *l = e->data.ptr;

	if (e->data.ptr == &d->listener) {
		socket_accept(&d->store, d->listener, d->epoll, &d->links, &d->clients);
	} else if (e->data.ptr == &d->signals) {
		d->stop |= process_signal_read(d->signals) != SIGHUP;
	} else if (d->xen && *(int *)e->data.ptr == host_xen_fd(d->xen)) {
		host_xen_events(d->xen);
	} else {
		l->readable = l->writable = l->due = true;
	}
}

#define CHECK_AGAIN_MS 1000

static void loop(struct daemon *d)
{
	struct epoll_event events[64];
	int n, i, timeout;
	bool again = false;

	while (!d->stop) {
		timeout = link_timeout_ms(d->links);
		if (again && timeout < 0)
			timeout = CHECK_AGAIN_MS;
		n = epoll_wait(d->epoll, events, 64, timeout);
		d->store.now_ms = clock_ms();
		for (i = 0; i < n; i++)
			handle_event(d, &events[i]);
		link_round(&d->links);
		if (d->xen)
			again = host_xen_check_domains(d->xen);
		keep_turn(&d->store, NULL);
		update_listening(d);
	}
}

static void finish(struct daemon *d, const struct options *o)
{
	keep_stop(&d->store);
	host_xen_close(d->xen);
	while (d->links)
		link_release(d->links);
	store_destroy(&d->store);
	unlink(o->socket);
	if (o->pid_file)
		unlink(o->pid_file);
}

int main(int argc, char **argv)
{
	struct options o = {.socket = DEFAULT_SOCKET};
	static struct daemon d;
	int status;

	parse_options(&o, argc, argv);
	if (!o.journal && !o.no_xen)
		o.journal = DEFAULT_JOURNAL;
	if (o.no_journal)
		o.journal = NULL;
	log_open("shoji-stored", o.use_syslog, o.quiet);
	if (process_start(o.background) < 0)
		return EXIT_START;
	process_raise_descriptors();
	status = start(&d, &o);
	if (status)
		return status;
	log_info("serving %s%s", o.socket, d.xen ? " and the guests' rings" : "");
	loop(&d);
	finish(&d, &o);
	return EXIT_OK;
}
