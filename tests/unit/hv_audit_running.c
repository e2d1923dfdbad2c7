/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The audit while the machine runs: it stops when its budget is spent, comes back when its slice is
 * over, finds nothing on a machine that changes meanwhile, gives way when it is abandoned, does
 * with little memory, and gives all of it back.
 */
/* SOURCES: tests/unit/audit_machine.c */
/* SOURCES: tests/unit/mmu_guest.c tests/fake/fake*.c hypervisor/core/frame*.c */
/* SOURCES: hypervisor/core/audit*.c hypervisor/core/stop.c hypervisor/core/heap.c */
/* SOURCES: hypervisor/core/mm_*.c hypervisor/core/mmuext.c hypervisor/core/descriptor.c */
/* SOURCES: hypervisor/core/ptwr*.c hypervisor/core/tlb.c hypervisor/core/m2p.c */
/* SOURCES: hypervisor/core/lock.c hypervisor/core/guest_access.c hypervisor/abi/mmu.c */
/* SOURCES: hypervisor/abi/descriptor.c hypervisor/abi/audit.c hypervisor/core/grant*.c */
/* FLAGS: -I../fake -DSHOJI_DEBUG */
#include "audit_machine.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "abi/abi.h"

static void change_something(void)
{
	static unsigned int seed = 1;
	unsigned int r = (seed = seed * 1103515245 + 12345) >> 8;
	struct frame *t = g->l1[1 + r % 2];
	uint64_t value = r & 64 ? entry(g->data[r % DATA], r & 128 ? RW : P) : 0;

	this_cpu()->budget = INT64_MAX / 2;
	assert_int_equal(mm_update_entry(g->v, t, 100 + r / 256 % 100, value, false, g->d), 0);
}

/* An audit in steps of `budget`, with changes in between. */
static unsigned int run_in_steps(int64_t budget, void (*between)(void), unsigned int *steps)
{
	int64_t least = 0;
	long rc;

	ask();
	this_cpu()->budget = budget;
	*steps = 0;
	for (rc = call(0); rc == -XEN_ERESTART; rc = call(again[2])) {
		assert_true(continued);
		assert_int_equal(again[0], SHOJI_AUDIT_run);
		assert_int_equal(again[1], RECORD);
		least = MIN(least, this_cpu()->budget);
		if (between)
			between();
		this_cpu()->budget = budget;
		(*steps)++;
	}
	this_cpu()->budget = INT64_MAX / 2;
	assert_int_equal(take(rc), 0);
	assert_true(least > -40000 || result.stops); /* all at once while all stand */
	return (unsigned int)result.found;
}

static void it_stops_when_its_budget_is_spent(void **state)
{
	unsigned int steps;

	(void)state;
	assert_int_equal(run_in_steps(1, NULL, &steps), 0);
	assert_true(steps > 50);
	assert_int_equal(result.stops, 0);
	g->data[1]->count++;
	assert_int_equal(run_in_steps(1000, NULL, &steps), 1);
	assert_int_equal(found[0].frame, number(g->data[1]));
	g->data[1]->count--;
}

/* It comes back to the caller after 10 ms, not before, and goes on with the number it gave. */
static void in_slices_it_comes_back(void **state)
{
	unsigned int steps = 0, slices = 0;
	uint64_t token = 0;
	long rc = 1;

	(void)state;
	ask();
	g->data[1]->count++;
	while (rc) {
		continued = false;
		this_cpu()->budget = 1;
		rc = abi_shoji_audit(SHOJI_AUDIT_slice, RECORD, token);
		assert_int_equal(continued, rc == -XEN_ERESTART);
		assert_true(!continued || again[0] == SHOJI_AUDIT_slice);
		if (rc > 0)
			assert_int_equal(steps % 10, 0);
		slices += rc > 0;
		steps += rc == -XEN_ERESTART;
		token = continued ? again[2] : (uint64_t)rc;
		fake.now += continued ? 1000000 : 5000000;
	}
	this_cpu()->budget = INT64_MAX / 2;
	assert_int_equal(take(rc), 0);
	assert_int_equal(result.found, 1);
	assert_int_equal(slices, steps / 10);
	assert_true(slices > 5);
	g->data[1]->count--;
}

