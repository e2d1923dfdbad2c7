/* SPDX-License-Identifier: GPL-2.0-only */
/* The store's messages: what each does, and every malformed shape of it. */
#include "store_harness.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static void test_write_read(void **state)
{
	struct conn *c = control();

	(void)state;
	assert_answer("OK|", c, XS_WRITE, 0, "/a/b/c|value");
	assert_answer("value", c, XS_READ, 0, "/a/b/c|");
	assert_answer("", c, XS_READ, 0, "/a/b|");
	assert_answer("OK|", c, XS_WRITE, 0, "/a/b/c|");
	assert_answer("", c, XS_READ, 0, "/a/b/c|");
	assert_answer("OK|", c, XS_WRITE, 0, "/a/b/c|zero|inside|");
	assert_answer("zero|inside|", c, XS_READ, 0, "/a/b/c|");
	assert_answer("!ENOENT", c, XS_READ, 0, "/a/b/d|");
	assert_answer("!ENOENT", c, XS_READ, 0, "/a/b/c/d|");
}

static void test_relative_paths(void **state)
{
	struct conn *c = control(), *g = guest(7);

	(void)state;
	assert_answer("OK|", c, XS_WRITE, 0, "tool|here");
	assert_answer("here", c, XS_READ, 0, "/local/domain/0/tool|");
	assert_answer("OK|", c, XS_MKDIR, 0, "/local/domain/7|");
	assert_answer("OK|", c, XS_SET_PERMS, 0, "/local/domain/7|n7|");
	assert_answer("OK|", g, XS_WRITE, 0, "device/vbd|x");
	assert_answer("x", c, XS_READ, 0, "/local/domain/7/device/vbd|");
	assert_answer("x", g, XS_READ, 0, "/local/domain/7/device/vbd|");
}

static void test_bad_paths(void **state)
{
	static const char *const bad[] = {"",	  "//",	    "/a/",    "/a//b", "/a b", "/a\x80",
					  "/a.b", "@event", "a/../b", "/*",    "a/",   "/a\n"};
	static const uint32_t types[] = {XS_READ, XS_DIRECTORY, XS_GET_PERMS, XS_MKDIR, XS_RM};
	struct conn *c = control();

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		for (size_t t = 0; t < sizeof(types) / sizeof(types[0]); t++)
			assert_answer("!EINVAL", c, types[t], 0, "%s|", bad[i]);
		assert_answer("!EINVAL", c, XS_WRITE, 0, "%s|v", bad[i]);
		assert_answer("!EINVAL", c, XS_SET_PERMS, 0, "%s|n0|", bad[i]);
	}
}

static void test_length_of_paths(void **state)
{
	char path[XENSTORE_ABS_PATH_MAX + 2];
	struct conn *c = control();

	(void)state;
	memset(path, 'a', sizeof(path));
	path[0] = '/';
	path[XENSTORE_ABS_PATH_MAX] = '\0';
	assert_answer("OK|", c, XS_WRITE, 0, "%s|v", path);
	assert_answer("v", c, XS_READ, 0, "%s|", path);
	path[XENSTORE_ABS_PATH_MAX] = 'a';
	path[XENSTORE_ABS_PATH_MAX + 1] = '\0';
	assert_answer("!EINVAL", c, XS_WRITE, 0, "%s|v", path);
	assert_answer("!EINVAL", c, XS_READ, 0, "%s|", path);

	path[XENSTORE_REL_PATH_MAX + 1] = '\0';
	assert_answer("OK|", c, XS_WRITE, 0, "%s|v", path + 1);
	assert_answer("!EINVAL", c, XS_WRITE, 0, "a%s|v", path + 1);
}

static void test_deepest_path(void **state)
{
	char path[XENSTORE_ABS_PATH_MAX + 1];
	struct conn *c = control();

	(void)state;
	for (size_t i = 0; i < XENSTORE_ABS_PATH_MAX; i += 2)
		memcpy(path + i, "/d", 2);
	path[XENSTORE_ABS_PATH_MAX] = '\0';
	assert_answer("OK|", c, XS_MKDIR, 0, "%s|", path);
	assert_answer("", c, XS_READ, 0, "%s|", path);
	assert_answer("OK|", c, XS_RM, 0, "/d|");
	assert_answer("!ENOENT", c, XS_READ, 0, "%s|", path);
}

