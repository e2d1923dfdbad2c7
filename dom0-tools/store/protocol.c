/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Messages about nodes, watches and transactions, and the table that leads to all handlers.
 * Duty: take the payload apart, call the tree's side, build the one reply.
 * Data: struct request, for the time of one message. Lock: none, one thread.
 * Each handler returns 0 after a reply or -errno, which becomes XS_ERROR with the error's name.
 */
#include "protocol.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "access.h"
#include "keep.h"
#include "mem.h"
#include "watch.h"

const char *request_string(const struct request *r, size_t n)
{
	const char *s = r->payload, *end = r->payload + r->length, *zero;

	for (;; n--) {
		zero = memchr(s, '\0', (size_t)(end - s));
		if (!zero)
			return NULL;
		if (!n)
			return s;
		s = zero + 1;
	}
}

size_t request_count(const struct request *r)
{
	size_t i, count = 0;

	for (i = 0; i < r->length; i++)
		count += r->payload[i] == '\0';
	return count;
}

int reply_string(struct request *r, const char *text)
{
	return conn_reply(r->conn, r->conn->header.type, text, strlen(text) + 1);
}

int reply_ok(struct request *r)
{
	return reply_string(r, "OK");
}

/* The path in the first string, absolute. */
static int get_path(const struct request *r, char *path)
{
	const char *text = request_string(r, 0);
	size_t prefix;

	if (!text || !path_resolve(text, r->conn->actor.domid, path, &prefix))
		return -EINVAL;
	return 0;
}

/* The path, where there must not be anything else. */
static int get_only_path(const struct request *r, char *path)
{
	if (strnlen(r->payload, r->length) + 1 != r->length)
		return -EINVAL;
	return get_path(r, path);
}

/* Finds a node to be read, noting in the transaction what of it is seen. */
static int read_node(struct request *r, unsigned int what, const struct node **n)
{
	const struct tree *t = r->tx ? &r->tx->edit.tree : &r->store->tree;
	char path[PATH_ABSOLUTE_MAX + 1];
	int rc;

	rc = r->conn->header.type == XS_DIRECTORY_PART ? get_path(r, path) : get_only_path(r, path);
	if (!rc && r->tx)
		rc = transaction_note_seen(r->tx, path, what);
	if (rc < 0)
		return rc;
	return access_node(t, &r->conn->actor, path, PERM_READ, n);
}

static int apply(struct request *r, const struct op *op)
{
	struct edit e;
	int rc;

	if (r->tx)
		return transaction_apply(r->tx, op);
	edit_begin(&e, r->store, &r->conn->actor, &r->store->tree);
	rc = edit_apply(&e, op);
	if (rc < 0)
		edit_drop(&e);
	else
		edit_commit(&e);
	return rc;
}

static int handle_read(struct request *r)
{
	const struct node *n;
	int rc = read_node(r, SEEN_NODE, &n);

	if (rc < 0)
		return rc;
	return conn_reply(r->conn, XS_READ, n->value, n->value_length);
}

/* Writes name|name|… of the children from a byte offset on, at most size bytes of whole names. */
static size_t list_children(const struct node *n, size_t offset, char *out, size_t size, bool *all)
{
	size_t i, length, used = 0, at = 0;

	*all = true;
	for (i = 0; i < n->child_count; i++, at += length) {
		length = strlen(n->children[i]->name) + 1;
		if (at < offset)
			continue;
		if (length > size - used) {
			*all = false;
			break;
		}
		memcpy(out + used, n->children[i]->name, length);
		used += length;
	}
	return used;
}

static int handle_directory(struct request *r)
{
	char list[XENSTORE_PAYLOAD_MAX];
	const struct node *n;
	size_t length;
	bool all;
	int rc = read_node(r, SEEN_CHILDREN, &n);

	if (rc < 0)
		return rc;
	length = list_children(n, 0, list, sizeof(list), &all);
	return all ? conn_reply(r->conn, XS_DIRECTORY, list, length) : -E2BIG;
}

static int handle_directory_part(struct request *r)
{
	char list[XENSTORE_PAYLOAD_MAX], *end;
	const char *number = request_string(r, 1);
	const struct node *n;
	size_t used, offset;
	bool all;
	int rc;

	if (!number || number[0] < '0' || number[0] > '9')
		return -EINVAL;
	offset = strtoul(number, &end, 10);
	rc = *end ? -EINVAL : read_node(r, SEEN_CHILDREN, &n);
	if (rc < 0)
		return rc;
	used = (size_t)snprintf(list, sizeof(list), "%llu", (unsigned long long)n->listed) + 1;
	/* One byte stays free for the mark of the end. */
	used += list_children(n, offset, list + used, sizeof(list) - used - 1, &all);
	if (all)
		list[used++] = '\0';
	return conn_reply(r->conn, XS_DIRECTORY_PART, list, used);
}

