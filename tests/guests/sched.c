/* SPDX-License-Identifier: GPL-2.0-only */
/* Waiting, timers, run states: what sched_op, set_timer_op and vcpu_op promise about time. */
#include "kit.h"

#include "shoji/event_channel.h"
#include "shoji/sched.h"

#define MS 1000000UL

TEST(a_timer_wakes_a_blocked_vcpu)
{
	uint32_t port = timer_port();

	for (unsigned int i = 0; i < 5; i++) {
		uint64_t until = now() + 2 * MS;

		events_seen = 0;
		events_off();
		EQUAL(CALL(HYPERCALL_set_timer_op, until), 0);
		EQUAL(CALL(HYPERCALL_sched_op, SCHEDOP_block), 0);
		EQUAL(events_seen, 1); /* block opens the mask */
		CHECK(now() >= until);
		timer_clear(port);
	}
	events_off();
	timer_close(port);
}

/* Times that are over, that never come, and the very largest. */
TEST(odd_times)
{
	static const uint64_t never[] = {1UL << 62, 1UL << 63, ~0UL, ~0UL - 1};
	uint32_t port = timer_port();

	EQUAL(CALL(HYPERCALL_set_timer_op, 1), 0);
	for (unsigned int i = 0; i < 1000 && !timer_fired(port); i++)
		yield();
	CHECK(timer_fired(port));
	for (unsigned int i = 0; i < ARRAY(never); i++) {
		struct xen_vcpu_set_singleshot_timer t = {never[i], VCPU_SSHOTTMR_future};

		timer_clear(port);
		EQUAL(CALL(HYPERCALL_set_timer_op, never[i]), 0);
		EQUAL(CALL(HYPERCALL_vcpu_op, VCPUOP_set_singleshot_timer, 0, &t), 0);
		for (unsigned int n = 0; n < 50; n++)
			yield();
		CHECK(!timer_fired(port));
	}
	struct xen_vcpu_set_singleshot_timer past = {1, VCPU_SSHOTTMR_future};
	EQUAL(CALL(HYPERCALL_vcpu_op, VCPUOP_set_singleshot_timer, 0, &past), -XEN_ETIME);
	past.flags = ~0u;
	EQUAL(CALL(HYPERCALL_vcpu_op, VCPUOP_set_singleshot_timer, 0, &past), -XEN_ETIME);
	past.flags = 0;
	EQUAL(CALL(HYPERCALL_vcpu_op, VCPUOP_set_singleshot_timer, 0, &past), 0);
	EQUAL(CALL(HYPERCALL_vcpu_op, VCPUOP_stop_singleshot_timer, 0, 0), 0);
	/* of another vCPU: refused */
	EQUAL(CALL(HYPERCALL_vcpu_op, VCPUOP_set_singleshot_timer, 1, &past), -XEN_EINVAL);
	EQUAL(CALL(HYPERCALL_vcpu_op, VCPUOP_stop_periodic_timer, 1, 0), -XEN_EINVAL);
	timer_close(port);
}

/* Periods so short that the next one has always passed would keep the processor for ever. */
TEST(periodic_timers)
{
	static const uint64_t bad[] = {1, 1000, MS - 1, (1UL << 62) + 1, 1UL << 63, ~0UL};
	struct xen_vcpu_set_periodic_timer t = {MS};
	uint32_t port = timer_port();
	unsigned int seen = 0;

	for (unsigned int i = 0; i < ARRAY(bad); i++) {
		struct xen_vcpu_set_periodic_timer b = {bad[i]};

		EQUAL(CALL(HYPERCALL_vcpu_op, VCPUOP_set_periodic_timer, 0, &b), -XEN_EINVAL);
	}
	EQUAL(CALL(HYPERCALL_vcpu_op, VCPUOP_set_periodic_timer, 0, HOLE), -XEN_EFAULT);
	EQUAL(CALL(HYPERCALL_vcpu_op, VCPUOP_set_periodic_timer, 0, &t), 0);
	for (uint64_t end = now() + 500 * MS; now() < end && seen < 5;)
		if (timer_fired(port)) {
			seen++;
			timer_clear(port);
		}
	EQUAL(CALL(HYPERCALL_vcpu_op, VCPUOP_stop_periodic_timer, 0, 0), 0);
	EQUAL(seen, 5);
	timer_clear(port);
	for (uint64_t end = now() + 5 * MS; now() < end;)
		;
	CHECK(!timer_fired(port));
	timer_close(port);
}

TEST(polling)
{
	uint32_t port = timer_port(), list[4] = {port, 100, 200, 4095};
	struct xen_sched_poll p = {.ports = (uint64_t)list, .nr_ports = 4};
	uint64_t until = now() + 3 * MS;

	events_off();
	EQUAL(CALL(HYPERCALL_set_timer_op, until), 0);
	EQUAL(CALL(HYPERCALL_sched_op, SCHEDOP_poll, &p), 0);
	CHECK(now() >= until && timer_fired(port));
	EQUAL(CALL(HYPERCALL_sched_op, SCHEDOP_poll, &p), 0); /* still pending: at once */
	timer_clear(port);
	p.timeout = now() + 3 * MS;
	EQUAL(CALL(HYPERCALL_sched_op, SCHEDOP_poll, &p), 0);
	CHECK(now() >= p.timeout);
	p.timeout = 1;
	EQUAL(CALL(HYPERCALL_sched_op, SCHEDOP_poll, &p), 0);
	p.nr_ports = 0;
	p.timeout = now() + MS;
	EQUAL(CALL(HYPERCALL_sched_op, SCHEDOP_poll, &p), 0);
	CHECK(now() >= p.timeout);
	p.nr_ports = ~0u;
	EQUAL(CALL(HYPERCALL_sched_op, SCHEDOP_poll, &p), -XEN_EINVAL);
	p.nr_ports = 1;
	list[0] = 0; /* a port that is none can be waited for, in vain */
	p.timeout = now() + MS;
	for (unsigned int i = 0; i < 3; i++)
		EQUAL(CALL(HYPERCALL_sched_op, SCHEDOP_poll, &p), 0);
	CHECK(now() >= p.timeout);
	timer_close(port);
}

