/* SPDX-License-Identifier: GPL-2.0-only */
/* The store behind a shared page: bytes over the ring's end, room that runs out, and guests that
 * write what they like into the indices. */
#include "store_harness.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "store/conn_ring.h"

static struct xen_xenstore_domain_interface page;
static unsigned int notified, unmasked;
static void (*at_notify)(void); /* what the guest does when it is told, or just before */
static struct link *links;
static struct ring_link *ring;

int xa_evtchn_notify(struct xa_evtchn *e, uint32_t port)
{
	(void)e;
	assert_int_equal(port, 9);
	notified++;
	if (at_notify)
		at_notify();
	return 0;
}

int xa_evtchn_unmask(struct xa_evtchn *e, uint32_t port)
{
	(void)e;
	assert_int_equal(port, 9);
	unmasked++;
	return 0;
}

static int setup(void **state)
{
	static const struct actor who = {.domid = 5};

	memset(&page, 0, sizeof(page));
	notified = unmasked = 0;
	at_notify = NULL;
	links = NULL;
	if (store_setup(state))
		return -1;
	ring = ring_link_create(&store, &who, NULL, &page, 9);
	assert_non_null(ring);
	link_add(&links, &ring->link);
	return 0;
}

static int teardown(void **state)
{
	ring_link_end(ring);
	link_round(&links);
	assert_null(links);
	return store_teardown(state);
}

/* The guest's half, as its kernel has it. */
static size_t guest_put(const void *data, size_t length)
{
	size_t n;

	for (n = 0; n < length && page.req_prod - page.req_cons < XENSTORE_RING_SIZE; n++)
		page.req[page.req_prod++ % XENSTORE_RING_SIZE] = ((const uint8_t *)data)[n];
	return n;
}

static size_t guest_take(void *data, size_t length)
{
	size_t n;

	for (n = 0; n < length && page.rsp_cons != page.rsp_prod; n++)
		((uint8_t *)data)[n] = page.rsp[page.rsp_cons++ % XENSTORE_RING_SIZE];
	return n;
}

static void run(void)
{
	ring_link_event(ring);
	while (link_timeout_ms(links) == 0)
		link_round(&links);
}

/* Sends a message and collects the reply, both in as many pieces as it takes. */
static struct answer *exchange(uint32_t type, const void *payload, size_t length)
{
	static struct answer a;
	struct xen_xsd_sockmsg header = {type, 42, 0, (uint32_t)length};
	uint8_t message[sizeof(header) + XENSTORE_PAYLOAD_MAX], reply[sizeof(message)];
	size_t sent = 0, got = 0, total = sizeof(header) + length, want = sizeof(header);

	memcpy(message, &header, sizeof(header));
	memcpy(message + sizeof(header), payload, length);
	for (unsigned int i = 0; i < 100 && got < want; i++) {
		sent += guest_put(message + sent, total - sent);
		run();
		got += guest_take(reply + got, want - got);
		if (got < sizeof(header))
			continue;
		memcpy(&header, reply, sizeof(header));
		want = sizeof(header) + header.len;
		got += guest_take(reply + got, want - got);
	}
	assert_int_equal(got, want);
	assert_int_equal(sent, total);
	assert_int_equal(header.req_id, 42);
	a = (struct answer){header.type, header.req_id, header.tx_id, header.len, ""};
	memcpy(a.data, reply + sizeof(header), header.len);
	return &a;
}

/* A kernel tells of what it sends only if it saw an empty ring: here it saw one that the store had
 * emptied, but not said so yet. */
static struct {
	struct xen_xsd_sockmsg header;
	char path[3];
} request = {{XS_READ, 7, 0, 3}, "/n"};

static void send_the_rest(void)
{
	size_t rest = sizeof(request.header) + sizeof(request.path) - 10;

	at_notify = NULL;
	assert_int_equal(guest_put((const char *)&request + 10, rest), rest);
}

