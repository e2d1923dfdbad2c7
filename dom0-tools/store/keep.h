/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What of the store outlives the daemon: nodes, domains, permissions of events, and of each client
 * behind a ring its watches, waiting events, transactions, the bytes on their way and how far it
 * has read and written its ring. Clients of the socket are not kept: their sockets tell them.
 *
 * Each function notes one change that was just made, in the open batch of store->journal; without a
 * journal they do nothing. keep_turn ends the batch: nothing of a turn may reach a guest before.
 * A transaction is kept as one that will fail with EAGAIN, which every client knows how to repeat.
 */
#ifndef SHOJI_STORE_KEEP_H
#define SHOJI_STORE_KEEP_H

#include "conn.h"
#include "domain.h"
#include "edit.h"

struct watch;

void keep_changes(struct store *s, const struct tree *before, const struct tree *after,
		  const struct change *changes);
void keep_event_perms(struct store *s, const struct store_event *e);
void keep_domain(struct store *s, const struct domain *d);
void keep_domain_gone(struct store *s, uint16_t domid);
void keep_watch(const struct watch *w);
void keep_watch_gone(const struct watch *w);
void keep_transaction(struct conn *c, uint32_t id);
void keep_transaction_gone(struct conn *c, uint32_t id);
void keep_event(struct conn *c, const struct conn_event *e);
void keep_reset(struct conn *c);

/* The turn of c (or none's) is over: all that was noted becomes valid. */
void keep_turn(struct store *s, struct conn *c);

/* From now on, in this file. 0 or -errno. */
int keep_start(struct store *s, const char *path);
/* No more; the file stays for who comes next. */
void keep_stop(struct store *s);

/*
 * recall.c: puts into a new store what the file says. Its rings' clients are there, unconnected
 * (conn->orphan), until the driver adopts them. 0; -ENOENT: no file; -errno: the store is spoiled.
 * What is behind the last valid batch is lost, and said.
 */
int keep_recall(struct store *s, const char *path);
int keep_recall_from(struct store *s, const uint8_t *data, size_t length);
/* Those whom nobody adopted go. */
void keep_end_orphans(struct store *s);

/* What the records are. */
enum keep_type {
	KEEP_NODE = 'N',
	KEEP_NODE_GONE = 'n',
	KEEP_EVENT_PERMS = 'P',
	KEEP_DOMAIN = 'D',
	KEEP_DOMAIN_GONE = 'd',
	KEEP_WATCH = 'W',
	KEEP_WATCH_GONE = 'w',
	KEEP_TRANSACTION = 'T',
	KEEP_TRANSACTION_GONE = 't',
	KEEP_EVENT = 'E',
	KEEP_RESET = 'R',
	KEEP_SENT = 'S',
	KEEP_CONN = 'C',
};

#endif