static volatile uint64_t worker_ran_until;

static void spin(void)
{
	for (uint64_t end = now() + 20 * MS; now() < end;)
		;
	worker_ran_until = now();
}

/* A vCPU that never gives its processor up has it taken away. */
TEST(nobody_keeps_the_processor)
{
	uint64_t start = now();

	worker_ran_until = 0;
	start_work(spin);
	yield();
	while (!worker_ran_until && now() < start + 5000 * MS)
		;
	CHECK(worker_ran_until);
	await_work();
}

TEST(run_states)
{
	struct xen_vcpu_runstate_info *area = page_alloc(), got;
	uint64_t address = (uint64_t)area, sum = 0;

	EQUAL(CALL(HYPERCALL_vcpu_op, VCPUOP_register_runstate_memory_area, 0, &address), 0);
	EQUAL(area->state, RUNSTATE_running);
	EQUAL(CALL(HYPERCALL_vcpu_op, VCPUOP_get_runstate_info, 0, &got), 0);
	EQUAL(got.state, RUNSTATE_running);
	for (unsigned int i = 0; i < 4; i++)
		sum += got.time[i];
	CHECK(sum && sum <= now() + 100 * MS);
	/* one that goes away, becomes a table, and is no memory at all */
	((uint64_t *)(void *)area)[511] = mfn_of(area) << 12 | 1 | 1ULL << 59;
	EQUAL(protect(area), 0);
	CHECK(mmuext(MMUEXT_PIN_L1_TABLE, mfn_of(area), 0) < 0); /* for that is no entry */
	for (unsigned int i = 0; i < 10; i++)
		yield();
	EQUAL(remap(area, 0), 0);
	for (unsigned int i = 0; i < 10; i++)
		yield();
	address = 0;
	EQUAL(CALL(HYPERCALL_vcpu_op, VCPUOP_register_runstate_memory_area, 0, &address), 0);
	EQUAL(CALL(HYPERCALL_vcpu_op, VCPUOP_get_runstate_info, 1, HV_IMAGE), -XEN_EFAULT);
}

/* Nanoseconds in all states, read at some time from `after` to `before`. */
static uint64_t all_states(unsigned int id, uint64_t *after, uint64_t *before)
{
	struct xen_vcpu_runstate_info r;
	uint64_t sum = 0;

	*after = now();
	EQUAL(CALL(HYPERCALL_vcpu_op, VCPUOP_get_runstate_info, id, &r), 0);
	*before = now();
	for (unsigned int i = 0; i < 4; i++)
		sum += r.time[i];
	return sum;
}

TEST(run_states_are_all_of_the_time)
{
	unsigned int ids[] = {0, spare_vcpu()};
	uint32_t port = timer_port();
	uint64_t a[2], b[2], c, d, first[2];

	for (unsigned int i = 0; i < ARRAY(ids); i++)
		first[i] = all_states(ids[i], &a[i], &b[i]);
	for (unsigned int i = 0; i < 5; i++) {
		yield();
		events_off();
		timer_clear(port);
		EQUAL(CALL(HYPERCALL_set_timer_op, now() + 2 * MS), 0);
		EQUAL(CALL(HYPERCALL_sched_op, SCHEDOP_block), 0);
	}
	events_off();
	for (unsigned int i = 0; i < ARRAY(ids); i++) {
		uint64_t sum = all_states(ids[i], &c, &d) - first[i];

		CHECK(sum >= c - b[i]);
		CHECK(sum <= d - a[i]);
	}
	timer_close(port);
}

TEST(time_goes_on)
{
	struct xen_vcpu_time_info *area = page_alloc();
	uint64_t address = (uint64_t)area, last = now();

	for (unsigned int i = 0; i < 2000; i++) {
		uint64_t t = now();

		CHECK(t >= last);
		last = t;
	}
	EQUAL(CALL(HYPERCALL_vcpu_op, VCPUOP_register_vcpu_time_memory_area, 0, &address), 0);
	CHECK(area->tsc_to_system_mul && !(area->version & 1));
	address = (uint64_t)area + PAGE - 16; /* into the next page, or half of it nowhere */
	CALL(HYPERCALL_vcpu_op, VCPUOP_register_vcpu_time_memory_area, 0, &address);
	address = 0;
	EQUAL(CALL(HYPERCALL_vcpu_op, VCPUOP_register_vcpu_time_memory_area, 0, &address), 0);
}

/* Another vCPU is stopped in the middle of whatever it does, and goes on. */
static volatile uint64_t counter;
static volatile bool stop_counting;

static void count(void)
{
	while (!stop_counting)
		counter++;
}

TEST(a_vcpu_is_stopped_and_goes_on)
{
	unsigned int id = worker();
	uint64_t at;

	stop_counting = false;
	start_work(count);
	for (unsigned int i = 0; i < 20; i++) {
		EQUAL(CALL(HYPERCALL_vcpu_op, VCPUOP_down, id, 0), 0);
		yield();
		at = counter;
		yield();
		EQUAL(counter, at);
		EQUAL(CALL(HYPERCALL_vcpu_op, VCPUOP_up, id, 0), 0);
		yield();
	}
	stop_counting = true;
	await_work();
}