static int handle_write(struct request *r)
{
	struct op op = {.type = XS_WRITE};
	char path[PATH_ABSOLUTE_MAX + 1];
	int rc = get_path(r, path);

	if (rc < 0)
		return rc;
	op.path = path;
	op.data = r->payload + strlen(r->payload) + 1;
	op.length = r->length - strlen(r->payload) - 1;
	rc = apply(r, &op);
	return rc < 0 ? rc : reply_ok(r);
}

static int handle_mkdir(struct request *r)
{
	struct op op = {.type = XS_MKDIR};
	char path[PATH_ABSOLUTE_MAX + 1];
	int rc = get_only_path(r, path);

	op.path = path;
	rc = rc < 0 ? rc : apply(r, &op);
	return rc < 0 ? rc : reply_ok(r);
}

static int handle_rm(struct request *r)
{
	struct op op = {.type = XS_RM};
	char path[PATH_ABSOLUTE_MAX + 1];
	int rc = get_only_path(r, path);

	op.path = path;
	rc = rc < 0 ? rc : apply(r, &op);
	return rc < 0 ? rc : reply_ok(r);
}

static int reply_perms(struct request *r, const struct perm *perms, size_t count)
{
	char text[XENSTORE_PAYLOAD_MAX], word[8];
	size_t i, length, used = 0;

	for (i = 0; i < count; i++) {
		perm_format(&perms[i], word, sizeof(word));
		length = strlen(word) + 1;
		if (length > sizeof(text) - used)
			return -E2BIG;
		memcpy(text + used, word, length);
		used += length;
	}
	return conn_reply(r->conn, XS_GET_PERMS, text, used);
}

static int handle_get_perms(struct request *r)
{
	const char *text = request_string(r, 0);
	const struct store_event *event = text ? store_find_event(r->store, text) : NULL;
	const struct node *n;
	int rc;

	if (event)
		return reply_perms(r, event->perms, event->count);
	rc = read_node(r, SEEN_NODE, &n);
	return rc < 0 ? rc : reply_perms(r, n->perms, n->perm_count);
}

/* The permissions that follow the path, in memory of their own. */
static int parse_perms(const struct request *r, struct perm **perms, size_t *count)
{
	size_t total = request_count(r), i;
	const char *word = request_string(r, 1);

	if (total < 2 || r->payload[r->length - 1] != '\0')
		return -EINVAL;
	*count = total - 1;
	*perms = mem_alloc(*count * sizeof(**perms));
	if (!*perms)
		return -ENOMEM;
	for (i = 0; i < *count; i++, word += strlen(word) + 1)
		if (!perm_parse(word, &(*perms)[i])) {
			free(*perms);
			return -EINVAL;
		}
	return 0;
}

/* Takes perms over. */
static int set_event_perms(struct request *r, struct store_event *event, struct perm *perms,
			   size_t count)
{
	if (!r->conn->actor.privileged) {
		free(perms);
		return -EACCES;
	}
	free(event->perms);
	event->perms = perms;
	event->count = count;
	keep_event_perms(r->store, event);
	return reply_ok(r);
}

static int handle_set_perms(struct request *r)
{
	struct op op = {.type = XS_SET_PERMS};
	const char *text = request_string(r, 0);
	struct store_event *event = text ? store_find_event(r->store, text) : NULL;
	char path[PATH_ABSOLUTE_MAX + 1];
	struct perm *perms = NULL;
	int rc;

	rc = event ? 0 : get_path(r, path);
	if (!rc)
		rc = parse_perms(r, &perms, &op.length);
	if (rc < 0)
		return rc;
	if (event)
		return set_event_perms(r, event, perms, op.length);
	op.path = path;
	op.data = perms;
	rc = apply(r, &op);
	free(perms);
	return rc < 0 ? rc : reply_ok(r);
}

static int handle_watch(struct request *r)
{
	const char *token = request_string(r, 1), *depth_text = request_string(r, 2);
	size_t depth = WATCH_ANY_DEPTH;
	char *end;
	int rc;

	if (!token)
		return -EINVAL;
	if (depth_text) {
		depth = strtoul(depth_text, &end, 10);
		if (*end || depth_text[0] < '0' || depth_text[0] > '9')
			return -EINVAL;
	}
	rc = watch_add(r->conn, request_string(r, 0), token, depth);
	return rc < 0 ? rc : reply_ok(r);
}

