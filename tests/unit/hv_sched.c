/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The scheduler: guests are hogs or sleepers, and get what their weights say, soon enough. (The C
 * library has a sched_yield of its own.)
 */
/* SOURCES: tests/unit/sched_machine.c tests/fake/fake*.c hypervisor/core/frame*.c */
/* SOURCES: hypervisor/core/tlb.c hypervisor/core/m2p.c */
/* SOURCES: hypervisor/core/mm_table.c hypervisor/core/mm_update_entry.c hypervisor/core/lock.c */
/* SOURCES: hypervisor/core/exit.c hypervisor/core/sched*.c hypervisor/lib/tree.c */
/* SOURCES: hypervisor/core/timer.c */
/* FLAGS: -I../fake -DSHOJI_DEBUG -Dsched_yield=core_sched_yield */
#include "sched_machine.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "shoji/hypercalls.h"

#define SLICE SCHED_SLICE_NS

static void equal_weights_share_equally(void **state)
{
	(void)state;
	start(1);
	for (unsigned int i = 0; i < 3; i++)
		hog(256);
	run(3000 * MS);
	for (unsigned int i = 0; i < 3; i++)
		assert_about(ran[i], 1000 * MS, 2 * SLICE);
	/* a slice is not cut short without need */
	assert_in_range(decisions, 2900 * MS / SLICE, 4000 * MS / SLICE);
}

/* Run states and what is charged are one account, however long a switch takes. */
static void a_switch_is_the_next_ones_time(void **state)
{
	struct vcpu *a, *b;

	(void)state;
	start(1);
	a = hog(256);
	b = hog(256);
	run(10 * MS);
	switch_takes = 1 * MS;
	for (unsigned int i = 0; i < 20; i++) {
		const struct vcpu *now_runs;

		run(SLICE);
		now_runs = on_cpu(0);
		assert_int_equal(a->runstate.state_entry_time, b->runstate.state_entry_time);
		assert_true(now_runs->run_start >= now_runs->runstate.state_entry_time);
	}
}

static void weights_are_shares(void **state)
{
	(void)state;
	start(1);
	hog(256);
	hog(512);
	hog(1024);
	run(7000 * MS);
	assert_about(ran[0], 1000 * MS, 3 * SLICE);
	assert_about(ran[1], 2000 * MS, 3 * SLICE);
	assert_about(ran[2], 4000 * MS, 3 * SLICE);
}

static void no_cpu_idles_while_one_waits(void **state)
{
	nsec_t sum = 0;

	(void)state;
	start(4);
	for (unsigned int i = 0; i < 7; i++)
		hog(256);
	run(1000 * MS);
	for (unsigned int i = 0; i < 7; i++) {
		assert_true(ran[i] >= 450 * MS);
		sum += ran[i];
	}
	assert_int_equal(sum, 4000 * MS);
}

static void an_idle_cpu_takes_work_from_others(void **state)
{
	struct vcpu *first, *second, *third;

	(void)state;
	start(2);
	first = hog(256);
	second = hog(256);
	third = hog(256);
	run(100 * MS);
	block(first->cpu == third->cpu ? second : first); /* the one that was alone */
	run(100 * MS);
	assert_true(on_cpu(0) && on_cpu(1));
	assert_ptr_not_equal(on_cpu(0), on_cpu(1));
}

/* Another CPU holds the lock of CPU 0's queue, and lets it go once CPU 1 has waited a bit. */
static unsigned int relaxed;

void machine_relax(void)
{
	struct spinlock *l = &fake_cpus[0].run_lock, *own = &fake_cpus[1].run_lock;

	assert_int_equal((uint16_t)(l->next - l->owner), 1); /* nobody stands in line */
	assert_int_equal(own->next, own->owner);
	if (++relaxed == 3)
		__atomic_fetch_add(&l->owner, 1, __ATOMIC_RELEASE);
}

static void an_idle_cpu_stands_in_no_line(void **state)
{
	struct vcpu *alone;

	(void)state;
	start(2);
	for (unsigned int i = 0; i < 3; i++)
		hog(256);
	run(100 * MS);
	alone = on_cpu(1);
	assert_int_equal(fake_cpus[0].queue.waiting_count, 1);
	block(alone);
	relaxed = 0;
	__atomic_fetch_add(&fake_cpus[0].run_lock.next, 1, __ATOMIC_ACQUIRE);
	enter(1);
	assert_int_equal(relaxed, 3);
	assert_non_null(on_cpu(1)); /* nor does it sleep while one waits */
	assert_int_equal(fake_cpus[0].queue.waiting_count, 0);
	settle();
}

static void nobody_ticks_without_need(void **state)
{
	struct vcpu *v;

	(void)state;
	start(2);
	v = hog(256);
	run(10 * MS);
	decisions = 0;
	run(60000 * MS);
	assert_int_equal(decisions, 0);
	assert_int_equal(time_of(v), 60010 * MS);
	block(v);
	settle();
	decisions = 0;
	run(60000 * MS);
	assert_int_equal(decisions, 0);
	assert_int_equal(fake_cpus[v->cpu].idle_since != 0, 1);
}

