/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Links over unix sockets. Everybody who may open the socket is the control domain.
 * Data: one struct socket_link per client, with buffers so that many small requests in a row cost
 * few system calls. Lock: none, one thread.
 */
#include "conn_socket.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "daemon/log.h"
#include "mem.h"

#define BUFFER_SIZE 8192

struct socket_link {
	struct link link;
	int fd;
	unsigned int *count; /* clients there are */
	size_t in_begin, in_end;
	size_t out_begin, out_end;
	uint8_t in[BUFFER_SIZE];
	uint8_t out[BUFFER_SIZE];
};

static struct socket_link *of(struct link *l)
{
	return (struct socket_link *)((char *)l - offsetof(struct socket_link, link));
}

static ssize_t fill(struct socket_link *s)
{
	ssize_t n = recv(s->fd, s->in, sizeof(s->in), 0);

	if (n == 0)
		return -ENOTCONN;
	if (n < 0)
		return errno == EAGAIN || errno == EINTR ? 0 : -errno;
	s->in_begin = 0;
	s->in_end = (size_t)n;
	return n;
}

static ssize_t socket_take(struct link *l, void *data, size_t size)
{
	struct socket_link *s = of(l);
	ssize_t n;

	if (s->in_begin == s->in_end) {
		n = fill(s);
		if (n <= 0)
			return n;
	}
	if (size > s->in_end - s->in_begin)
		size = s->in_end - s->in_begin;
	memcpy(data, s->in + s->in_begin, size);
	s->in_begin += size;
	return (ssize_t)size;
}

/* Hands what is buffered to the kernel. 0 or -errno; what does not go stays. */
static int drain(struct socket_link *s)
{
	ssize_t n;

	while (s->out_begin < s->out_end) {
		n = send(s->fd, s->out + s->out_begin, s->out_end - s->out_begin, MSG_NOSIGNAL);
		if (n < 0 && errno == EAGAIN)
			return 0;
		if (n < 0 && errno != EINTR)
			return -errno;
		if (n > 0)
			s->out_begin += (size_t)n;
	}
	s->out_begin = s->out_end = 0;
	return 0;
}

static ssize_t socket_put(struct link *l, const void *data, size_t size)
{
	struct socket_link *s = of(l);
	int rc;

	if (size > sizeof(s->out) - s->out_end) {
		rc = drain(s);
		if (rc < 0)
			return rc;
	}
	if (size > sizeof(s->out) - s->out_end)
		size = sizeof(s->out) - s->out_end;
	memcpy(s->out + s->out_end, data, size);
	s->out_end += size;
	return (ssize_t)size;
}

static void socket_release(struct link *l)
{
	struct socket_link *s = of(l);

	conn_destroy(s->link.conn);
	close(s->fd);
	--*s->count;
	free(s);
}

/* While whole requests wait in the buffer their replies may wait too. */
static void socket_end_turn(struct link *l)
{
	struct socket_link *s = of(l);

	if (s->in_begin < s->in_end && s->out_end < sizeof(s->out) / 2 && l->readable)
		return;
	if (drain(s) < 0)
		l->dead = true;
}

static void socket_fail(struct link *l, int error)
{
	if (error == -EPROTO)
		log_warning("a socket client sent a message that is too long; disconnected");
	l->dead = true;
}

static const struct link_kind socket_kind = {
	.take = socket_take,
	.put = socket_put,
	.end_turn = socket_end_turn,
	.fail = socket_fail,
	.release = socket_release,
};

static int fill_address(struct sockaddr_un *address, const char *path)
{
	if (strlen(path) >= sizeof(address->sun_path))
		return -ENAMETOOLONG;
	memset(address, 0, sizeof(*address));
	address->sun_family = AF_UNIX;
	strcpy(address->sun_path, path);
	return 0;
}

bool socket_is_served(const char *path)
{
	struct sockaddr_un address;
	int fd, rc;

	if (fill_address(&address, path) < 0)
		return false;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return false;
	rc = connect(fd, (struct sockaddr *)&address, sizeof(address));
	close(fd);
	return rc == 0;
}

int socket_listen(const char *path)
{
	struct sockaddr_un address;
	mode_t mask;
	int fd, rc;

	rc = fill_address(&address, path);
	if (rc < 0)
		return rc;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return -errno;
	unlink(path);
	mask = umask(0177);
	rc = bind(fd, (struct sockaddr *)&address, sizeof(address));
	umask(mask);
	if (rc < 0 || listen(fd, 64) < 0) {
		rc = -errno;
		close(fd);
		return rc;
	}
	return fd;
}

/* Everything but the descriptor. */
static struct socket_link *new_link(struct store *store)
{
	static const struct actor control = {.privileged = true};
	struct socket_link *s = mem_zalloc(sizeof(*s));

	if (!s)
		return NULL;
	s->link.kind = &socket_kind;
	s->link.readable = s->link.writable = true;
	s->link.conn = conn_create(store, &control);
	if (!s->link.conn) {
		free(s);
		return NULL;
	}
	return s;
}

int socket_accept(struct store *store, int listener, int epoll, struct link **links,
		  unsigned int *count)
{
	struct epoll_event event = {.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET};
	struct socket_link *s;
	int fd, rc;

	fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	if (fd < 0)
		return -errno;
	s = new_link(store);
	if (!s) {
		close(fd);
		return -ENOMEM;
	}
	event.data.ptr = &s->link;
	if (epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event) < 0) {
		rc = -errno;
		conn_destroy(s->link.conn);
		free(s);
		close(fd);
		return rc;
	}
	s->fd = fd;
	s->count = count;
	++*count;
	link_add(links, &s->link);
	return 0;
}
