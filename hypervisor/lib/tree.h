/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A sorted, balanced binary tree whose links live in the elements (an AVL tree: the heights of two
 * siblings differ by one at most). Each element may carry a summary of the elements below it, which
 * is kept up to date, so that a search can go straight down: every operation is O(log n) steps.
 */
#ifndef SHOJI_LIB_TREE_H
#define SHOJI_LIB_TREE_H

#include "lib/types.h"

struct tree_node {
	struct tree_node *parent, *child[2]; /* child[0] sorts before it, child[1] behind it */
	uint32_t height;		     /* of a leaf: 1 */
};

struct tree_kind {
	bool (*before)(const struct tree_node *a, const struct tree_node *b);
	void (*summarize)(
		struct tree_node *n); /* from its own value and its children's summaries */
};

struct tree {
	struct tree_node *root;
	const struct tree_kind *kind;
};

/* A node that is looked at or changed: a simulator counts these, nobody else does. */
#ifndef TREE_STEP
#define TREE_STEP() ((void)0)
#endif

static inline void tree_init(struct tree *t, const struct tree_kind *kind)
{
	t->root = NULL;
	t->kind = kind;
}

void tree_insert(struct tree *t, struct tree_node *n); /* equals: behind those that are there */
void tree_remove(struct tree *t, struct tree_node *n);
struct tree_node *tree_first(const struct tree *t); /* NULL: empty */
struct tree_node *tree_next(const struct tree_node *n);

#endif
