/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How late a singleshot timer's event is, by the guest's own clock: from the moment it was due
 * until a vCPU that slept goes on, or one that ran has been called. Said as a line "LATE how mean
 * most", in nanoseconds; never early is a check.
 */
#include "kit.h"

#include "shoji/sched.h"

#define ROUNDS 1000
#define DUE_IN 50000 /* ns */

static void sleep_for_it(void)
{
	EQUAL(CALL(HYPERCALL_sched_op, SCHEDOP_block), 0);
}

static void run_for_it(void)
{
	events_on();
	while (!events_seen)
		__asm__ volatile("" : : : "memory");
}

static uint64_t one_timer(void (*wait)(void))
{
	struct xen_vcpu_set_singleshot_timer t = {.timeout_abs_ns = now() + DUE_IN};
	uint64_t then;

	events_off();
	events_seen = 0;
	EQUAL(CALL(HYPERCALL_vcpu_op, VCPUOP_set_singleshot_timer, 0, &t), 0);
	wait();
	then = now();
	EQUAL(events_seen, 1);
	CHECK(then >= t.timeout_abs_ns);
	return then - t.timeout_abs_ns;
}

static void measure(const char *how, void (*wait)(void))
{
	uint32_t port = timer_port();
	uint64_t sum = 0, most = 0;

	EQUAL(CALL(HYPERCALL_vcpu_op, VCPUOP_stop_periodic_timer, 0, 0), 0);
	for (unsigned int i = 0; i < ROUNDS; i++) {
		uint64_t late = one_timer(wait);

		timer_clear(port);
		sum += late;
		most = late > most ? late : most;
	}
	events_off();
	timer_close(port);
	say("LATE %s %lu %lu", how, sum / ROUNDS, most);
}

TEST(timers_of_one_that_sleeps)
{
	measure("sleeps", sleep_for_it);
}

TEST(timers_of_one_that_runs)
{
	measure("runs", run_for_it);
}
