/* SPDX-License-Identifier: GPL-2.0-only */
/* The store's permissions: a table of who may do what, and what cannot be found out. */
#include "store_harness.h"

#include <string.h>

/* A node /n with this list; what domain 5 hears when it tries each thing. */
static const struct row {
	const char *perms; /* "|" between them */
	const char *read, *write, *set_perms, *mkdir, *rm;
} rows[] = {
	{"n0|", "!EACCES", "!EACCES", "!EACCES", "!EACCES", "!EACCES"},
	{"r0|", "value", "!EACCES", "!EACCES", "!EACCES", "!EACCES"},
	{"w0|", "!EACCES", "OK|", "!EACCES", "OK|", "OK|"},
	{"b0|", "value", "OK|", "!EACCES", "OK|", "OK|"},
	{"n0|r5|", "value", "!EACCES", "!EACCES", "!EACCES", "!EACCES"},
	{"n0|w5|", "!EACCES", "OK|", "!EACCES", "OK|", "OK|"},
	{"n0|b5|", "value", "OK|", "!EACCES", "OK|", "OK|"},
	{"b0|n5|", "!EACCES", "!EACCES", "!EACCES", "!EACCES", "!EACCES"},
	{"b0|n5|b5|", "!EACCES", "!EACCES", "!EACCES", "!EACCES", "!EACCES"}, /* the first counts */
	{"n0|b6|", "!EACCES", "!EACCES", "!EACCES", "!EACCES", "!EACCES"},
	{"n6|", "!EACCES", "!EACCES", "!EACCES", "!EACCES", "!EACCES"},
	{"b6|", "value", "OK|", "!EACCES", "OK|", "OK|"},
	{"n5|", "value", "OK|", "OK|", "OK|", "OK|"},
	{"n5|n5|", "value", "OK|", "OK|", "OK|", "OK|"},
};

static void make_node(struct conn *c, const char *path, const char *perms)
{
	assert_answer("OK|", c, XS_WRITE, 0, "%s|value", path);
	assert_answer("OK|", c, XS_SET_PERMS, 0, "%s|%s", path, perms);
}

static void test_table(void **state)
{
	struct conn *c = control(), *g = guest(5);

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct row *r = &rows[i];

		make_node(c, "/n", r->perms);
		assert_answer(r->read, g, XS_READ, 0, "/n|");
		assert_answer(r->read[0] == '!' ? r->read : "", g, XS_DIRECTORY, 0, "/n|");
		assert_answer(r->read[0] == '!' ? r->read : r->perms, g, XS_GET_PERMS, 0, "/n|");
		assert_answer(r->write, g, XS_WRITE, 0, "/n|value");
		assert_answer(r->set_perms, g, XS_SET_PERMS, 0, "/n|%s", r->perms);
		assert_answer(r->mkdir, g, XS_MKDIR, 0, "/n/child/below|");
		assert_answer(r->rm, g, XS_RM, 0, "/n|");
		assert_answer("OK|", c, XS_RM, 0, "/n|");
	}
}

/* The same rows inside a transaction. */
static void test_table_in_transaction(void **state)
{
	struct conn *c = control(), *g = guest(5);
	uint32_t tx;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct row *r = &rows[i];

		make_node(c, "/n", r->perms);
		tx = begin(g);
		assert_answer(r->read, g, XS_READ, tx, "/n|");
		assert_answer(r->write, g, XS_WRITE, tx, "/n|value");
		assert_answer(r->set_perms, g, XS_SET_PERMS, tx, "/n|%s", r->perms);
		assert_answer(r->rm, g, XS_RM, tx, "/n|");
		assert_string_equal(end(g, tx, true), "OK|");
		assert_answer(r->rm[0] == '!' ? "value" : "!ENOENT", c, XS_READ, 0, "/n|");
		assert_answer("OK|", c, XS_RM, 0, "/n|");
	}
}

static void test_inheritance(void **state)
{
	struct conn *c = control(), *g = guest(5);

	(void)state;
	make_node(c, "/p", "r7|b5|w6|");
	assert_answer("OK|", c, XS_MKDIR, 0, "/p/of-control|");
	assert_answer("r7|b5|w6|", c, XS_GET_PERMS, 0, "/p/of-control|");
	assert_answer("OK|", g, XS_WRITE, 0, "/p/of-guest/deep|x");
	assert_answer("r5|b5|w6|", c, XS_GET_PERMS, 0, "/p/of-guest|");
	assert_answer("r5|b5|w6|", c, XS_GET_PERMS, 0, "/p/of-guest/deep|");
}

