/* SPDX-License-Identifier: GPL-2.0-only */
/* Finding a node and asking whether someone may use it, in one step. */
#ifndef SHOJI_STORE_ACCESS_H
#define SHOJI_STORE_ACCESS_H

#include "perm.h"
#include "tree.h"

/*
 * 0 and the node; -EACCES when it exists and the rights do not suffice; -ENOENT when it does not
 * exist. Who lacks the right on the nearest existing ancestor too hears -EACCES in both cases, so
 * that nobody can probe for names.
 */
int access_node(const struct tree *t, const struct actor *who, const char *path, unsigned int need,
		const struct node **out);

/*
 * May the actor hear that the node at path changed from one version to the other? Yes if it may
 * read the node in either, or if the node came or went and it may list the parent.
 */
bool access_may_hear(const struct tree *before, const struct tree *after, const struct actor *who,
		     const char *path);

#endif
