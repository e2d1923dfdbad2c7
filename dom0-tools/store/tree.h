/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The tree of nodes, as versions that share what they have in common.
 *
 * A `struct tree` is one version. tree_share makes a second one at the cost of a counter; from
 * then on a change in either copies the nodes on the way to it (tree_edit) and leaves the other as
 * it was. So a transaction keeps the version it began with, and a request that fails half-way is
 * undone by dropping its version.
 *
 * Paths are absolute and canonical (path.h). Nothing here recurses.
 */
#ifndef SHOJI_STORE_TREE_H
#define SHOJI_STORE_TREE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "path.h"
#include "perm.h"

struct node {
	uint32_t refs;	  /* versions of parents (and trees) that point here */
	uint16_t writer;  /* domain that changed the node or its list of children last */
	uint64_t changed; /* generation of the last change of value, permissions or existence */
	uint64_t listed;  /* generation of the last change of the list of children */
	uint64_t below;	  /* generation of the last change anywhere from here down */

	struct node **children; /* sorted by name */
	size_t child_count;
	struct perm *perms;
	size_t perm_count;
	void *value; /* a zero byte follows */
	size_t value_length;

	struct node *next_free; /* only while it is being freed */
	char name[];
};

/* What all versions together hold. */
struct tree_memory {
	size_t nodes;
	size_t bytes;
};

struct tree {
	struct node *root;
	struct tree_memory *memory;
	uint64_t generation; /* stamped on what is changed through this version */
	uint16_t writer;
};

/* A tree of one node "/", owned by the control domain. 0 or -ENOMEM. */
int tree_create(struct tree *t, struct tree_memory *memory);
void tree_share(struct tree *copy, const struct tree *t);
void tree_drop(struct tree *t);

/* NULL when there is no such node. */
const struct node *tree_find(const struct tree *t, const char *path);
/* The node itself or its nearest existing ancestor; *rest is what is missing of the path. */
const struct node *tree_find_nearest(const struct tree *t, const char *path, const char **rest);

/* The node, as this version's own copy that may be written; NULL when out of memory or absent. */
struct node *tree_edit(struct tree *t, const char *path);
/* A new node below a parent that this version owns (from tree_edit or tree_add), which has no child
 * of that name. NULL when out of memory. */
struct node *tree_add(struct tree *t, struct node *parent, const char *name, size_t length,
		      const struct perm *perms, size_t count);
/* Takes the node and everything below out. 0 or -ENOMEM. */
int tree_remove(struct tree *t, const char *path);

int node_set_value(struct tree *t, struct node *n, const void *value, size_t length);
int node_set_perms(struct tree *t, struct node *n, const struct perm *perms, size_t count);
/* What the owner pays for the node. */
size_t node_bytes(const struct node *n);

/* Parents before children. Depth is bounded by the length of paths. */
struct tree_walk {
	const struct node *node[PATH_DEPTH_MAX + 1];
	size_t child[PATH_DEPTH_MAX + 1];  /* next child to visit */
	size_t length[PATH_DEPTH_MAX + 1]; /* of path, at this level */
	size_t depth;			   /* levels in use */
	char path[PATH_ABSOLUTE_MAX + 1];  /* of the node last returned */
};

/* From the node at path (which must exist) down. */
void tree_walk_start(struct tree_walk *w, const struct tree *t, const char *path);
/* The next node, or NULL at the end; w->path is its path. */
const struct node *tree_walk_next(struct tree_walk *w);
/* Not below the node last returned. */
void tree_walk_skip(struct tree_walk *w);

#endif