/* The hog's time is brought up to date when someone wakes beside it, however long it ran alone. */
static void a_woken_one_runs_soon_and_not_for_long(void **state)
{
	struct vcpu *hog_one, *sleeper;
	nsec_t before;

	(void)state;
	start(1);
	hog_one = hog(256);
	sleeper = new_vcpu(256);
	run(30000 * MS);
	wake(sleeper);
	run(2 * SLICE);
	assert_true(time_of(sleeper) > 0);
	block(sleeper);
	run(30000 * MS);
	before = time_of(hog_one);
	wake(sleeper);
	run(MS);
	assert_int_equal(time_of(hog_one), before); /* at once: it has slept for long */
	run(3 * SLICE);
	assert_true(time_of(hog_one) > before + SLICE / 2);
}

static void sleep_is_no_credit(void **state)
{
	struct vcpu *one, *other;
	nsec_t before;

	(void)state;
	start(1);
	one = hog(256);
	other = hog(256);
	run(100 * MS);
	block(other);
	run(10000 * MS);
	wake(other);
	before = time_of(one);
	run(200 * MS);
	assert_about(time_of(one) - before, 100 * MS, 2 * SLICE);
}

static void who_yields_lets_others_go_first(void **state)
{
	struct vcpu *one, *other;

	(void)state;
	start(1);
	one = hog(256);
	run(MS);
	sched_yield(one);
	settle();
	assert_ptr_equal(on_cpu(0), one); /* nobody else is there */
	other = hog(256);
	settle();
	run(MS);
	one = on_cpu(0);
	other = vcpus[vcpus[0] == one];
	sched_yield(one);
	settle();
	assert_ptr_equal(on_cpu(0), other);
	run(100 * MS);
	assert_about(ran[0], ran[1], 3 * SLICE);
}

static void who_stops_does_not_run(void **state)
{
	struct vcpu *one, *other, *waits;
	nsec_t before;

	(void)state;
	start(1);
	one = hog(256);
	other = hog(256);
	run(5 * MS);
	waits = on_cpu(0) == one ? other : one;
	block(waits); /* from the queue */
	assert_false(waits->queued);
	before = time_of(waits);
	run(100 * MS);
	assert_int_equal(time_of(waits), before);
	wake(waits);
	run(100 * MS);
	assert_true(time_of(waits) > before);
	waits = on_cpu(0) == one ? other : one;
	one = on_cpu(0);
	block(waits);
	block(one);
	settle();
	assert_null(on_cpu(0));
	assert_int_equal(one->runstate.state, RUNSTATE_blocked);
	wake(one);
	wake(one); /* twice is once */
	settle();
	assert_ptr_equal(on_cpu(0), one);
	one->pause_flags = VPAUSE_DOMAIN;
	sched_sleep(one);
	settle();
	assert_int_equal(one->runstate.state, RUNSTATE_offline);
}

static void affinity_is_kept(void **state)
{
	struct vcpu *pinned;

	(void)state;
	start(3);
	pinned = new_vcpu(256);
	sched_set_affinity(pinned, 1u << 2);
	wake(pinned);
	for (unsigned int i = 0; i < 4; i++)
		hog(256);
	run(500 * MS);
	assert_int_equal(pinned->cpu, 2);
	assert_true(time_of(pinned) >= 200 * MS);
	for (unsigned int i = 1; i < 5; i++) /* the other CPUs idle, and must leave it alone */
		block(vcpus[i]);
	wake(vcpus[1]);
	sched_set_affinity(vcpus[1], 1u << 2);
	run(100 * MS);
	assert_int_equal(vcpus[1]->cpu, 2);
	assert_null(on_cpu(0));
	assert_null(on_cpu(1));
	sched_set_affinity(pinned, 1u << 0); /* moves, whether it runs or waits */
	settle();
	assert_ptr_equal(on_cpu(0), pinned);
	sched_set_affinity(pinned, 1u << 1);
	settle();
	assert_ptr_equal(on_cpu(1), pinned);
	assert_ptr_equal(on_cpu(2), vcpus[1]);
}

static void more_room_is_used_at_once(void **state)
{
	struct vcpu *one, *other;

	(void)state;
	start(2);
	one = new_vcpu(256);
	other = new_vcpu(256);
	sched_set_affinity(one, 1);
	sched_set_affinity(other, 1);
	wake(one);
	wake(other);
	run(50 * MS);
	assert_null(on_cpu(1));
	sched_set_affinity(one, 3);
	sched_set_affinity(other, 3);
	settle();
	assert_non_null(on_cpu(1));
}

/* Time on one CPU's queue says nothing on another's. */
static void a_moved_one_is_not_late(void **state)
{
	struct vcpu *moved, *other;

	(void)state;
	start(2);
	for (unsigned int i = 0; i < 2; i++)
		sched_set_affinity(new_vcpu(256), 1);
	wake(vcpus[0]);
	wake(vcpus[1]);
	run(20000 * MS);
	other = new_vcpu(256);
	sched_set_affinity(other, 2);
	wake(other);
	settle();
	moved = vcpus[on_cpu(0) == vcpus[0]];
	ran[moved == vcpus[1]] = 0;
	sched_set_affinity(moved, 2);
	run(1000 * MS);
	assert_about(time_of(moved), 500 * MS, 2 * SLICE);
}

