/* SPDX-License-Identifier: GPL-2.0-only */
/* The store's watches: who hears of what, in which words, how often, and not at all. */
#include "store_harness.h"
#include "store/watch.h"

#include <stdio.h>
#include <string.h>

static void watch(struct conn *c, const char *path, const char *token)
{
	assert_answer("OK|", c, XS_WATCH, 0, "%s|%s|", path, token);
}

static void test_first_event(void **state)
{
	struct conn *c = control();

	(void)state;
	watch(c, "/none", "t");
	assert_string_equal(event(c), "/none|t");
	assert_string_equal(event(c), "");
	watch(c, "tool", "u");
	assert_string_equal(event(c), "tool|u");
	watch(c, "@releaseDomain", "v");
	assert_string_equal(event(c), "@releaseDomain|v");
}

static void test_events(void **state)
{
	struct conn *c = control(), *w = control();

	(void)state;
	watch(w, "/d", "t");
	event(w);
	assert_answer("OK|", c, XS_WRITE, 0, "/d|1");
	assert_string_equal(event(w), "/d|t");
	assert_answer("OK|", c, XS_WRITE, 0, "/d/a/b|1");
	assert_string_equal(event(w), "/d/a/b|t");
	assert_answer("OK|", c, XS_SET_PERMS, 0, "/d/a|r0|");
	assert_string_equal(event(w), "/d/a|t");
	assert_answer("OK|", c, XS_MKDIR, 0, "/d/a|");
	assert_string_equal(event(w), "");
	assert_answer("OK|", c, XS_WRITE, 0, "/dd|1");
	assert_string_equal(event(w), "");
	assert_answer("OK|", c, XS_RM, 0, "/d/a|");
	assert_string_equal(event(w), "/d/a|t");
	assert_string_equal(event(w), "");
	assert_answer("OK|", c, XS_RM, 0, "/d/a|");
	assert_string_equal(event(w), "");
}

/* What was watched went with something above it. */
static void test_removed_from_above(void **state)
{
	struct conn *c = control(), *w = control();

	(void)state;
	assert_answer("OK|", c, XS_WRITE, 0, "/a/b/c|1");
	watch(w, "/a/b/c", "t");
	watch(w, "/a/b/none", "u");
	event(w);
	event(w);
	assert_answer("OK|", c, XS_RM, 0, "/a|");
	assert_string_equal(event(w), "/a/b/c|t");
	assert_string_equal(event(w), "");
}

static void test_root_watch(void **state)
{
	struct conn *c = control(), *w = control();

	(void)state;
	watch(w, "/", "t");
	assert_string_equal(event(w), "/|t");
	assert_answer("OK|", c, XS_WRITE, 0, "/x/y|1");
	assert_string_equal(event(w), "/x/y|t");
}

static void test_relative(void **state)
{
	struct conn *c = control(), *g = guest(5);

	(void)state;
	assert_answer("OK|", c, XS_MKDIR, 0, "/local/domain/5|");
	assert_answer("OK|", c, XS_SET_PERMS, 0, "/local/domain/5|n5|");
	watch(g, "device", "t");
	assert_string_equal(event(g), "device|t");
	watch(g, "/local/domain/5/device", "abs");
	assert_string_equal(event(g), "/local/domain/5/device|abs");
	assert_answer("OK|", c, XS_WRITE, 0, "/local/domain/5/device/vbd|1");
	assert_string_equal(event(g), "/local/domain/5/device/vbd|abs");
	assert_string_equal(event(g), "device/vbd|t");
	assert_answer("OK|", g, XS_UNWATCH, 0, "/local/domain/5/device|t|");
	assert_answer("OK|", c, XS_WRITE, 0, "/local/domain/5/device/vbd|1");
	assert_string_equal(event(g), "/local/domain/5/device/vbd|abs");
	assert_string_equal(event(g), "");
}

static void test_depth(void **state)
{
	struct conn *c = control(), *w = control();

	(void)state;
	assert_answer("OK|", w, XS_WATCH, 0, "/d|t|1|");
	event(w);
	assert_answer("OK|", c, XS_WRITE, 0, "/d|1");
	assert_string_equal(event(w), "/d|t");
	assert_answer("OK|", c, XS_WRITE, 0, "/d/a|1");
	assert_string_equal(event(w), "/d/a|t");
	assert_answer("OK|", c, XS_WRITE, 0, "/d/a/b|1");
	assert_string_equal(event(w), "");
	assert_answer("!EINVAL", w, XS_WATCH, 0, "/d|u|-1|");
	assert_answer("!EINVAL", w, XS_WATCH, 0, "/d|u||");
	assert_answer("!EINVAL", w, XS_WATCH, 0, "/d|u|1x|");
}

