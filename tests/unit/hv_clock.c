/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * System time from TSCs of all kinds: a board with up to eight CPUs whose TSCs start where they
 * like, run at their own rates and jump, and one reference counter that wraps. The test moves the
 * true time and plays all CPUs.
 */
/* SOURCES: hypervisor/core/clock.c hypervisor/core/tsc_scale.c hypervisor/core/lock.c */
/* SOURCES: tests/fake/fake*.c hypervisor/core/frame*.c hypervisor/core/heap.c */
/* SOURCES: hypervisor/core/mm_table.c hypervisor/core/tlb.c hypervisor/core/m2p.c */
/* SOURCES: hypervisor/core/guest_access.c hypervisor/lib/printf.c */
/* FLAGS: -I../fake -DSHOJI_DEBUG */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "core/clock.h"
#include "core/tsc_scale.h"

#define US	 1000ULL
#define MS	 (1000 * US)
#define SECOND	 (1000 * MS)
#define HPET_HZ	 100000000ULL
#define PM_HZ	 3579545ULL
#define TSC_HZ	 2500000000ULL
#define CPUS	 8
#define NARROW	 0xffffffULL
#define MEASURED 100e-6 /* how wrong the rate of the TSC may be measured */

static struct clocks clocks;
static struct clock clock_of[CPUS];
static struct {
	uint64_t start; /* of its TSC */
	double rate;	/* ticks per ns */
} cpus[CPUS];
static uint64_t true_ns, reference_hz, reference_mask;

static uint64_t tsc_of(unsigned int cpu)
{
	return cpus[cpu].start + (uint64_t)((long double)true_ns * cpus[cpu].rate);
}

static struct clock_sample sample_of(unsigned int cpu)
{
	uint64_t count = (uint64_t)((long double)true_ns * reference_hz / 1e9L);

	return (struct clock_sample){tsc_of(cpu), (count + 0xfffff0) & reference_mask};
}

static nsec_t now_on(unsigned int cpu)
{
	return clock_now(&clocks, &clock_of[cpu], tsc_of(cpu));
}

static enum clock_verdict check_on(unsigned int cpu)
{
	return clock_check(&clocks, &clock_of[cpu], sample_of(cpu));
}

/* What timers do on a CPU that is in use. */
static enum clock_verdict look(unsigned int cpu)
{
	return clock_due(&clocks, &clock_of[cpu], tsc_of(cpu)) ? check_on(cpu) : CLOCK_GOOD;
}

static int64_t distance(nsec_t a, nsec_t b)
{
	return llabs((int64_t)(a - b));
}

/* All TSCs alike, the rate measured a little wrong. True time and system time start together. */
static void start(uint64_t hz, uint64_t mask)
{
	true_ns = 0;
	reference_hz = hz;
	reference_mask = mask;
	for (unsigned int i = 0; i < CPUS; i++) {
		cpus[i].start = 1ULL << 60;
		cpus[i].rate = TSC_HZ / 1e9;
	}
	clocks = (struct clocks){.forced = false};
	clocks_init(&clocks, (uint64_t)(TSC_HZ * (1 + MEASURED)), hz, mask, sample_of(0));
	for (unsigned int i = 0; i < CPUS; i++)
		clock_start(&clocks, &clock_of[i], sample_of(i));
}

/* Let time go by; every CPU looks every `step`; the first verdict that is not CLOCK_GOOD. */
static enum clock_verdict pass(nsec_t ns, nsec_t step)
{
	enum clock_verdict first = CLOCK_GOOD;

	for (nsec_t end = true_ns + ns; true_ns < end;) {
		true_ns += step;
		for (unsigned int i = 0; i < CPUS; i++) {
			enum clock_verdict v = look(i);

			if (first == CLOCK_GOOD)
				first = v;
		}
	}
	return first;
}

static void a_good_tsc_is_left_alone(void **state)
{
	struct clock before = {.tsc = 1ULL << 60};

	(void)state;
	start(HPET_HZ, UINT32_MAX);
	assert_int_equal(pass(3600 * SECOND, 77 * MS), CLOCK_GOOD);
	assert_true(clocks.scale.stable);
	for (unsigned int i = 0; i < CPUS; i++) {
		assert_int_equal(clock_of[i].tsc, before.tsc);
		assert_int_equal(clock_of[i].ns, 0);
		assert_int_equal(now_on(i), now_on(0));
	}
	assert_in_range(distance(now_on(0), true_ns), 0, 3600 * SECOND / 5000);
}

static void a_long_sleep_proves_nothing(void **state)
{
	static const uint64_t masks[] = {NARROW, UINT32_MAX};

	(void)state;
	for (unsigned int i = 0; i < 2; i++) {
		start(i ? HPET_HZ : PM_HZ, masks[i]);
		for (unsigned int days = 1; days < 100; days++) {
			true_ns += days * 86400 * SECOND + 123 * MS;
			assert_int_equal(pass(30 * SECOND, 50 * MS), CLOCK_GOOD);
		}
	}
}

