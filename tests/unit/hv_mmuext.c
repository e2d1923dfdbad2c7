/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a guest asks for whole tables: pins, roots, flushes, frames cleared and copied, and the
 * descriptor tables of its vCPU. Single entries are in hv_mmu_ops.c.
 */
/* SOURCES: tests/unit/mmu_guest.c tests/fake/fake*.c hypervisor/core/frame*.c */
/* SOURCES: hypervisor/core/mm_*.c hypervisor/core/mmuext.c hypervisor/core/descriptor.c */
/* SOURCES: hypervisor/core/ptwr*.c hypervisor/core/tlb.c hypervisor/core/m2p.c */
/* SOURCES: hypervisor/core/lock.c hypervisor/core/guest_access.c hypervisor/abi/mmu.c */
/* SOURCES: hypervisor/abi/descriptor.c */
/* FLAGS: -I../fake -DSHOJI_DEBUG */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "abi/abi.h"
#include "core/descriptor.h"
#include "mmu_guest.h"

/* --- mmuext_op --- */

static long ext(unsigned int cmd, uint64_t arg1, uint64_t arg2, uint64_t foreign)
{
	struct xen_mmuext_op op = {.cmd = cmd, .arg1.mfn = arg1, .arg2.src_mfn = arg2};

	memcpy(fake.guest, &op, sizeof(op));
	return abi_mmuext_op(FAKE_GUEST_VA, 1, 0, foreign);
}

static void pins_of_own_and_foreign_tables(void **state)
{
	(void)state;
	assert_int_equal(ext(MMUEXT_PIN_L1_TABLE, number(g->spare), 0, DOMID_SELF), 0);
	assert_int_equal(frame_type_now(g->spare), FRAME_L1);
	assert_int_equal(ext(MMUEXT_PIN_L2_TABLE, number(g->spare), 0, DOMID_SELF), -XEN_EINVAL);
	assert_int_equal(ext(MMUEXT_UNPIN_TABLE, number(g->spare), 0, DOMID_SELF), 0);
	assert_int_equal(ext(MMUEXT_PIN_L4_TABLE, number(other->l4), 0, 2), -XEN_ESRCH);
	g->d->privileged = true;
	assert_int_equal(ext(MMUEXT_PIN_L4_TABLE, number(other->l4), 0, DOMID_SELF), -XEN_EINVAL);
	assert_int_equal(ext(MMUEXT_PIN_L4_TABLE, number(other->l4), 0, 2), 0);
	audit();
	assert_int_equal(ext(MMUEXT_NEW_BASEPTR, number(other->l4), 0, 2), -XEN_EPERM);
}

static void new_roots(void **state)
{
	(void)state;
	assert_int_equal(ext(MMUEXT_NEW_BASEPTR, 0, 0, DOMID_SELF), -XEN_EINVAL);
	assert_int_equal(ext(MMUEXT_NEW_BASEPTR, number(g->data[0]), 0, DOMID_SELF), -XEN_EINVAL);
	assert_int_equal(ext(MMUEXT_NEW_BASEPTR, number(other->l4), 0, DOMID_SELF), -XEN_EINVAL);
	audit();
	assert_int_equal(ext(MMUEXT_NEW_USER_BASEPTR, number(g->spare), 0, DOMID_SELF), 0);
	hold(g->spare);
	audit();
	assert_int_equal(ext(MMUEXT_NEW_BASEPTR, number(g->spare), 0, DOMID_SELF), 0);
	held[0] = g->spare; /* the former root is nobody's now */
	assert_int_equal(frame_type_now(g->l3), FRAME_NONE);
	audit();
	assert_int_equal(ext(MMUEXT_NEW_USER_BASEPTR, 0, 0, DOMID_SELF), 0);
	held_count--;
}

/* The old root is let go in many small steps, each of which ends the call. */
static void a_root_is_let_go_step_by_step(void **state)
{
	unsigned int calls = 0;
	long rc;

	(void)state;
	this_cpu()->budget = 0;
	rc = ext(MMUEXT_NEW_BASEPTR, number(g->spare), 0, DOMID_SELF);
	while (continued) {
		continued = false;
		this_cpu()->budget = 0;
		rc = abi_mmuext_op(again[0], again[1], again[2], again[3]);
		assert_true(++calls < 1000);
	}
	assert_int_equal(rc, 0);
	assert_true(calls > 3);
	assert_int_equal(g->v->partial_root.n, INVALID_MFN.n);
	assert_int_equal(frame_type_now(g->l1[0]), FRAME_NONE);
	held[0] = g->spare;
}

