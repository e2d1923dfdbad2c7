/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A balanced tree with summaries (tree.h).
 *
 * After a change the way from the changed place up to the root is walked once: heights and
 * summaries are made new, and where one side has become two higher than the other, one or two
 * rotations level it. No recursion, no memory of its own, no lock: the owner has one.
 */
#include "lib/tree.h"

static uint32_t height(const struct tree_node *n)
{
	return n ? n->height : 0;
}

static void renew(const struct tree *t, struct tree_node *n)
{
	TREE_STEP();
	n->height = 1 + MAX(height(n->child[0]), height(n->child[1]));
	t->kind->summarize(n);
}

/* What hung at `from` for its parent is `to` now, which may be NULL. */
static void replace(struct tree *t, const struct tree_node *from, struct tree_node *to)
{
	struct tree_node *parent = from->parent;

	if (to)
		to->parent = parent;
	if (parent)
		parent->child[parent->child[1] == from] = to;
	else
		t->root = to;
}

static void adopt(struct tree_node *parent, unsigned int side, struct tree_node *child)
{
	parent->child[side] = child;
	if (child)
		child->parent = parent;
}

/* n goes down to `side`; its other child takes its place. */
static struct tree_node *rotate(struct tree *t, struct tree_node *n, unsigned int side)
{
	struct tree_node *up = n->child[!side];

	replace(t, n, up);
	adopt(n, !side, up->child[side]);
	adopt(up, side, n);
	renew(t, n);
	renew(t, up);
	return up;
}

/* Level n, whose children are in order; the node that is in its place afterwards. */
static struct tree_node *level(struct tree *t, struct tree_node *n)
{
	uint32_t left = height(n->child[0]), right = height(n->child[1]);
	unsigned int heavy = right > left;
	struct tree_node *c = n->child[heavy];

	if (left <= right + 1 && right <= left + 1) {
		renew(t, n);
		return n;
	}
	if (height(c->child[!heavy]) > height(c->child[heavy]))
		rotate(t, c, heavy);
	return rotate(t, n, !heavy);
}

static void level_up(struct tree *t, struct tree_node *n)
{
	while (n)
		n = level(t, n)->parent;
}

void tree_insert(struct tree *t, struct tree_node *n)
{
	struct tree_node *parent = NULL, **place = &t->root;

	while (*place) {
		TREE_STEP();
		parent = *place;
		place = &parent->child[!t->kind->before(n, parent)];
	}
	*n = (struct tree_node){.parent = parent};
	*place = n;
	level_up(t, n);
}

static struct tree_node *outermost(struct tree_node *n)
{
	while (n && n->child[0]) {
		TREE_STEP();
		n = n->child[0];
	}
	return n;
}

void tree_remove(struct tree *t, struct tree_node *n)
{
	struct tree_node *next, *changed = n->parent;

	if (!n->child[0] || !n->child[1]) {
		replace(t, n, n->child[0] ? n->child[0] : n->child[1]);
		level_up(t, changed);
		return;
	}
	next = outermost(n->child[1]); /* takes n's place */
	changed = next->parent == n ? next : next->parent;
	replace(t, next, next->child[1]);
	adopt(next, 0, n->child[0]);
	adopt(next, 1, n->child[1]);
	replace(t, n, next);
	level_up(t, changed);
}

struct tree_node *tree_first(const struct tree *t)
{
	return outermost(t->root);
}

struct tree_node *tree_next(const struct tree_node *n)
{
	if (n->child[1])
		return outermost(n->child[1]);
	while (n->parent && n->parent->child[1] == n)
		n = n->parent;
	return n->parent;
}