static void test_strings_without_end(void **state)
{
	static const uint32_t types[] = {
		XS_READ,    XS_DIRECTORY,  XS_GET_PERMS, XS_MKDIR,
		XS_RM,	    XS_WRITE,	   XS_SET_PERMS, XS_WATCH,
		XS_UNWATCH, XS_INTRODUCE,  XS_RELEASE,	 XS_IS_DOMAIN_INTRODUCED,
		XS_RESUME,  XS_SET_TARGET, XS_CONTROL,	 XS_GET_DOMAIN_PATH};
	struct conn *c = control();

	(void)state;
	for (size_t t = 0; t < sizeof(types) / sizeof(types[0]); t++) {
		assert_answer("!EINVAL", c, types[t], 0, "%s", "/tool");
		assert_answer("!EINVAL", c, types[t], 0, "%s", "");
	}
	assert_answer("!EINVAL", c, XS_SET_PERMS, 0, "/tool|n0");
	assert_answer("!EINVAL", c, XS_SET_PERMS, 0, "/tool|");
	assert_answer("!EINVAL", c, XS_WATCH, 0, "/tool|token");
	assert_answer("!EINVAL", c, XS_DIRECTORY_PART, 0, "/tool|0");
}

static void test_more_strings(void **state)
{
	static const uint32_t types[] = {XS_READ, XS_DIRECTORY, XS_GET_PERMS, XS_MKDIR, XS_RM};
	struct conn *c = control();

	(void)state;
	for (size_t t = 0; t < sizeof(types) / sizeof(types[0]); t++) {
		assert_answer("!EINVAL", c, types[t], 0, "/tool|more|");
		assert_answer("!EINVAL", c, types[t], 0, "/tool|more");
		assert_answer("!EINVAL", c, types[t], 0, "/tool||");
	}
	assert_answer("", c, XS_READ, 0, "/tool|");
}

static void test_unknown_types(void **state)
{
	struct conn *c = control();

	(void)state;
	assert_answer("!ENOSYS", c, XS_TYPE_COUNT, 0, "/|");
	assert_answer("!ENOSYS", c, 20, 0, "/|");
	assert_answer("!ENOSYS", c, XS_WATCH_EVENT, 0, "/|");
	assert_answer("!ENOSYS", c, XS_ERROR, 0, "/|");
	assert_answer("!ENOSYS", c, UINT32_MAX, 0, "/|");
}

static void test_too_long(void **state)
{
	struct xen_xsd_sockmsg header = {.type = XS_READ, .len = XENSTORE_PAYLOAD_MAX + 1};
	struct conn *c = control();
	void *where;

	(void)state;
	assert_int_equal(conn_wanted(c, &where), sizeof(header));
	memcpy(where, &header, sizeof(header));
	assert_int_equal(conn_received(c, sizeof(header)), -EPROTO);
}

static void test_largest_value(void **state)
{
	char payload[XENSTORE_PAYLOAD_MAX] = "/v";
	struct conn *c = control();
	const struct answer *a;

	(void)state;
	memset(payload + 3, 'x', sizeof(payload) - 3);
	assert_string_equal(text(ask(c, XS_WRITE, 0, payload, sizeof(payload))), "OK|");
	a = askf(c, XS_READ, 0, "/v|");
	assert_int_equal(a->length, sizeof(payload) - 3);
	assert_memory_equal(a->data, payload + 3, a->length);
}

static void test_directory(void **state)
{
	struct conn *c = control();

	(void)state;
	assert_answer("OK|", c, XS_MKDIR, 0, "/dir|");
	assert_answer("", c, XS_DIRECTORY, 0, "/dir|");
	assert_answer("OK|", c, XS_WRITE, 0, "/dir/b|1");
	assert_answer("OK|", c, XS_WRITE, 0, "/dir/a/deep|1");
	assert_answer("OK|", c, XS_WRITE, 0, "/dir/ab|1");
	assert_answer("a|ab|b|", c, XS_DIRECTORY, 0, "/dir|");
	assert_answer("dir|local|tool|vm|", c, XS_DIRECTORY, 0, "/|");
	assert_answer("!ENOENT", c, XS_DIRECTORY, 0, "/none|");
}

