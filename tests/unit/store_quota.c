/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The store's quotas: each is refused at its limit, by name, and given back; and memory that runs
 * out anywhere costs the request at hand and nothing else.
 */
#include "store_harness.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "store/mem.h"

static struct conn *c, *g;

/* Domain 5 with a directory /g of its own. */
static int setup(void **state)
{
	if (store_setup(state))
		return -1;
	c = control();
	g = guest(5);
	assert_answer("OK|", c, XS_MKDIR, 0, "/g|");
	assert_answer("OK|", c, XS_SET_PERMS, 0, "/g|n5|");
	return 0;
}

static uint64_t used(enum quota_kind kind)
{
	return quota_used(&store.quota, 5, kind);
}

/* The refusal was logged with the domain and the quota's name, and how to raise it. */
static void assert_told(const char *quota)
{
	char name[64], option[64];

	snprintf(name, sizeof(name), "domain 5 is over its quota: %s would be", quota);
	snprintf(option, sizeof(option), "--quota %s=N", quota);
	if (!strstr(logged, name) || !strstr(logged, option))
		fail_msg("the log says \"%s\", not \"%s\"", logged, name);
}

static void test_nodes(void **state)
{
	(void)state;
	store.quota.limit[QUOTA_NODES] = 4;
	assert_answer("OK|", g, XS_WRITE, 0, "/g/a|");
	assert_answer("!ENOSPC", g, XS_WRITE, 0, "/g/b/c/d|");
	assert_answer("!ENOENT", c, XS_READ, 0, "/g/b|"); /* nothing half-made */
	assert_told("nodes");
	assert_answer("OK|", g, XS_MKDIR, 0, "/g/b/c|");
	assert_answer("!ENOSPC", g, XS_MKDIR, 0, "/g/d|");
	assert_int_equal(used(QUOTA_NODES), 4);
	assert_answer("OK|", g, XS_WRITE, 0, "/g/a|more"); /* no new node */
	assert_answer("OK|", c, XS_MKDIR, 0, "/g/d|");	   /* the control domain may */
	assert_int_equal(used(QUOTA_NODES), 5);
	assert_answer("OK|", g, XS_RM, 0, "/g/b|");
	assert_int_equal(used(QUOTA_NODES), 3);
	assert_answer("OK|", g, XS_MKDIR, 0, "/g/e|");
}

static void test_nodes_in_transaction(void **state)
{
	uint32_t tx;

	(void)state;
	store.quota.limit[QUOTA_NODES] = 3;
	tx = begin(g);
	assert_answer("OK|", g, XS_MKDIR, tx, "/g/a|");
	assert_answer("OK|", g, XS_MKDIR, tx, "/g/b|");
	assert_answer("!ENOSPC", g, XS_MKDIR, tx, "/g/c|");
	assert_answer("OK|", g, XS_MKDIR, 0, "/g/meanwhile|");
	assert_string_equal(end(g, tx, true), "!ENOSPC");
	assert_answer("meanwhile|", c, XS_DIRECTORY, 0, "/g|");
	assert_int_equal(used(QUOTA_NODES), 2);
}

static void test_memory(void **state)
{
	(void)state;
	store.quota.limit[QUOTA_MEMORY] = used(QUOTA_MEMORY) + 1500;
	assert_answer("OK|", g, XS_WRITE, 0, "/g|%0*d", 1000, 0);
	assert_answer("!ENOSPC", g, XS_WRITE, 0, "/g|%0*d", 1600, 0);
	assert_told("memory");
	assert_int_equal(askf(c, XS_READ, 0, "/g|")->length, 1000);
	assert_answer("OK|", g, XS_WRITE, 0, "/g|");
	assert_answer("!ENOSPC", g, XS_WRITE, 0, "/g/a|%0*d", 1600, 0);
	assert_answer("!ENOENT", c, XS_READ, 0, "/g/a|");
	assert_answer("!ENOSPC", g, XS_WATCH, 0, "/%0*d|t|", 1600, 0);
}

static void test_node_size(void **state)
{
	(void)state;
	assert_answer("OK|", g, XS_WRITE, 0, "/g/a|%0*d", 2048, 0);
	assert_answer("!ENOSPC", g, XS_WRITE, 0, "/g/a|%0*d", 2049, 0);
	assert_told("node-size");
	assert_answer("OK|", c, XS_WRITE, 0, "/g/a|%0*d", 2049, 0);
}

