/* SPDX-License-Identifier: GPL-2.0-only */
/* The store's transactions: isolation, what conflicts and what does not, and their end. */
#include "store_harness.h"

#include <stdio.h>
#include <string.h>

static void test_isolation(void **state)
{
	struct conn *a = control(), *b = control();
	uint32_t tx;

	(void)state;
	assert_answer("OK|", a, XS_WRITE, 0, "/k|old");
	tx = begin(a);
	assert_answer("OK|", a, XS_WRITE, tx, "/k|new");
	assert_answer("OK|", a, XS_WRITE, tx, "/made|new");
	assert_answer("new", a, XS_READ, tx, "/k|");
	assert_answer("old", b, XS_READ, 0, "/k|");
	assert_answer("old", a, XS_READ, 0, "/k|");
	assert_answer("!ENOENT", b, XS_READ, 0, "/made|");
	assert_string_equal(end(a, tx, true), "OK|");
	assert_answer("new", b, XS_READ, 0, "/k|");
	assert_answer("new", b, XS_READ, 0, "/made|");
	assert_answer("!ENOENT", a, XS_READ, tx, "/k|");
}

static void test_dropped(void **state)
{
	struct conn *a = control();
	uint32_t tx = begin(a);

	(void)state;
	assert_answer("OK|", a, XS_WRITE, tx, "/k|new");
	assert_answer("OK|", a, XS_RM, tx, "/tool|");
	assert_string_equal(end(a, tx, false), "OK|");
	assert_answer("!ENOENT", a, XS_READ, 0, "/k|");
	assert_answer("", a, XS_READ, 0, "/tool|");
}

/* The transaction does `mine`, then another client does `other`; is the commit refused? */
static const struct row {
	uint32_t mine;
	const char *mine_payload;
	uint32_t other;
	const char *other_payload;
	bool conflict;
} rows[] = {
	{XS_READ, "/d/a|", XS_WRITE, "/d/a|2", true},
	{XS_READ, "/d/a|", XS_WRITE, "/d/b|2", false},
	{XS_READ, "/d/a|", XS_RM, "/d/a|", true},
	{XS_READ, "/d/a|", XS_RM, "/d|", true},
	{XS_READ, "/d/a|", XS_SET_PERMS, "/d/a|r0|", true},
	{XS_READ, "/d|", XS_WRITE, "/d/new|2", false},
	{XS_READ, "/d/none|", XS_WRITE, "/d/none|2", true},
	{XS_READ, "/d/none|", XS_WRITE, "/d/other|2", false},
	{XS_DIRECTORY, "/d|", XS_WRITE, "/d/new|2", true},
	{XS_DIRECTORY, "/d|", XS_RM, "/d/b|", true},
	{XS_DIRECTORY, "/d|", XS_WRITE, "/d/a|2", false},
	{XS_DIRECTORY, "/d|", XS_WRITE, "/d/a/deep|2", false},
	{XS_GET_PERMS, "/d/a|", XS_SET_PERMS, "/d/a|r0|", true},
	{XS_WRITE, "/d/a|1", XS_WRITE, "/d/a|2", true},
	{XS_WRITE, "/d/a|1", XS_RM, "/d|", true},
	{XS_WRITE, "/d/x|1", XS_WRITE, "/d/y|2", false},
	{XS_WRITE, "/d/x|1", XS_WRITE, "/d/a|2", false},
	{XS_MKDIR, "/d/x|", XS_MKDIR, "/d/x|", true},
	{XS_RM, "/d|", XS_WRITE, "/d/a/deep|2", true},
	{XS_RM, "/d|", XS_WRITE, "/d/new|2", true},
	{XS_RM, "/d/a|", XS_WRITE, "/d/b|2", false},
	{XS_SET_PERMS, "/d/a|r0|", XS_WRITE, "/d/a|2", true},
};

static void make_d(struct conn *c)
{
	assert_answer("OK|", c, XS_RM, 0, "/d|");
	assert_answer("OK|", c, XS_WRITE, 0, "/d/a|1");
	assert_answer("OK|", c, XS_WRITE, 0, "/d/b|1");
}

