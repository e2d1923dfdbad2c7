/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Noting changes in the journal, and writing all anew when it has grown.
 * Data: store->journal; a new file replaces the old when that is several times as long as what it
 * tells. Lock: none, one thread. A journal that cannot be written any more is given up, and said:
 * the store itself goes on. Reading is in recall.c.
 */
#include "keep.h"

#include <errno.h>
#include <string.h>

#include "daemon/log.h"
#include "journal.h"
#include "mem.h"
#include "transaction.h"
#include "watch.h"

#define REWRITE_AT  ((size_t)1 << 20) /* bytes; below, a long journal is none */
#define REWRITE_PER 4

static bool kept(const struct conn *c)
{
	return c->kept && c->store->journal;
}

static void put_perms(struct journal *j, const struct perm *perms, size_t count)
{
	journal_bytes(j, perms, count * sizeof(*perms));
}

static void put_node(struct journal *j, const char *path, const struct node *n)
{
	journal_begin(j, KEEP_NODE);
	journal_text(j, path);
	put_perms(j, n->perms, n->perm_count);
	journal_bytes(j, n->value, n->value_length);
}

/* path and the nodes on the way to it, from the name at rest on. */
static void put_path(struct journal *j, const struct tree *t, const char *path, const char *rest)
{
	char part[PATH_ABSOLUTE_MAX + 1];
	size_t length;

	while (path_next(&rest, &length) && *rest) {
		memcpy(part, path, (size_t)(rest - path));
		part[rest - path] = '\0';
		put_node(j, part, tree_find(t, part));
	}
	put_node(j, path, tree_find(t, path));
}

/* What is new along the path; all of it where an ancestor may have gone and come again. */
static void put_change(struct journal *j, const struct tree *before, const struct tree *after,
		       const char *path, bool all)
{
	const char *rest = path;

	if (!tree_find(after, path))
		return;
	if (!all && tree_find(before, path)) {
		put_node(j, path, tree_find(after, path));
		return;
	}
	if (!all)
		tree_find_nearest(before, path, &rest);
	put_path(j, after, path, rest);
}

void keep_changes(struct store *s, const struct tree *before, const struct tree *after,
		  const struct change *changes)
{
	const struct change *c;
	bool removed = false;

	if (!s->journal)
		return;
	for (c = changes; c; c = c->next) {
		removed |= c->removed;
		if (c->removed) {
			journal_begin(s->journal, KEEP_NODE_GONE);
			journal_text(s->journal, c->path);
		} else {
			put_change(s->journal, before, after, c->path, removed);
		}
	}
}

void keep_event_perms(struct store *s, const struct store_event *e)
{
	if (!s->journal)
		return;
	journal_begin(s->journal, KEEP_EVENT_PERMS);
	journal_text(s->journal, e->name);
	put_perms(s->journal, e->perms, e->count);
}

void keep_domain(struct store *s, const struct domain *d)
{
	if (!s->journal)
		return;
	journal_begin(s->journal, KEEP_DOMAIN);
	journal_number(s->journal, d->domid);
	journal_number(s->journal, d->frame);
	journal_number(s->journal, d->port);
	journal_number(s->journal, d->shutdown);
	journal_number(s->journal, d->has_target ? d->target + 1u : 0);
	journal_bytes(s->journal, d->identity, sizeof(d->identity));
}

void keep_domain_gone(struct store *s, uint16_t domid)
{
	if (!s->journal)
		return;
	journal_begin(s->journal, KEEP_DOMAIN_GONE);
	journal_number(s->journal, domid);
}

/* How far its output has gone comes before whatever else happens to its events. */
static void put_sent(struct conn *c)
{
	struct journal *j = c->store->journal;

	journal_begin(j, KEEP_SENT);
	journal_number(j, c->actor.domid);
	journal_number(j, c->events_sent);
	journal_number(j, c->sent);
	journal_number(j, c->sending_event);
	c->events_sent = 0;
	c->has_sent = false;
}

/* The beginning of every record of a connection. */
static struct journal *begin(struct conn *c, uint8_t type)
{
	struct journal *j = c->store->journal;

	if (c->has_sent)
		put_sent(c);
	journal_begin(j, type);
	journal_number(j, c->actor.domid);
	return j;
}

void keep_watch(const struct watch *w)
{
	struct journal *j;

	if (!kept(w->conn))
		return;
	j = begin(w->conn, KEEP_WATCH);
	journal_text(j, w->path);
	journal_text(j, w->token);
	journal_number(j, w->depth == WATCH_ANY_DEPTH ? UINT64_MAX : w->depth);
	journal_number(j, w->prefix);
	journal_number(j, w->late);
}

