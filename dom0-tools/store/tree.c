/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Versions of the tree: sharing, copying on the way to a change, freeing.
 * Data: nodes counted by reference; a node with one reference belongs to one version, which may
 * write it in place; any other is never written. Lock: none, one thread.
 * It does not check permissions or quotas (access.c, edit.c). A function that fails may leave its
 * version half-changed, so callers work on a shared copy and drop it.
 */
#include "tree.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "mem.h"

static size_t node_size(const char *name)
{
	return sizeof(struct node) + strlen(name) + 1;
}

size_t node_bytes(const struct node *n)
{
	return node_size(n->name) + sizeof(struct node *) + n->value_length + 1 +
	       n->perm_count * sizeof(struct perm);
}

static void count_bytes(struct tree *t, size_t before, size_t after)
{
	t->memory->bytes += after;
	t->memory->bytes -= before;
}

static void free_node(struct tree *t, struct node *n)
{
	t->memory->nodes--;
	count_bytes(t, node_bytes(n), 0);
	free(n->children);
	free(n->perms);
	free(n->value);
	free(n);
}

/* Gives one reference back, and those of everything that nobody else refers to. */
static void release(struct tree *t, struct node *first)
{
	struct node *todo = NULL, *n = first;
	size_t i;

	if (--n->refs)
		return;
	for (n->next_free = NULL, todo = n; (n = todo);) {
		todo = n->next_free;
		for (i = 0; i < n->child_count; i++) {
			if (--n->children[i]->refs)
				continue;
			n->children[i]->next_free = todo;
			todo = n->children[i];
		}
		free_node(t, n);
	}
}

/* A node without contents; it counts as one with an empty value. */
static struct node *new_node(struct tree *t, const char *name, size_t name_length)
{
	struct node *n = mem_zalloc(sizeof(*n) + name_length + 1);

	if (!n)
		return NULL;
	n->refs = 1;
	memcpy(n->name, name, name_length);
	t->memory->nodes++;
	count_bytes(t, 0, node_bytes(n));
	return n;
}

int node_set_value(struct tree *t, struct node *n, const void *value, size_t length)
{
	void *copy = mem_copy(value, length);

	if (!copy)
		return -ENOMEM;
	count_bytes(t, n->value_length, length);
	free(n->value);
	n->value = copy;
	n->value_length = length;
	return 0;
}

int node_set_perms(struct tree *t, struct node *n, const struct perm *perms, size_t count)
{
	struct perm *copy = mem_copy(perms, count * sizeof(*perms));

	if (!copy)
		return -ENOMEM;
	count_bytes(t, n->perm_count * sizeof(*perms), count * sizeof(*perms));
	free(n->perms);
	n->perms = copy;
	n->perm_count = count;
	return 0;
}

int tree_create(struct tree *t, struct tree_memory *memory)
{
	static const struct perm owner = {.domid = 0, .access = 0};

	memset(t, 0, sizeof(*t));
	t->memory = memory;
	t->root = new_node(t, "", 0);
	if (!t->root)
		return -ENOMEM;
	if (node_set_perms(t, t->root, &owner, 1) < 0 || node_set_value(t, t->root, "", 0) < 0) {
		tree_drop(t);
		return -ENOMEM;
	}
	return 0;
}

void tree_share(struct tree *copy, const struct tree *t)
{
	*copy = *t;
	copy->root->refs++;
}

void tree_drop(struct tree *t)
{
	if (t->root)
		release(t, t->root);
	t->root = NULL;
}

/* Compares a node's name with a piece of a path. */
static int compare_name(const struct node *n, const char *name, size_t length)
{
	int order = strncmp(n->name, name, length);

	return order ? order : n->name[length] != '\0';
}