static void test_conflicts(void **state)
{
	struct conn *a = control(), *b = control();

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct row *r = &rows[i];
		uint32_t tx;

		make_d(a);
		tx = begin(a);
		askf(a, r->mine, tx, "%s", r->mine_payload);
		assert_answer("OK|", a, XS_WRITE, tx, "/mark|%zu", i);
		assert_answer("OK|", b, r->other, 0, "%s", r->other_payload);
		assert_string_equal(end(a, tx, true), r->conflict ? "!EAGAIN" : "OK|");
		if (r->conflict)
			assert_answer("!ENOENT", a, XS_READ, 0, "/mark|");
		else
			assert_answer("OK|", a, XS_RM, 0, "/mark|");
		/* What the other one did has stayed in any case. */
		if (r->other == XS_WRITE)
			assert_answer("2", b, XS_READ, 0, "%.*s|",
				      (int)strcspn(r->other_payload, "|"), r->other_payload);
	}
}

/* A conflict is lost even when the other one has put back what was there. */
static void test_change_and_back(void **state)
{
	struct conn *a = control(), *b = control();
	uint32_t tx;

	(void)state;
	make_d(a);
	tx = begin(a);
	assert_answer("1", a, XS_READ, tx, "/d/a|");
	assert_answer("OK|", a, XS_WRITE, tx, "/mark|1");
	assert_answer("OK|", b, XS_RM, 0, "/d|");
	make_d(b);
	assert_string_equal(end(a, tx, true), "!EAGAIN");
}

static void test_only_reads(void **state)
{
	struct conn *a = control(), *b = control();
	uint32_t tx;

	(void)state;
	make_d(a);
	tx = begin(a);
	assert_answer("1", a, XS_READ, tx, "/d/a|");
	assert_answer("OK|", b, XS_WRITE, 0, "/d/a|2");
	assert_answer("1", a, XS_READ, tx, "/d/a|");
	assert_string_equal(end(a, tx, true), "OK|");
	assert_answer("2", a, XS_READ, 0, "/d/a|");
}

/* Two transactions over each other; the second to end loses, and wins when it repeats. */
static void test_counter(void **state)
{
	struct conn *a = control(), *b = control();
	uint32_t ta, tb;

	(void)state;
	assert_answer("OK|", a, XS_WRITE, 0, "/n|0");
	ta = begin(a);
	tb = begin(b);
	assert_answer("0", a, XS_READ, ta, "/n|");
	assert_answer("0", b, XS_READ, tb, "/n|");
	assert_answer("OK|", a, XS_WRITE, ta, "/n|1");
	assert_answer("OK|", b, XS_WRITE, tb, "/n|1");
	assert_string_equal(end(b, tb, true), "OK|");
	assert_string_equal(end(a, ta, true), "!EAGAIN");
	ta = begin(a);
	assert_answer("1", a, XS_READ, ta, "/n|");
	assert_answer("OK|", a, XS_WRITE, ta, "/n|2");
	assert_string_equal(end(a, ta, true), "OK|");
	assert_answer("2", b, XS_READ, 0, "/n|");
}

static void test_errors(void **state)
{
	struct conn *a = control(), *b = control();
	uint32_t tx = begin(a);

	(void)state;
	assert_answer("!ENOENT", a, XS_READ, tx + 1, "/|");
	assert_answer("!ENOENT", b, XS_READ, tx, "/|"); /* ids are each client's own */
	assert_answer("!EBUSY", a, XS_TRANSACTION_START, tx, "|");
	assert_answer("!EINVAL", a, XS_TRANSACTION_END, tx, "X|");
	assert_answer("!EINVAL", a, XS_TRANSACTION_END, tx, "T");
	assert_answer("!EINVAL", a, XS_TRANSACTION_END, tx, "TT|");
	assert_answer("!ENOENT", a, XS_TRANSACTION_END, 0, "T|");
	assert_answer("!EBUSY", a, XS_RESET_WATCHES, tx, "|");
	assert_string_equal(end(a, tx, true), "OK|");
	assert_string_equal(end(a, tx, true), "!ENOENT");
}

/* An operation that fails leaves the transaction as it was. */
static void test_failure_inside(void **state)
{
	struct conn *c = control(), *g = guest(5);
	uint32_t tx;

	(void)state;
	assert_answer("OK|", c, XS_MKDIR, 0, "/g|");
	assert_answer("OK|", c, XS_SET_PERMS, 0, "/g|n5|");
	tx = begin(g);
	assert_answer("OK|", g, XS_WRITE, tx, "/g/a|1");
	assert_answer("!EACCES", g, XS_WRITE, tx, "/not-mine|1");
	assert_answer("!ENOENT", g, XS_RM, tx, "/g/none/none|");
	assert_string_equal(end(g, tx, true), "OK|");
	assert_answer("1", c, XS_READ, 0, "/g/a|");
}