static void test_perms(void **state)
{
	(void)state;
	assert_answer("OK|", g, XS_SET_PERMS, 0, "/g|n5|r1|r2|r3|r4|r6|r7|r8|");
	assert_answer("!ENOSPC", g, XS_SET_PERMS, 0, "/g|n5|r1|r2|r3|r4|r6|r7|r8|r9|");
	assert_told("node-perms");
	assert_answer("OK|", c, XS_SET_PERMS, 0, "/g|n5|r1|r2|r3|r4|r6|r7|r8|r9|");
}

static void test_watches(void **state)
{
	(void)state;
	store.quota.limit[QUOTA_WATCHES] = 2;
	assert_answer("OK|", g, XS_WATCH, 0, "/a|t|");
	assert_answer("OK|", g, XS_WATCH, 0, "/b|t|");
	assert_answer("!E2BIG", g, XS_WATCH, 0, "/c|t|");
	assert_told("watches");
	assert_answer("OK|", g, XS_UNWATCH, 0, "/a|t|");
	assert_answer("OK|", g, XS_WATCH, 0, "/c|t|");
	assert_int_equal(used(QUOTA_WATCHES), 2);
}

static void test_transactions(void **state)
{
	uint32_t first = begin(g);

	(void)state;
	store.quota.limit[QUOTA_TRANSACTIONS] = 2;
	begin(g);
	assert_answer("!ENOSPC", g, XS_TRANSACTION_START, 0, "|");
	assert_told("transactions");
	assert_string_equal(end(g, first, true), "OK|");
	begin(g);
	assert_int_equal(used(QUOTA_TRANSACTIONS), 2);
}

static void test_transaction_size(void **state)
{
	uint32_t tx = begin(g);

	(void)state;
	store.quota.limit[QUOTA_TRANSACTION_SIZE] = 3;
	assert_answer("OK|", g, XS_WRITE, tx, "/g/a|1"); /* seen and done */
	assert_answer("1", g, XS_READ, tx, "/g/a|");
	assert_answer("", g, XS_READ, tx, "/g|");
	assert_answer("!ENOSPC", g, XS_READ, tx, "/g/b|");
	assert_told("transaction-size");
	assert_string_equal(end(g, tx, false), "OK|");
}

/* Told once, and again only after the domain was below its limit. */
static void test_told_once(void **state)
{
	(void)state;
	store.quota.limit[QUOTA_WATCHES] = 1;
	assert_answer("OK|", g, XS_WATCH, 0, "/a|t|");
	assert_answer("!E2BIG", g, XS_WATCH, 0, "/c|t|");
	assert_told("watches");
	logged[0] = '\0';
	assert_answer("!E2BIG", g, XS_WATCH, 0, "/c|t|");
	assert_string_equal(logged, "");
	assert_answer("OK|", g, XS_UNWATCH, 0, "/a|t|");
	assert_answer("OK|", g, XS_WATCH, 0, "/a|t|");
	assert_answer("!E2BIG", g, XS_WATCH, 0, "/c|t|");
	assert_told("watches");
}

static void test_owner_pays(void **state)
{
	uint64_t nodes = used(QUOTA_NODES), bytes = used(QUOTA_MEMORY);

	(void)state;
	assert_answer("OK|", c, XS_WRITE, 0, "/n|value");
	assert_int_equal(used(QUOTA_NODES), nodes);
	assert_answer("OK|", c, XS_SET_PERMS, 0, "/n|n5|");
	assert_int_equal(used(QUOTA_NODES), nodes + 1);
	assert_true(used(QUOTA_MEMORY) > bytes);
	assert_answer("OK|", c, XS_SET_PERMS, 0, "/n|n0|r5|");
	assert_int_equal(used(QUOTA_NODES), nodes);
	assert_int_equal(used(QUOTA_MEMORY), bytes);
}