static void a_glitch_is_forgiven(void **state)
{
	struct clock_sample s;

	(void)state;
	start(HPET_HZ, UINT32_MAX);
	pass(100 * SECOND, 100 * MS);
	true_ns += 10 * SECOND;
	s = sample_of(3); /* half a second went by between the two reads */
	s.reference -= HPET_HZ / 2;
	assert_int_equal(clock_check(&clocks, &clock_of[3], s), CLOCK_GOOD);
	assert_int_equal(pass(100 * SECOND, 100 * MS), CLOCK_GOOD);
	assert_int_equal(clock_of[3].odd, 0);
	assert_true(clocks.scale.stable);
}

static void a_tsc_that_slows_down_is_found(void **state)
{
	(void)state;
	start(HPET_HZ, UINT32_MAX);
	pass(100 * SECOND, 100 * MS);
	cpus[2].start += (uint64_t)((long double)true_ns * cpus[2].rate * 0.01L);
	cpus[2].rate *= 0.99;
	assert_int_equal(pass(15 * SECOND, 100 * MS), CLOCK_LOST);
	assert_false(clocks.scale.stable);
	pass(5 * SECOND, 100 * MS);
	for (unsigned int i = 0; i < CPUS; i++)
		assert_in_range(distance(now_on(i), true_ns), 0, 20 * MS);
}

static void a_tsc_that_jumps_is_found(void **state)
{
	(void)state;
	for (int up = 0; up < 2; up++) {
		start(PM_HZ, NARROW);
		pass(100 * SECOND, 100 * MS);
		cpus[5].start += (uint64_t)(up ? (int64_t)TSC_HZ : -(int64_t)TSC_HZ);
		assert_int_equal(pass(15 * SECOND, 100 * MS), CLOCK_LOST);
		pass(3 * SECOND, 100 * MS);
		assert_in_range(distance(now_on(5), true_ns), 0, up ? SECOND + 50 * MS : 50 * MS);
	}
}

static void forced_trust_is_kept(void **state)
{
	(void)state;
	start(HPET_HZ, UINT32_MAX);
	clocks.forced = true;
	cpus[0].rate *= 1.1;
	assert_int_equal(pass(100 * SECOND, 100 * MS), CLOCK_GOOD);
	assert_false(clocks_distrust(&clocks, now_on(0)));
	assert_true(clocks.scale.stable);
}

/* Eight CPUs with nothing in common, each started later than the last. */
static void start_unequal(uint64_t hz, uint64_t mask)
{
	start(hz, mask);
	for (unsigned int i = 1; i < CPUS; i++) {
		cpus[i].start = (uint64_t)rand() << 30;
		cpus[i].rate *= 1 + (i - 4.0) * 50e-6;
	}
	assert_true(clocks_distrust(&clocks, now_on(0)));
	check_on(0);
	for (unsigned int i = 1; i < CPUS; i++) {
		true_ns += 300 * MS;
		check_on(0);
		clock_start(&clocks, &clock_of[i], sample_of(i));
		assert_in_range(distance(now_on(i), now_on(0)), 0, 10 * US);
	}
}

static void unequal_tscs_give_one_time(void **state)
{
	nsec_t told = 0;

	(void)state;
	for (int narrow = 0; narrow < 2; narrow++) {
		start_unequal(narrow ? PM_HZ : HPET_HZ, narrow ? NARROW : UINT32_MAX);
		told = 0;
		for (int i = 0; i < 300000; i++) {
			unsigned int cpu = (unsigned int)rand() % CPUS;
			nsec_t now;

			true_ns += (uint64_t)rand() % MS;
			look(cpu);
			now = now_on(cpu);
			assert_true(now >= told);
			assert_in_range(distance(now, true_ns), 0, MS);
			told = now;
		}
	}
}

/* A CPU that nobody used for an hour looks before anyone is told the time. */
static void an_idle_cpu_catches_up(void **state)
{
	(void)state;
	start_unequal(HPET_HZ, UINT32_MAX);
	for (int i = 0; i < 3600; i++) {
		true_ns += SECOND;
		look(0);
	}
	assert_true(clock_due(&clocks, &clock_of[7], tsc_of(7)));
	assert_int_equal(look(7), CLOCK_ADJUSTED);
	assert_in_range(distance(now_on(7), true_ns), 0, MS);
}

static void a_tsc_set_back_stands_still(void **state)
{
	nsec_t before;

	(void)state;
	start_unequal(HPET_HZ, UINT32_MAX);
	before = now_on(1);
	cpus[1].start -= 1ULL << 40;
	assert_int_equal(now_on(1), before);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_good_tsc_is_left_alone),
		cmocka_unit_test(a_long_sleep_proves_nothing),
		cmocka_unit_test(a_glitch_is_forgiven),
		cmocka_unit_test(a_tsc_that_slows_down_is_found),
		cmocka_unit_test(a_tsc_that_jumps_is_found),
		cmocka_unit_test(forced_trust_is_kept),
		cmocka_unit_test(unequal_tscs_give_one_time),
		cmocka_unit_test(an_idle_cpu_catches_up),
		cmocka_unit_test(a_tsc_set_back_stands_still),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