static void test_input_that_nobody_is_told_of(void **state)
{
	struct xen_xsd_sockmsg header;

	(void)state;
	link_round(&links); /* somebody is here */
	assert_int_equal(guest_put(&request, 10), 10);
	at_notify = send_the_rest;
	run();
	assert_null(at_notify);
	assert_int_equal(page.req_cons, page.req_prod);
	assert_int_equal(guest_take(&header, sizeof(header)), sizeof(header));
	assert_int_equal(header.req_id, 7);
}

/* And of room only if it saw a full ring. */
static char got[2 * XENSTORE_RING_SIZE];
static size_t got_bytes;

static void take_what_is_there(void)
{
	got_bytes += guest_take(got + got_bytes, sizeof(got) - got_bytes);
}

static void test_room_that_nobody_is_told_of(void **state)
{
	struct conn *c = control();
	char payload[XENSTORE_RING_SIZE + 100] = "/n";

	(void)state;
	memset(payload + 3, 'x', sizeof(payload) - 3);
	assert_answer("OK|", c, XS_WRITE, 0, "/n|");
	assert_answer("OK|", c, XS_SET_PERMS, 0, "/n|b0|");
	ask(c, XS_WRITE, 0, payload, sizeof(payload));
	link_round(&links);
	got_bytes = 0;
	at_notify = take_what_is_there;
	assert_int_equal(guest_put(&request, sizeof(request.header) + 3),
			 sizeof(request.header) + 3);
	run();
	assert_int_equal(got_bytes, sizeof(struct xen_xsd_sockmsg) + sizeof(payload) - 3);
}

static void test_features(void **state)
{
	(void)state;
	assert_int_equal(page.server_features,
			 XENSTORE_SERVER_FEATURE_RECONNECTION | XENSTORE_SERVER_FEATURE_ERROR);
	link_round(&links);
	run();
	assert_true(notified > 0); /* somebody is here */
}

static void test_small_messages(void **state)
{
	(void)state;
	page.req_cons = page.req_prod = page.rsp_cons = page.rsp_prod = UINT32_MAX - 100;
	ring_attach(&ring->ring, &page);
	for (unsigned int i = 0; i < 300; i++)
		assert_string_equal(text(exchange(XS_GET_DOMAIN_PATH, "5", 2)), "/local/domain/5|");
	assert_true(notified >= 300);
	assert_true(unmasked >= 300);
}

/* Four times the ring's size, both ways. */
static void test_large_messages(void **state)
{
	struct conn *c = control();
	char payload[XENSTORE_PAYLOAD_MAX] = "/n";

	(void)state;
	memset(payload + 3, 'x', sizeof(payload) - 3);
	assert_answer("OK|", c, XS_WRITE, 0, "/n|");
	assert_answer("OK|", c, XS_SET_PERMS, 0, "/n|b0|");
	assert_string_equal(text(exchange(XS_WRITE, payload, 3 + 2048)), "OK|");
	assert_string_equal(text(exchange(XS_WRITE, payload, sizeof(payload))), "!ENOSPC");
	ask(c, XS_WRITE, 0, payload, sizeof(payload));
	assert_int_equal(exchange(XS_READ, "/n", 3)->length, sizeof(payload) - 3);
}

/* A guest that sends and never reads: it is not read from any more, and its port stays masked. */
static void test_deaf_guest(void **state)
{
	static const struct {
		struct xen_xsd_sockmsg header;
		char payload[2];
	} message = {{XS_GET_DOMAIN_PATH, 1, 0, 2}, "5"};

	(void)state;
	for (unsigned int i = 0; i < 200; i++) {
		guest_put(&message, 18);
		run();
	}
	assert_true(page.rsp_prod - page.rsp_cons > XENSTORE_RING_SIZE - 64);
	assert_true(page.req_prod - page.req_cons > XENSTORE_RING_SIZE - 64);
	assert_int_equal(store_audit(&store), 0);
	page.rsp_cons = page.rsp_prod;
	run();
	assert_true(page.rsp_prod != page.rsp_cons);
}

