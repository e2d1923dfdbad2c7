/* SPDX-License-Identifier: GPL-2.0-only */
/* What the messages mean: one table of handlers (protocol.c, protocol_admin.c). */
#ifndef SHOJI_STORE_PROTOCOL_H
#define SHOJI_STORE_PROTOCOL_H

#include "conn.h"
#include "store.h"
#include "transaction.h"

/* A request while it is handled. */
struct request {
	struct conn *conn;
	struct store *store;
	struct transaction *tx; /* or NULL */
	const char *payload;	/* a zero byte follows its end */
	size_t length;
};

/* Carries out the message in c->header and c->payload, and leaves one reply. */
void protocol_handle(struct conn *c);

/*
 * The n-th zero-terminated string of the payload (from 0), or NULL. The last one needs its zero
 * byte inside the payload.
 */
const char *request_string(const struct request *r, size_t n);
size_t request_count(const struct request *r);
int reply_ok(struct request *r);
int reply_string(struct request *r, const char *text);

/* protocol_admin.c: requests about domains, for the control domain. */
int handle_introduce(struct request *r);
int handle_release(struct request *r);
int handle_resume(struct request *r);
int handle_set_target(struct request *r);
int handle_is_introduced(struct request *r);
int handle_domain_path(struct request *r);
int handle_control(struct request *r);

#endif
