/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The store: one tree, the connections and domains that use it, and the way to the outside.
 *
 * Everything from here down to the tree is pure: it is driven by conn_received() with bytes and by
 * the calls of domain.h, and reaches the outside only through struct store_host. Tests and the
 * fuzzer are such drivers, as main.c with its sockets and rings is.
 */
#ifndef SHOJI_STORE_H
#define SHOJI_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "quota.h"
#include "tree.h"

struct conn;
struct domain;
struct journal;

/* What the core needs from outside; every member may be called with a ctx of the driver's. */
struct store_host {
	void *ctx;
	/* Map the domain's ring and bind its port; creates domain->conn. 0 or -errno. */
	int (*connect)(void *ctx, struct domain *d);
	/* The port of a connected domain has changed. 0 or -errno. */
	int (*rebind)(void *ctx, struct domain *d);
	/* 16 bytes that no other domain has, however often its id is used again; or NULL. */
	void (*identify)(void *ctx, uint16_t domid, uint8_t identity[16]);
	/* Unmap and unbind; destroys domain->conn. */
	void (*disconnect)(void *ctx, struct domain *d);
};

#define STORE_EVENT_INTRODUCE "@introduceDomain"
#define STORE_EVENT_RELEASE   "@releaseDomain"

/* Permissions of an event that is no node. */
struct store_event {
	const char *name;
	struct perm *perms;
	size_t count;
};

#define STORE_EVENTS 2

struct store {
	struct tree tree;
	struct tree_memory memory;
	uint64_t generation; /* of the last change */
	uint64_t deaths;     /* domains that have gone so far */
	uint64_t now_ms;     /* set by the driver before it hands in bytes */
	struct quota quota;
	struct store_event event[STORE_EVENTS];
	struct conn *conns;
	struct domain *domains;
	struct store_host host;
	struct journal *journal; /* what must outlive this process goes there (keep.h); or NULL */
	const char *journal_path;
	size_t rewrite_at; /* its size by which it is written anew */
};

/* A store with its first nodes. 0 or -ENOMEM. */
int store_create(struct store *s, const struct store_host *host);
/* Connections must have been destroyed before. */
void store_destroy(struct store *s);

struct store_event *store_find_event(struct store *s, const char *name);

/*
 * Counts everything anew and compares with the accounts: 0 when all is well. For tests, and for
 * the control command "check". What is wrong is logged.
 */
int store_audit(const struct store *s);

#endif