/* A guest can give its node to nobody else, but the control domain can. */
static void test_ownership(void **state)
{
	struct conn *c = control(), *g = guest(5);

	(void)state;
	make_node(c, "/n", "n5|");
	assert_answer("!EPERM", g, XS_SET_PERMS, 0, "/n|n0|");
	assert_answer("!EPERM", g, XS_SET_PERMS, 0, "/n|n6|b5|");
	assert_answer("OK|", g, XS_SET_PERMS, 0, "/n|n5|b6|");
	assert_answer("OK|", c, XS_SET_PERMS, 0, "/n|n6|r5|");
	assert_answer("value", g, XS_READ, 0, "/n|");
	assert_answer("!EACCES", g, XS_SET_PERMS, 0, "/n|n5|");
}

static void test_bad_permissions(void **state)
{
	static const char *const bad[] = {"",	 "n",	"5",	  "x5",	    "N5",	   "n5x",
					  "n-1", "n 5", "r32752", "r65536", "r4294967296", "rr5"};
	struct conn *c = control();

	(void)state;
	assert_answer("OK|", c, XS_WRITE, 0, "/n|v");
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_answer("!EINVAL", c, XS_SET_PERMS, 0, "/n|%s|", bad[i]);
		assert_answer("!EINVAL", c, XS_SET_PERMS, 0, "/n|n0|%s|", bad[i]);
	}
	assert_answer("n0|", c, XS_GET_PERMS, 0, "/n|");
	assert_answer("!ENOENT", c, XS_SET_PERMS, 0, "/none|n0|");
}

/* Whether a name exists below what one may not read cannot be told from the answers. */
static void test_no_probing(void **state)
{
	static const char *const names[] = {"/secret/there", "/secret/not-there",
					    "/secret/there/deeper", "/secret/not/at/all"};
	struct conn *c = control(), *g = guest(5);

	(void)state;
	assert_answer("OK|", c, XS_WRITE, 0, "/secret/there|v");
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		assert_answer("!EACCES", g, XS_READ, 0, "%s|", names[i]);
		assert_answer("!EACCES", g, XS_DIRECTORY, 0, "%s|", names[i]);
		assert_answer("!EACCES", g, XS_GET_PERMS, 0, "%s|", names[i]);
		assert_answer("!EACCES", g, XS_WRITE, 0, "%s|v", names[i]);
		assert_answer("!EACCES", g, XS_MKDIR, 0, "%s|", names[i]);
		assert_answer("!EACCES", g, XS_RM, 0, "%s|", names[i]);
		assert_answer("!EACCES", g, XS_SET_PERMS, 0, "%s|n5|", names[i]);
	}
}

/* Removing takes the right on the node, not on what lies below it. */
static void test_root(void **state)
{
	struct conn *c = control(), *g = guest(5);

	(void)state;
	assert_answer("n0|", c, XS_GET_PERMS, 0, "/|");
	assert_answer("!EACCES", g, XS_WRITE, 0, "/|v");
	assert_answer("!EACCES", g, XS_MKDIR, 0, "/mine|");
	assert_answer("OK|", c, XS_SET_PERMS, 0, "/|r0|");
	assert_answer("local|tool|vm|", g, XS_DIRECTORY, 0, "/|");
	assert_answer("!EACCES", g, XS_MKDIR, 0, "/mine|");
}

static void test_target(void **state)
{
	struct conn *c = control(), *g = guest(5);

	(void)state;
	guest(6);
	make_node(c, "/n", "n6|");
	assert_answer("!EACCES", g, XS_READ, 0, "/n|");
	assert_answer("!EACCES", g, XS_SET_TARGET, 0, "5|6|");
	assert_answer("OK|", c, XS_SET_TARGET, 0, "5|6|");
	assert_answer("value", g, XS_READ, 0, "/n|");
	assert_answer("OK|", g, XS_WRITE, 0, "/n|v");
	assert_answer("OK|", c, XS_RELEASE, 0, "6|");
	make_node(c, "/n", "n6|");
	assert_answer("!EACCES", g, XS_READ, 0, "/n|");
}

static void test_control_only(void **state)
{
	static const uint32_t types[] = {XS_CONTROL, XS_INTRODUCE, XS_RELEASE, XS_RESUME,
					 XS_SET_TARGET};
	struct conn *g = guest(5);

	(void)state;
	for (size_t t = 0; t < sizeof(types) / sizeof(types[0]); t++)
		assert_answer("!EACCES", g, types[t], 0, "5|5|5|");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, store_setup, store_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_table),
		TEST(test_table_in_transaction),
		TEST(test_inheritance),
		TEST(test_ownership),
		TEST(test_bad_permissions),
		TEST(test_no_probing),
		TEST(test_root),
		TEST(test_target),
		TEST(test_control_only),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
