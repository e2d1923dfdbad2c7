/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Requests and replies of the store client; store_client_io.c moves the bytes.
 * Duty: one function per message of the wire protocol, building the payload and decoding the reply.
 * Data: struct store_client (store_client_io.h). Lock: none, one thread per connection.
 * It does not reconnect: watches and transactions live and die with the connection.
 */
#include "store_client.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "shoji/io_store.h"
#include "store_client_io.h"

/* A payload under construction; too much sets the error and everything after is ignored. */
struct payload {
	char data[XENSTORE_PAYLOAD_MAX];
	size_t length;
	bool overflow;
};

static void put_bytes(struct payload *p, const void *data, size_t length)
{
	if (p->overflow || length > sizeof(p->data) - p->length) {
		p->overflow = true;
		return;
	}
	memcpy(p->data + p->length, data, length);
	p->length += length;
}

static void put_string(struct payload *p, const char *s)
{
	put_bytes(p, s, strlen(s) + 1);
}

static void put_number(struct payload *p, uint64_t n)
{
	char text[24];

	snprintf(text, sizeof(text), "%llu", (unsigned long long)n);
	put_string(p, text);
}

/* "n0 r5" becomes n0|r5| */
static void put_words(struct payload *p, const char *words)
{
	size_t n;

	for (;;) {
		words += strspn(words, " ");
		n = strcspn(words, " ");
		if (!n)
			return;
		put_bytes(p, words, n);
		put_bytes(p, "", 1);
		words += n;
	}
}

static int send_payload(struct store_client *c, uint32_t type, uint32_t tx, const struct payload *p)
{
	if (p->overflow)
		return -E2BIG;
	return store_client_send(c, type, tx, p->data, p->length);
}

/* One request, one reply; reply may be NULL when only the success counts. */
static int talk(struct store_client *c, uint32_t type, uint32_t tx, const struct payload *p,
		char **reply, size_t *length)
{
	char *data;
	size_t size;
	int rc;

	rc = send_payload(c, type, tx, p);
	if (rc < 0)
		return rc;
	rc = store_client_receive(c, &data, &size);
	if (rc < 0)
		return rc;
	if (reply)
		*reply = data;
	else
		free(data);
	if (length)
		*length = size;
	return 0;
}

static int talk_path(struct store_client *c, uint32_t type, uint32_t tx, const char *path,
		     char **reply, size_t *length)
{
	struct payload p = {.length = 0};

	put_string(&p, path);
	return talk(c, type, tx, &p, reply, length);
}

int store_client_read(struct store_client *c, uint32_t tx, const char *path, char **value,
		      size_t *length)
{
	return talk_path(c, XS_READ, tx, path, value, length);
}

int store_client_read_number(struct store_client *c, uint32_t tx, const char *path,
			     uint64_t *number)
{
	char *text, *end;
	int rc;

	rc = store_client_read(c, tx, path, &text, NULL);
	if (rc < 0)
		return rc;
	errno = 0;
	*number = strtoull(text, &end, 10);
	if (text[0] < '0' || text[0] > '9' || *end || errno)
		rc = -EINVAL;
	free(text);
	return rc;
}

/* Turns name|name|… into an array that lies in front of a copy of the names. */
static int split_names(const char *list, size_t length, char ***names)
{
	char **array, *copy;
	size_t count = 0, i;

	for (i = 0; i < length; i++)
		count += list[i] == '\0';
	array = malloc((count + 1) * sizeof(*array) + length + 1);
	if (!array)
		return -ENOMEM;
	copy = (char *)(array + count + 1);
	memcpy(copy, list, length);
	for (i = 0; i < count; i++, copy += strlen(copy) + 1)
		array[i] = copy;
	array[count] = NULL;
	*names = array;
	return (int)count;
}

