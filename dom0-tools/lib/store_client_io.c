/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The bytes of the store client: connecting, framing, and sorting events from replies.
 * Duty: send whole requests, receive whole messages, keep watch events that arrive between.
 * Data: struct store_client: the socket, a send buffer, the message being received, the events.
 * Lock: none, one thread per connection.
 * The store answers in order, so replies need no matching by id; the id is checked all the same.
 */
#include "store_client_io.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "shoji/io_store.h"
#include "store_client.h"

/* The store answers at once; a longer silence means that it hangs. */
#define REPLY_TIMEOUT_MS 30000

struct event {
	struct event *next;
	char *text; /* path|token| */
};

struct store_client {
	int fd;
	bool lost;
	bool corked;
	uint32_t next_id; /* of the next request */
	uint32_t want_id; /* of the next reply */

	char *out;
	size_t out_length, out_size;

	struct xen_xsd_sockmsg header; /* the message being received */
	size_t received;	       /* of header and payload together */
	char *payload;

	struct event *first_event, **last_event;
};

static int connect_socket(const char *path)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd, saved;

	if (strlen(path) >= sizeof(address.sun_path))
		return -ENAMETOOLONG;
	strcpy(address.sun_path, path);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	if (connect(fd, (struct sockaddr *)&address, sizeof(address)) < 0) {
		saved = errno;
		close(fd);
		return -saved;
	}
	return fd;
}

int store_client_open_path(struct store_client **out, const char *socket_path)
{
	struct store_client *c;
	int fd;

	fd = connect_socket(socket_path);
	if (fd < 0)
		return fd;
	c = calloc(1, sizeof(*c));
	if (!c) {
		close(fd);
		return -ENOMEM;
	}
	c->fd = fd;
	c->next_id = c->want_id = 1;
	c->last_event = &c->first_event;
	*out = c;
	return 0;
}

int store_client_open(struct store_client **out)
{
	const char *path = getenv("XENSTORED_PATH");

	return store_client_open_path(out, path && *path ? path : STORE_CLIENT_SOCKET);
}

void store_client_close(struct store_client *c)
{
	struct event *e;

	if (!c)
		return;
	while ((e = c->first_event)) {
		c->first_event = e->next;
		free(e->text);
		free(e);
	}
	close(c->fd);
	free(c->payload);
	free(c->out);
	free(c);
}

int store_client_fd(const struct store_client *c)
{
	return c->fd;
}

bool store_client_lost(const struct store_client *c)
{
	return c->lost;
}

static int lose(struct store_client *c, int error)
{
	c->lost = true;
	return error;
}

static int flush(struct store_client *c)
{
	size_t done = 0;
	ssize_t n;

	while (done < c->out_length) {
		n = send(c->fd, c->out + done, c->out_length - done, MSG_NOSIGNAL);
		if (n < 0 && errno != EINTR)
			return lose(c, -EPIPE);
		if (n > 0)
			done += (size_t)n;
	}
	c->out_length = 0;
	return 0;
}

static int reserve(struct store_client *c, size_t more)
{
	size_t need = c->out_length + more;
	char *grown;

	if (need <= c->out_size)
		return 0;
	grown = realloc(c->out, need * 2);
	if (!grown)
		return -ENOMEM;
	c->out = grown;
	c->out_size = need * 2;
	return 0;
}

int store_client_send(struct store_client *c, uint32_t type, uint32_t tx, const void *payload,
		      size_t length)
{
	struct xen_xsd_sockmsg header = {.type = type, .tx_id = tx};

	if (c->lost)
		return -EPIPE;
	if (length > XENSTORE_PAYLOAD_MAX)
		return -E2BIG;
	if (reserve(c, sizeof(header) + length) < 0)
		return -ENOMEM;
	header.req_id = c->next_id++;
	header.len = (uint32_t)length;
	memcpy(c->out + c->out_length, &header, sizeof(header));
	if (length)
		memcpy(c->out + c->out_length + sizeof(header), payload, length);
	c->out_length += sizeof(header) + length;
	return c->corked ? 0 : flush(c);
}

void store_client_cork(struct store_client *c)
{
	c->corked = true;
}

int store_client_uncork(struct store_client *c)
{
	c->corked = false;
	return c->lost ? -EPIPE : flush(c);
}

/* Waits until something can be read; 0 when the time is over. */
static int wait_readable(struct store_client *c, int timeout_ms)
{
	struct pollfd p = {.fd = c->fd, .events = POLLIN};
	int rc;

	do
		rc = poll(&p, 1, timeout_ms);
	while (rc < 0 && errno == EINTR);
	return rc;
}