/* More names than fit one message: the plain form fails, the other goes piece by piece. */
static void test_directory_part(void **state)
{
	struct conn *c = control();
	unsigned int found = 0;
	size_t offset = 0;
	bool all = false;

	(void)state;
	for (unsigned int i = 0; i < 700; i++)
		assert_answer("OK|", c, XS_MKDIR, 0, "/many/child-%05u|", i);
	assert_answer("!E2BIG", c, XS_DIRECTORY, 0, "/many|");
	while (!all) {
		const struct answer *a = askf(c, XS_DIRECTORY_PART, 0, "/many|%zu|", offset);
		const char *name;

		assert_int_equal(a->type, XS_DIRECTORY_PART);
		for (name = a->data + strlen(a->data) + 1; name < a->data + a->length;
		     name += strlen(name) + 1) {
			char expected[20];

			all = !name[0];
			if (all)
				break;
			snprintf(expected, sizeof(expected), "child-%05u", found++);
			assert_string_equal(name, expected);
			offset += strlen(name) + 1;
		}
	}
	assert_int_equal(found, 700);
	assert_answer("!EINVAL", c, XS_DIRECTORY_PART, 0, "/many|-1|");
	assert_answer("!EINVAL", c, XS_DIRECTORY_PART, 0, "/many|x|");
	assert_answer("!ENOENT", c, XS_DIRECTORY_PART, 0, "/none|0|");
}

static void test_mkdir_rm(void **state)
{
	struct conn *c = control();

	(void)state;
	assert_answer("OK|", c, XS_MKDIR, 0, "/x/y/z|");
	assert_answer("OK|", c, XS_WRITE, 0, "/x/y|kept");
	assert_answer("OK|", c, XS_MKDIR, 0, "/x/y|");
	assert_answer("kept", c, XS_READ, 0, "/x/y|");
	assert_answer("OK|", c, XS_RM, 0, "/x/y|");
	assert_answer("!ENOENT", c, XS_READ, 0, "/x/y/z|");
	assert_answer("OK|", c, XS_RM, 0, "/x/y|");
	assert_answer("!ENOENT", c, XS_RM, 0, "/x/y/z|");
	assert_answer("!EINVAL", c, XS_RM, 0, "/|");
}

static void test_control(void **state)
{
	struct conn *c = control(), *g = guest(3);

	(void)state;
	assert_answer("consistent|", c, XS_CONTROL, 0, "check|");
	assert_answer("!EINVAL", c, XS_CONTROL, 0, "make-coffee|");
	assert_answer("!EACCES", g, XS_CONTROL, 0, "check|");
	assert_non_null(strstr(askf(c, XS_CONTROL, 0, "quota|3|")->data, "watches 0 of 128"));
}

static void test_domain_path(void **state)
{
	struct conn *c = control(), *g = guest(3);

	(void)state;
	assert_answer("/local/domain/12|", c, XS_GET_DOMAIN_PATH, 0, "12|");
	assert_answer("/local/domain/0|", g, XS_GET_DOMAIN_PATH, 0, "0|");
	assert_answer("!EINVAL", g, XS_GET_DOMAIN_PATH, 0, "x|");
	assert_answer("!EINVAL", g, XS_GET_DOMAIN_PATH, 0, "40000|");
	assert_answer("!EINVAL", g, XS_GET_DOMAIN_PATH, 0, "-1|");
}

/* While its reply has not been taken away a client is not listened to. */
static void test_no_reading_without_taking(void **state)
{
	struct xen_xsd_sockmsg header = {.type = XS_READ, .len = 2};
	struct conn *c = control();
	const void *data;
	void *where;
	size_t n;

	(void)state;
	conn_wanted(c, &where);
	memcpy(where, &header, sizeof(header));
	assert_int_equal(conn_received(c, sizeof(header)), 0);
	assert_int_equal(conn_wanted(c, &where), 2);
	memcpy(where, "/", 2);
	assert_int_equal(conn_received(c, 2), 0);
	assert_int_equal(conn_wanted(c, &where), 0);
	n = conn_output(c, &data);
	conn_sent(c, n - 1);
	assert_int_equal(conn_wanted(c, &where), 0);
	conn_sent(c, 1);
	assert_int_equal(conn_wanted(c, &where), sizeof(header));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, store_setup, store_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_write_read),	  TEST(test_relative_paths),
		TEST(test_bad_paths),	  TEST(test_length_of_paths),
		TEST(test_deepest_path),  TEST(test_strings_without_end),
		TEST(test_unknown_types), TEST(test_more_strings),
		TEST(test_too_long),	  TEST(test_largest_value),
		TEST(test_directory),	  TEST(test_directory_part),
		TEST(test_mkdir_rm),	  TEST(test_control),
		TEST(test_domain_path),	  TEST(test_no_reading_without_taking),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
