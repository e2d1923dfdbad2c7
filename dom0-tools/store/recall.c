/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Reading the journal: a store as it was, from the records of keep.c.
 * Data: none of its own. Lock: none, one thread.
 * A record that makes no sense ends it like the end of the file: what was before it holds. Nothing
 * is believed that could do harm: paths, lengths and domain ids are checked like a client's.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/log.h"
#include "journal.h"
#include "keep.h"
#include "mem.h"
#include "transaction.h"
#include "watch.h"

static const struct actor control = {.privileged = true};

/* Permissions out of a record: NULL when they make none, or no memory (*rc). */
static struct perm *get_perms(struct journal_reader *r, size_t *count, int *rc)
{
	size_t length;
	const void *data = journal_get_bytes(r, &length);
	struct perm *perms;

	*rc = -EINVAL;
	*count = length / sizeof(*perms);
	if (!*count || length % sizeof(*perms))
		return NULL;
	perms = mem_copy(data, length);
	*rc = perms ? 0 : -ENOMEM;
	return perms;
}

/* Changes nodes without anybody hearing of it. */
static int change(struct store *s, const struct op *ops, size_t count)
{
	struct edit e;
	int rc = 0;

	edit_begin(&e, s, &control, &s->tree);
	e.for_watches = false;
	for (size_t i = 0; i < count && !rc; i++)
		rc = edit_apply(&e, &ops[i]);
	if (rc < 0)
		edit_drop(&e);
	else
		edit_commit(&e);
	return rc;
}

static int recall_node(struct store *s, struct journal_reader *r)
{
	const char *path = journal_get_text(r);
	struct op ops[2] = {{.type = XS_WRITE, .path = path}, {.type = XS_SET_PERMS, .path = path}};
	struct perm *perms;
	int rc;

	perms = get_perms(r, &ops[1].length, &rc);
	ops[0].data = journal_get_bytes(r, &ops[0].length);
	ops[1].data = perms;
	if (!rc)
		rc = r->bad || !path_is_valid(path) || ops[0].length > XENSTORE_PAYLOAD_MAX
			     ? -EINVAL
			     : change(s, ops, 2);
	free(perms);
	return rc;
}

static int recall_node_gone(struct store *s, struct journal_reader *r)
{
	const char *path = journal_get_text(r);
	struct op op = {.type = XS_RM, .path = path};

	if (r->bad || !path_is_valid(path) || !path[1])
		return -EINVAL;
	return tree_find(&s->tree, path) ? change(s, &op, 1) : 0;
}

static int recall_event_perms(struct store *s, struct journal_reader *r)
{
	struct store_event *e = store_find_event(s, journal_get_text(r));
	size_t count;
	int rc;
	struct perm *perms = get_perms(r, &count, &rc);

	if (rc || !e) {
		free(perms);
		return rc ? rc : -EINVAL;
	}
	free(e->perms);
	e->perms = perms;
	e->count = count;
	return 0;
}

static uint16_t get_domid(struct journal_reader *r)
{
	return (uint16_t)journal_get_number(r, DOMID_FIRST_RESERVED - 1);
}

static struct conn *find_orphan(const struct store *s, uint16_t domid)
{
	struct conn *c = s->conns;

	while (c && !(c->orphan && c->actor.domid == domid))
		c = c->next;
	return c;
}

static int recall_domain(struct store *s, struct journal_reader *r)
{
	uint16_t domid = get_domid(r);
	struct domain *d = domain_find(s, domid);
	const void *identity;
	uint64_t target;
	size_t length;

	if (!domid)
		return -EINVAL;
	if (!d) {
		d = mem_zalloc(sizeof(*d));
		if (!d)
			return -ENOMEM;
		d->domid = domid;
		d->next = s->domains;
		s->domains = d;
	}
	d->frame = journal_get_number(r, UINT64_MAX);
	d->port = (uint32_t)journal_get_number(r, INT32_MAX);
	d->shutdown = journal_get_number(r, 1);
	target = journal_get_number(r, DOMID_FIRST_RESERVED);
	d->has_target = target != 0;
	d->target = target ? (uint16_t)(target - 1) : 0;
	identity = journal_get_bytes(r, &length);
	if (length != sizeof(d->identity))
		return -EINVAL;
	memcpy(d->identity, identity, length);
	return 0;
}

