/* SPDX-License-Identifier: GPL-2.0-only */
/* Domains in the store: introduction, death, and what a new domain with an old id may not find. */
#include "store_harness.h"

#include <errno.h>
#include <string.h>

#include "store/mem.h"

static void test_introduce(void **state)
{
	struct conn *c = control();

	(void)state;
	assert_answer("T|", c, XS_IS_DOMAIN_INTRODUCED, 0, "0|");
	assert_answer("F|", c, XS_IS_DOMAIN_INTRODUCED, 0, "9|");
	assert_answer("OK|", c, XS_INTRODUCE, 0, "9|123456789012|4|");
	assert_answer("T|", c, XS_IS_DOMAIN_INTRODUCED, 0, "9|");
	assert_int_equal(connects, 1);
	assert_int_equal(domain_find(&store, 9)->frame, 123456789012);
	assert_int_equal(domain_find(&store, 9)->port, 4);
	/* Again: a new port for the same ring. */
	assert_answer("OK|", c, XS_INTRODUCE, 0, "9|123456789012|7|");
	assert_int_equal(connects, 1);
	assert_int_equal(rebinds, 1);
	assert_int_equal(domain_find(&store, 9)->port, 7);
	assert_answer("OK|", c, XS_RELEASE, 0, "9|");
	assert_answer("F|", c, XS_IS_DOMAIN_INTRODUCED, 0, "9|");
	assert_int_equal(disconnects, 1);
	assert_answer("!ENOENT", c, XS_RELEASE, 0, "9|");
}

static void test_bad_introductions(void **state)
{
	static const char *const bad[] = {"0|1|1|",
					  "32752|1|1|",
					  "x|1|1|",
					  "9|x|1|",
					  "9|1|x|",
					  "9|1|-1|",
					  "9|1|2147483648|",
					  "9|1|",
					  "9|1|1",
					  "9|-1|1|",
					  "9|99999999999999999999|1|"};
	struct conn *c = control();

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_answer("!EINVAL", c, XS_INTRODUCE, 0, "%s", bad[i]);
	assert_int_equal(connects, 0);
	connect_error = EINVAL;
	assert_answer("!EINVAL", c, XS_INTRODUCE, 0, "9|1|1|");
	assert_answer("F|", c, XS_IS_DOMAIN_INTRODUCED, 0, "9|");
	connect_error = 0;
	assert_answer("OK|", c, XS_INTRODUCE, 0, "9|1|1|");
	connect_error = EINVAL;
	assert_answer("!EINVAL", c, XS_INTRODUCE, 0, "9|1|8|");
	assert_int_equal(domain_find(&store, 9)->port, 1);
}

/* The domain that asks cannot be the one that is taken away. */
static void test_self(void **state)
{
	struct conn *c = control();

	(void)state;
	assert_answer("!ENOENT", c, XS_RELEASE, 0, "0|");
	assert_answer("!ENOENT", c, XS_RESUME, 0, "9|");
	assert_answer("!ENOENT", c, XS_SET_TARGET, 0, "9|8|");
	guest(9);
	assert_answer("!ENOENT", c, XS_SET_TARGET, 0, "9|8|");
	assert_answer("!EINVAL", c, XS_SET_TARGET, 0, "9|x|");
	assert_answer("OK|", c, XS_RESUME, 0, "9|");
}

/* A domain's id is used again: nothing that was the old one's is the new one's. */
static void test_old_id(void **state)
{
	struct conn *c = control(), *g;

	(void)state;
	guest(5);
	assert_answer("OK|", c, XS_WRITE, 0, "/old/own/deep|v");
	assert_answer("OK|", c, XS_SET_PERMS, 0, "/old/own|n5|");
	assert_answer("OK|", c, XS_WRITE, 0, "/old/reader|v");
	assert_answer("OK|", c, XS_SET_PERMS, 0, "/old/reader|n0|r5|w6|");
	assert_answer("OK|", c, XS_SET_PERMS, 0, "/tool|n5|");
	assert_answer("OK|", c, XS_SET_PERMS, 0, "/tool|n0|b5|");
	assert_answer("OK|", c, XS_SET_PERMS, 0, "/|n5|b5|");
	assert_answer("OK|", c, XS_SET_PERMS, 0, "@releaseDomain|n0|r5|");
	assert_answer("OK|", c, XS_RELEASE, 0, "5|");

	assert_answer("!ENOENT", c, XS_READ, 0, "/old/own|");
	assert_answer("n0|w6|", c, XS_GET_PERMS, 0, "/old/reader|");
	assert_answer("n0|", c, XS_GET_PERMS, 0, "/tool|");
	assert_answer("n0|", c, XS_GET_PERMS, 0, "/|");
	assert_answer("n0|", c, XS_GET_PERMS, 0, "@releaseDomain|");
	assert_int_equal(quota_used(&store.quota, 5, QUOTA_NODES), 0);
	assert_int_equal(quota_used(&store.quota, 5, QUOTA_MEMORY), 0);

	g = guest(5);
	assert_answer("!EACCES", g, XS_READ, 0, "/old/reader|");
	assert_answer("!EACCES", g, XS_WRITE, 0, "/tool|v");
}

