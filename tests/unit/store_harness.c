/* SPDX-License-Identifier: GPL-2.0-only */
/* store_harness.c: see store_harness.h. Not a test. */
#include "store_harness.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/log.h"
#include "store/mem.h"

struct store store;
char logged[512];
int connect_error;
unsigned int connects, rebinds, disconnects;

static void keep(const char *format, va_list args)
{
	vsnprintf(logged, sizeof(logged), format, args);
}

#define LOG(name)                          \
	void name(const char *format, ...) \
	{                                  \
		va_list args;              \
                                           \
		va_start(args, format);    \
		keep(format, args);        \
		va_end(args);              \
	}
LOG(log_info)
LOG(log_warning)
LOG(log_error)

static int connect_domain(void *ctx, struct domain *d)
{
	struct actor who = {.domid = d->domid, .has_target = d->has_target, .target = d->target};

	(void)ctx;
	connects++;
	if (connect_error)
		return -connect_error;
	d->conn = conn_adopt(&store, &who);
	if (!d->conn)
		return -ENOMEM;
	d->conn->domain = d;
	return 0;
}

static int rebind_domain(void *ctx, struct domain *d)
{
	(void)ctx;
	(void)d;
	rebinds++;
	return connect_error ? -connect_error : 0;
}

static void disconnect_domain(void *ctx, struct domain *d)
{
	(void)ctx;
	disconnects++;
	conn_destroy(d->conn);
	d->conn = NULL;
}

int store_setup(void **state)
{
	static const struct store_host host = {
		.connect = connect_domain,
		.rebind = rebind_domain,
		.disconnect = disconnect_domain,
	};

	(void)state;
	mem_fail_after = -1;
	connect_error = 0;
	connects = rebinds = disconnects = 0;
	logged[0] = '\0';
	return store_create(&store, &host);
}

int store_teardown(void **state)
{
	(void)state;
	mem_fail_after = -1;
	while (store.conns) {
		if (store.conns->domain)
			store.conns->domain->conn = NULL;
		conn_destroy(store.conns);
	}
	store_destroy(&store);
	return store.memory.nodes || store.memory.bytes ? -1 : 0;
}

struct conn *control(void)
{
	static const struct actor who = {.privileged = true};
	struct conn *c = conn_create(&store, &who);

	assert_non_null(c);
	return c;
}

struct conn *guest(uint16_t domid)
{
	struct domain *d = domain_find(&store, domid);

	if (!d)
		assert_int_equal(domain_introduce(&store, domid, 1000, 1), 0);
	d = domain_find(&store, domid);
	assert_non_null(d);
	assert_non_null(d->conn);
	return d->conn;
}

/* In pieces, as a ring would hand them over. */
static void put(struct conn *c, const void *data, size_t length)
{
	const uint8_t *from = data;
	void *where;
	size_t n;

	while (length) {
		n = conn_wanted(c, &where);
		assert_true(n > 0);
		if (n > 7 && length > 7)
			n = 7;
		if (n > length)
			n = length;
		memcpy(where, from, n);
		assert_int_equal(conn_received(c, n), 0);
		from += n;
		length -= n;
	}
}

/* Takes one whole message away: the reply if there is one, or else an event. */
static bool take(struct conn *c, struct answer *a)
{
	struct xen_xsd_sockmsg header;
	const void *data;
	size_t length = conn_output(c, &data);

	if (!length)
		return false;
	assert_true(length >= sizeof(header));
	memcpy(&header, data, sizeof(header));
	assert_int_equal(length, sizeof(header) + header.len);
	assert_true(header.len <= XENSTORE_PAYLOAD_MAX);
	*a = (struct answer){header.type, header.req_id, header.tx_id, header.len, ""};
	memcpy(a->data, (const char *)data + sizeof(header), header.len);
	conn_sent(c, 3);
	conn_sent(c, length - 3);
	return true;
}

/* Counting needs memory too; a test that lets allocations fail does not mean these. */
static void audit(void)
{
	long fail_after = mem_fail_after;

	mem_fail_after = -1;
	assert_int_equal(store_audit(&store), 0);
	mem_fail_after = fail_after;
}

const struct answer *ask(struct conn *c, uint32_t type, uint32_t tx, const void *payload,
			 size_t length)
{
	static struct answer a;
	static uint32_t req_id = 100;
	struct xen_xsd_sockmsg header = {type, ++req_id, tx, (uint32_t)length};

	put(c, &header, sizeof(header));
	put(c, payload, length);
	assert_true(c->reply_length > 0);
	assert_true(take(c, &a));
	assert_int_equal(a.req_id, req_id);
	assert_int_equal(a.tx_id, tx);
	assert_true(a.type == type || a.type == XS_ERROR);
	audit();
	return &a;
}

const struct answer *askf(struct conn *c, uint32_t type, uint32_t tx, const char *format, ...)
{
	static char payload[2 * XENSTORE_PAYLOAD_MAX];
	va_list args;
	int n, i;

	va_start(args, format);
	n = vsnprintf(payload, sizeof(payload), format, args);
	va_end(args);
	for (i = 0; i < n; i++)
		if (payload[i] == '|')
			payload[i] = '\0';
	return ask(c, type, tx, payload, (size_t)n);
}

static void show_zeros(char *data, size_t length)
{
	for (size_t i = 0; i < length; i++)
		if (!data[i])
			data[i] = '|';
}

const char *text(const struct answer *a)
{
	static char shown[XENSTORE_PAYLOAD_MAX + 2];

	if (a->type == XS_ERROR) {
		snprintf(shown, sizeof(shown), "!%s", a->data);
		return shown;
	}
	memcpy(shown, a->data, a->length);
	show_zeros(shown, a->length);
	shown[a->length] = '\0';
	return shown;
}

const char *event(struct conn *c)
{
	static struct answer a;

	if (!take(c, &a))
		return "";
	assert_int_equal(a.type, XS_WATCH_EVENT);
	assert_int_equal(a.req_id, 0);
	assert_int_equal(a.tx_id, 0);
	show_zeros(a.data, a.length);
	assert_int_equal(a.data[a.length - 1], '|');
	a.data[a.length - 1] = '\0';
	return a.data;
}

uint32_t begin(struct conn *c)
{
	const struct answer *a = askf(c, XS_TRANSACTION_START, 0, "|");

	assert_int_equal(a->type, XS_TRANSACTION_START);
	assert_int_equal(a->data[a->length - 1], 0);
	return (uint32_t)strtoul(a->data, NULL, 10);
}

const char *end(struct conn *c, uint32_t tx, bool commit)
{
	return text(askf(c, XS_TRANSACTION_END, tx, commit ? "T|" : "F|"));
}
