/* SPDX-License-Identifier: GPL-2.0-only */
/* How often a guest may make a daemon work. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "pace.h"

static unsigned int spend_all(struct pace *p, uint64_t now)
{
	unsigned int n = 1;

	while (pace_spend(p, now, 1))
		n++;
	return n;
}

static void test_burst_and_rate(void **state)
{
	struct pace p;

	(void)state;
	pace_start(&p, 10, 20, 5000);
	assert_int_equal(spend_all(&p, 5000), 20);
	assert_int_equal(pace_left(&p, 5000), 0);
	assert_false(pace_spend(&p, 5000, 1)); /* no debts */
	assert_int_equal(pace_left(&p, 5199), 1);
	assert_int_equal(spend_all(&p, 5300), 3);
	assert_int_equal(spend_all(&p, 9000000), 20);
}

/* Looks that come sooner than a unit do not cost one. */
static void test_no_time_is_lost(void **state)
{
	unsigned int n = 0;
	struct pace p;

	(void)state;
	pace_start(&p, 10, 20, 0);
	(void)spend_all(&p, 0);
	for (uint64_t now = 1; now <= 1000; now++)
		if (pace_spend(&p, now, 0)) {
			(void)pace_spend(&p, now, 1);
			n++;
		}
	assert_int_equal(n, 10);
}

static void test_clock_that_goes_back(void **state)
{
	struct pace p;

	(void)state;
	pace_start(&p, 10, 20, 5000);
	(void)spend_all(&p, 5000);
	assert_int_equal(spend_all(&p, 10), 1);
	assert_int_equal(spend_all(&p, 310), 3);
	assert_int_equal(spend_all(&p, UINT64_MAX), 20);
}

static void test_refund(void **state)
{
	struct pace p;

	(void)state;
	pace_start(&p, 10, 20, 0);
	pace_refund(&p, 100); /* not beyond the burst */
	assert_int_equal(spend_all(&p, 0), 20);
	pace_refund(&p, 3);
	assert_int_equal(spend_all(&p, 0), 3);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_burst_and_rate),
		cmocka_unit_test(test_no_time_is_lost),
		cmocka_unit_test(test_clock_that_goes_back),
		cmocka_unit_test(test_refund),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