/* Watches and transactions go with the domain, and others' watches hear of its nodes. */
static void test_death(void **state)
{
	struct conn *c = control(), *g = guest(5);

	(void)state;
	assert_answer("OK|", c, XS_WRITE, 0, "/g/a|v");
	assert_answer("OK|", c, XS_SET_PERMS, 0, "/g|n5|");
	assert_answer("OK|", g, XS_WATCH, 0, "/g|t|");
	begin(g);
	assert_answer("OK|", c, XS_WATCH, 0, "/g/a|a|");
	assert_answer("OK|", c, XS_WATCH, 0, "@releaseDomain|r|");
	assert_string_equal(event(c), "/g/a|a");
	assert_string_equal(event(c), "@releaseDomain|r");
	assert_answer("OK|", c, XS_RELEASE, 0, "5|");
	assert_string_equal(event(c), "/g/a|a");
	assert_string_equal(event(c), "@releaseDomain|r");
	assert_string_equal(event(c), "");
	assert_int_equal(quota_used(&store.quota, 5, QUOTA_WATCHES), 0);
	assert_int_equal(quota_used(&store.quota, 5, QUOTA_TRANSACTIONS), 0);
	assert_int_equal(quota_used(&store.quota, 5, QUOTA_MEMORY), 0);
}

/* Without memory for it the domain stays known, and its end can be tried again. */
static void test_death_without_memory(void **state)
{
	struct conn *c = control();
	bool done = false;

	(void)state;
	guest(5);
	for (unsigned int i = 0; i < 3; i++) {
		assert_answer("OK|", c, XS_WRITE, 0, "/g%u/a/b|v", i);
		assert_answer("OK|", c, XS_SET_PERMS, 0, "/g%u/a|n5|", i);
		assert_answer("OK|", c, XS_SET_PERMS, 0, "/g%u|n0|r5|", i);
	}
	for (long n = 0; !done; n++) {
		assert_in_range(n, 0, 200);
		mem_fail_after = n;
		done = !strcmp(text(askf(c, XS_RELEASE, 0, "5|")), "OK|");
		mem_fail_after = -1;
		assert_answer(done ? "F|" : "T|", c, XS_IS_DOMAIN_INTRODUCED, 0, "5|");
		assert_answer(done ? "n0|" : "n0|r5|", c, XS_GET_PERMS, 0, "/g2|");
	}
	assert_answer("!ENOENT", c, XS_READ, 0, "/g0/a|");
}

/* A shutdown is told once, and again after the domain was resumed. */
static void test_shutdown(void **state)
{
	struct conn *c = control();
	struct domain *d;

	(void)state;
	guest(5);
	d = domain_find(&store, 5);
	assert_answer("OK|", c, XS_WATCH, 0, "@releaseDomain|r|");
	event(c);
	domain_note_shutdown(&store, d);
	assert_string_equal(event(c), "@releaseDomain|r");
	domain_note_shutdown(&store, d);
	assert_string_equal(event(c), "");
	assert_answer("T|", c, XS_IS_DOMAIN_INTRODUCED, 0, "5|");
	assert_answer("OK|", c, XS_RESUME, 0, "5|");
	domain_note_shutdown(&store, d);
	assert_string_equal(event(c), "@releaseDomain|r");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, store_setup, store_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_introduce), TEST(test_bad_introductions),
		TEST(test_self),      TEST(test_old_id),
		TEST(test_death),     TEST(test_death_without_memory),
		TEST(test_shutdown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
