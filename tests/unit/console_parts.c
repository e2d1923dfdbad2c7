/* SPDX-License-Identifier: GPL-2.0-only */
/* The console daemon's pure parts: the page, the backlog, a viewer's request, the kernel's locks.
 */
/* SOURCES: pv-drivers/console/ring.c pv-drivers/console/backlog.c */
/* SOURCES: pv-drivers/console/request.c pv-drivers/console/supervised.c */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sysmacros.h>

#include <cmocka.h>

#include "console/backlog.h"
#include "console/request.h"
#include "console/ring.h"
#include "console/supervised.h"

static struct xen_xencons_interface page;

static void say(const char *text)
{
	for (; *text; text++)
		page.out[page.out_prod++ % XENCONS_OUT_SIZE] = (uint8_t)*text;
}

static void start_at(uint32_t index)
{
	memset(&page, 0, sizeof(page));
	page.out_cons = page.out_prod = page.in_cons = page.in_prod = index;
}

static void test_take(void **state)
{
	char data[XENCONS_OUT_SIZE];

	(void)state;
	start_at(UINT32_MAX - 3);
	assert_int_equal(console_ring_take(&page, data, sizeof(data)), 0);
	say("across the end");
	assert_int_equal(console_ring_take(&page, data, 6), 6);
	assert_memory_equal(data, "across", 6);
	assert_int_equal(console_ring_take(&page, data, sizeof(data)), 8);
	assert_memory_equal(data, " the end", 8);
	assert_int_equal(page.out_cons, page.out_prod);
	page.out_prod += XENCONS_OUT_SIZE;
	assert_int_equal(console_ring_take(&page, data, sizeof(data)), XENCONS_OUT_SIZE);
}

static void test_put(void **state)
{
	char data[2 * XENCONS_IN_SIZE];

	(void)state;
	memset(data, 'k', sizeof(data));
	start_at(UINT32_MAX - 100);
	assert_int_equal(console_ring_put(&page, data, sizeof(data)), XENCONS_IN_SIZE);
	assert_int_equal(page.in_prod - page.in_cons, XENCONS_IN_SIZE);
	assert_int_equal(console_ring_put(&page, data, sizeof(data)), 0);
	page.in_cons += 3;
	assert_int_equal(console_ring_put(&page, "abcd", 4), 3);
	assert_int_equal(page.in[(page.in_prod - 1) % XENCONS_IN_SIZE], 'c');
}

static void test_lies(void **state)
{
	static const uint32_t wrong[] = {XENCONS_OUT_SIZE + 1, 0x80000000, UINT32_MAX};
	char data[XENCONS_OUT_SIZE];

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		start_at(7);
		page.out_prod += wrong[i];
		page.in_cons -= wrong[i];
		assert_int_equal(console_ring_take(&page, data, sizeof(data)), -1);
		assert_int_equal(console_ring_put(&page, "x", 1), -1);
		assert_int_equal(page.out_cons, 7);
		assert_int_equal(page.in_prod, 7);
	}
}

/* Everything from *at on, in one string. */
static size_t all_from(const struct backlog *b, uint64_t *at, char *out)
{
	size_t n, total = 0;
	const char *data;

	while ((n = backlog_peek(b, at, &data))) {
		memcpy(out + total, data, n);
		*at += n;
		total += n;
	}
	return total;
}

static void test_backlog(void **state)
{
	static char out[BACKLOG_SIZE];
	uint64_t at = 0;
	struct backlog b;

	(void)state;
	assert_true(backlog_open(&b));
	assert_int_equal(all_from(&b, &at, out), 0);
	backlog_add(&b, "first", 5);
	backlog_add(&b, "second", 6);
	assert_int_equal(all_from(&b, &at, out), 11);
	assert_memory_equal(out, "firstsecond", 11);
	assert_int_equal(all_from(&b, &at, out), 0);
	backlog_close(&b);
}

/* Who is too slow goes on with the oldest byte that is there. */
static void test_backlog_full(void **state)
{
	static char out[BACKLOG_SIZE];
	uint64_t at = 0, behind = 10;
	struct backlog b;
	char line[16];

	(void)state;
	assert_true(backlog_open(&b));
	for (unsigned int i = 0; i < 2 * BACKLOG_SIZE / 10; i++) {
		snprintf(line, sizeof(line), "%09u\n", i);
		backlog_add(&b, line, 10);
	}
	assert_int_equal(backlog_start(&b), b.total - BACKLOG_SIZE);
	assert_int_equal(all_from(&b, &behind, out), BACKLOG_SIZE);
	assert_int_equal(all_from(&b, &at, out), BACKLOG_SIZE);
	snprintf(line, sizeof(line), "%09u\n", 2 * BACKLOG_SIZE / 10 - 1);
	assert_memory_equal(out + BACKLOG_SIZE - 10, line, 10);
	assert_int_equal(at, b.total);
	backlog_close(&b);
}

static int parse(const char *text, char *name)
{
	return console_request_parse(text, strlen(text), name, 8);
}

static void test_request(void **state)
{
	char name[8];

	(void)state;
	assert_int_equal(parse("attach web\nls\r", name), 11);
	assert_string_equal(name, "web");
	assert_int_equal(parse("attach 1234567\n", name), 15);
	assert_string_equal(name, "1234567");
	assert_int_equal(parse("", name), 0);
	assert_int_equal(parse("att", name), 0);
	assert_int_equal(parse("attach we", name), 0);
	assert_int_equal(parse("attach \n", name), -1);
	assert_int_equal(parse("attach\n", name), -1);
	assert_int_equal(parse("\n", name), -1);
	assert_int_equal(parse("GET / HTTP/1.0\n", name), -1);
	assert_int_equal(parse("attach 12345678\n", name), -1);
	assert_int_equal(parse("attach 12345678", name), -1);
	assert_int_equal(console_request_parse("attach a\0b\n", 11, name, 8), -1);
}

static bool find(const char *text, dev_t device, ino_t inode)
{
	FILE *file = fmemopen((void *)(uintptr_t)text, strlen(text), "r");
	bool found = supervised_find(file, device, inode);

	fclose(file);
	return found;
}

static void test_locks(void **state)
{
	static const char locks[] = "1: POSIX  ADVISORY  READ 50 00:15:77 0 EOF\n"
				    "2: FLOCK  ADVISORY  WRITE 129 00:15:12 0 EOF\n"
				    "3: FLOCK  ADVISORY  WRITE 130 fd:1a:4660 0 EOF\n";

	(void)state;
	assert_true(find(locks, makedev(0, 0x15), 12));
	assert_true(find(locks, makedev(0xfd, 0x1a), 4660));
	assert_false(find(locks, makedev(0, 0x15), 13));
	assert_false(find(locks, makedev(0, 0x15), 1));
	assert_false(find(locks, makedev(0, 0x16), 12));
	assert_false(find(locks, makedev(0, 0x15), 77));
	assert_false(find("\n", makedev(0, 0x15), 12));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_take),	     cmocka_unit_test(test_put),
		cmocka_unit_test(test_lies),	     cmocka_unit_test(test_backlog),
		cmocka_unit_test(test_backlog_full), cmocka_unit_test(test_request),
		cmocka_unit_test(test_locks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