static void it_finds_nothing_on_a_busy_machine(void **state)
{
	unsigned int steps, stops = 0;

	(void)state;
	for (unsigned int i = 0; i < 50; i++) {
		assert_int_equal(run_in_steps(300, change_something, &steps), 0);
		stops += (unsigned int)result.stops;
	}
	assert_true(stops); /* otherwise it was not busy */
	other->data[1]->count++;
	for (unsigned int i = 0; i < 20; i++) {
		assert_int_equal(run_in_steps(300, change_something, &steps), 1);
		assert_int_equal(found[0].frame, number(other->data[1]));
	}
	other->data[1]->count--;
}

static void in_little_memory_it_goes_range_by_range(void **state)
{
	void *taken[RAM];
	unsigned int n = 0, left = 0, steps;
	struct frame *last;

	(void)state;
	while ((taken[n] = hv_alloc_pages(0)))
		n++;
	for (unsigned int i = 0; i < n; i++) /* pairs that are not neighbours */
		if (machine_unmap_addr(taken[i]).n / 2 % 2)
			taken[left++] = taken[i];
		else
			hv_free_pages(taken[i], 0);
	assert_int_equal(run_in_steps(1000, NULL, &steps), 0);
	assert_true(result.tables >= 2 * 2 * 6); /* each table was read for each range */
	last = mfn_frame(machine_unmap_addr(taken[0]));
	for (unsigned int i = 0; i < left; i++)
		last = MAX(last, mfn_frame(machine_unmap_addr(taken[i])));
	last->type |= FRAME_TYPE_BUSY;
	g->data[1]->count++;
	assert_int_equal(run_in_steps(1000, NULL, &steps), 2);
	assert_int_equal(result.stops, 2);
	g->data[1]->count--;
	last->type = 0;
	while (left)
		hv_free_pages(taken[--left], 0);
}

static void one_at_a_time(void **state)
{
	uint64_t token, free = frames_free();

	(void)state;
	ask();
	this_cpu()->budget = 1;
	assert_int_equal(call(0), -XEN_ERESTART);
	token = again[2];
	assert_true(frames_free() < free);
	assert_int_equal(call(0), -XEN_EBUSY);
	assert_int_equal(call(token + 1), -XEN_EINVAL);
	fake.now += 11000000000; /* whoever it was does not come back */
	this_cpu()->budget = 1;
	assert_int_equal(call(0), -XEN_ERESTART);
	assert_int_equal(call(token), -XEN_EINVAL);
	token = again[2];
	this_cpu()->budget = INT64_MAX / 2;
	assert_int_equal(call(token), 0);
	assert_int_equal(frames_free(), free);
	assert_int_equal(call(token), -XEN_EINVAL);
	assert_int_equal(call(0), 0);
	assert_int_equal(frames_free(), free);
}

static void without_memory(void **state)
{
	void *taken[RAM];
	unsigned int n = 0;

	(void)state;
	ask();
	while ((taken[n] = hv_alloc_pages(0)))
		n++;
	for (unsigned int spare = 0; spare < 5; spare++) { /* it needs 5 at least */
		assert_int_equal(call(0), -XEN_ENOMEM);
		assert_int_equal(frames_free(), spare);
		hv_free_pages(taken[--n], 0);
	}
	while (n)
		hv_free_pages(taken[--n], 0);
	assert_int_equal(call(0), 0);
}

static void the_callers_own_memory(void **state)
{
	struct shoji_audit r = {.findings = FINDINGS, .room = 1};

	(void)state;
	g->data[1]->count++;
	g->data[2]->count++;
	memcpy(fake.guest, &r, sizeof(r));
	assert_int_equal(take(call(0)), 0);
	assert_int_equal(result.written, 1);
	assert_int_equal(result.found, 2);
	r.findings = 8;
	memcpy(fake.guest, &r, sizeof(r));
	assert_int_equal(call(0), -XEN_EFAULT);
	assert_int_equal(abi_shoji_audit(SHOJI_AUDIT_run, 8, 0), -XEN_EFAULT);
	assert_int_equal(abi_shoji_audit(7, RECORD, 0), -XEN_ENOSYS);
	g->data[1]->count--;
	g->data[2]->count--;
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, start, stop)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(it_stops_when_its_budget_is_spent),
		TEST(in_slices_it_comes_back),
		TEST(it_finds_nothing_on_a_busy_machine),
		TEST(in_little_memory_it_goes_range_by_range),
		TEST(one_at_a_time),
		TEST(without_memory),
		TEST(the_callers_own_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