/* Appends one piece of a long listing: generation|name|…, and one more zero byte at the end. */
static int append_part(char **list, size_t *length, const char *part, size_t size, bool *complete)
{
	size_t skip = strlen(part) + 1;
	char *grown;

	if (skip > size)
		return -EPROTO;
	size -= skip;
	*complete = size == 0 ||
		    (part[skip + size - 1] == '\0' && (size == 1 || part[skip + size - 2] == '\0'));
	if (*complete && size)
		size--;
	grown = realloc(*list, *length + size + 1);
	if (!grown)
		return -ENOMEM;
	memcpy(grown + *length, part + skip, size);
	*list = grown;
	*length += size;
	return 0;
}

/* A listing longer than one message; starts over when the directory changes in between. */
static int directory_parts(struct store_client *c, uint32_t tx, const char *path, char **list,
			   size_t *length)
{
	char generation[32] = "", *part;
	bool complete = false;
	size_t size;
	int rc = 0;

	*list = NULL;
	*length = 0;
	while (!rc && !complete) {
		struct payload p = {.length = 0};

		put_string(&p, path);
		put_number(&p, *length);
		rc = talk(c, XS_DIRECTORY_PART, tx, &p, &part, &size);
		if (rc < 0)
			break;
		if (*length && strcmp(generation, part)) {
			*length = 0;
		} else {
			snprintf(generation, sizeof(generation), "%s", part);
			rc = append_part(list, length, part, size, &complete);
		}
		free(part);
	}
	if (rc < 0)
		free(*list);
	return rc;
}

int store_client_directory(struct store_client *c, uint32_t tx, const char *path, char ***names)
{
	char *list;
	size_t length;
	int rc;

	rc = talk_path(c, XS_DIRECTORY, tx, path, &list, &length);
	if (rc == -E2BIG)
		rc = directory_parts(c, tx, path, &list, &length);
	if (rc < 0)
		return rc;
	rc = split_names(list, length, names);
	free(list);
	return rc;
}

int store_client_get_perms(struct store_client *c, uint32_t tx, const char *path, char **perms)
{
	size_t length, i;
	int rc;

	rc = talk_path(c, XS_GET_PERMS, tx, path, perms, &length);
	for (i = 0; !rc && i + 1 < length; i++)
		if (!(*perms)[i])
			(*perms)[i] = ' ';
	return rc;
}

int store_client_write_bytes(struct store_client *c, uint32_t tx, const char *path,
			     const void *value, size_t length)
{
	struct payload p = {.length = 0};

	put_string(&p, path);
	put_bytes(&p, value, length);
	return talk(c, XS_WRITE, tx, &p, NULL, NULL);
}

int store_client_write(struct store_client *c, uint32_t tx, const char *path, const char *value)
{
	return store_client_write_bytes(c, tx, path, value, strlen(value));
}

int store_client_writef(struct store_client *c, uint32_t tx, const char *path, const char *format,
			...)
{
	va_list args;
	char *text;
	int rc;

	va_start(args, format);
	rc = vasprintf(&text, format, args);
	va_end(args);
	if (rc < 0)
		return -ENOMEM;
	rc = store_client_write(c, tx, path, text);
	free(text);
	return rc;
}

int store_client_mkdir(struct store_client *c, uint32_t tx, const char *path)
{
	return talk_path(c, XS_MKDIR, tx, path, NULL, NULL);
}

int store_client_rm(struct store_client *c, uint32_t tx, const char *path)
{
	return talk_path(c, XS_RM, tx, path, NULL, NULL);
}

static int send_perms(struct store_client *c, uint32_t tx, const char *path, const char *perms)
{
	struct payload p = {.length = 0};

	put_string(&p, path);
	put_words(&p, perms);
	return send_payload(c, XS_SET_PERMS, tx, &p);
}

static int receive_ok(struct store_client *c)
{
	char *reply;
	int rc = store_client_receive(c, &reply, NULL);

	if (!rc)
		free(reply);
	return rc;
}

int store_client_set_perms(struct store_client *c, uint32_t tx, const char *path, const char *perms)
{
	int rc = send_perms(c, tx, path, perms);

	return rc < 0 ? rc : receive_ok(c);
}

