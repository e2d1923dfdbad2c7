/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Transactions: beginning, noting, and the commit with its check for conflicts.
 * Data: struct transaction, a list per connection. Lock: none, one thread.
 * An unprivileged writer whose writes made another domain's transaction fail is held back for a
 * moment (domain_hold_back), so that nobody can starve others with a storm of writes.
 */
#include "transaction.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "conn.h"
#include "domain.h"
#include "keep.h"
#include "mem.h"

/* Old versions may take this much, or as much as the tree itself if that is more. */
#define OLD_VERSIONS_MAX (16u << 20)

static uint32_t new_id(struct conn *c)
{
	do
		c->last_transaction++;
	while (!c->last_transaction || transaction_find(c, c->last_transaction));
	return c->last_transaction;
}

int transaction_start(struct conn *c, uint32_t *id)
{
	struct store *s = c->store;
	struct transaction *tx = mem_zalloc(sizeof(*tx));

	if (!tx)
		return -ENOMEM;
	if (!quota_charge(&s->quota, &c->actor, QUOTA_TRANSACTIONS, 1)) {
		free(tx);
		return -ENOSPC;
	}
	tx->conn = c;
	tx->id = *id = new_id(c);
	tx->began = s->generation;
	tx->deaths = s->deaths;
	tx->last_op = &tx->first_op;
	tree_share(&tx->base, &s->tree);
	edit_begin(&tx->edit, s, &c->actor, &s->tree);
	tx->edit.for_watches = false;
	tx->next = c->transactions;
	c->transactions = tx;
	keep_transaction(c, tx->id);
	return 0;
}

struct transaction *transaction_find(struct conn *c, uint32_t id)
{
	struct transaction *tx = c->transactions;

	while (tx && tx->id != id)
		tx = tx->next;
	return tx;
}

static void drop_versions(struct transaction *tx)
{
	if (!tx->doomed) {
		tree_drop(&tx->base);
		edit_drop(&tx->edit);
	}
	tx->doomed = true;
}

static void drop_notes(struct transaction *tx)
{
	struct transaction_seen *seen;
	struct transaction_op *op;
	int i;

	for (i = 0; i < TRANSACTION_BUCKETS; i++)
		while ((seen = tx->seen[i])) {
			tx->seen[i] = seen->next;
			free(seen);
		}
	while ((op = tx->first_op)) {
		tx->first_op = op->next;
		free(op);
	}
}

static void drop(struct transaction *tx)
{
	struct transaction **slot = &tx->conn->transactions;
	struct quota *q = &tx->conn->store->quota;

	while (*slot != tx)
		slot = &(*slot)->next;
	*slot = tx->next;
	keep_transaction_gone(tx->conn, tx->id);
	drop_versions(tx);
	drop_notes(tx);
	quota_adjust(q, tx->conn->actor.domid, QUOTA_TRANSACTIONS, -1);
	quota_adjust(q, tx->conn->actor.domid, QUOTA_MEMORY, -(int64_t)tx->bytes);
	free(tx);
}

int transaction_restore(struct conn *c, uint32_t id)
{
	uint32_t found;
	int rc;

	if (!id || transaction_find(c, id))
		return 0;
	c->last_transaction = id - 1;
	rc = transaction_start(c, &found);
	if (!rc)
		drop_versions(c->transactions);
	return rc == -ENOSPC ? 0 : rc; /* a smaller quota now: it is unknown, as after its end */
}

void transaction_drop_all(struct conn *c)
{
	while (c->transactions)
		drop(c->transactions);
}

/* Room for one more entry of so many bytes. */
static int charge(struct transaction *tx, size_t bytes)
{
	struct quota *q = &tx->conn->store->quota;
	const struct actor *who = &tx->conn->actor;

	if (!quota_allows(q, who, who->domid, QUOTA_TRANSACTION_SIZE, tx->entries + 1))
		return -ENOSPC;
	if (!quota_charge(q, who, QUOTA_MEMORY, bytes))
		return -ENOSPC;
	tx->entries++;
	tx->bytes += bytes;
	return 0;
}

static unsigned int hash(const char *path)
{
	unsigned int h = 5381;

	for (; *path; path++)
		h = h * 33 + (unsigned char)*path;
	return h % TRANSACTION_BUCKETS;
}

int transaction_note_seen(struct transaction *tx, const char *path, unsigned int what)
{
	struct transaction_seen **bucket = &tx->seen[hash(path)], *seen;
	size_t length = strlen(path) + 1;
	int rc;

	if (tx->doomed)
		return -EAGAIN;
	for (seen = *bucket; seen && strcmp(seen->path, path);)
		seen = seen->next;
	if (!seen) {
		rc = charge(tx, sizeof(*seen) + length);
		if (rc < 0)
			return rc;
		seen = mem_zalloc(sizeof(*seen) + length);
		if (!seen)
			return -ENOMEM;
		memcpy(seen->path, path, length);
		seen->next = *bucket;
		*bucket = seen;
	}
	seen->what |= what;
	return 0;
}

