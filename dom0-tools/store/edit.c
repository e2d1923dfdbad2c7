/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Changing nodes: the rules, the costs, and the commit.
 * Duty: each operation first checks (existence, rights, quotas), then changes its own version.
 * Data: struct edit. Lock: none, one thread.
 * It does not know transactions; those keep an edit open and replay their operations on another.
 */
#include "edit.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "access.h"
#include "keep.h"
#include "mem.h"
#include "transaction.h"
#include "watch.h"

void edit_begin(struct edit *e, struct store *s, const struct actor *who, const struct tree *base)
{
	memset(e, 0, sizeof(*e));
	e->store = s;
	e->who = *who;
	e->for_watches = true;
	e->last_change = &e->first_change;
	tree_share(&e->tree, base);
	e->tree.writer = who->domid;
}

void edit_drop(struct edit *e)
{
	struct change *c;

	while ((c = e->first_change)) {
		e->first_change = c->next;
		free(c);
	}
	free(e->deltas);
	tree_drop(&e->tree);
}

static int note_change(struct edit *e, const char *path, bool removed)
{
	size_t length = strlen(path) + 1;
	struct change *c;

	if (!e->for_watches)
		return 0;
	c = mem_alloc(sizeof(*c) + length);
	if (!c)
		return -ENOMEM;
	c->next = NULL;
	c->removed = removed;
	memcpy(c->path, path, length);
	*e->last_change = c;
	e->last_change = &c->next;
	return 0;
}

static struct edit_delta *find_delta(struct edit *e, uint16_t domid)
{
	size_t i;

	for (i = 0; i < e->delta_count; i++)
		if (e->deltas[i].domid == domid)
			return &e->deltas[i];
	return NULL;
}

static int charge(struct edit *e, uint16_t domid, int64_t nodes, int64_t bytes)
{
	struct edit_delta *d = find_delta(e, domid), *grown;

	if (!d) {
		if (quota_prepare(&e->store->quota, domid) < 0)
			return -ENOMEM;
		grown = mem_resize(e->deltas, (e->delta_count + 1) * sizeof(*grown));
		if (!grown)
			return -ENOMEM;
		e->deltas = grown;
		d = &grown[e->delta_count++];
		*d = (struct edit_delta){.domid = domid};
	}
	d->nodes += nodes;
	d->bytes += bytes;
	return 0;
}

/* Would the owner stay within its quota? Only growth is ever refused. */
static bool affordable(struct edit *e, uint16_t domid, int64_t nodes, int64_t bytes)
{
	struct quota *q = &e->store->quota;
	struct edit_delta *d = find_delta(e, domid);

	if (d) {
		nodes += d->nodes;
		bytes += d->bytes;
	}
	if (nodes > 0 && !quota_allows(q, &e->who, domid, QUOTA_NODES,
				       quota_used(q, domid, QUOTA_NODES) + (uint64_t)nodes))
		return false;
	return bytes <= 0 || quota_allows(q, &e->who, domid, QUOTA_MEMORY,
					  quota_used(q, domid, QUOTA_MEMORY) + (uint64_t)bytes);
}

static uint16_t owner_of(const struct node *n)
{
	return n->perms[0].domid;
}

/* Who will own a node that the actor makes below this parent. */
static uint16_t heir_of(const struct edit *e, const struct node *parent)
{
	return e->who.privileged ? owner_of(parent) : e->who.domid;
}

/* What it takes to make the missing names of a path, each with the parent's permissions. */
static void cost_of_missing(const char *rest, const struct node *parent, int64_t *nodes,
			    int64_t *bytes)
{
	size_t length, fixed;

	fixed = sizeof(struct node) + sizeof(struct node *) + 2 +
		parent->perm_count * sizeof(struct perm);
	*nodes = *bytes = 0;
	while (path_next(&rest, &length)) {
		++*nodes;
		*bytes += (int64_t)(fixed + length);
	}
}

