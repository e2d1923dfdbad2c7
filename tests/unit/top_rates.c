/* SPDX-License-Identifier: GPL-2.0-only */
/* The numbers of `shoji top`: rates between two samples, orders, amounts in six characters. */
/* SOURCES: dom0-tools/top/rates.c */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "top/top.h"

#define SECOND 1000000000ULL

static struct top_sample before, now;
static struct top_view view;

static int empty(void **state)
{
	(void)state;
	memset(&before, 0, sizeof(before));
	memset(&now, 0, sizeof(now));
	now.at_ns = 2 * SECOND;
	return 0;
}

static struct top_counters *add(struct top_sample *s, uint16_t domid, const char *name)
{
	struct top_counters *c = &s->domains[s->count++];

	c->domid = domid;
	strcpy(c->name, name);
	return c;
}

static void assert_near(double value, double expected)
{
	assert_true(value > expected - 0.001 && value < expected + 0.001);
}

static void rates_are_per_second(void **state)
{
	struct top_counters *b = add(&before, 3, "web"), *n;

	(void)state;
	add(&now, 0, "Domain-0");
	n = add(&now, 3, "web"); /* not in the same place as before */
	b->cpu_ns = 5 * SECOND;
	n->cpu_ns = 6 * SECOND;
	n->disk_read = 2000;
	n->disk_written = 4000;
	b->net_in = 100;
	n->net_in = 700;
	n->net_out = 10;
	top_rates(&before, &now, &view);
	assert_int_equal(view.count, 2);
	assert_near(view.rows[1].cpu_percent, 50);
	assert_near(view.rows[1].disk_read, 1000);
	assert_near(view.rows[1].disk_written, 2000);
	assert_near(view.rows[1].net_in, 300);
	assert_near(view.rows[1].net_out, 5);
	assert_near(view.rows[0].cpu_percent, 0);
	assert_near(view.cpu_percent, 50);
}

/* An id that is used again, under the same name or another, has a past that is not its own. */
static void a_new_domain_starts_from_zero(void **state)
{
	(void)state;
	add(&before, 3, "old")->cpu_ns = SECOND;
	add(&before, 4, "same")->cpu_ns = 9 * SECOND;
	add(&now, 3, "new")->cpu_ns = 2 * SECOND;
	add(&now, 4, "same")->cpu_ns = SECOND;
	top_rates(&before, &now, &view);
	assert_near(view.rows[0].cpu_percent, 100);
	assert_near(view.rows[1].cpu_percent, 50);
}

static void no_time_between_is_no_rate(void **state)
{
	(void)state;
	before.at_ns = now.at_ns;
	add(&now, 1, "a")->cpu_ns = SECOND;
	top_rates(&before, &now, &view);
	assert_near(view.rows[0].cpu_percent, 0);
}

static void assert_order(enum top_order order, const char *ids)
{
	top_sort(&view, order);
	for (unsigned int i = 0; i < view.count; i++)
		assert_int_equal(view.rows[i].now->domid, ids[i] - '0');
}

static void rows_are_sorted(void **state)
{
	struct top_counters *c;

	(void)state;
	c = add(&now, 0, "m");
	c->memory_kib = 10;
	c->cpu_ns = 1;
	c = add(&now, 1, "z");
	c->memory_kib = 30;
	c->disk_read = 5;
	c = add(&now, 2, "b");
	c->disk_written = 9;
	c->net_in = 1;
	c = add(&now, 3, "a");
	c->net_out = 2;
	top_rates(&before, &now, &view);
	assert_order(TOP_BY_CPU, "0123");
	assert_order(TOP_BY_MEMORY, "1023");
	assert_order(TOP_BY_DISK, "2103");
	assert_order(TOP_BY_NET, "3201");
	assert_order(TOP_BY_NAME, "3201");
	assert_order(TOP_BY_ID, "0123");
}

static void assert_amount(double bytes, const char *text)
{
	char out[7];

	top_amount(out, bytes);
	assert_string_equal(out, text);
}

static void amounts_fit_six_characters(void **state)
{
	(void)state;
	assert_amount(0, "0");
	assert_amount(999, "999");
	assert_amount(1000, "1.0K");
	assert_amount(10240, "10K");
	assert_amount(999 * 1024.0, "999K");
	assert_amount(1.5 * 1048576, "1.5M");
	assert_amount(3e9, "2.8G");
	assert_amount(4e15, "3.6P");
	assert_amount(3e18, "2665P");
}

static void orders_have_names(void **state)
{
	(void)state;
	for (int i = 0; i < TOP_ORDERS; i++)
		assert_int_equal(top_order_find(top_order_name((enum top_order)i)), i);
	assert_int_equal(top_order_find("colour"), -1);
	assert_int_equal(top_order_find(""), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(rates_are_per_second, empty),
		cmocka_unit_test_setup(a_new_domain_starts_from_zero, empty),
		cmocka_unit_test_setup(no_time_between_is_no_rate, empty),
		cmocka_unit_test_setup(rows_are_sorted, empty),
		cmocka_unit_test(amounts_fit_six_characters),
		cmocka_unit_test(orders_have_names),
	};

	return cmocka_run_group_tests_name("top_rates", tests, NULL, NULL);
}
