/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How often the machine's timer interrupts: no more than a guest has asked for. The machine's time
 * goes by instructions here (run.py), so that what comes late or early does so every time.
 */
#include "kit.h"

#include "shoji/sched.h"
#include "shoji/sysctl.h"

#define MS 1000000UL

/* What the hypervisor has counted under this name, on all CPUs. */
static uint64_t counted(const char *name)
{
	static struct xen_sysctl_perfc_desc desc[256];
	static uint32_t values[256];
	struct xen_sysctl op = {.cmd = XEN_SYSCTL_perfc_op,
				.interface_version = XEN_SYSCTL_INTERFACE_VERSION};
	uint32_t *value = values;

	op.u.perfc_op = (struct xen_sysctl_perfc_op){
		.cmd = XEN_SYSCTL_PERFCOP_query, .desc = (uint64_t)desc, .val = (uint64_t)values};
	EQUAL(CALL(HYPERCALL_sysctl, &op), 0);
	for (unsigned int i = 0; i < op.u.perfc_op.nr_counters; i++) {
		uint64_t sum = 0;

		for (unsigned int n = 0; n < desc[i].nr_vals; n++)
			sum += *value++;
		if (!strcmp(desc[i].name, name))
			return sum;
	}
	fail("nothing is counted as '%s'", name);
}

static void settle(void)
{
	events_off();
	for (uint64_t settled = now() + 100 * MS; now() < settled;)
		yield();
}

/* Asleep until the next event; how many interrupts of timers that took. Nothing else interrupts. */
static uint64_t interrupts_of_a_sleep(uint64_t until)
{
	uint64_t interrupts, timers;

	interrupts = counted("interrupts");
	timers = counted("timer interrupts");
	EQUAL(CALL(HYPERCALL_sched_op, SCHEDOP_block), 0);
	CHECK(now() >= until);
	timers = counted("timer interrupts") - timers;
	EQUAL(counted("interrupts") - interrupts, timers);
	events_off();
	return timers;
}

/*
 * Nothing of ours happens while all sleep: only the interrupt that the guest has asked for. It may
 * come in two steps: the timer's rate was measured in 10 ms, and an event must not be early.
 */
TEST_DOM0(idle_is_idle)
{
	uint64_t interrupts, until = now() + 6000 * MS;
	uint32_t port = timer_port();

	EQUAL(CALL(HYPERCALL_vcpu_op, VCPUOP_down, worker(), 0), 0); /* it never sleeps */
	EQUAL(CALL(HYPERCALL_set_timer_op, until), 0);
	settle();
	interrupts = interrupts_of_a_sleep(until);
	CHECK(interrupts == 1 || interrupts == 2);
	EQUAL(CALL(HYPERCALL_vcpu_op, VCPUOP_up, worker(), 0), 0);
	timer_close(port);
}

/* Where a later timer is left, the machine's is set for that one. */
TEST_DOM0(a_stopped_timer_does_not_interrupt)
{
	struct xen_vcpu_set_periodic_timer later = {1000 * MS};
	uint32_t port = timer_port();
	uint64_t begin = now();

	EQUAL(CALL(HYPERCALL_vcpu_op, VCPUOP_down, worker(), 0), 0);
	EQUAL(CALL(HYPERCALL_vcpu_op, VCPUOP_set_periodic_timer, 0, &later), 0);
	EQUAL(CALL(HYPERCALL_set_timer_op, begin + 500 * MS), 0);
	settle();
	EQUAL(CALL(HYPERCALL_set_timer_op, 0), 0);
	EQUAL(interrupts_of_a_sleep(begin + 1000 * MS), 1);
	EQUAL(CALL(HYPERCALL_vcpu_op, VCPUOP_stop_periodic_timer, 0, 0), 0);
	EQUAL(CALL(HYPERCALL_vcpu_op, VCPUOP_up, worker(), 0), 0);
	timer_close(port);
}
