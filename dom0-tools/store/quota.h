/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What each domain uses of the store, and how much it may use: the one place where this is counted.
 *
 * Quotas bind unprivileged clients only: what the control domain does in a guest's name is counted
 * for the guest, but never refused. A refusal is logged once with the quota's name, until the
 * domain is below the limit again.
 */
#ifndef SHOJI_STORE_QUOTA_H
#define SHOJI_STORE_QUOTA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "perm.h"

enum quota_kind {
	/* Sums per domain. */
	QUOTA_NODES,	    /* nodes that the domain owns */
	QUOTA_MEMORY,	    /* bytes in nodes, watches, open transactions and waiting events */
	QUOTA_WATCHES,	    /* watches set */
	QUOTA_TRANSACTIONS, /* transactions open */
	QUOTA_SUMS,
	/* Limits on one object. */
	QUOTA_TRANSACTION_SIZE = QUOTA_SUMS, /* nodes touched by one transaction */
	QUOTA_EVENTS,	  /* events waiting for one connection; more are merged, not refused */
	QUOTA_NODE_SIZE,  /* bytes of one value */
	QUOTA_NODE_PERMS, /* entries in one permission list */
	QUOTA_REQUESTS,	  /* a second; more have to wait (domain.h) */
	QUOTA_COUNT
};

struct quota_usage {
	struct quota_usage *next;
	uint16_t domid;
	bool told[QUOTA_COUNT]; /* the refusal has been logged */
	uint64_t used[QUOTA_SUMS];
};

#define QUOTA_BUCKETS 256

struct quota {
	uint64_t limit[QUOTA_COUNT];
	uint64_t node_memory; /* of all domains together, without watches and the like */
	struct quota_usage *bucket[QUOTA_BUCKETS];
};

void quota_init(struct quota *q);
void quota_free(struct quota *q);

const char *quota_name(enum quota_kind kind);
/* "nodes=2000"; false when there is no such quota or the number is bad. */
bool quota_set(struct quota *q, const char *assignment);

/* Makes sure that later calls for this domain need no memory. 0 or -ENOMEM. */
int quota_prepare(struct quota *q, uint16_t domid);

uint64_t quota_used(const struct quota *q, uint16_t domid, enum quota_kind kind);

/* May `who` let the domain's use grow to `value`? Logs a refusal. */
bool quota_allows(struct quota *q, const struct actor *who, uint16_t domid, enum quota_kind kind,
		  uint64_t value);

/* Checks and adds in one step; the domain must be prepared. False: refused, nothing changed. */
bool quota_charge(struct quota *q, const struct actor *who, enum quota_kind kind, uint64_t amount);
/* Adds or takes away without a check. */
void quota_adjust(struct quota *q, uint16_t domid, enum quota_kind kind, int64_t amount);

#endif