static const struct {
	uint32_t req_cons, req_prod, rsp_cons, rsp_prod;
} lies[] = {
	{0, 1025, 0, 0},	   {0, UINT32_MAX, 0, 0},      {1, 0, 0, 0},
	{0, 0x80000000, 0, 0},	   {0, 18, 0, 1025},	       {0, 18, 1, 0},
	{0, 18, UINT32_MAX, 2000}, {5000, 100, 7, 0x7fffffff},
};

static void test_lies(void **state)
{
	struct xen_xsd_sockmsg header = {XS_GET_DOMAIN_PATH, 1, 0, 2};

	(void)state;
	for (size_t i = 0; i < sizeof(lies) / sizeof(lies[0]); i++) {
		memset(&page, 0, sizeof(page));
		memcpy(page.req, &header, sizeof(header));
		memcpy(page.req + sizeof(header), "5", 2);
		page.req_cons = lies[i].req_cons;
		page.req_prod = lies[i].req_prod;
		page.rsp_cons = lies[i].rsp_cons;
		page.rsp_prod = lies[i].rsp_prod;
		ring_attach(&ring->ring, &page);
		logged[0] = '\0';
		run();
		assert_true(ring->broken);
		assert_int_equal(page.error, XENSTORE_ERROR_RINGIDX);
		assert_non_null(strstr(logged, "domain 5 broke the protocol"));
		run(); /* nothing more happens */
		page.connection = XENSTORE_RECONNECT;
		run();
		assert_false(ring->broken);
		assert_int_equal(page.error, XENSTORE_ERROR_NONE);
		assert_int_equal(page.connection, XENSTORE_CONNECTED);
		assert_string_equal(text(exchange(XS_GET_DOMAIN_PATH, "5", 2)), "/local/domain/5|");
	}
}

/* What the guest writes over our own indices is not read. */
static void test_our_own_indices(void **state)
{
	struct xen_xsd_sockmsg header = {XS_GET_DOMAIN_PATH, 1, 0, 2};
	uint8_t reply[sizeof(header) + 16];

	(void)state;
	run();
	guest_put(&header, sizeof(header));
	guest_put("5", 2);
	page.req_cons = 77;
	page.rsp_prod += 1000;
	run();
	assert_int_equal(page.req_cons, page.req_prod);
	assert_int_equal(guest_take(reply, sizeof(reply)), sizeof(reply));
	assert_string_equal((char *)reply + sizeof(header), "/local/domain/5");
	assert_int_equal(page.rsp_cons, page.rsp_prod);
	assert_false(ring->broken);
}

static void test_message_too_long(void **state)
{
	struct xen_xsd_sockmsg header = {XS_READ, 1, 0, XENSTORE_PAYLOAD_MAX + 1};

	(void)state;
	guest_put(&header, sizeof(header));
	run();
	assert_true(ring->broken);
	assert_int_equal(page.error, XENSTORE_ERROR_PROTO);
	header.len = UINT32_MAX;
	page.connection = XENSTORE_RECONNECT;
	run();
	guest_put(&header, sizeof(header));
	run();
	assert_true(ring->broken);
}

/* A reconnection in the middle of everything begins with nothing. */
static void test_reconnect(void **state)
{
	(void)state;
	exchange(XS_TRANSACTION_START, "", 1);
	assert_string_equal(text(exchange(XS_WATCH, "/x\0t\0", 5)), "OK|");
	guest_put("half a header", 9);
	run();
	page.connection = XENSTORE_RECONNECT;
	run();
	assert_null(ring->link.conn->watches);
	assert_null(ring->link.conn->transactions);
	assert_int_equal(page.rsp_prod, page.rsp_cons);
	assert_string_equal(text(exchange(XS_GET_DOMAIN_PATH, "5", 2)), "/local/domain/5|");
}

