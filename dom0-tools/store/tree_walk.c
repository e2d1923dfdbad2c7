/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Walking a subtree without recursion: an explicit stack, whose depth the length of a path bounds.
 * Data: the caller's struct tree_walk. Lock: none. The tree must not be changed during a walk.
 */
#include <string.h>

#include "tree.h"

static void push(struct tree_walk *w, const struct node *n, size_t length)
{
	w->node[w->depth] = n;
	w->child[w->depth] = 0;
	w->length[w->depth] = length;
	w->depth++;
}

void tree_walk_start(struct tree_walk *w, const struct tree *t, const char *path)
{
	const struct node *n = tree_find(t, path);

	w->depth = 0;
	strcpy(w->path, path);
	if (n)
		push(w, n, path[1] ? strlen(path) : 0);
	/* The first call of tree_walk_next must return the start itself. */
	w->child[0] = SIZE_MAX;
}

/* Goes one level down, to the child n. */
static const struct node *enter(struct tree_walk *w, const struct node *n)
{
	size_t length = w->length[w->depth - 1], name = strlen(n->name);

	w->path[length] = '/';
	memcpy(w->path + length + 1, n->name, name + 1);
	push(w, n, length + 1 + name);
	return n;
}

const struct node *tree_walk_next(struct tree_walk *w)
{
	const struct node *n;
	size_t top;

	while (w->depth) {
		top = w->depth - 1;
		n = w->node[top];
		if (w->child[top] == SIZE_MAX) {
			w->child[top] = 0;
			return n;
		}
		if (w->child[top] < n->child_count)
			return enter(w, n->children[w->child[top]++]);
		w->depth--;
	}
	return NULL;
}

void tree_walk_skip(struct tree_walk *w)
{
	if (w->depth)
		w->depth--;
}
