/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The store as a whole: its first nodes, its end, and its audit.
 * Data: struct store. Lock: none, one thread.
 * It writes no node for a guest: the tools do that when they make one.
 */
#include "store.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "conn.h"
#include "domain.h"
#include "edit.h"
#include "daemon/log.h"
#include "mem.h"
#include "transaction.h"
#include "watch.h"

static const char *const first_nodes[] = {
	"/tool/xenstored",
	"/local/domain/0",
	"/vm",
};

static int make_first_nodes(struct store *s)
{
	static const struct actor control = {.privileged = true};
	struct op op = {.type = XS_MKDIR};
	struct edit e;
	size_t i;
	int rc = 0;

	edit_begin(&e, s, &control, &s->tree);
	for (i = 0; i < sizeof(first_nodes) / sizeof(first_nodes[0]) && !rc; i++) {
		op.path = first_nodes[i];
		rc = edit_apply(&e, &op);
	}
	if (rc < 0)
		edit_drop(&e);
	else
		edit_commit(&e);
	return rc;
}

static int make_events(struct store *s)
{
	static const char *const names[STORE_EVENTS] = {STORE_EVENT_INTRODUCE, STORE_EVENT_RELEASE};
	static const struct perm control_only = {.domid = 0, .access = 0};
	int i;

	for (i = 0; i < STORE_EVENTS; i++) {
		s->event[i].name = names[i];
		s->event[i].count = 1;
		s->event[i].perms = mem_copy(&control_only, sizeof(control_only));
		if (!s->event[i].perms)
			return -ENOMEM;
	}
	return 0;
}

/* The root is there before the first edit, so it is entered by hand. */
static int account_root(struct store *s)
{
	int64_t bytes = (int64_t)node_bytes(s->tree.root);

	if (quota_prepare(&s->quota, 0) < 0)
		return -ENOMEM;
	quota_adjust(&s->quota, 0, QUOTA_NODES, 1);
	quota_adjust(&s->quota, 0, QUOTA_MEMORY, bytes);
	s->quota.node_memory = (uint64_t)bytes;
	return 0;
}

int store_create(struct store *s, const struct store_host *host)
{
	memset(s, 0, sizeof(*s));
	s->host = *host;
	quota_init(&s->quota);
	if (tree_create(&s->tree, &s->memory) < 0 || account_root(s) < 0 || make_events(s) < 0 ||
	    make_first_nodes(s) < 0) {
		store_destroy(s);
		return -ENOMEM;
	}
	return 0;
}

void store_destroy(struct store *s)
{
	struct domain *d;
	int i;

	while ((d = s->domains)) {
		s->domains = d->next;
		free(d);
	}
	for (i = 0; i < STORE_EVENTS; i++)
		free(s->event[i].perms);
	tree_drop(&s->tree);
	quota_free(&s->quota);
}

struct store_event *store_find_event(struct store *s, const char *name)
{
	int i;

	for (i = 0; i < STORE_EVENTS; i++)
		if (!strcmp(s->event[i].name, name))
			return &s->event[i];
	return NULL;
}

/* What the owner's account should say; `found` has no limits and only counts. */
static int count_nodes(const struct store *s, struct quota *found)
{
	struct tree_walk walk;
	const struct node *n;
	uint16_t owner;

	tree_walk_start(&walk, &s->tree, "/");
	while ((n = tree_walk_next(&walk))) {
		owner = n->perms[0].domid;
		if (quota_prepare(found, owner) < 0)
			return -ENOMEM;
		quota_adjust(found, owner, QUOTA_NODES, 1);
		quota_adjust(found, owner, QUOTA_MEMORY, (int64_t)node_bytes(n));
		found->node_memory += node_bytes(n);
	}
	return 0;
}

static int count_conn(const struct conn *c, struct quota *found)
{
	uint16_t domid = c->actor.domid;
	const struct transaction *tx;
	const struct conn_event *e;
	const struct watch *w;
	int64_t bytes = 0;

	if (quota_prepare(found, domid) < 0)
		return -ENOMEM;
	for (w = c->watches; w; w = w->next) {
		quota_adjust(found, domid, QUOTA_WATCHES, 1);
		bytes += (int64_t)watch_bytes(w);
	}
	for (tx = c->transactions; tx; tx = tx->next) {
		quota_adjust(found, domid, QUOTA_TRANSACTIONS, 1);
		bytes += (int64_t)tx->bytes;
	}
	for (e = c->first_event; e; e = e->next)
		bytes += (int64_t)e->length;
	quota_adjust(found, domid, QUOTA_MEMORY, bytes);
	return 0;
}

/* Compares the account of one domain with what was found. */
static int compare(const struct quota *books, const struct quota *found, uint16_t domid)
{
	uint64_t have, want;
	int kind, wrong = 0;

	for (kind = 0; kind < QUOTA_SUMS; kind++) {
		have = quota_used(books, domid, kind);
		want = quota_used(found, domid, kind);
		if (have == want)
			continue;
		log_error("audit: domain %u has %llu for %s in its account, but uses %llu", domid,
			  (unsigned long long)have, quota_name(kind), (unsigned long long)want);
		wrong = -1;
	}
	return wrong;
}

static int compare_all(const struct quota *books, const struct quota *found)
{
	const struct quota_usage *u;
	int i, wrong = books->node_memory == found->node_memory ? 0 : -1;

	for (i = 0; i < QUOTA_BUCKETS; i++) {
		for (u = books->bucket[i]; u; u = u->next)
			wrong |= compare(books, found, u->domid);
		for (u = found->bucket[i]; u; u = u->next)
			wrong |= compare(books, found, u->domid);
	}
	return wrong;
}

int store_audit(const struct store *s)
{
	const struct conn *c;
	struct quota found;
	int rc;

	quota_init(&found);
	rc = count_nodes(s, &found);
	for (c = s->conns; c && !rc; c = c->next)
		rc = count_conn(c, &found);
	if (!rc)
		rc = compare_all(&s->quota, &found);
	quota_free(&found);
	return rc;
}