/* The checks before nodes are made for path; extra is the size of the value they will hold. */
static int check_make(struct edit *e, const char *path, size_t extra)
{
	const char *rest;
	const struct node *parent = tree_find_nearest(&e->tree, path, &rest);
	int64_t nodes, bytes;

	if (!(perm_of(parent->perms, parent->perm_count, &e->who) & PERM_WRITE))
		return -EACCES;
	cost_of_missing(rest, parent, &nodes, &bytes);
	if (!affordable(e, heir_of(e, parent), nodes, bytes + (int64_t)extra))
		return -ENOSPC;
	return 0;
}

/* Makes the missing names below parent, each with the parent's permissions. */
static int add_names(struct edit *e, struct node *parent, const char *rest)
{
	size_t length, count = parent->perm_count;
	struct perm *perms = mem_copy(parent->perms, count * sizeof(*perms));
	const char *name;
	int rc = perms ? 0 : -ENOMEM;

	if (perms)
		perms[0].domid = heir_of(e, parent);
	while (!rc && (name = path_next(&rest, &length))) {
		parent = tree_add(&e->tree, parent, name, length, perms, count);
		rc = parent ? charge(e, perms[0].domid, 1, (int64_t)node_bytes(parent)) : -ENOMEM;
	}
	free(perms);
	return rc;
}

/* Makes what is missing of path; all checks are done. */
static int make_missing(struct edit *e, const char *path)
{
	char existing[PATH_ABSOLUTE_MAX + 1];
	struct node *parent;
	const char *rest;

	tree_find_nearest(&e->tree, path, &rest);
	memcpy(existing, path, (size_t)(rest - path));
	existing[rest - path] = '\0';
	parent = tree_edit(&e->tree, existing);
	return parent ? add_names(e, parent, rest) : -ENOMEM;
}

/* Stores the value in a node that exists; all checks are done. */
static int put_value(struct edit *e, const struct op *op)
{
	struct node *n = tree_edit(&e->tree, op->path);
	int64_t growth;

	if (!n)
		return -ENOMEM;
	growth = (int64_t)op->length - (int64_t)n->value_length;
	if (node_set_value(&e->tree, n, op->data, op->length) < 0)
		return -ENOMEM;
	n->changed = e->tree.generation;
	if (charge(e, owner_of(n), 0, growth) < 0)
		return -ENOMEM;
	return note_change(e, op->path, false);
}

static int apply_write(struct edit *e, const struct op *op)
{
	const struct node *n = tree_find(&e->tree, op->path);
	int rc;

	if (!quota_allows(&e->store->quota, &e->who, e->who.domid, QUOTA_NODE_SIZE, op->length))
		return -ENOSPC;
	if (n) {
		rc = access_node(&e->tree, &e->who, op->path, PERM_WRITE, &n);
		if (rc < 0)
			return rc;
		if (!affordable(e, owner_of(n), 0, (int64_t)op->length - (int64_t)n->value_length))
			return -ENOSPC;
		return put_value(e, op);
	}
	rc = check_make(e, op->path, op->length);
	if (rc < 0)
		return rc;

	rc = make_missing(e, op->path);
	return rc < 0 ? rc : put_value(e, op);
}

static int apply_mkdir(struct edit *e, const struct op *op)
{
	const struct node *n = tree_find(&e->tree, op->path);
	int rc;

	if (n)
		return access_node(&e->tree, &e->who, op->path, PERM_WRITE, &n);
	rc = check_make(e, op->path, 0);
	if (rc < 0)
		return rc;

	rc = make_missing(e, op->path);
	return rc < 0 ? rc : note_change(e, op->path, false);
}

/* Gives back what the nodes from path down cost their owners. */
static int refund_subtree(struct edit *e, const char *path)
{
	struct tree_walk walk;
	const struct node *n;
	int rc = 0;

	tree_walk_start(&walk, &e->tree, path);
	while (!rc && (n = tree_walk_next(&walk)))
		rc = charge(e, owner_of(n), -1, -(int64_t)node_bytes(n));
	return rc;
}

/* Removing what is not there succeeds when its parent is. */
static int check_rm_absent(const struct edit *e, const char *path)
{
	char parent[PATH_ABSOLUTE_MAX + 1];

	strcpy(parent, path);
	path_to_parent(parent);
	return tree_find(&e->tree, parent) ? 0 : -ENOENT;
}

