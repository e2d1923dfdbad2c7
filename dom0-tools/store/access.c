/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The rules about reading nodes and hearing of their changes. Pure functions; no data, no lock.
 * Rules about changing are in edit.c.
 */
#include "access.h"

#include <errno.h>
#include <string.h>

static bool allows(const struct node *n, const struct actor *who, unsigned int need)
{
	return (perm_of(n->perms, n->perm_count, who) & need) == need;
}

int access_node(const struct tree *t, const struct actor *who, const char *path, unsigned int need,
		const struct node **out)
{
	const char *rest;
	const struct node *n = tree_find_nearest(t, path, &rest);
	bool exists = !rest[0] || !rest[1]; /* nothing, or the "/" of the root */

	*out = exists ? n : NULL;
	if (!allows(n, who, need))
		return -EACCES;
	return exists ? 0 : -ENOENT;
}

static bool may_read(const struct tree *t, const struct actor *who, const char *path)
{
	const struct node *n = tree_find(t, path);

	return n && allows(n, who, PERM_READ);
}

bool access_may_hear(const struct tree *before, const struct tree *after, const struct actor *who,
		     const char *path)
{
	char parent[PATH_ABSOLUTE_MAX + 1];

	if (may_read(after, who, path) || may_read(before, who, path))
		return true;
	if (!tree_find(after, path) == !tree_find(before, path))
		return false;
	strcpy(parent, path);
	path_to_parent(parent);
	return may_read(after, who, parent) || may_read(before, who, parent);
}