/* The same, and the domain dies in the middle. */
static void death_while_a_root_is_let_go(void **state)
{
	(void)state;
	this_cpu()->budget = 0;
	(void)ext(MMUEXT_NEW_BASEPTR, number(g->spare), 0, DOMID_SELF);
	assert_int_not_equal(g->v->partial_root.n, INVALID_MFN.n);
	this_cpu()->budget = INT64_MAX / 2;
	held[0] = g->spare;
	hold(g->l4);
}

static void pages_are_cleared_and_copied(void **state)
{
	(void)state;
	memset(table(g->spare), 0x5a, PAGE_SIZE);
	assert_int_equal(ext(MMUEXT_COPY_PAGE, number(g->data[1]), number(g->spare), DOMID_SELF),
			 0);
	assert_memory_equal(table(g->data[1]), table(g->spare), PAGE_SIZE);
	assert_int_equal(ext(MMUEXT_CLEAR_PAGE, number(g->spare), 0, DOMID_SELF), 0);
	assert_int_equal(table(g->spare)[511], 0);
	assert_int_equal(ext(MMUEXT_CLEAR_PAGE, number(g->l1[0]), 0, DOMID_SELF), -XEN_EINVAL);
	assert_int_equal(ext(MMUEXT_COPY_PAGE, number(g->l2), number(g->spare), DOMID_SELF),
			 -XEN_EINVAL);
	assert_int_equal(ext(MMUEXT_COPY_PAGE, number(g->spare), number(other->l2), DOMID_SELF),
			 -XEN_EINVAL);
	assert_int_equal(ext(MMUEXT_CLEAR_PAGE, ~0ULL, 0, DOMID_SELF), -XEN_EINVAL);
}

static void flushes_reach_the_right_cpus(void **state)
{
	uint64_t pages = fake.page_flushes;

	(void)state;
	g->d->dirty_cpus = 3;
	assert_int_equal(ext(MMUEXT_TLB_FLUSH_LOCAL, 0, 0, DOMID_SELF), 0);
	assert_int_equal(fake.last_flush, 1);
	assert_int_equal(ext(MMUEXT_TLB_FLUSH_ALL, 0, 0, DOMID_SELF), 0);
	assert_int_equal(fake.last_flush, 3);
	fake.guest[100] = 1;
	g->v->cpu = 1;
	assert_int_equal(ext(MMUEXT_TLB_FLUSH_MULTI, 0, FAKE_GUEST_VA + 100, DOMID_SELF), 0);
	assert_int_equal(fake.last_flush, 2);
	g->v->cpu = 7; /* where nothing of the domain is cached */
	assert_int_equal(ext(MMUEXT_TLB_FLUSH_MULTI, 0, FAKE_GUEST_VA + 100, DOMID_SELF), 0);
	assert_int_equal(fake.last_flush, 0);
	assert_int_equal(ext(MMUEXT_INVLPG_ALL, 0x1000, 0, DOMID_SELF), 0);
	assert_int_equal(fake.page_flushes, pages + 1);
	assert_int_equal(ext(MMUEXT_INVLPG_ALL, HV_VIRT_START, 0, DOMID_SELF),
			 0); /* not a guest's */
	assert_int_equal(ext(MMUEXT_INVLPG_LOCAL, 1ULL << 50, 0, DOMID_SELF), 0);
	assert_int_equal(fake.page_flushes, pages + 1);
	assert_int_equal(ext(MMUEXT_TLB_FLUSH_MULTI, 0, 8, DOMID_SELF), -XEN_EFAULT);
	assert_int_equal(ext(MMUEXT_FLUSH_CACHE, 0, 0, DOMID_SELF), -XEN_EACCES);
}

static void unknown_operations(void **state)
{
	(void)state;
	assert_int_equal(ext(MMUEXT_MARK_SUPER, 0, 0, DOMID_SELF), -XEN_EOPNOTSUPP);
	assert_int_equal(ext(14, 0, 0, DOMID_SELF), -XEN_ENOSYS);
	assert_int_equal(ext(21, 0, 0, DOMID_SELF), -XEN_ENOSYS);
	assert_int_equal(ext(~0u, 0, 0, DOMID_SELF), -XEN_ENOSYS);
}

/* --- descriptors --- */

#define CODE64	 0x00af9a000000ffffULL
#define DATA3	 0x00cff3000000ffffULL
#define TSS	 0x0000890000000067ULL
#define CALLGATE 0x0000ec0000080000ULL

static void what_a_descriptor_may_be(void **state)
{
	uint64_t d = CODE64;

	(void)state;
	assert_true(descriptor_check(&d));
	assert_int_equal(d, CODE64 | DESC_DPL | DESC_ACCESSED);
	d = DATA3;
	assert_true(descriptor_check(&d));
	d = TSS;
	assert_false(descriptor_check(&d));
	d = CALLGATE;
	assert_false(descriptor_check(&d));
	d = TSS & ~DESC_PRESENT;
	assert_true(descriptor_check(&d));
	assert_int_equal(d, TSS & ~DESC_PRESENT);
}

