/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Plays a script of requests to a store daemon and prints what it answers.
 *
 *	store_script SOCKET < SCRIPT
 *
 * A line "CLIENT TYPE TX HEX" is a request of one of eight clients; TX counts the transactions that
 * this client has begun so far, from 1 (0: none). The answer is printed as "TYPE HEX", followed by
 * a line "event CLIENT HEX" for each watch event that came of it, sorted, each once. "-" ends all
 * clients. The number of a transaction is printed as 0: it is the daemon's business.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "shoji/io_store.h"

#define CLIENTS 8
#define EVENTS	200

static struct client {
	int fd;
	uint32_t tx[64];
	unsigned int started;
} clients[CLIENTS];

static const char *path;
static char *events[EVENTS];
static unsigned int event_count;

static void die(const char *what)
{
	perror(what);
	exit(1);
}

static void get(int fd, void *data, size_t size)
{
	for (size_t n = 0; n < size;) {
		ssize_t part = read(fd, (char *)data + n, size - n);

		if (part <= 0)
			die("the daemon has closed the connection");
		n += (size_t)part;
	}
}

static struct client *client(unsigned int number)
{
	struct client *c = &clients[number % CLIENTS];
	struct sockaddr_un address = {.sun_family = AF_UNIX};

	if (c->fd)
		return c;
	snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
	c->fd = socket(AF_UNIX, SOCK_STREAM, 0);
	if (connect(c->fd, (struct sockaddr *)&address, sizeof(address)))
		die(path);
	c->started = 0;
	return c;
}

static void hex(char *out, const uint8_t *data, size_t size)
{
	strcpy(out, "-");
	for (size_t i = 0; i < size; i++)
		sprintf(out + 2 * i, "%02x", data[i]);
}

static void keep_event(const struct client *c, const uint8_t *data, size_t size)
{
	char *line = malloc(2 * size + 40);

	if (!line || event_count == EVENTS)
		exit(1);
	sprintf(line, "event %u ", (unsigned int)(c - clients));
	hex(line + strlen(line), data, size);
	events[event_count++] = line;
}

static uint32_t ask(struct client *c, uint32_t type, uint32_t tx, const void *payload,
		    uint32_t size, uint8_t *answer, uint32_t *answer_size)
{
	struct xen_xsd_sockmsg header = {type, 77, tx, size};
	uint8_t message[sizeof(header) + XENSTORE_PAYLOAD_MAX];

	memcpy(message, &header, sizeof(header));
	memcpy(message + sizeof(header), payload, size);
	if (write(c->fd, message, sizeof(header) + size) != (ssize_t)(sizeof(header) + size))
		die("write");
	for (;;) {
		get(c->fd, &header, sizeof(header));
		if (header.len > XENSTORE_PAYLOAD_MAX)
			die("a reply that is too long");
		get(c->fd, answer, header.len);
		*answer_size = header.len;
		if (header.type != XS_WATCH_EVENT)
			return header.type;
		keep_event(c, answer, header.len);
	}
}

static int by_text(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* A daemon sends events before the reply to what comes after them. */
static void show_events(void)
{
	uint8_t answer[XENSTORE_PAYLOAD_MAX];
	uint32_t size;

	for (unsigned int i = 0; i < CLIENTS; i++)
		if (clients[i].fd)
			ask(&clients[i], XS_READ, 0, "/", 2, answer, &size);
	qsort(events, event_count, sizeof(events[0]), by_text);
	for (unsigned int i = 0; i < event_count; i++) {
		if (!i || strcmp(events[i], events[i - 1]))
			puts(events[i]);
	}
	while (event_count)
		free(events[--event_count]);
}

static void request(unsigned int number, uint32_t type, unsigned int tx, const char *text)
{
	uint8_t payload[XENSTORE_PAYLOAD_MAX], answer[XENSTORE_PAYLOAD_MAX + 1];
	static char shown[2 * XENSTORE_PAYLOAD_MAX + 1];
	uint32_t size = 0, answer_size;
	struct client *c = client(number);
	unsigned int byte;

	while (size < sizeof(payload) && sscanf(text + 2 * size, "%2x", &byte) == 1)
		payload[size++] = (uint8_t)byte;
	type = ask(c, type, tx ? c->tx[(tx - 1) % 64] : 0, payload, size, answer, &answer_size);
	if (type == XS_TRANSACTION_START) {
		answer[answer_size] = '\0';
		c->tx[c->started++ % 64] = (uint32_t)strtoul((char *)answer, NULL, 10);
		answer_size = 0;
	}
	hex(shown, answer, answer_size);
	printf("%u %s\n", type, shown);
	show_events();
}

static void end_all(void)
{
	for (unsigned int i = 0; i < CLIENTS; i++) {
		if (clients[i].fd)
			close(clients[i].fd);
		clients[i].fd = 0;
	}
	usleep(20000); /* a daemon drops the watches of a client when it has seen its end */
}

int main(int argc, char **argv)
{
	static char line[2 * XENSTORE_PAYLOAD_MAX + 100], text[2 * XENSTORE_PAYLOAD_MAX + 1];
	unsigned int number, type, tx;

	if (argc != 2)
		return 2;
	path = argv[1];
	while (fgets(line, sizeof(line), stdin)) {
		strcpy(text, "");
		if (line[0] == '-')
			end_all();
		else if (sscanf(line, "%u %u %u %8192s", &number, &type, &tx, text) >= 3)
			request(number, type, tx, text);
		else
			return 2;
	}
	return 0;
}
