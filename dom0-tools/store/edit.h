/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A change in preparation: a version of the tree that nobody else sees yet, with what it means for
 * quotas and watches. It is committed as a whole or dropped as a whole.
 *
 *   edit_begin(&e, store, who, &store->tree);
 *   rc = edit_apply(&e, &op);           any number of times
 *   rc ? edit_drop(&e) : edit_commit(&e);
 */
#ifndef SHOJI_STORE_EDIT_H
#define SHOJI_STORE_EDIT_H

#include "perm.h"
#include "store.h"
#include "tree.h"

/* One operation, as a client asks for it; type is XS_WRITE, XS_MKDIR, XS_RM or XS_SET_PERMS. */
struct op {
	uint32_t type;
	const char *path;
	const void *data; /* the value, or an array of struct perm */
	size_t length;	  /* in bytes, or in permissions */
};

struct change {
	struct change *next;
	bool removed; /* the node and all below */
	char path[];
};

/* How a domain's use changes. */
struct edit_delta {
	uint16_t domid;
	int64_t nodes;
	int64_t bytes;
};

struct edit {
	struct store *store;
	struct actor who;
	struct tree tree;
	bool for_watches; /* note which paths change */
	struct change *first_change, **last_change;
	struct edit_delta *deltas;
	size_t delta_count;
};

void edit_begin(struct edit *e, struct store *s, const struct actor *who, const struct tree *base);

/*
 * 0 or -errno. Everything but -ENOMEM is found before anything is changed, so that the edit can be
 * used further; after -ENOMEM it can only be dropped.
 */
int edit_apply(struct edit *e, const struct op *op);

/* Takes a domain that is gone out of a node's permissions; what it owned is the control domain's.
 * For domain.c. 0 or -ENOMEM. */
int edit_forget_domain(struct edit *e, const char *path, uint16_t domid);

/* Makes the version the store's own, moves the accounts and fires the watches. Cannot fail. */
void edit_commit(struct edit *e);
void edit_drop(struct edit *e);

#endif