static long set_gdt(unsigned int frames, unsigned int entries)
{
	uint64_t list[DATA];

	for (unsigned int i = 0; i < frames; i++)
		list[i] = number(g->data[i]);
	memcpy(fake.guest, list, sizeof(list));
	return abi_set_gdt(FAKE_GUEST_VA, entries);
}

static void unmap_data(void)
{
	for (unsigned int i = 0; i < DATA; i++)
		assert_int_equal(abi_update_va_mapping(VA(0, i), 0, 0), 0);
}

static void a_gdt_is_taken_wholly_or_not(void **state)
{
	(void)state;
	assert_int_equal(set_gdt(1, 512), -XEN_EINVAL); /* mapped writable */
	unmap_data();
	table(g->data[1])[511] = TSS;
	assert_int_equal(set_gdt(2, 1024), -XEN_EINVAL);
	assert_int_equal(frame_type_now(g->data[0]), FRAME_NONE);
	table(g->data[1])[511] = CODE64;
	assert_int_equal(set_gdt(2, 513), 0);
	hold(g->data[0]);
	hold(g->data[1]);
	audit();
	assert_int_equal(table(g->data[1])[511], CODE64 | DESC_DPL | DESC_ACCESSED);
	assert_int_equal(abi_update_va_mapping(VA(0, 0), entry(g->data[0], RW), 0), -XEN_EINVAL);
	assert_int_equal(abi_update_descriptor(address(g->data[0], 3), DATA3), 0);
	assert_int_equal(table(g->data[0])[3], DATA3 | DESC_ACCESSED);
	assert_int_equal(abi_update_descriptor(address(g->data[0], 3), TSS), -XEN_EINVAL);
	assert_int_equal(abi_update_descriptor(address(g->data[0], 3) + 4, DATA3), -XEN_EINVAL);
	assert_int_equal(abi_update_descriptor(address(g->l1[0], 3), DATA3), -XEN_EINVAL);
	assert_int_equal(abi_update_descriptor(address(other->data[0], 3), DATA3), -XEN_EINVAL);
	assert_int_equal(abi_update_descriptor(~7ULL, DATA3), -XEN_EINVAL);
	assert_int_equal(set_gdt(0, FIRST_RESERVED_GDT_ENTRY + 1), -XEN_EINVAL);
	assert_int_equal(set_gdt(1, 1), 0);
	held_count--;
	audit();
	assert_int_equal(set_gdt(0, 0), 0);
	held_count--;
}

static void an_ldt_is_mapped_page_by_page(void **state)
{
	(void)state;
	unmap_data(); /* L1[1] shows them read-only */
	assert_int_equal(ext(MMUEXT_SET_LDT, VA(1, 0) + 8, 600, DOMID_SELF), -XEN_EINVAL);
	assert_int_equal(ext(MMUEXT_SET_LDT, VA(1, 0), 8193, DOMID_SELF), -XEN_EINVAL);
	assert_int_equal(ext(MMUEXT_SET_LDT, HV_VIRT_START, 1, DOMID_SELF), -XEN_EINVAL);
	assert_int_equal(ext(MMUEXT_SET_LDT, VA(1, 0), 600, DOMID_SELF), 0);
	assert_true(mm_map_ldt_page(g->v, 1));
	assert_int_equal(ldt[1].n, number(g->data[1]));
	assert_int_equal(frame_type_now(g->data[1]), FRAME_SEGDESC);
	hold(g->data[1]);
	audit();
	assert_false(mm_map_ldt_page(g->v, 1)); /* it was not that */
	assert_false(mm_map_ldt_page(g->v, 2)); /* beyond the end */
	table(g->data[0])[0] = TSS;
	assert_false(mm_map_ldt_page(g->v, 0));
	audit();
	assert_int_equal(ext(MMUEXT_SET_LDT, 0, 0, DOMID_SELF), 0);
	held_count--;
	assert_int_equal(frame_type_now(g->data[1]), FRAME_NONE);
}

#define T(f) cmocka_unit_test_setup_teardown(f, mmu_start, mmu_stop)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(pins_of_own_and_foreign_tables),
		T(new_roots),
		T(a_root_is_let_go_step_by_step),
		T(death_while_a_root_is_let_go),
		T(pages_are_cleared_and_copied),
		T(flushes_reach_the_right_cpus),
		T(unknown_operations),
		T(what_a_descriptor_may_be),
		T(a_gdt_is_taken_wholly_or_not),
		T(an_ldt_is_mapped_page_by_page),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