static void test_errors(void **state)
{
	char token[XENSTORE_PAYLOAD_MAX];
	struct conn *c = control();

	(void)state;
	watch(c, "/d", "t");
	event(c);
	assert_answer("!EEXIST", c, XS_WATCH, 0, "/d|t|");
	assert_answer("!ENOENT", c, XS_UNWATCH, 0, "/d|u|");
	assert_answer("!ENOENT", c, XS_UNWATCH, 0, "/e|t|");
	assert_answer("!EINVAL", c, XS_WATCH, 0, "/d/|t|");
	assert_answer("!EINVAL", c, XS_WATCH, 0, "@|t|");
	assert_answer("!EINVAL", c, XS_WATCH, 0, "@a/b|t|");
	assert_answer("OK|", c, XS_UNWATCH, 0, "/d|t|");
	assert_answer("!ENOENT", c, XS_UNWATCH, 0, "/d|t|");
	/* With the longest path a longer token would not fit one event. */
	memset(token, 't', sizeof(token));
	token[XENSTORE_PAYLOAD_MAX - XENSTORE_ABS_PATH_MAX - 2] = '\0';
	watch(c, "/d", token);
	token[XENSTORE_PAYLOAD_MAX - XENSTORE_ABS_PATH_MAX - 2] = 't';
	token[XENSTORE_PAYLOAD_MAX - XENSTORE_ABS_PATH_MAX - 1] = '\0';
	assert_answer("!E2BIG", c, XS_WATCH, 0, "/d|%s|", token);
}

/* The longest path with the longest token: one event of just the largest size. */
static void test_largest_event(void **state)
{
	char path[XENSTORE_ABS_PATH_MAX + 1], token[XENSTORE_PAYLOAD_MAX];
	struct conn *c = control(), *w = control();

	(void)state;
	memset(path, 'p', sizeof(path));
	path[0] = '/';
	path[XENSTORE_ABS_PATH_MAX] = '\0';
	memset(token, 't', sizeof(token));
	token[XENSTORE_PAYLOAD_MAX - XENSTORE_ABS_PATH_MAX - 2] = '\0';
	watch(w, "/", token);
	event(w);
	assert_answer("OK|", c, XS_WRITE, 0, "%s|", path);
	assert_int_equal(strlen(event(w)), XENSTORE_PAYLOAD_MAX - 1);
}

/* One hears of a node only if one may read it, or could see that it came or went. */
static void test_rights(void **state)
{
	struct conn *c = control(), *g = guest(5);

	(void)state;
	assert_answer("OK|", c, XS_WRITE, 0, "/secret/a|1");
	watch(g, "/secret", "t");
	watch(g, "/secret/a", "u");
	assert_string_equal(event(g), "/secret|t");
	assert_string_equal(event(g), "/secret/a|u");
	assert_answer("OK|", c, XS_WRITE, 0, "/secret/a|2");
	assert_answer("OK|", c, XS_WRITE, 0, "/secret/b|2");
	assert_answer("OK|", c, XS_RM, 0, "/secret/b|");
	assert_string_equal(event(g), "");
	assert_answer("OK|", c, XS_SET_PERMS, 0, "/secret/a|n0|r5|");
	assert_string_equal(event(g), "/secret/a|u");
	assert_string_equal(event(g), "/secret/a|t");
	assert_answer("OK|", c, XS_SET_PERMS, 0, "/secret/a|n0|");
	assert_string_equal(event(g),
			    "/secret/a|u"); /* that it may no longer is the last it hears */
	assert_string_equal(event(g), "/secret/a|t");
	assert_answer("OK|", c, XS_WRITE, 0, "/secret/a|3");
	assert_string_equal(event(g), "");
	assert_answer("OK|", c, XS_SET_PERMS, 0, "/secret|r0|");
	event(g);
	assert_answer("OK|", c, XS_RM, 0, "/secret/a|");
	assert_string_equal(event(g), "/secret/a|u");
	assert_string_equal(event(g), "/secret/a|t");
}