/* Where the name is, or where it would have to be. */
static size_t child_position(const struct node *n, const char *name, size_t length, bool *found)
{
	size_t low = 0, high = n->child_count, middle;
	int order;

	*found = false;
	while (low < high) {
		middle = low + (high - low) / 2;
		order = compare_name(n->children[middle], name, length);
		if (order == 0) {
			*found = true;
			return middle;
		}
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

const struct node *tree_find_nearest(const struct tree *t, const char *path, const char **rest)
{
	const struct node *n = t->root;
	const char *name;
	size_t length, at;
	bool found;

	for (*rest = path; (name = path_next(&path, &length)); *rest = path) {
		at = child_position(n, name, length, &found);
		if (!found)
			break;
		n = n->children[at];
	}
	return n;
}

const struct node *tree_find(const struct tree *t, const char *path)
{
	const char *rest, *name;
	const struct node *n = tree_find_nearest(t, path, &rest);
	size_t length;

	name = path_next(&rest, &length);
	return name ? NULL : n;
}

static struct node *copy_node(struct tree *t, const struct node *old)
{
	struct node *n = new_node(t, old->name, strlen(old->name));
	size_t i;

	if (!n)
		return NULL;
	n->children = mem_copy(old->children, old->child_count * sizeof(*old->children));
	if (!n->children || node_set_value(t, n, old->value, old->value_length) < 0 ||
	    node_set_perms(t, n, old->perms, old->perm_count) < 0) {
		free_node(t, n);
		return NULL;
	}
	n->child_count = old->child_count;
	for (i = 0; i < n->child_count; i++)
		n->children[i]->refs++;
	n->writer = old->writer;
	n->changed = old->changed;
	n->listed = old->listed;
	n->below = old->below;
	return n;
}

/* Makes *slot a node that only this version has. */
static struct node *own(struct tree *t, struct node **slot)
{
	struct node *old = *slot, *n;

	if (old->refs > 1) {
		n = copy_node(t, old);
		if (!n)
			return NULL;
		old->refs--;
		*slot = n;
	}
	(*slot)->below = t->generation;
	return *slot;
}

struct node *tree_edit(struct tree *t, const char *path)
{
	struct node *n = own(t, &t->root);
	const char *name;
	size_t length, at;
	bool found;

	while (n && (name = path_next(&path, &length))) {
		at = child_position(n, name, length, &found);
		n = found ? own(t, &n->children[at]) : NULL;
	}
	if (n)
		n->writer = t->writer;
	return n;
}

static int insert_child(struct node *parent, struct node *n)
{
	struct node **grown;
	size_t at;
	bool found;

	grown = mem_resize(parent->children, (parent->child_count + 1) * sizeof(*grown));
	if (!grown)
		return -ENOMEM;
	parent->children = grown;
	at = child_position(parent, n->name, strlen(n->name), &found);
	memmove(grown + at + 1, grown + at, (parent->child_count - at) * sizeof(*grown));
	grown[at] = n;
	parent->child_count++;
	return 0;
}

struct node *tree_add(struct tree *t, struct node *parent, const char *name, size_t length,
		      const struct perm *perms, size_t count)
{
	struct node *n = new_node(t, name, length);

	if (!n)
		return NULL;
	if (node_set_perms(t, n, perms, count) < 0 || node_set_value(t, n, "", 0) < 0 ||
	    insert_child(parent, n) < 0) {
		free_node(t, n);
		return NULL;
	}
	parent->listed = t->generation;
	n->changed = n->listed = n->below = t->generation;
	n->writer = t->writer;
	return n;
}

static struct node *edit_parent(struct tree *t, const char *path)
{
	char parent[PATH_ABSOLUTE_MAX + 1];

	strcpy(parent, path);
	if (!path_to_parent(parent))
		return NULL;
	return tree_edit(t, parent);
}

int tree_remove(struct tree *t, const char *path)
{
	const char *name = path_last_name(path);
	struct node *parent = edit_parent(t, path);
	size_t at;
	bool found;

	if (!parent)
		return -ENOMEM;
	at = child_position(parent, name, strlen(name), &found);
	if (!found)
		return 0;
	release(t, parent->children[at]);
	parent->child_count--;
	memmove(parent->children + at, parent->children + at + 1,
		(parent->child_count - at) * sizeof(*parent->children));
	parent->listed = t->generation;
	return 0;
}
