/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Clients of the store, of which two are guests, that say anything in any order.
 *
 * Input: per message one byte for the client, one for the type, one for the transaction, one for
 * the length, then the payload; some bytes stand for an end of a client, a death, or memory that
 * runs out. Checked after each message: one reply and not more, all accounts, and that a guest
 * never gets hold of the secret.
 */
/* SOURCES: dom0-tools/store/access.c dom0-tools/store/conn.c dom0-tools/store/domain.c */
/* SOURCES: dom0-tools/store/edit.c dom0-tools/store/mem.c dom0-tools/store/path.c */
/* SOURCES: dom0-tools/store/journal.c dom0-tools/store/keep.c */
/* LIBS: -lz */
/* SOURCES: dom0-tools/store/perm.c dom0-tools/store/protocol.c dom0-tools/store/protocol_admin.c */
/* SOURCES: dom0-tools/store/quota.c dom0-tools/store/store.c dom0-tools/store/transaction.c */
/* SOURCES: dom0-tools/store/tree.c dom0-tools/store/tree_walk.c dom0-tools/store/watch.c */
/* SOURCES: dom0-tools/lib/pace.c */
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/log.h"
#include "store/conn.h"
#include "store/domain.h"
#include "store/mem.h"

#define CHECK(condition)          \
	do {                      \
		if (!(condition)) \
			abort();  \
	} while (0)
#define CLIENTS 3 /* the control domain, and domains 1 and 2 */
#define SECRET	"k3pt-fr0m-gu3sts"

static struct store store;
static struct conn *control;

struct input {
	const uint8_t *at;
	size_t left;
};

void log_info(const char *format, ...)
{
	(void)format;
}

void log_warning(const char *format, ...)
{
	(void)format;
}

void log_error(const char *format, ...)
{
	(void)format;
}

static int connect_domain(void *ctx, struct domain *d)
{
	struct actor who = {.domid = d->domid};

	(void)ctx;
	d->conn = conn_create(&store, &who);
	if (!d->conn)
		return -ENOMEM;
	d->conn->domain = d;
	return 0;
}

static int rebind_domain(void *ctx, struct domain *d)
{
	(void)ctx;
	(void)d;
	return 0;
}

static void disconnect_domain(void *ctx, struct domain *d)
{
	(void)ctx;
	conn_destroy(d->conn);
	d->conn = NULL;
}

static void put(struct conn *c, const void *data, size_t length)
{
	void *where;

	while (length) {
		size_t n = conn_wanted(c, &where);

		CHECK(n > 0);
		n = n < length ? n : length;
		memcpy(where, data, n);
		CHECK(conn_received(c, n) == 0);
		data = (const char *)data + n;
		length -= n;
	}
}

static void audit(void)
{
	long fail_after = mem_fail_after;

	mem_fail_after = -1;
	CHECK(store_audit(&store) == 0);
	mem_fail_after = fail_after;
}

/* Takes away what waits. Returns the number of messages that are not events. */
static unsigned int drain(struct conn *c)
{
	unsigned int replies = 0;
	const void *data;
	size_t length;

	while ((length = conn_output(c, &data))) {
		struct xen_xsd_sockmsg header;

		CHECK(length >= sizeof(header) && length <= CONN_MESSAGE_MAX);
		memcpy(&header, data, sizeof(header));
		CHECK(header.len == length - sizeof(header));
		replies += header.type != XS_WATCH_EVENT;
		CHECK(c == control || !memmem(data, length, SECRET, sizeof(SECRET) - 1));
		conn_sent(c, length);
	}
	return replies;
}

static void say(struct conn *c, uint32_t type, uint32_t tx, const void *payload, uint32_t length)
{
	struct xen_xsd_sockmsg header = {type, 7, tx, length};

	put(c, &header, sizeof(header));
	put(c, payload, length);
	audit();
}

#define SAY(c, type, literal) say(c, type, 0, literal, sizeof(literal))

/* A tree with a place for each guest, and something that is for no guest. */
static void prepare(void)
{
	static const struct store_host host = {
		.connect = connect_domain,
		.rebind = rebind_domain,
		.disconnect = disconnect_domain,
	};
	static const struct actor who = {.privileged = true};

	mem_fail_after = -1;
	CHECK(store_create(&store, &host) == 0);
	store.quota.limit[QUOTA_NODES] = 20;
	store.quota.limit[QUOTA_WATCHES] = 6;
	store.quota.limit[QUOTA_EVENTS] = 5;
	store.quota.limit[QUOTA_TRANSACTION_SIZE] = 8;
	control = conn_create(&store, &who);
	CHECK(control != NULL);
	SAY(control, XS_WRITE, "/s\0" SECRET);
	drain(control);
	SAY(control, XS_MKDIR, "/local/domain/1");
	drain(control);
	SAY(control, XS_SET_PERMS, "/local/domain/1\0n1\0r2");
	drain(control);
	SAY(control, XS_MKDIR, "/local/domain/2");
	drain(control);
	SAY(control, XS_SET_PERMS, "/local/domain/2\0n2");
	drain(control);
}

/* The control domain may say who may read the secret, so its wish about it is not passed on. */
static bool gives_secret_away(uint32_t type, const uint8_t *payload, uint32_t length)
{
	(void)payload;
	(void)length;
	return type == XS_SET_PERMS || type == XS_SET_TARGET;
}

static struct conn *client(uint8_t number)
{
	struct domain *d;

	if (number % CLIENTS == 0)
		return control;
	d = domain_find(&store, number % CLIENTS);
	if (!d && domain_introduce(&store, number % CLIENTS, 1, 1) < 0)
		return NULL;
	d = domain_find(&store, number % CLIENTS);
	return d ? d->conn : NULL;
}

static void message(struct conn *c, uint8_t type, uint8_t tx, struct input *in, uint8_t wish)
{
	uint32_t length = wish < in->left ? wish : (uint32_t)in->left;
	static uint8_t payload[256];

	memcpy(payload, in->at, length);
	in->at += length;
	in->left -= length;
	if (c == control && gives_secret_away(type % 24, payload, length))
		return;
	CHECK(drain(c) == 0);
	say(c, type % 24, tx % 8, payload, length);
	/* A release may have ended a guest, but not the one who asked. */
	if (tx & 0x80)
		return; /* it reads later, just before it asks again */
	CHECK(drain(c) == 1);
}

static void step(struct input *in)
{
	uint8_t who = in->at[0], type = in->at[1], tx = in->at[2], length = in->at[3];
	struct conn *c;

	in->at += 4;
	in->left -= 4;
	mem_fail_after = who & 0x40 ? length % 32 : -1;
	c = client(who & 0x0f);
	if (!c)
		return;
	if (who & 0x80 && c->domain)
		domain_remove(&store, c->domain);
	else if (c->reply_length)
		drain(c);
	else
		message(c, type, tx, in, length);
	store.now_ms += who;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input in = {data, size};

	prepare();
	while (in.left >= 4)
		step(&in);
	mem_fail_after = -1;
	while (store.domains)
		CHECK(domain_remove(&store, store.domains) == 0);
	audit();
	conn_destroy(control);
	store_destroy(&store);
	CHECK(store.memory.nodes == 0 && store.memory.bytes == 0);
	return 0;
}