static void test_special_events(void **state)
{
	struct conn *c = control(), *g = guest(5);

	(void)state;
	watch(c, "@introduceDomain", "i");
	watch(c, "@releaseDomain", "r");
	watch(g, "@releaseDomain", "r");
	event(c);
	event(c);
	event(g);
	guest(6);
	assert_string_equal(event(c), "@introduceDomain|i");
	assert_answer("OK|", c, XS_RELEASE, 0, "6|");
	assert_string_equal(event(c), "@releaseDomain|r");
	assert_string_equal(event(g), "");
	assert_answer("n0|", c, XS_GET_PERMS, 0, "@releaseDomain|");
	assert_answer("!EACCES", g, XS_SET_PERMS, 0, "@releaseDomain|n0|r5|");
	assert_answer("OK|", c, XS_SET_PERMS, 0, "@releaseDomain|n0|r5|");
	guest(6);
	assert_answer("OK|", c, XS_RELEASE, 0, "6|");
	assert_string_equal(event(g), "@releaseDomain|r");
}

/* Equal events that wait are one; different ones are not. */
static void test_merging(void **state)
{
	struct conn *c = control(), *w = control();

	(void)state;
	watch(w, "/d", "t");
	event(w);
	for (unsigned int i = 0; i < 50; i++) {
		assert_answer("OK|", c, XS_WRITE, 0, "/d/a|%u", i);
		assert_answer("OK|", c, XS_WRITE, 0, "/d/b|%u", i);
	}
	assert_string_equal(event(w), "/d/a|t");
	assert_string_equal(event(w), "/d/b|t");
	assert_string_equal(event(w), "");
}

/* A guest that does not read gets a bounded number, and is told in the end that it missed some. */
static void test_deaf_client(void **state)
{
	struct conn *c = control(), *g = guest(5);
	uint64_t limit = store.quota.limit[QUOTA_EVENTS];
	unsigned int count = 0;
	const char *e = "";
	char last[64] = "";

	(void)state;
	assert_answer("OK|", c, XS_MKDIR, 0, "/d|");
	assert_answer("OK|", c, XS_SET_PERMS, 0, "/d|r0|");
	watch(g, "/d", "t");
	event(g);
	for (unsigned int i = 0; i < 2 * limit; i++)
		assert_answer("OK|", c, XS_WRITE, 0, "/d/%u|", i);
	assert_int_equal(g->event_count, limit);
	while (*(e = event(g))) {
		count++;
		snprintf(last, sizeof(last), "%s", e);
	}
	assert_int_equal(count, limit + 1);
	assert_string_equal(last, "/d|t");
	assert_answer("OK|", c, XS_WRITE, 0, "/d/again|");
	assert_string_equal(event(g), "/d/again|t");
}

/* A watch that goes takes its waiting events along, but not one that is half-sent. */
static void test_unwatch_with_events(void **state)
{
	struct conn *c = control(), *w = control();
	const void *data;
	size_t length;

	(void)state;
	watch(w, "/d", "t");
	watch(w, "/d", "u");
	event(w);
	event(w);
	assert_answer("OK|", c, XS_WRITE, 0, "/d/1|");
	assert_answer("OK|", c, XS_WRITE, 0, "/d/2|");
	length = conn_output(w, &data);
	conn_sent(w, 5); /* of "/d/1|u" */
	assert_int_equal(w->event_count, 4);
	watch_remove_all(w);
	assert_int_equal(w->event_count, 1);
	assert_int_equal(conn_output(w, &data), length - 5);
	conn_sent(w, length - 5);
	assert_string_equal(event(w), "");
	assert_int_equal(store_audit(&store), 0);
}

static void test_reset(void **state)
{
	struct conn *c = control(), *g = guest(5);
	uint32_t tx;

	(void)state;
	watch(g, "/d", "t");
	tx = begin(g);
	assert_answer("OK|", g, XS_RESET_WATCHES, 0, "|");
	assert_string_equal(event(g), "");
	assert_answer("!ENOENT", g, XS_READ, tx, "/|");
	assert_answer("OK|", c, XS_WRITE, 0, "/d|");
	assert_string_equal(event(g), "");
	watch(g, "/d", "t");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, store_setup, store_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_first_event),
		TEST(test_events),
		TEST(test_removed_from_above),
		TEST(test_root_watch),
		TEST(test_relative),
		TEST(test_depth),
		TEST(test_errors),
		TEST(test_largest_event),
		TEST(test_rights),
		TEST(test_special_events),
		TEST(test_merging),
		TEST(test_deaf_client),
		TEST(test_unwatch_with_events),
		TEST(test_reset),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