static void test_set(void **state)
{
	(void)state;
	assert_true(quota_set(&store.quota, "nodes=77"));
	assert_int_equal(store.quota.limit[QUOTA_NODES], 77);
	assert_true(quota_set(&store.quota, "node-size=0"));
	assert_int_equal(store.quota.limit[QUOTA_NODE_SIZE], 0);
	assert_false(quota_set(&store.quota, "nodes"));
	assert_false(quota_set(&store.quota, "nodes="));
	assert_false(quota_set(&store.quota, "nodes=x"));
	assert_false(quota_set(&store.quota, "nodes=7x"));
	assert_false(quota_set(&store.quota, "nodes=-1"));
	assert_false(quota_set(&store.quota, "node=1"));
	assert_false(quota_set(&store.quota, "=1"));
}

/* One request of each kind that needs memory; each starts from the same tree. */
static const struct {
	uint32_t type;
	const char *payload;
	bool in_transaction;
} requests[] = {
	{XS_WRITE, "/g/new/deep/er|value", false},
	{XS_WRITE, "/g/old|other", false},
	{XS_MKDIR, "/g/x/y|", false},
	{XS_RM, "/g/old|", false},
	{XS_SET_PERMS, "/g/old|n5|r7|", false},
	{XS_WATCH, "/g|token|", false},
	{XS_TRANSACTION_START, "|", false},
	{XS_WRITE, "/g/new/deep|value", true},
	{XS_READ, "/g/old|", true},
	{XS_RM, "/g/old|", true},
	{XS_SET_PERMS, "/g/old|n5|r7|", true},
	{XS_TRANSACTION_END, "T|", true},
};

static void start_over(void)
{
	assert_answer("OK|", g, XS_RESET_WATCHES, 0, "|");
	while (event(g)[0])
		;
	assert_answer("OK|", c, XS_RM, 0, "/g|");
	assert_answer("OK|", c, XS_WRITE, 0, "/g/old|value");
	assert_answer("OK|", c, XS_SET_PERMS, 0, "/g|n5|");
	assert_answer("OK|", c, XS_SET_PERMS, 0, "/g/old|n5|");
}

/* As if the request had never been made. */
static void assert_untouched(void)
{
	assert_answer("value", c, XS_READ, 0, "/g/old|");
	assert_answer("n5|", c, XS_GET_PERMS, 0, "/g/old|");
	assert_answer("old|", c, XS_DIRECTORY, 0, "/g|");
	assert_int_equal(used(QUOTA_NODES), 2);
}

/* The request with allocation number n failing; true if it did not need so many. */
static bool starve(size_t i, long n)
{
	uint32_t tx = 0;
	bool refused;
	bool survived;

	start_over();
	if (requests[i].in_transaction) {
		tx = begin(g);
		assert_answer("OK|", g, XS_WRITE, tx, "/g/tx|1");
	}
	mem_fail_after = n;
	refused =
		!strcmp(text(askf(g, requests[i].type, tx, "%s", requests[i].payload)), "!ENOMEM");
	survived = mem_fail_after >= 0;
	mem_fail_after = -1;
	/* All but an event, which comes later, is refused with the one error that says why. */
	assert_true(refused || survived || requests[i].type == XS_WATCH);
	if (refused)
		assert_untouched();
	return survived;
}

static void test_no_memory(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(requests) / sizeof(requests[0]); i++) {
		long n = 0;

		while (!starve(i, n))
			n++;
		assert_in_range(n, 1, 100);
	}
}

/* An event for which there is no memory comes later. */
static void test_no_memory_for_event(void **state)
{
	bool late = false;

	(void)state;
	assert_answer("OK|", c, XS_WATCH, 0, "/g|t|");
	for (long n = 0; !late; n++) {
		assert_in_range(n, 0, 100);
		while (event(c)[0])
			;
		mem_fail_after = n;
		if (strcmp(text(askf(g, XS_WRITE, 0, "/g/a|%ld", n)), "OK|")) {
			assert_string_equal(event(c), "");
			continue;
		}
		late = mem_fail_after < 0;
		mem_fail_after = -1;
		assert_string_equal(event(c), late ? "/g|t" : "/g/a|t");
		if (!late)
			break;
	}
	assert_true(late);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, store_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_nodes),
		TEST(test_nodes_in_transaction),
		TEST(test_memory),
		TEST(test_node_size),
		TEST(test_perms),
		TEST(test_watches),
		TEST(test_transactions),
		TEST(test_transaction_size),
		TEST(test_told_once),
		TEST(test_owner_pays),
		TEST(test_set),
		TEST(test_no_memory),
		TEST(test_no_memory_for_event),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
