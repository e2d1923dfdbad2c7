/* SPDX-License-Identifier: GPL-2.0-only */
/* The rate of the timer's counter, as it is learnt from timers that came early. */
/* SOURCES: none */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/timer_rate.h"

#define MS     1000000ULL
#define SECOND (1000 * MS)
#define NEVER  0xffffffffffffffffULL

static struct timer_rate rate;
static long double true_rate; /* ticks per ns */

/* The first measurement: 10 ms, and wrong by so many ns. */
static void start(long double ticks_per_ns, int64_t wrong)
{
	true_rate = ticks_per_ns;
	assert_true(
		timer_rate_init(&rate, (uint32_t)(true_rate * 10 * MS), 10 * MS + (uint64_t)wrong));
}

/* A timer of so long comes, and takes `late` ns to be seen. How much too early, in ns; or 0. */
static uint64_t one_timer(uint64_t ns, uint64_t late)
{
	uint64_t ticks = timer_rate_ticks(&rate, ns);
	uint64_t passed = (uint64_t)((long double)ticks / true_rate) + late;

	if (passed >= ns)
		return 0;
	timer_rate_learn(&rate, ticks, passed);
	return ns - passed;
}

static void one_that_was_early_is_not_early_again(void **state)
{
	const long double rates[] = {0.0243, 0.2, 1, 3.7};
	const uint64_t times[] = {20 * MS, 77 * MS, SECOND, 5 * SECOND, 100 * SECOND};

	(void)state;
	for (unsigned int r = 0; r < ARRAY_SIZE(rates); r++) {
		start(rates[r], 2000);
		for (unsigned int i = 0; i < ARRAY_SIZE(times); i++) {
			uint64_t early = one_timer(times[i], 100);

			assert_in_range(early, i == 0, times[i] / 1000);
			assert_int_equal(one_timer(times[i], 150), 0);
			assert_int_equal(one_timer(times[i] / 3, 150), 0);
		}
	}
}

static void the_rate_is_never_too_high(void **state)
{
	(void)state;
	start(0.9, 3000);
	for (unsigned int i = 1; i < 100000; i++) {
		(void)one_timer(i * 7919ULL % (400 * SECOND) * 1000, i * 31 % 5000);
		assert_true(rate.per_ns_32 <= (uint64_t)(true_rate * 4294967296.0L) + 1);
	}
	assert_true(rate.per_ns_32 > (uint64_t)(true_rate * 4294967296.0L * 0.9999999L));
}

static void a_clock_that_stands_still_teaches_little(void **state)
{
	(void)state;
	start(1, 0);
	timer_rate_learn(&rate, SECOND, 0);
	timer_rate_learn(&rate, NEVER, 1);
	timer_rate_learn(&rate, SECOND, 1);
	assert_int_equal(rate.per_ns_32, 1ULL << 32);
	timer_rate_learn(&rate, 2 * SECOND, SECOND);
	assert_int_equal(rate.per_ns_32, (1ULL << 32) + (1ULL << 22));
	timer_rate_learn(&rate, 1, SECOND);
	assert_int_equal(rate.per_ns_32, (1ULL << 32) + (1ULL << 22));
}

static void a_counter_that_does_not_count(void **state)
{
	(void)state;
	assert_false(timer_rate_init(&rate, 0, 10 * MS));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_that_was_early_is_not_early_again),
		cmocka_unit_test(the_rate_is_never_too_high),
		cmocka_unit_test(a_clock_that_stands_still_teaches_little),
		cmocka_unit_test(a_counter_that_does_not_count),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