/* Sends one entry; *sent counts the replies that will come. */
static int send_entry(struct store_client *c, uint32_t tx, const struct store_entry *e,
		      unsigned int *sent)
{
	struct payload p = {.length = 0};
	int rc;

	put_string(&p, e->path);
	if (e->value)
		put_bytes(&p, e->value, strlen(e->value));
	rc = send_payload(c, e->value ? XS_WRITE : XS_MKDIR, tx, &p);
	if (rc < 0)
		return rc;
	++*sent;
	if (!e->perms)
		return 0;
	rc = send_perms(c, tx, e->path, e->perms);
	if (!rc)
		++*sent;
	return rc;
}

/* Requests in flight at once: their replies ("OK", 19 bytes each) fit any socket buffer. */
#define MANY_IN_FLIGHT 64

int store_client_write_many(struct store_client *c, uint32_t tx, const struct store_entry *entries,
			    unsigned int count)
{
	unsigned int i, sent = 0;
	int first = 0, rc;

	store_client_cork(c);
	for (i = 0; i < count && !first; i++) {
		first = send_entry(c, tx, &entries[i], &sent);
		if (sent < MANY_IN_FLIGHT && i + 1 < count && !first)
			continue;
		rc = store_client_uncork(c);
		for (; sent && !rc; sent--) {
			rc = receive_ok(c);
			if (rc < 0 && !store_client_lost(c)) {
				first = first ? first : rc;
				rc = 0;
			}
		}
		if (rc < 0)
			return rc;
		store_client_cork(c);
	}
	rc = store_client_uncork(c);
	return first ? first : rc;
}

int store_client_begin(struct store_client *c, uint32_t *tx)
{
	char *text;
	int rc;

	rc = talk_path(c, XS_TRANSACTION_START, 0, "", &text, NULL);
	if (rc < 0)
		return rc;
	*tx = (uint32_t)strtoul(text, NULL, 10);
	free(text);
	return *tx ? 0 : -EPROTO;
}

int store_client_end(struct store_client *c, uint32_t tx, bool commit)
{
	return talk_path(c, XS_TRANSACTION_END, tx, commit ? "T" : "F", NULL, NULL);
}

static int talk_watch(struct store_client *c, uint32_t type, const char *path, const char *token)
{
	struct payload p = {.length = 0};

	put_string(&p, path);
	put_string(&p, token);
	return talk(c, type, 0, &p, NULL, NULL);
}

int store_client_watch(struct store_client *c, const char *path, const char *token)
{
	return talk_watch(c, XS_WATCH, path, token);
}

int store_client_unwatch(struct store_client *c, const char *path, const char *token)
{
	return talk_watch(c, XS_UNWATCH, path, token);
}

static int talk_domid(struct store_client *c, uint32_t type, uint16_t domid, char **reply)
{
	struct payload p = {.length = 0};

	put_number(&p, domid);
	return talk(c, type, 0, &p, reply, NULL);
}

int store_client_introduce(struct store_client *c, uint16_t domid, uint64_t frame, uint32_t port)
{
	struct payload p = {.length = 0};

	put_number(&p, domid);
	put_number(&p, frame);
	put_number(&p, port);
	return talk(c, XS_INTRODUCE, 0, &p, NULL, NULL);
}

int store_client_release(struct store_client *c, uint16_t domid)
{
	return talk_domid(c, XS_RELEASE, domid, NULL);
}

int store_client_resume(struct store_client *c, uint16_t domid)
{
	return talk_domid(c, XS_RESUME, domid, NULL);
}

int store_client_is_introduced(struct store_client *c, uint16_t domid)
{
	char *reply;
	int rc = talk_domid(c, XS_IS_DOMAIN_INTRODUCED, domid, &reply);

	if (rc < 0)
		return rc;
	rc = reply[0] == 'T';
	free(reply);
	return rc;
}

int store_client_control(struct store_client *c, const char *words, char **reply)
{
	struct payload p = {.length = 0};

	put_words(&p, words);
	return talk(c, XS_CONTROL, 0, &p, reply, NULL);
}