static int handle_unwatch(struct request *r)
{
	const char *token = request_string(r, 1);
	int rc = token ? watch_remove(r->conn, request_string(r, 0), token) : -EINVAL;

	return rc < 0 ? rc : reply_ok(r);
}

/* A guest that starts over; its transactions go too. */
static int handle_reset_watches(struct request *r)
{
	if (r->tx)
		return -EBUSY;
	watch_remove_all(r->conn);
	transaction_drop_all(r->conn);
	return reply_ok(r);
}

static int handle_transaction_start(struct request *r)
{
	char text[16];
	uint32_t id;
	int rc;

	if (r->tx)
		return -EBUSY;
	rc = transaction_start(r->conn, &id);
	if (rc < 0)
		return rc;
	snprintf(text, sizeof(text), "%u", id);
	return reply_string(r, text);
}

static int handle_transaction_end(struct request *r)
{
	const char *what = request_string(r, 0);
	int rc;

	if (!what || (strcmp(what, "T") && strcmp(what, "F")))
		return -EINVAL;
	if (!r->tx)
		return -ENOENT;
	rc = transaction_end(r->tx, what[0] == 'T');
	return rc < 0 ? rc : reply_ok(r);
}

/* Who may send it. */
#define CONTROL_ONLY true
#define ANYBODY	     false

static const struct {
	int (*handle)(struct request *r);
	bool control_only;
} handlers[XS_TYPE_COUNT] = {
	[XS_CONTROL] = {handle_control, CONTROL_ONLY},
	[XS_DIRECTORY] = {handle_directory, ANYBODY},
	[XS_READ] = {handle_read, ANYBODY},
	[XS_GET_PERMS] = {handle_get_perms, ANYBODY},
	[XS_WATCH] = {handle_watch, ANYBODY},
	[XS_UNWATCH] = {handle_unwatch, ANYBODY},
	[XS_TRANSACTION_START] = {handle_transaction_start, ANYBODY},
	[XS_TRANSACTION_END] = {handle_transaction_end, ANYBODY},
	[XS_INTRODUCE] = {handle_introduce, CONTROL_ONLY},
	[XS_RELEASE] = {handle_release, CONTROL_ONLY},
	[XS_GET_DOMAIN_PATH] = {handle_domain_path, ANYBODY},
	[XS_WRITE] = {handle_write, ANYBODY},
	[XS_MKDIR] = {handle_mkdir, ANYBODY},
	[XS_RM] = {handle_rm, ANYBODY},
	[XS_SET_PERMS] = {handle_set_perms, ANYBODY},
	[XS_IS_DOMAIN_INTRODUCED] = {handle_is_introduced, ANYBODY},
	[XS_RESUME] = {handle_resume, CONTROL_ONLY},
	[XS_SET_TARGET] = {handle_set_target, CONTROL_ONLY},
	[XS_RESET_WATCHES] = {handle_reset_watches, ANYBODY},
	[XS_DIRECTORY_PART] = {handle_directory_part, ANYBODY},
};

/* The errors that have a name in the protocol; any other is told as EIO. */
static const struct {
	int number;
	const char *name;
} error_names[] = {
	{EINVAL, "EINVAL"}, {EACCES, "EACCES"}, {EEXIST, "EEXIST"}, {ENOENT, "ENOENT"},
	{ENOMEM, "ENOMEM"}, {ENOSPC, "ENOSPC"}, {ENOSYS, "ENOSYS"}, {EBUSY, "EBUSY"},
	{EAGAIN, "EAGAIN"}, {E2BIG, "E2BIG"},	{EPERM, "EPERM"},
};

static void reply_error(struct conn *c, int error)
{
	const char *name = "EIO";
	size_t i;

	for (i = 0; i < sizeof(error_names) / sizeof(error_names[0]); i++)
		if (error_names[i].number == -error)
			name = error_names[i].name;
	conn_reply(c, XS_ERROR, name, strlen(name) + 1);
}

static int dispatch(struct request *r, uint32_t type)
{
	uint32_t id = r->conn->header.tx_id;

	if (type >= XS_TYPE_COUNT || !handlers[type].handle)
		return -ENOSYS;
	if (handlers[type].control_only && !r->conn->actor.privileged)
		return -EACCES;
	if (id) {
		r->tx = transaction_find(r->conn, id);
		if (!r->tx)
			return -ENOENT;
	}
	return handlers[type].handle(r);
}

void protocol_handle(struct conn *c)
{
	struct request r = {
		.conn = c,
		.store = c->store,
		.payload = (const char *)c->payload,
		.length = c->header.len,
	};
	int rc = dispatch(&r, c->header.type);

	if (rc < 0)
		reply_error(c, rc);
}