/* --- floods --- */

static struct domain flooder = {.domid = 5};

static void bind_domain(uint64_t requests)
{
	flooder = (struct domain){.domid = 5, .conn = ring->link.conn};
	ring->link.conn->domain = &flooder;
	store.quota.limit[QUOTA_REQUESTS] = requests;
	run(); /* somebody is here: one turn */
	unmasked = 0;
}

/* Events that bring nothing: the port stays masked when there were too many, and time helps. */
static void test_a_flood_of_events(void **state)
{
	(void)state;
	bind_domain(10);
	logged[0] = '\0';
	for (unsigned int i = 0; i < 100; i++)
		run();
	assert_int_equal(unmasked, 19); /* two seconds' worth, and the first turn */
	assert_non_null(strstr(logged, "domain 5 asks more than 10 requests a second"));
	assert_int_equal(link_timeout_ms(links), 10);
	logged[0] = '\0';
	store.now_ms += 300;
	for (unsigned int i = 0; i < 100; i++)
		run();
	assert_int_equal(unmasked, 22);
	assert_string_equal(logged, ""); /* that is said once */
}

/* Requests wait, and are answered later. */
static void test_a_flood_of_requests(void **state)
{
	struct xen_xsd_sockmsg header = {XS_GET_DOMAIN_PATH, 1, 0, 2};
	uint8_t reply[sizeof(header) + 16];
	unsigned int answered = 0;

	(void)state;
	bind_domain(10);
	for (unsigned int i = 0; i < 40; i++) {
		assert_int_equal(guest_put(&header, sizeof(header)), sizeof(header));
		assert_int_equal(guest_put("5", 2), 2);
	}
	for (unsigned int i = 0; i < 40; i++) {
		run();
		while (guest_take(reply, sizeof(reply)) == sizeof(reply))
			answered++;
		if (i == 0)
			assert_in_range(answered, 18, 20);
		store.now_ms += 100;
	}
	assert_int_equal(answered, 40);
	assert_int_equal(page.req_cons, page.req_prod);
}

/* Without a limit, and for those that have none. */
static void test_no_limit(void **state)
{
	(void)state;
	bind_domain(0);
	for (unsigned int i = 0; i < 100; i++)
		run();
	assert_int_equal(unmasked, 100);
	bind_domain(10);
	ring->link.conn->actor.privileged = true;
	for (unsigned int i = 0; i < 100; i++)
		run();
	assert_int_equal(unmasked, 100);
	ring->link.conn->actor.privileged = false;
}

/* Anything at all in the page, at any time: the store goes on and its accounts are right. */
static void test_garbage(void **state)
{
	struct conn *c = control();

	(void)state;
	srand(1);
	for (unsigned int i = 0; i < 20000; i++) {
		uint32_t *word = (uint32_t *)((uint8_t *)&page + (size_t)(rand() % 2) * 2048) +
				 (size_t)rand() % 7;

		*word = (uint32_t)(rand() % 4 ? rand() % 2048 : rand());
		page.req[rand() % XENSTORE_RING_SIZE] = (uint8_t)(rand() % 24);
		if (rand() % 8 == 0)
			page.connection = XENSTORE_RECONNECT;
		run();
		if (i % 100 == 0)
			assert_answer("", c, XS_READ, 0, "/tool|");
	}
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_input_that_nobody_is_told_of),
		TEST(test_room_that_nobody_is_told_of),
		TEST(test_features),
		TEST(test_small_messages),
		TEST(test_large_messages),
		TEST(test_deaf_guest),
		TEST(test_lies),
		TEST(test_our_own_indices),
		TEST(test_message_too_long),
		TEST(test_reconnect),
		TEST(test_a_flood_of_events),
		TEST(test_a_flood_of_requests),
		TEST(test_no_limit),
		TEST(test_garbage),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
