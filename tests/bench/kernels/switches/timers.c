/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How late a singleshot timer's event is, by the guest's own clock: from the moment it was due
 * until a vCPU that slept goes on, or one that ran has been called. Said as a line "LATE how mean
 * most", in nanoseconds; never early is a check.
 */
#include "kit.h"

#include "shoji/event_channel.h"
#include "shoji/sched.h"
#include "shoji/virq.h"

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

static void forget_event(uint32_t port)
{
	__atomic_fetch_and(&shared_info->evtchn_pending[port / 64], ~(1UL << port % 64),
			   __ATOMIC_SEQ_CST);
	shared_info->vcpu_info[0].evtchn_pending_sel = 0;
	shared_info->vcpu_info[0].evtchn_upcall_pending = 0;
}

static void measure(const char *how, void (*wait)(void))
{
	struct xen_evtchn_bind_virq bind = {.virq = VIRQ_TIMER};
	struct xen_evtchn_close unbind;
	uint64_t sum = 0, most = 0;

	EQUAL(CALL(HYPERCALL_vcpu_op, VCPUOP_stop_periodic_timer, 0, 0), 0);
	EQUAL(CALL(HYPERCALL_event_channel_op, EVTCHNOP_bind_virq, &bind), 0);
	__atomic_fetch_and(&shared_info->evtchn_mask[bind.port / 64], ~(1UL << bind.port % 64),
			   __ATOMIC_SEQ_CST);
	for (unsigned int i = 0; i < ROUNDS; i++) {
		uint64_t late = one_timer(wait);

		forget_event(bind.port);
		sum += late;
		most = late > most ? late : most;
	}
	events_off();
	unbind.port = bind.port;
	EQUAL(CALL(HYPERCALL_event_channel_op, EVTCHNOP_close, &unbind), 0);
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