static void test_gone_client(void **state)
{
	struct conn *a = control(), *b = control();
	uint32_t tx = begin(a);

	(void)state;
	assert_answer("OK|", a, XS_WRITE, tx, "/k|new");
	conn_destroy(a);
	assert_int_equal(store_audit(&store), 0);
	assert_answer("!ENOENT", b, XS_READ, 0, "/k|");
}

/* A domain id in a permission may belong to somebody else after a death. */
static void test_death_in_between(void **state)
{
	struct conn *c = control(), *other = control();
	uint32_t with_perms, without;

	(void)state;
	guest(5);
	with_perms = begin(c);
	without = begin(c);
	assert_answer("OK|", c, XS_MKDIR, with_perms, "/n|");
	assert_answer("OK|", c, XS_SET_PERMS, with_perms, "/n|n5|");
	assert_answer("OK|", c, XS_MKDIR, without, "/m|");
	assert_answer("OK|", other, XS_RELEASE, 0, "5|");
	assert_string_equal(end(c, with_perms, true), "!EAGAIN");
	assert_string_equal(end(c, without, true), "OK|");
	assert_answer("!ENOENT", c, XS_READ, 0, "/n|");
}

/* A guest whose writes make others' transactions fail has to wait; nobody else has. */
static void test_storm(void **state)
{
	struct conn *c = control(), *g = guest(5);
	uint32_t tx;

	(void)state;
	guest(6);
	assert_answer("OK|", c, XS_WRITE, 0, "/g|0");
	assert_answer("OK|", c, XS_SET_PERMS, 0, "/g|n5|");
	store.now_ms = 1000;
	tx = begin(c);
	assert_answer("0", c, XS_READ, tx, "/g|");
	assert_answer("OK|", c, XS_WRITE, tx, "/mark|");
	assert_answer("OK|", g, XS_WRITE, 0, "/g|1");
	assert_false(domain_is_held(&store, domain_find(&store, 5)));
	assert_string_equal(end(c, tx, true), "!EAGAIN");
	assert_true(domain_is_held(&store, domain_find(&store, 5)));
	assert_false(domain_is_held(&store, domain_find(&store, 6)));
	store.now_ms = 2000;
	assert_false(domain_is_held(&store, domain_find(&store, 5)));
}

/* Watches hear of a transaction when it has come to pass, and once for each path. */
static void test_watches(void **state)
{
	struct conn *a = control(), *w = control();
	uint32_t tx;

	(void)state;
	assert_answer("OK|", w, XS_WATCH, 0, "/k|t|");
	assert_string_equal(event(w), "/k|t");
	tx = begin(a);
	assert_answer("OK|", a, XS_WRITE, tx, "/k|1");
	assert_answer("OK|", a, XS_WRITE, tx, "/k|2");
	assert_string_equal(event(w), "");
	assert_string_equal(end(a, tx, true), "OK|");
	assert_string_equal(event(w), "/k|t");
	assert_string_equal(event(w), "");
}

/* An old version of the tree is given up when it alone holds too much memory. */
static void test_old_versions(void **state)
{
	struct conn *a = control(), *b = control();
	char value[4000];
	uint32_t tx;

	(void)state;
	memset(value, 'x', sizeof(value));
	value[sizeof(value) - 1] = '\0';
	for (unsigned int i = 0; i < 4400; i++)
		assert_answer("OK|", b, XS_WRITE, 0, "/big/%u/%u|%s", i / 100, i, value);
	tx = begin(a);
	assert_answer("", a, XS_READ, tx, "/tool|");
	assert_answer("OK|", a, XS_WRITE, tx, "/mark|");
	assert_answer("OK|", b, XS_RM, 0, "/big/0|");
	assert_answer("", a, XS_READ, tx, "/tool|");
	assert_true(store.memory.bytes > 16u << 20);
	assert_answer("OK|", b, XS_RM, 0, "/big|");
	assert_true(store.memory.bytes < 1u << 20);
	assert_answer("!EAGAIN", a, XS_READ, tx, "/tool|");
	assert_answer("!EAGAIN", a, XS_WRITE, tx, "/mark|");
	assert_string_equal(end(a, tx, true), "!EAGAIN");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, store_setup, store_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_isolation),	     TEST(test_dropped),	TEST(test_conflicts),
		TEST(test_change_and_back),  TEST(test_only_reads),	TEST(test_counter),
		TEST(test_errors),	     TEST(test_failure_inside), TEST(test_gone_client),
		TEST(test_death_in_between), TEST(test_storm),		TEST(test_watches),
		TEST(test_old_versions),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
