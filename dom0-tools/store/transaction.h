/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Transactions. One begins with a version of the tree that nobody else changes, works on a version
 * of its own, and notes what it has seen and done. At its end everything it has seen must still be
 * so in the store's tree; then its operations are carried out there, all or none. What others did
 * elsewhere meanwhile does not matter.
 */
#ifndef SHOJI_STORE_TRANSACTION_H
#define SHOJI_STORE_TRANSACTION_H

#include "edit.h"
#include "store.h"

struct conn;

/* What was seen of a node. */
#define SEEN_NODE     1u /* its value, permissions or absence */
#define SEEN_CHILDREN 2u /* the list of its children */
#define SEEN_BELOW    4u /* everything from it down */

struct transaction_seen {
	struct transaction_seen *next;
	unsigned int what;
	char path[];
};

struct transaction_op {
	struct transaction_op *next;
	struct op op; /* its path and data lie behind it */
};

#define TRANSACTION_BUCKETS 64

struct transaction {
	struct transaction *next; /* conn->transactions */
	struct conn *conn;
	uint32_t id;
	uint64_t began;	    /* generation of the store */
	uint64_t deaths;    /* store->deaths at the beginning */
	bool names_domains; /* it has set permissions */
	bool doomed;	    /* will fail with EAGAIN; its versions are gone */
	struct tree base;   /* as it was at the beginning */
	struct edit edit;   /* as the transaction sees it */
	struct transaction_seen *seen[TRANSACTION_BUCKETS];
	struct transaction_op *first_op, **last_op;
	size_t entries; /* seen and done */
	size_t bytes;	/* charged to the client's memory */
};

/* 0 or -errno; *id is never 0. */
int transaction_start(struct conn *c, uint32_t *id);
struct transaction *transaction_find(struct conn *c, uint32_t id);

/* Before a read of tx->edit.tree. 0, -EAGAIN when doomed, -ENOSPC, -ENOMEM. */
int transaction_note_seen(struct transaction *tx, const char *path, unsigned int what);
/* An operation on the transaction's version. 0 or -errno. */
int transaction_apply(struct transaction *tx, const struct op *op);

/* One that was open when the daemon ended: it is there, and doomed. 0 or -ENOMEM. */
int transaction_restore(struct conn *c, uint32_t id);

/* Ends it in any case. 0, -EAGAIN when it has to be repeated, or -errno. */
int transaction_end(struct transaction *tx, bool commit);
void transaction_drop_all(struct conn *c);

/* Old versions of the tree are memory too: with too much of it the oldest transaction is doomed. */
void transaction_limit_memory(struct store *s);

#endif