static int recall_domain_gone(struct store *s, struct journal_reader *r)
{
	uint16_t domid = get_domid(r);
	struct domain **slot = &s->domains, *d;
	int rc = domid ? domain_forget(s, domid) : -EINVAL;

	if (rc < 0)
		return rc;
	while ((d = *slot) && d->domid != domid)
		slot = &d->next;
	if (d)
		*slot = d->next;
	free(d);
	conn_destroy(find_orphan(s, domid));
	return 0;
}

/* --- clients --- */

/* The client that a record is about, new if it is the first. NULL with *rc. */
static struct conn *get_conn(struct store *s, struct journal_reader *r, int *rc)
{
	uint16_t domid = get_domid(r);
	struct actor who = {.domid = domid, .privileged = !domid};
	struct conn *c = find_orphan(s, domid);

	*rc = r->bad || (domid && !domain_find(s, domid)) ? -EINVAL : 0;
	if (*rc || c)
		return *rc ? NULL : c;
	c = conn_create(s, &who);
	*rc = c ? 0 : -ENOMEM;
	if (c)
		c->orphan = c->recalled = true;
	return c;
}

static bool watchable(const char *path)
{
	return path[0] == '@' ? path_is_event(path) : path_is_valid(path);
}

static int recall_watch(struct conn *c, struct journal_reader *r)
{
	const char *path = journal_get_text(r), *token = journal_get_text(r);
	uint64_t depth = journal_get_number(r, UINT64_MAX);
	size_t prefix = journal_get_number(r, strlen(path));
	bool late = journal_get_number(r, 1);
	struct watch *w;

	if (r->bad || !watchable(path) || strlen(token) > WATCH_TOKEN_MAX)
		return -EINVAL;
	w = watch_restore(c, path, token);
	if (!w)
		return -ENOMEM;
	w->depth = depth == UINT64_MAX ? WATCH_ANY_DEPTH : depth;
	w->prefix = prefix;
	w->late = late;
	return 0;
}

static int recall_watch_gone(struct conn *c, struct journal_reader *r)
{
	const char *path = journal_get_text(r), *token = journal_get_text(r);

	if (!r->bad)
		watch_forget(c, path, token);
	return 0;
}

static int recall_transaction(struct conn *c, struct journal_reader *r)
{
	return transaction_restore(c, (uint32_t)journal_get_number(r, UINT32_MAX));
}

static int recall_transaction_gone(struct conn *c, struct journal_reader *r)
{
	struct transaction *tx = transaction_find(c, (uint32_t)journal_get_number(r, UINT32_MAX));

	if (tx)
		(void)transaction_end(tx, false);
	return 0;
}

static int recall_event(struct conn *c, struct journal_reader *r)
{
	const char *path = journal_get_text(r), *token = journal_get_text(r);
	size_t length;
	const void *data = journal_get_bytes(r, &length);

	if (r->bad || !length || length > CONN_MESSAGE_MAX)
		return -EINVAL;
	return conn_restore_event(c, watch_find(c, path, token), data, length);
}

static int recall_reset(struct conn *c, struct journal_reader *r)
{
	(void)r;
	conn_reset(c);
	return 0;
}

static int recall_sent(struct conn *c, struct journal_reader *r)
{
	conn_drop_events(c, journal_get_number(r, SIZE_MAX));
	c->sent = journal_get_number(r, CONN_MESSAGE_MAX);
	c->sending_event = journal_get_number(r, 1);
	return 0;
}

static bool take(struct journal_reader *r, void *to, size_t *length, size_t max)
{
	const void *data = journal_get_bytes(r, length);

	if (*length > max)
		return false;
	memcpy(to, data, *length);
	return true;
}