/* Where the next bytes of the message go, and how many are missing up to the next border. */
static size_t missing(struct store_client *c, char **where)
{
	size_t in_payload;

	if (c->received < sizeof(c->header)) {
		*where = (char *)&c->header + c->received;
		return sizeof(c->header) - c->received;
	}
	in_payload = c->received - sizeof(c->header);
	*where = c->payload + in_payload;
	return c->header.len - in_payload;
}

static int start_payload(struct store_client *c)
{
	if (c->header.len > XENSTORE_PAYLOAD_MAX)
		return lose(c, -EPROTO);
	c->payload = calloc(1, c->header.len + 1);
	return c->payload ? 0 : lose(c, -ENOMEM);
}

/* 1 when a whole message is there, 0 when the time is over first. */
static int receive_message(struct store_client *c, int timeout_ms)
{
	size_t want;
	char *where;
	ssize_t n;
	int rc;

	if (c->lost)
		return -EPIPE;
	for (;;) {
		if (c->received == sizeof(c->header) && !c->payload && (rc = start_payload(c)) < 0)
			return rc;
		want = missing(c, &where);
		if (!want)
			return 1;
		rc = wait_readable(c, timeout_ms);
		if (rc == 0)
			return 0;
		n = recv(c->fd, where, want, 0);
		if (n == 0 || (n < 0 && errno != EINTR))
			return lose(c, -EPIPE);
		if (n > 0)
			c->received += (size_t)n;
	}
}

static char *take_payload(struct store_client *c)
{
	char *payload = c->payload;

	c->payload = NULL;
	c->received = 0;
	return payload;
}

static int keep_event(struct store_client *c)
{
	struct event *e = malloc(sizeof(*e));
	size_t path = strlen(c->payload);

	/* The payload has a zero byte behind its end: two strings even if the store sent one. */
	if (!e || path + 1 > c->header.len) {
		free(e);
		return lose(c, e ? -EPROTO : -ENOMEM);
	}
	e->next = NULL;
	e->text = take_payload(c);
	*c->last_event = e;
	c->last_event = &e->next;
	return 0;
}

static const struct {
	const char *name;
	int number;
} error_names[] = {
	{"EINVAL", EINVAL}, {"EACCES", EACCES}, {"EEXIST", EEXIST},	  {"EISDIR", EISDIR},
	{"ENOENT", ENOENT}, {"ENOMEM", ENOMEM}, {"ENOSPC", ENOSPC},	  {"EIO", EIO},
	{"EROFS", EROFS},   {"EBUSY", EBUSY},	{"ENOTEMPTY", ENOTEMPTY}, {"ENOSYS", ENOSYS},
	{"EAGAIN", EAGAIN}, {"E2BIG", E2BIG},	{"EISCONN", EISCONN},	  {"EPERM", EPERM},
};

static int error_number(const char *name)
{
	size_t i;

	for (i = 0; i < sizeof(error_names) / sizeof(error_names[0]); i++)
		if (!strcmp(name, error_names[i].name))
			return -error_names[i].number;
	return -EPROTO;
}

static int finish_reply(struct store_client *c, char **data, size_t *length)
{
	int rc = 0;

	if (c->header.req_id != c->want_id++)
		return lose(c, -EPROTO);
	if (c->header.type == XS_ERROR)
		rc = error_number(c->payload);
	if (length)
		*length = c->header.len;
	*data = take_payload(c);
	if (rc < 0)
		free(*data);
	return rc;
}

int store_client_receive(struct store_client *c, char **data, size_t *length)
{
	int rc;

	for (;;) {
		rc = receive_message(c, REPLY_TIMEOUT_MS);
		if (rc == 0)
			return lose(c, -ETIMEDOUT);
		if (rc < 0)
			return rc;
		if (c->header.type != XS_WATCH_EVENT)
			return finish_reply(c, data, length);
		rc = keep_event(c);
		if (rc < 0)
			return rc;
	}
}

/* Takes in what has arrived, without waiting. A reply nobody asked for breaks the protocol. */
static int collect_events(struct store_client *c)
{
	int rc;

	while ((rc = receive_message(c, 0)) > 0) {
		if (c->header.type != XS_WATCH_EVENT)
			return lose(c, -EPROTO);
		rc = keep_event(c);
		if (rc < 0)
			return rc;
	}
	return rc;
}

int store_client_event(struct store_client *c, char **path, char **token)
{
	struct event *e = c->first_event;
	int rc;

	if (!e) {
		rc = collect_events(c);
		e = c->first_event;
		if (!e)
			return rc;
	}
	c->first_event = e->next;
	if (!c->first_event)
		c->last_event = &c->first_event;
	*path = e->text;
	*token = e->text + strlen(e->text) + 1;
	free(e);
	return 1;
}