void keep_watch_gone(const struct watch *w)
{
	struct journal *j;

	if (!kept(w->conn))
		return;
	j = begin(w->conn, KEEP_WATCH_GONE);
	journal_text(j, w->path);
	journal_text(j, w->token);
}

void keep_transaction(struct conn *c, uint32_t id)
{
	if (kept(c))
		journal_number(begin(c, KEEP_TRANSACTION), id);
}

void keep_transaction_gone(struct conn *c, uint32_t id)
{
	if (kept(c))
		journal_number(begin(c, KEEP_TRANSACTION_GONE), id);
}

void keep_event(struct conn *c, const struct conn_event *e)
{
	struct journal *j;

	if (!kept(c))
		return;
	j = begin(c, KEEP_EVENT);
	journal_text(j, e->watch ? e->watch->path : "");
	journal_text(j, e->watch ? e->watch->token : "");
	journal_bytes(j, e->data, e->length);
}

void keep_reset(struct conn *c)
{
	if (kept(c))
		begin(c, KEEP_RESET);
}

static void put_conn(struct conn *c)
{
	struct journal *j = begin(c, KEEP_CONN);
	size_t header = sizeof(c->header);

	journal_number(j, c->ring_read);
	journal_number(j, c->ring_written);
	journal_number(j, c->last_transaction);
	journal_bytes(j, c->reply, c->reply_length);
	journal_bytes(j, &c->header, c->received < header ? c->received : header);
	journal_bytes(j, c->payload, c->received < header ? 0 : c->received - header);
}

/* --- all of it --- */

static void put_tree(struct store *s)
{
	const struct node *n;
	struct tree_walk walk;

	tree_walk_start(&walk, &s->tree, "/");
	while ((n = tree_walk_next(&walk)))
		put_node(s->journal, walk.path, n);
}

static void put_connection(struct conn *c)
{
	const struct transaction *tx;
	const struct conn_event *e;
	const struct watch *w;

	c->events_sent = 0;
	c->has_sent = false;
	for (w = c->watches; w; w = w->next)
		keep_watch(w);
	for (tx = c->transactions; tx; tx = tx->next)
		keep_transaction(c, tx->id);
	for (e = c->first_event; e; e = e->next)
		keep_event(c, e);
	for (w = c->watches; w; w = w->next)
		if (w->late) /* an event says that it is not */
			keep_watch(w);
	put_sent(c);
	put_conn(c);
}

static int put_all(struct store *s)
{
	const struct domain *d;
	struct conn *c;
	int i;

	for (i = 0; i < STORE_EVENTS; i++)
		keep_event_perms(s, &s->event[i]);
	put_tree(s);
	for (d = s->domains; d; d = d->next)
		keep_domain(s, d);
	for (c = s->conns; c; c = c->next)
		if (kept(c))
			put_connection(c);
	return journal_commit(s->journal);
}

static void give_up(struct store *s, int error)
{
	log_error("the journal cannot be written any more (%s); a restart of this daemon would now "
		  "lose the store",
		  strerror(-error));
	journal_discard(s->journal);
	s->journal = NULL;
}

/* Into a new file, which replaces the old one when it is complete. */
static int rewrite(struct store *s, const char *path)
{
	struct journal *old = s->journal;
	int rc = journal_create(&s->journal, path);

	if (rc < 0) {
		s->journal = old;
		return rc;
	}
	rc = put_all(s);
	if (!rc)
		rc = journal_publish(s->journal);
	if (rc < 0) {
		journal_discard(s->journal);
		s->journal = old;
		return rc;
	}
	journal_close(old);
	s->rewrite_at = REWRITE_PER * journal_size(s->journal);
	if (s->rewrite_at < REWRITE_AT)
		s->rewrite_at = REWRITE_AT;
	return 0;
}

void keep_turn(struct store *s, struct conn *c)
{
	int rc;

	if (!s->journal)
		return;
	if (c && c->kept)
		put_conn(c);
	rc = journal_commit(s->journal);
	if (rc < 0)
		give_up(s, rc);
	else if (journal_size(s->journal) > s->rewrite_at && rewrite(s, s->journal_path) < 0)
		s->rewrite_at *= 2; /* the old one holds still */
}

int keep_start(struct store *s, const char *path)
{
	s->journal_path = path;
	return rewrite(s, path);
}

void keep_stop(struct store *s)
{
	journal_close(s->journal);
	s->journal = NULL;
}