static void a_dead_one_leaves_the_queue(void **state)
{
	struct vcpu *one;

	(void)state;
	start(1);
	hog(256);
	hog(256);
	run(5 * MS);
	one = vcpus[on_cpu(0) == vcpus[0]];
	one->pause_flags = VPAUSE_DOWN;
	sched_destroy_vcpu(one);
	assert_false(one->queued);
	assert_int_equal(fake_cpus[0].queue.waiting_count, 0);
	run(100 * MS);
}

static void events_are_delivered_on_the_way_back(void **state)
{
	struct vcpu *v;

	(void)state;
	start(1);
	v = hog(256);
	settle();
	v->info->evtchn_upcall_pending = 1;
	v->info->evtchn_upcall_mask = 1;
	enter(0);
	assert_int_equal(injected, 0);
	v->info->evtchn_upcall_mask = 0;
	v->nmi_pending = true;
	enter(0);
	assert_int_equal(injected, 1);
	assert_int_equal(injected_nmis, 1);
	enter(0);
	assert_int_equal(injected, 1);
	assert_int_equal(injected_nmis, 1);
	v->info->evtchn_upcall_pending = 1; /* alone, and nothing else to do */
	v->info->evtchn_upcall_mask = 0;
	enter(0);
	assert_int_equal(injected, 2);
}

/* What entry code did without C counts for the CPU where it was done. */
static void trips_without_c_are_counted(void **state)
{
	struct vcpu *v;

	(void)state;
	start(1);
	v = hog(256);
	settle();
	v->entry->faults = 3;
	v->entry->irets = 2;
	fake_cpus[0].counts.of[COUNT_PAGE_FAULT] = 10;
	fake_cpus[0].work |= CPU_WORK_SCHED;
	enter(0);
	assert_int_equal(fake_cpus[0].counts.of[COUNT_PAGE_FAULT], 13);
	assert_int_equal(fake_cpus[0].counts.hypercalls[HYPERCALL_iret], 2);
	fake_cpus[0].work |= CPU_WORK_SCHED;
	enter(0);
	assert_int_equal(fake_cpus[0].counts.of[COUNT_PAGE_FAULT], 13);
}

/* Anything at any time; check_all() says what must hold. */
static void a_storm(void **state)
{
	unsigned int seed = 7;
	nsec_t sum = 0;

	(void)state;
	start(CPUS);
	for (unsigned int i = 0; i < VCPUS; i++)
		new_vcpu((uint16_t)(64u << i % 5));
	for (unsigned int i = 0; i < 40000; i++) {
		unsigned int dice = (unsigned int)rand_r(&seed) >> 4;
		struct vcpu *v = vcpus[dice % VCPUS];

		fake_cpu_id = (dice >> 4) % CPUS; /* who asks */
		switch ((dice >> 8) % 8) {
		case 0:
		case 1:
		case 2:
			wake(v);
			break;
		case 3:
		case 4:
			block(v);
			break;
		case 5:
			if (v->running)
				sched_yield(v);
			break;
		default:
			sched_set_affinity(v, 1 + (dice >> 12) % ((1u << CPUS) - 1));
		}
		run((nsec_t)rand_r(&seed) % (3 * MS));
	}
	for (unsigned int i = 0; i < VCPUS; i++) {
		assert_true(ran[i] > 1000 * MS);
		sum += ran[i];
	}
	assert_true(sum <= CPUS * (fake.now - 1000 * MS));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(equal_weights_share_equally, stop),
		cmocka_unit_test_teardown(a_switch_is_the_next_ones_time, stop),
		cmocka_unit_test_teardown(weights_are_shares, stop),
		cmocka_unit_test_teardown(no_cpu_idles_while_one_waits, stop),
		cmocka_unit_test_teardown(an_idle_cpu_takes_work_from_others, stop),
		cmocka_unit_test_teardown(an_idle_cpu_stands_in_no_line, stop),
		cmocka_unit_test_teardown(nobody_ticks_without_need, stop),
		cmocka_unit_test_teardown(a_woken_one_runs_soon_and_not_for_long, stop),
		cmocka_unit_test_teardown(sleep_is_no_credit, stop),
		cmocka_unit_test_teardown(who_yields_lets_others_go_first, stop),
		cmocka_unit_test_teardown(who_stops_does_not_run, stop),
		cmocka_unit_test_teardown(affinity_is_kept, stop),
		cmocka_unit_test_teardown(more_room_is_used_at_once, stop),
		cmocka_unit_test_teardown(a_moved_one_is_not_late, stop),
		cmocka_unit_test_teardown(a_dead_one_leaves_the_queue, stop),
		cmocka_unit_test_teardown(events_are_delivered_on_the_way_back, stop),
		cmocka_unit_test_teardown(trips_without_c_are_counted, stop),
		cmocka_unit_test_teardown(a_storm, stop),
	};

	return cmocka_run_group_tests_name("hv_sched", tests, NULL, NULL);
}