static int apply_rm(struct edit *e, const struct op *op)
{
	const struct node *n;
	int rc;

	if (!op->path[1])
		return -EINVAL;
	rc = access_node(&e->tree, &e->who, op->path, PERM_WRITE, &n);
	if (rc == -ENOENT)
		return check_rm_absent(e, op->path);
	if (rc < 0)
		return rc;

	if (refund_subtree(e, op->path) < 0 || tree_remove(&e->tree, op->path) < 0)
		return -ENOMEM;
	return note_change(e, op->path, true);
}

static int check_set_perms(struct edit *e, const struct op *op, const struct node **out)
{
	const struct perm *perms = op->data;
	int64_t growth;
	int rc;

	if (!op->length)
		return -EINVAL;
	rc = access_node(&e->tree, &e->who, op->path, PERM_WRITE | PERM_OWNER, out);
	if (rc < 0)
		return rc;
	if (!e->who.privileged && perms[0].domid != owner_of(*out))
		return -EPERM;
	if (!quota_allows(&e->store->quota, &e->who, e->who.domid, QUOTA_NODE_PERMS, op->length))
		return -ENOSPC;
	growth = ((int64_t)op->length - (int64_t)(*out)->perm_count) * (int64_t)sizeof(*perms);
	return affordable(e, owner_of(*out), 0, growth) ? 0 : -ENOSPC;
}

/* All checks are done. The whole cost moves, since the owner may be another. */
static int put_perms(struct edit *e, const char *path, const struct perm *perms, size_t count)
{
	struct node *n = tree_edit(&e->tree, path);

	if (!n || charge(e, owner_of(n), -1, -(int64_t)node_bytes(n)) < 0 ||
	    node_set_perms(&e->tree, n, perms, count) < 0)
		return -ENOMEM;
	n->changed = e->tree.generation;
	return charge(e, owner_of(n), 1, (int64_t)node_bytes(n));
}

static int apply_set_perms(struct edit *e, const struct op *op)
{
	const struct node *n;
	int rc = check_set_perms(e, op, &n);

	if (rc < 0)
		return rc;

	rc = put_perms(e, op->path, op->data, op->length);
	return rc < 0 ? rc : note_change(e, op->path, false);
}

int edit_apply(struct edit *e, const struct op *op)
{
	e->tree.generation = ++e->store->generation;
	switch (op->type) {
	case XS_WRITE:
		return apply_write(e, op);
	case XS_MKDIR:
		return apply_mkdir(e, op);
	case XS_RM:
		return apply_rm(e, op);
	case XS_SET_PERMS:
		return apply_set_perms(e, op);
	default:
		return -EINVAL;
	}
}

int edit_forget_domain(struct edit *e, const char *path, uint16_t domid)
{
	const struct node *n = tree_find(&e->tree, path);
	size_t i, count = 1;
	struct perm *perms;
	int rc;

	e->tree.generation = ++e->store->generation;
	perms = mem_copy(n->perms, n->perm_count * sizeof(*perms));
	if (!perms)
		return -ENOMEM;
	for (i = 1; i < n->perm_count; i++)
		if (perms[i].domid != domid)
			perms[count++] = perms[i];
	if (perms[0].domid == domid)
		perms[0].domid = 0;
	rc = put_perms(e, path, perms, count);
	free(perms);
	return rc;
}

static void settle_accounts(const struct edit *e)
{
	struct quota *q = &e->store->quota;
	size_t i;

	for (i = 0; i < e->delta_count; i++) {
		const struct edit_delta *d = &e->deltas[i];

		quota_adjust(q, d->domid, QUOTA_NODES, d->nodes);
		quota_adjust(q, d->domid, QUOTA_MEMORY, d->bytes);
		q->node_memory += (uint64_t)d->bytes;
	}
}

void edit_commit(struct edit *e)
{
	struct store *s = e->store;
	struct tree before = s->tree;

	s->tree = e->tree;
	e->tree = before; /* edit_drop lets go of it */
	settle_accounts(e);
	keep_changes(s, &before, &s->tree, e->first_change);
	watch_fire_changes(s, &before, &s->tree, e->first_change);
	edit_drop(e);
	transaction_limit_memory(s);
}
