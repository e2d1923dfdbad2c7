/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Those who watch consoles: connections to the socket, and one terminal for each guest on which
 * Debian's own `xl console` can attach. All viewers of a guest see the same bytes; what each types
 * goes to the guest in the order it came.
 * Data: struct viewer. Lock: none; one thread.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <termios.h>
#include <unistd.h>

#include "consoled.h"
#include "daemon/log.h"
#include "request.h"

int viewer_listen(const char *path)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd < 0)
		return -errno;
	snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
	unlink(path);
	umask(0077);
	if (bind(fd, (struct sockaddr *)&address, sizeof(address)) < 0 || listen(fd, 16) < 0) {
		int error = errno;

		close(fd);
		return -error;
	}
	return fd;
}

static struct viewer *make(struct consoled *d, int fd)
{
	struct viewer *v = calloc(1, sizeof(*v));

	if (!v)
		return NULL;
	v->source = (struct source){SOURCE_VIEWER, fd};
	if (consoled_watch(d, &v->source, EPOLLIN, false)) {
		free(v);
		return NULL;
	}
	v->next = d->viewers;
	d->viewers = v;
	return v;
}

void viewer_accept(struct consoled *d)
{
	int fd = accept4(d->listener.fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

	if (fd < 0)
		return;
	if (d->viewer_count >= VIEWERS_MAX || !make(d, fd)) {
		dprintf(fd, "error there are %u viewers already\n", d->viewer_count);
		close(fd);
		return;
	}
	d->viewer_count++;
}

/* --- the terminal for others' tools --- */

static int open_pty(char *path, size_t size)
{
	int fd = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC | O_NONBLOCK);
	struct termios t;

	if (fd < 0)
		return -1;
	if (grantpt(fd) || unlockpt(fd) || ptsname_r(fd, path, size) || tcgetattr(fd, &t)) {
		close(fd);
		return -1;
	}
	cfmakeraw(&t);
	tcsetattr(fd, TCSANOW, &t);
	return fd;
}

struct viewer *viewer_open_pty(struct consoled *d, struct console *c, char *path, size_t size)
{
	int fd = open_pty(path, size), slave;
	struct viewer *v;

	if (fd < 0)
		return NULL;
	/* With one end of our own it never reports a hang-up, and it keeps its settings. */
	slave = open(path, O_RDWR | O_NOCTTY | O_CLOEXEC);
	v = slave < 0 ? NULL : make(d, fd);
	if (!v) {
		close(fd);
		if (slave >= 0)
			close(slave);
		return NULL;
	}
	v->pty = true;
	v->console = c;
	v->pty_slave = slave;
	v->at = c->boot_start;
	return v;
}

/* --- out --- */

static void set_events(struct consoled *d, struct viewer *v, bool wants_room, bool deaf)
{
	if (v->wants_room == wants_room && v->deaf == deaf)
		return;
	v->wants_room = wants_room;
	v->deaf = deaf;
	consoled_watch(d, &v->source, (deaf ? 0 : EPOLLIN) | (wants_room ? EPOLLOUT : 0), true);
}

static void tell_lost(struct viewer *v, uint64_t lost)
{
	dprintf(v->source.fd, "\r\n[%llu bytes were lost: this viewer is too slow]\r\n",
		(unsigned long long)lost);
}

/* 1: all was sent, 0: no room, -1: the connection is over. */
static int send_new(struct viewer *v)
{
	struct backlog *b = &v->console->backlog;
	const char *data;
	size_t length;
	ssize_t n;

	if (v->at < backlog_start(b) && !v->pty)
		tell_lost(v, backlog_start(b) - v->at);
	while ((length = backlog_peek(b, &v->at, &data))) {
		n = write(v->source.fd, data, length);
		if (n < 0)
			return errno == EAGAIN || errno == EINTR ? 0 : -1;
		v->at += (uint64_t)n;
	}
	return 1;
}

static void feed(struct consoled *d, struct viewer *v)
{
	int sent = send_new(v);

	if (v->pty) {
		/* Nobody may be reading: what does not fit now is dropped, as on a real line. */
		v->at = v->console->backlog.total;
	} else if (sent < 0) {
		v->gone = true;
	} else {
		set_events(d, v, !sent, v->deaf);
	}
}

void viewer_feed(struct consoled *d, struct console *c)
{
	for (struct viewer *v = d->viewers; v; v = v->next)
		if (v->console == c && !v->gone)
			feed(d, v);
}

/* --- in --- */

static bool type(struct consoled *d, struct console *c, struct viewer *v)
{
	ssize_t n = console_ring_put(c->page, v->input, v->input_used);

	if (n <= 0)
		return false;
	v->input_used -= (size_t)n;
	memmove(v->input, v->input + n, v->input_used);
	set_events(d, v, v->wants_room, false);
	return true;
}

bool viewer_type(struct consoled *d, struct console *c)
{
	bool any = false;

	for (struct viewer *v = d->viewers; v; v = v->next)
		if (v->console == c && v->input_used && !v->gone)
			any |= type(d, c, v);
	return any;
}

static void answer_request(struct consoled *d, struct viewer *v)
{
	char name[CONSOLE_NAME_SIZE];
	int used = console_request_parse(v->input, v->input_used, name, sizeof(name));
	struct console *c;

	if (!used && v->input_used < sizeof(v->input))
		return;
	c = used > 0 ? console_find(d, name) : NULL;
	if (!c) {
		if (used > 0)
			dprintf(v->source.fd, "error no guest '%s' has a console\n", name);
		else
			dprintf(v->source.fd, "error this is no request\n");
		v->gone = true;
		return;
	}
	v->input_used -= (size_t)used;
	memmove(v->input, v->input + used, v->input_used);
	v->console = c;
	v->at = c->boot_start > backlog_start(&c->backlog) ? c->boot_start
							   : backlog_start(&c->backlog);
	dprintf(v->source.fd, "ok\n");
	feed(d, v);
}

static void listen_to(struct consoled *d, struct viewer *v)
{
	ssize_t n = read(v->source.fd, v->input + v->input_used, sizeof(v->input) - v->input_used);

	if (n <= 0) {
		if (!v->pty && (n == 0 || (errno != EAGAIN && errno != EINTR)))
			v->gone = true;
		return;
	}
	v->input_used += (size_t)n;
	if (!v->console)
		answer_request(d, v);
}

void viewer_event(struct consoled *d, struct viewer *v)
{
	if (v->gone)
		return;
	if (v->input_used < sizeof(v->input))
		listen_to(d, v);
	if (v->gone || !v->console)
		return;
	if (v->console->page)
		console_run(d, v->console);
	else
		v->input_used = 0; /* typed at nobody */
	feed(d, v);
	if (!v->gone)
		set_events(d, v, v->wants_room, v->input_used == sizeof(v->input));
}

/* --- ends --- */

void viewer_dismiss_all(struct consoled *d, struct console *c)
{
	for (struct viewer *v = d->viewers; v; v = v->next)
		if (v->console == c)
			v->gone = true;
	c->pty = NULL;
	viewer_sweep(d);
}

void viewer_sweep(struct consoled *d)
{
	struct viewer **p = &d->viewers, *v;

	while ((v = *p)) {
		if (!v->gone) {
			p = &v->next;
			continue;
		}
		*p = v->next;
		close(v->source.fd);
		if (v->pty)
			close(v->pty_slave);
		else
			d->viewer_count--;
		free(v);
	}
}