static int read_conn(struct conn *c, struct journal_reader *r)
{
	size_t header, payload;

	c->ring_read = (uint32_t)journal_get_number(r, UINT32_MAX);
	c->ring_written = (uint32_t)journal_get_number(r, UINT32_MAX);
	c->last_transaction = (uint32_t)journal_get_number(r, UINT32_MAX);
	if (!take(r, c->reply, &c->reply_length, sizeof(c->reply)) ||
	    !take(r, &c->header, &header, sizeof(c->header)) ||
	    !take(r, c->payload, &payload, XENSTORE_PAYLOAD_MAX))
		return -EINVAL;
	c->received = header + payload;
	if (header < sizeof(c->header))
		return payload ? -EINVAL : 0;
	/* A whole message would have been carried out. */
	return c->header.len <= XENSTORE_PAYLOAD_MAX && payload < c->header.len ? 0 : -EINVAL;
}

static int recall_conn(struct conn *c, struct journal_reader *r)
{
	int rc = read_conn(c, r);

	if (rc < 0)
		c->reply_length = c->received = 0;
	return rc;
}

/* --- all of it --- */

static const struct {
	uint8_t type;
	int (*of_store)(struct store *s, struct journal_reader *r);
	int (*of_conn)(struct conn *c, struct journal_reader *r);
} kinds[] = {
	{.type = KEEP_NODE, .of_store = recall_node},
	{.type = KEEP_NODE_GONE, .of_store = recall_node_gone},
	{.type = KEEP_EVENT_PERMS, .of_store = recall_event_perms},
	{.type = KEEP_DOMAIN, .of_store = recall_domain},
	{.type = KEEP_DOMAIN_GONE, .of_store = recall_domain_gone},
	{.type = KEEP_WATCH, .of_conn = recall_watch},
	{.type = KEEP_WATCH_GONE, .of_conn = recall_watch_gone},
	{.type = KEEP_TRANSACTION, .of_conn = recall_transaction},
	{.type = KEEP_TRANSACTION_GONE, .of_conn = recall_transaction_gone},
	{.type = KEEP_EVENT, .of_conn = recall_event},
	{.type = KEEP_RESET, .of_conn = recall_reset},
	{.type = KEEP_SENT, .of_conn = recall_sent},
	{.type = KEEP_CONN, .of_conn = recall_conn},
};

static int recall_one(struct store *s, struct journal_reader *r, uint8_t type)
{
	struct conn *c;
	int rc = -EINVAL;

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		if (kinds[i].type != type)
			continue;
		if (kinds[i].of_store)
			return kinds[i].of_store(s, r);
		c = get_conn(s, r, &rc);
		return c ? kinds[i].of_conn(c, r) : rc;
	}
	return rc;
}

/* An index that a half-valid journal left behind must not lead anywhere. */
static void check_conn(struct conn *c)
{
	size_t head = c->first_event ? c->first_event->length : 0;
	bool event = c->sending_event || !c->reply_length;

	if (c->sending_event && !c->first_event)
		c->sending_event = false;
	if (c->sent >= (event ? head : c->reply_length))
		c->sent = 0;
}

int keep_recall_from(struct store *s, const uint8_t *data, size_t length)
{
	struct journal_reader r;
	struct conn *c;
	uint8_t type;
	int rc = 0;

	if (!journal_read(&r, data, length))
		return -EINVAL;
	while (!rc && !r.bad && (type = journal_next(&r)))
		rc = recall_one(s, &r, type);
	if (rc == -EINVAL || r.bad)
		log_warning("the journal makes no sense at byte %zu; what is behind is lost", r.at);
	for (c = s->conns; c; c = c->next)
		check_conn(c);
	return rc == -EINVAL ? 0 : rc;
}

int keep_recall(struct store *s, const char *path)
{
	uint8_t *data;
	size_t length;
	int rc = journal_load(path, &data, &length);

	if (rc < 0)
		return rc;
	rc = keep_recall_from(s, data, length);
	free(data);
	return rc;
}

void keep_end_orphans(struct store *s)
{
	struct conn *c, *next;

	for (c = s->conns; c; c = next) {
		next = c->next;
		if (c->orphan)
			conn_destroy(c);
	}
}