static size_t data_size(const struct op *op)
{
	return op->type == XS_SET_PERMS ? op->length * sizeof(struct perm) : op->length;
}

/* Keeps the operation for the commit. */
static int note_op(struct transaction *tx, const struct op *op)
{
	size_t path = strlen(op->path) + 1, data = data_size(op);
	struct transaction_op *o;
	char *copy;
	int rc;

	rc = charge(tx, sizeof(*o) + data + path);
	if (rc < 0)
		return rc;
	o = mem_alloc(sizeof(*o) + data + path);
	if (!o)
		return -ENOMEM;
	copy = (char *)(o + 1);
	if (data)
		memcpy(copy, op->data, data);
	memcpy(copy + data, op->path, path);
	o->op = *op;
	o->op.data = copy;
	o->op.path = copy + data;
	o->next = NULL;
	*tx->last_op = o;
	tx->last_op = &o->next;
	return 0;
}

int transaction_apply(struct transaction *tx, const struct op *op)
{
	unsigned int what = op->type == XS_RM ? SEEN_NODE | SEEN_BELOW : SEEN_NODE;
	int rc;

	rc = transaction_note_seen(tx, op->path, what);
	if (rc < 0)
		return rc;
	rc = edit_apply(&tx->edit, op);
	if (rc == -ENOMEM)
		drop_versions(tx); /* half-done: it can only begin again */
	if (rc < 0)
		return rc;
	rc = note_op(tx, op);
	if (rc < 0)
		drop_versions(tx);
	if (op->type == XS_SET_PERMS)
		tx->names_domains = true;
	return rc;
}

static bool still_so(const struct transaction *tx, const struct transaction_seen *seen)
{
	const struct node *then = tree_find(&tx->base, seen->path);
	const struct node *now = tree_find(&tx->conn->store->tree, seen->path);

	if (!then || !now)
		return !then && !now;
	return (!(seen->what & SEEN_NODE) || then->changed == now->changed) &&
	       (!(seen->what & SEEN_CHILDREN) || then->listed == now->listed) &&
	       (!(seen->what & SEEN_BELOW) || then->below == now->below);
}

/* Something that was seen and is not so any more, or NULL. */
static const struct transaction_seen *find_conflict(const struct transaction *tx)
{
	const struct transaction_seen *seen;
	int i;

	for (i = 0; i < TRANSACTION_BUCKETS; i++)
		for (seen = tx->seen[i]; seen; seen = seen->next)
			if (!still_so(tx, seen))
				return seen;
	return NULL;
}

static void blame(const struct transaction *tx, const char *path)
{
	const char *rest;
	const struct node *n = tree_find_nearest(&tx->conn->store->tree, path, &rest);

	if (n->writer != tx->conn->actor.domid)
		domain_hold_back(tx->conn->store, n->writer);
}

/* Carries the operations out on the store's tree. */
static int replay(struct transaction *tx)
{
	const struct transaction_op *o;
	struct edit e;
	int rc = 0;

	edit_begin(&e, tx->conn->store, &tx->conn->actor, &tx->conn->store->tree);
	for (o = tx->first_op; o && !rc; o = o->next)
		rc = edit_apply(&e, &o->op);
	if (rc < 0) {
		edit_drop(&e);
		return rc == -ENOMEM || rc == -ENOSPC ? rc : -EAGAIN;
	}
	edit_commit(&e);
	return 0;
}

static int commit(struct transaction *tx)
{
	const struct transaction_seen *conflict;

	if (tx->doomed)
		return -EAGAIN;
	/* Only reads, of one version: it is as if all had happened at the beginning. */
	if (!tx->first_op)
		return 0;
	/* A permission may name a domain that died, and its id belong to another one now. */
	if (tx->names_domains && tx->deaths != tx->conn->store->deaths)
		return -EAGAIN;
	conflict = find_conflict(tx);
	if (conflict) {
		blame(tx, conflict->path);
		return -EAGAIN;
	}
	return replay(tx);
}

int transaction_end(struct transaction *tx, bool do_commit)
{
	int rc = do_commit ? commit(tx) : 0;

	drop(tx);
	return rc;
}

static struct transaction *find_oldest(struct store *s)
{
	struct transaction *oldest = NULL, *tx;
	struct conn *c;

	for (c = s->conns; c; c = c->next)
		for (tx = c->transactions; tx; tx = tx->next)
			if (!tx->doomed && (!oldest || tx->began < oldest->began))
				oldest = tx;
	return oldest;
}

void transaction_limit_memory(struct store *s)
{
	struct transaction *tx;
	uint64_t limit;

	limit = s->quota.node_memory + OLD_VERSIONS_MAX;
	if (s->quota.node_memory > OLD_VERSIONS_MAX)
		limit += s->quota.node_memory - OLD_VERSIONS_MAX;
	while (s->memory.bytes > limit && (tx = find_oldest(s)))
		drop_versions(tx);
}
