/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Run states and time reach a guest's kernel although its user mode's tables are loaded. They were
 * lost then: stolen time was too little for a kernel whose programs never let go of the CPU.
 */
/* SOURCES: tests/fake/fake*.c hypervisor/core/frame*.c hypervisor/core/heap.c */
/* SOURCES: hypervisor/core/mm_table.c hypervisor/core/mm_walk.c hypervisor/core/tlb.c */
/* SOURCES: hypervisor/core/m2p.c hypervisor/core/lock.c hypervisor/core/guest_access.c */
/* SOURCES: hypervisor/core/vcpu_area.c hypervisor/lib/printf.c */
/* FLAGS: -I../fake -DSHOJI_DEBUG */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/mm.h"
#include "core/sched.h"
#include "core/time_info.h"
#include "fake.h"
#include "shoji/errno.h"
#include "shoji/hypercalls.h"

#define AREA 0x7f0000000000ULL /* two pages lie there in the kernel's tables */
#define RW   (PTE_PRESENT | PTE_RW | PTE_USER)

static struct domain *d;
static struct vcpu *v;
static struct frame *page[2];
static uint64_t *l1;

struct cpu *sched_lock_cpu_of(struct vcpu *of)
{
	(void)of;
	spin_lock(&fake_cpus[0].run_lock);
	return &fake_cpus[0];
}

void vcpu_mark_events_pending(struct vcpu *of)
{
	(void)of;
}

void time_info_update(struct vcpu *of)
{
	of->info->time.version += 2;
}

struct xen_vcpu_time_info time_info_record(void)
{
	return (struct xen_vcpu_time_info){.version = 2, .system_time = 77};
}

static uint64_t entry(const struct frame *f, uint64_t flags)
{
	return (uint64_t)frame_mfn(f).n << PAGE_SHIFT | flags;
}

static void *bytes_of(const struct frame *f)
{
	return machine_map(frame_mfn(f));
}

static int begin(void **state)
{
	struct frame *tables[4];

	(void)state;
	fake_start(64, 1);
	spin_init(&fake_cpus[0].run_lock, LOCK_RUNQ);
	d = fake_domain(1, 16);
	v = fake_vcpu(d);
	v->info = &v->entry->spare_info;
	for (unsigned int i = 0; i < 4; i++) {
		tables[i] = domain_alloc_frames(d, 0, ALLOC_ZERO);
		if (i)
			((uint64_t *)bytes_of(tables[i - 1]))[AREA >> (48 - 9 * i) & 511] =
				entry(tables[i], RW);
	}
	l1 = bytes_of(tables[3]);
	for (unsigned int i = 0; i < 2; i++) {
		page[i] = domain_alloc_frames(d, 0, ALLOC_ZERO);
		l1[i] = entry(page[i], RW);
	}
	v->cr3_kernel = frame_mfn(tables[0]);
	v->entry->user_mode = true;
	v->runstate.state = RUNSTATE_running;
	v->runstate.state_entry_time = 42;
	v->runstate.time[RUNSTATE_runnable] = 1234567;
	fake_cpus[0].current = v;
	return 0;
}

static int end(void **state)
{
	(void)state;
	fake_stop();
	free(v);
	free(d);
	return 0;
}

static void run_states_while_in_user_mode(void **state)
{
	struct xen_vcpu_runstate_info *r = bytes_of(page[0]);

	(void)state;
	assert_int_equal(vcpu_register_runstate(v, gva(AREA)), 0);
	assert_memory_equal(r, &v->runstate, sizeof(*r));
	d->vm_assist = 1UL << VMASST_TYPE_runstate_update_flag;
	v->runstate.time[RUNSTATE_runnable]++;
	vcpu_write_runstate(v);
	assert_memory_equal(r, &v->runstate, sizeof(*r));
	assert_int_equal(page[0]->type & FRAME_TYPE_COUNT, 0); /* let go again */
}

static void an_area_over_two_pages(void **state)
{
	struct xen_vcpu_runstate_info r;

	(void)state;
	v->runstate_area = gva(AREA + PAGE_SIZE - 12);
	vcpu_write_runstate(v);
	memcpy(&r, (char *)bytes_of(page[0]) + PAGE_SIZE - 12, 12);
	memcpy((char *)&r + 12, bytes_of(page[1]), sizeof(r) - 12);
	assert_memory_equal(&r, &v->runstate, sizeof(r));
}

static void time_while_in_user_mode(void **state)
{
	struct xen_vcpu_time_info *t = bytes_of(page[1]);

	(void)state;
	assert_int_equal(vcpu_register_time(v, gva(AREA + PAGE_SIZE)), 0);
	assert_int_equal(t->system_time, 77);
	t->system_time = 0;
	vcpu_write_time(v);
	assert_int_equal(t->system_time, 77);
	assert_int_equal(v->info->time.version, 2);
}

/* What the kernel could not write itself is not written for it. */
static void where_the_kernel_may_not_write(void **state)
{
	struct domain *other = fake_domain(2, 4);
	struct frame *theirs = domain_alloc_frames(other, 0, ALLOC_ZERO);
	struct frame *table = domain_alloc_frames(d, 0, ALLOC_ZERO);
	const uint64_t refused[] = {
		0,
		entry(page[0], PTE_PRESENT | PTE_USER),
		entry(theirs, RW),
		entry(table, RW),
		RW | 0xffffffff000,
	};

	(void)state;
	assert_int_equal(frame_get_type(table, FRAME_SEGDESC), 0);
	for (unsigned int i = 0; i < ARRAY_SIZE(refused); i++) {
		l1[0] = refused[i];
		assert_int_equal(vcpu_register_time(v, gva(AREA)), -XEN_EFAULT);
		assert_int_equal(v->time_area.a, 0);
	}
	v->cr3_kernel = mfn(0);
	assert_int_equal(vcpu_register_time(v, gva(AREA)), -XEN_EFAULT);
	for (unsigned int i = 0; i < PAGE_SIZE; i++) {
		assert_int_equal(((char *)bytes_of(page[0]))[i], 0);
		assert_int_equal(((char *)bytes_of(theirs))[i], 0);
		assert_int_equal(((char *)bytes_of(table))[i], 0);
	}
	frame_put_type(table);
	free(other);
}

/* A guest may choose a place that lies across the old one. */
static void info_moves_across_itself(void **state)
{
	struct xen_vcpu_info *old = bytes_of(page[0]), *new = (void *)((char *)old + 16);

	(void)state;
	d->vcpu[0] = fake_cpus[0].current = v;
	v->info = old;
	memset(old, 0, sizeof(*old));
	old->arch.cr2 = 0x1234;
	old->time.system_time = 99;
	assert_int_equal(vcpu_register_info(v, frame_mfn(page[0]), 16), 0);
	assert_ptr_equal(v->info, new);
	assert_int_equal(new->arch.cr2, 0x1234);
	assert_int_equal(new->time.system_time, 99);
	vcpu_unregister_info(v);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(info_moves_across_itself, begin, end),
		cmocka_unit_test_setup_teardown(run_states_while_in_user_mode, begin, end),
		cmocka_unit_test_setup_teardown(an_area_over_two_pages, begin, end),
		cmocka_unit_test_setup_teardown(time_while_in_user_mode, begin, end),
		cmocka_unit_test_setup_teardown(where_the_kernel_may_not_write, begin, end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
