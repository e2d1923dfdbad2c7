/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Every way to change an entry of a page table: lists by machine address and their continuation,
 * one by virtual address, plain writes that are emulated, grants. What works on tables as a whole
 * is in hv_mmuext.c.
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
#include "mmu_guest.h"

/* The guest's memory: requests at 0, `done` at 60000. */
#define DONE (FAKE_GUEST_VA + 60000)

static uint32_t *done(void)
{
	return (uint32_t *)(fake.guest + 60000);
}

static void request(unsigned int n, uint64_t ptr, uint64_t val)
{
	struct xen_mmu_update r = {ptr, val};

	memcpy(fake.guest + n * sizeof(r), &r, sizeof(r));
}

static long update(unsigned int count, uint64_t foreign)
{
	*done() = 0xdead;
	return abi_mmu_update(FAKE_GUEST_VA, count, DONE, foreign);
}

/* --- mmu_update --- */

static void a_list_is_carried_out_in_order(void **state)
{
	(void)state;
	request(0, address(g->l1[0], 5), 0);
	request(1, address(g->l1[1], 7), entry(g->data[1], RW));
	request(2, address(g->l1[0], 5), entry(g->data[2], P));
	request(3, address(g->spare, 9), 0x1234567); /* no table: plain memory */
	request(4, address(g->data[3], 0) | MMU_MACHPHYS_UPDATE, 77);
	assert_int_equal(update(5, DOMID_SELF), 0);
	assert_int_equal(*done(), 5);
	assert_int_equal(table(g->l1[0])[5], entry(g->data[2], P));
	assert_int_equal(table(g->l1[1])[7], entry(g->data[1], RW));
	assert_int_equal(table(g->spare)[9], 0x1234567);
	assert_int_equal(m2p_get(frame_mfn(g->data[3])), 77);
}

static void a_list_stops_at_the_first_error(void **state)
{
	(void)state;
	request(0, address(g->l1[0], 5), 0);
	request(1, address(g->l1[0], 6), entry(g->l1[1], RW)); /* a table, writable */
	request(2, address(g->l1[0], 7), 0);
	assert_int_equal(update(3, DOMID_SELF), -XEN_EINVAL);
	assert_int_equal(*done(), 1);
	assert_int_equal(table(g->l1[0])[5], 0);
	assert_int_equal(table(g->l1[0])[6], entry(g->data[6], RW));
	assert_int_equal(table(g->l1[0])[7], entry(g->data[7], RW));
}

static void single_requests_are_refused(void **state)
{
	const struct xen_mmu_update bad[] = {
		{address(g->l1[0], 1) + 4, 0},			  /* not aligned */
		{address(other->l1[0], 1), 0},			  /* not ours */
		{frame_max << PAGE_SHIFT, 0},			  /* not RAM */
		{~7ULL, 0},					  /* no such frame */
		{address(g->l1[0], 1), entry(other->data[0], P)}, /* not our frame */
		{address(g->l4, 256), 0},			  /* the hypervisor's slot */
		{address(g->l4, 1), entry(g->l4, RW)},		  /* recursive */
		{address(g->l4, 1), entry(g->data[0], RW)},	  /* writable data as a table */
		{address(other->data[0], 0) | MMU_MACHPHYS_UPDATE, 1},
	};

	(void)state;
	for (unsigned int i = 0; i < ARRAY_SIZE(bad); i++) {
		request(0, bad[i].ptr, bad[i].val);
		assert_int_equal(update(1, DOMID_SELF), -XEN_EINVAL);
		assert_int_equal(*done(), 0);
		audit();
	}
	assert_int_equal(abi_mmu_update(HV_VIRT_START, 1, DONE, DOMID_SELF), -XEN_EFAULT);
	assert_int_equal(abi_mmu_update(FAKE_GUEST_VA - 16, 2, DONE, DOMID_SELF), -XEN_EFAULT);
	assert_int_equal(abi_mmu_update(FAKE_GUEST_VA, 1, 8, DOMID_SELF), -XEN_EFAULT);
}

static void an_interrupted_list_goes_on(void **state)
{
	long rc;
	unsigned int calls = 1;

	(void)state;
	for (unsigned int i = 0; i < 9; i++)
		request(i, address(g->l1[1], 20 + i), entry(g->data[i], P));
	this_cpu()->budget = 200;
	rc = update(9, DOMID_SELF);
	while (continued) {
		continued = false;
		assert_int_equal(rc, -XEN_ERESTART);
		audit();
		this_cpu()->budget = 200;
		rc = abi_mmu_update(again[0], again[1], again[2], again[3]);
		calls++;
	}
	assert_int_equal(rc, 0);
	assert_true(calls > 3);
	assert_int_equal(*done(), 9);
	assert_int_equal(table(g->l1[1])[28], entry(g->data[8], P));
}

static void the_control_domain_reaches_others(void **state)
{
	(void)state;
	request(0, address(g->l1[0], 5), entry(other->data[0], RW));
	assert_int_equal(update(1, 2), -XEN_ESRCH);
	g->d->privileged = true;
	assert_int_equal(update(1, 2), 0); /* maps a frame of domain 2 */
	assert_int_equal(frame_type_now(other->data[0]), FRAME_WRITABLE);
	audit();
	request(0, address(g->l1[0], 6), entry(g->data[0], RW));
	assert_int_equal(update(1, 2), -XEN_EINVAL); /* not domain 2's */
	/* a table of domain 2, and its frame */
	assert_int_equal(mm_pin_table(other->d, frame_mfn(other->l1[2]), FRAME_L1), 0);
	request(0, address(other->l1[2], 30), entry(other->data[3], P));
	assert_int_equal(update(1, 2 | 3 << 16), 0);
	request(0, address(other->l1[2], 30), entry(other->data[4], P));
	assert_int_equal(update(1, DOMID_SELF | 3 << 16), -XEN_EINVAL);
	assert_int_equal(update(1, 2 | 99 << 16), -XEN_ESRCH);
	audit();
	request(0, address(g->l1[0], 5), 0);
	assert_int_equal(update(1, DOMID_SELF), 0);
	assert_int_equal(frame_type_now(other->data[0]), FRAME_NONE);
}

static void accessed_and_dirty_are_kept_if_wanted(void **state)
{
	uint64_t both = PTE_ACCESSED | PTE_DIRTY;

	(void)state;
	table(g->l1[0])[5] |= both;
	request(0, address(g->l1[0], 5) | MMU_PT_UPDATE_PRESERVE_AD, entry(g->data[5], P));
	assert_int_equal(update(1, DOMID_SELF), 0);
	assert_int_equal(table(g->l1[0])[5], entry(g->data[5], P | both));
	request(0, address(g->l1[0], 5), entry(g->data[5], P));
	assert_int_equal(update(1, DOMID_SELF), 0);
	assert_int_equal(table(g->l1[0])[5], entry(g->data[5], P));
}

/* --- update_va_mapping --- */

static void by_virtual_address(void **state)
{
	uint64_t flushes, pages;
	long rc;

	(void)state;
	rc = abi_update_va_mapping(VA(1, 3), entry(g->data[9], RW), UVMF_NONE);
	assert_int_equal(rc, 0);
	assert_int_equal(table(g->l1[1])[3], entry(g->data[9], RW));
	flushes = fake.flushes, pages = fake.page_flushes;
	rc = abi_update_va_mapping(VA(1, 3), 0, UVMF_INVLPG | UVMF_LOCAL);
	assert_int_equal(rc, 0);
	assert_true(fake.flushes == flushes && fake.page_flushes == pages + 1);
	g->d->dirty_cpus = 3;
	assert_int_equal(abi_update_va_mapping(VA(1, 3), 0, UVMF_TLB_FLUSH | UVMF_ALL), 0);
	assert_int_equal(fake.last_flush, 3);
	assert_int_equal(abi_update_va_mapping(VA(1, 3), 0, UVMF_TLB_FLUSH | UVMF_LOCAL), 0);
	assert_int_equal(fake.last_flush, 1);
	memset(fake.guest, 0xff, 8); /* vCPU 0, which is on CPU 1, and some that do not exist */
	g->v->cpu = 1;
	rc = abi_update_va_mapping(VA(1, 3), 0, UVMF_TLB_FLUSH | FAKE_GUEST_VA);
	assert_int_equal(rc, 0);
	assert_int_equal(fake.last_flush, 2);
	assert_int_equal(abi_update_va_mapping(VA(5, 3), 0, 0), -XEN_EINVAL); /* no L1 there */
	assert_int_equal(abi_update_va_mapping(HV_VIRT_START, 0, 0), -XEN_EINVAL);
	assert_int_equal(abi_update_va_mapping(1ULL << 50, 0, 0), -XEN_EINVAL);
	rc = abi_update_va_mapping(VA(1, 3), entry(other->data[1], P), 0);
	assert_int_equal(rc, -XEN_EINVAL);
}

/* --- writes by plain instructions --- */

#define CODE_AT 4096

static void code(const char *bytes, size_t n)
{
	memset(fake.guest + CODE_AT, 0x90, 32);
	memcpy(fake.guest + CODE_AT, bytes, n);
	vcpu_regs(g->v)->rip = FAKE_GUEST_VA + CODE_AT;
}
#define CODE(s) code(s, sizeof(s) - 1)

static bool took(unsigned int length)
{
	return vcpu_regs(g->v)->rip == FAKE_GUEST_VA + CODE_AT + length;
}

static void plain_writes_become_updates(void **state)
{
	struct xen_cpu_user_regs *r = vcpu_regs(g->v);
	uint64_t at = VA(0, 101); /* L1[1], shown read-only */

	(void)state;
	r->rax = entry(g->data[4], RW);
	CODE("\x48\x89\x07"); /* mov %rax, (%rdi) */
	assert_true(mm_emulate_pt_write(g->v, at + 8 * 50));
	assert_true(took(3));
	assert_int_equal(table(g->l1[1])[50], entry(g->data[4], RW));
	audit();
	CODE("\xf0\x80\x27\xfd"); /* lock andb $~2, (%rdi) */
	table(g->l1[1])[50] |= PTE_DIRTY;
	assert_true(mm_emulate_pt_write(g->v, at + 8 * 50));
	assert_true(took(4));
	assert_int_equal(table(g->l1[1])[50], entry(g->data[4], P | PTE_DIRTY));
	audit();
	r->rax = 0;
	CODE("\x48\x87\x07"); /* xchg %rax, (%rdi) */
	assert_true(mm_emulate_pt_write(g->v, at + 8 * 50));
	assert_int_equal(r->rax, entry(g->data[4], P | PTE_DIRTY));
	assert_int_equal(table(g->l1[1])[50], 0);
	r->rax = 1;
	r->rcx = entry(g->data[3], P);
	CODE("\xf0\x48\x0f\xb1\x0e"); /* lock cmpxchg %rcx, (%rsi): fails */
	assert_true(mm_emulate_pt_write(g->v, at + 8 * 50));
	assert_true(took(5) && r->rax == 0 && !(r->rflags & 0x40));
	CODE("\xf0\x48\x0f\xb1\x0e");
	assert_true(mm_emulate_pt_write(g->v, at + 8 * 50));
	assert_true(took(5) && (r->rflags & 0x40));
	assert_int_equal(table(g->l1[1])[50], entry(g->data[3], P));
	r->rax = entry(g->data[3], P) >> 8;
	CODE("\x88\x47\x01"); /* mov %al, 1(%rdi): the second byte */
	assert_true(mm_emulate_pt_write(g->v, at + 8 * 50 + 1));
	assert_int_equal(table(g->l1[1])[50], entry(g->data[3], P));
}

static void other_writes_are_the_guests_fault(void **state)
{
	struct xen_cpu_user_regs *r = vcpu_regs(g->v);
	uint64_t at = VA(0, 101);

	(void)state;
	r->rax = entry(g->l2, RW); /* a table, writable */
	CODE("\x48\x89\x07");
	assert_false(mm_emulate_pt_write(g->v, at));
	r->rax = entry(other->data[0], P);
	assert_false(mm_emulate_pt_write(g->v, at));
	r->rax = 0;
	assert_false(mm_emulate_pt_write(g->v, at + 4));     /* over two entries */
	assert_false(mm_emulate_pt_write(g->v, VA(0, 3)));   /* shown writable */
	assert_false(mm_emulate_pt_write(g->v, VA(1, 3)));   /* read-only, but no table */
	assert_false(mm_emulate_pt_write(g->v, VA(0, 300))); /* nothing there */
	assert_false(mm_emulate_pt_write(g->v, 1ULL << 50));
	CODE("\x48\x8b\x07"); /* a load */
	assert_false(mm_emulate_pt_write(g->v, at));
	assert_true(took(0));
	r->rip = 0x5000; /* no code can be read there */
	assert_false(mm_emulate_pt_write(g->v, at));
	assert_int_equal(table(g->l1[1])[0], entry(g->data[0], P));
}

static void an_entry_is_replaced_only_if_it_is_the_expected(void **state)
{
	uint64_t old = entry(g->data[5], RW), new = entry(g->data[6], P);

	(void)state;
	assert_int_equal(mm_replace_l1_entry(g->l1[0], 5, old | PTE_DIRTY, new), -XEN_EAGAIN);
	assert_int_equal(mm_replace_l1_entry(g->l1[0], 5, old | PTE_DIRTY, old & ~PTE_RW),
			 -XEN_EAGAIN);
	assert_int_equal(mm_replace_l1_entry(g->l1[1], 5, old, old), -XEN_EAGAIN);
	audit();
	assert_int_equal(table(g->l1[0])[5], old);
	assert_int_equal(mm_replace_l1_entry(g->l1[0], 5, old, new), 0);
	assert_int_equal(mm_replace_l1_entry(g->spare, 5, 0, new), -XEN_EINVAL);
	assert_int_equal(mm_replace_l1_entry(g->l2, 5, 0, new), -XEN_EINVAL);
}

/* --- grants' entries --- */

static void grant_entries(void **state)
{
	mfn_t m = frame_mfn(other->data[2]);
	uint64_t pte = address(g->l1[1], 60);

	(void)state;
	assert_int_equal(mm_grant_map(g->v, true, pte, m, other->d, false, 5), 0);
	assert_int_equal(table(g->l1[1])[60] & (PTE_FRAME | PTE_RW | PTE_AVAIL),
			 m.n << PAGE_SHIFT | PTE_RW | 5 << 9);
	audit();
	assert_int_equal(mm_grant_unmap(g->v, true, pte, m, true), -XEN_EINVAL); /* not read-only */
	assert_int_equal(mm_grant_unmap(g->v, true, pte, frame_mfn(g->data[0]), false),
			 -XEN_EINVAL);
	assert_int_equal(mm_grant_unmap(g->v, true, pte, m, false), 0);
	assert_int_equal(mm_grant_unmap(g->v, true, pte, m, false), -XEN_EINVAL);
	audit();
	assert_int_equal(mm_grant_map(g->v, false, VA(0, 4), m, other->d, true, 0),
			 0); /* replaces */
	assert_int_equal(frame_type_now(other->data[2]), FRAME_NONE);
	audit();
	assert_int_equal(mm_grant_unmap(g->v, false, VA(0, 4), m, true), 0);
	assert_int_equal(mm_grant_map(g->v, true, pte + 4, m, other->d, true, 0), -XEN_EINVAL);
	assert_int_equal(mm_grant_map(g->v, false, VA(0, 4) + 8, m, other->d, true, 0),
			 -XEN_EINVAL);
	assert_int_equal(mm_grant_map(g->v, true, address(g->l2, 3), m, other->d, true, 0),
			 -XEN_EINVAL);
	assert_int_equal(mm_grant_map(g->v, true, address(g->spare, 3), m, other->d, true, 0),
			 -XEN_EINVAL);
	assert_int_equal(mm_grant_map(g->v, true, address(other->l1[0], 3), m, other->d, true, 0),
			 -XEN_EINVAL);
	assert_int_equal(mm_grant_map(g->v, true, pte, frame_mfn(other->l4), other->d, true, 0), 0);
	assert_int_equal(mm_grant_unmap(g->v, true, pte, frame_mfn(other->l4), true), 0);
}

/* A frame that is granted stays the other's, however the mapping goes. */
static void grant_entries_go_with_their_table(void **state)
{
	(void)state;
	assert_int_equal(mm_grant_map(g->v, true, address(g->l1[1], 60), frame_mfn(other->data[2]),
				      other->d, false, 0),
			 0);
	request(0, address(g->l2, 1), 0);
	assert_int_equal(update(1, DOMID_SELF), 0);
	assert_int_equal(frame_type_now(other->data[2]), FRAME_NONE);
	request(0, address(g->l2, 1), entry(g->l1[1], RW)); /* with the foreign entry in it */
	assert_int_equal(update(1, DOMID_SELF), -XEN_EINVAL);
}

#define T(f) cmocka_unit_test_setup_teardown(f, mmu_start, mmu_stop)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(a_list_is_carried_out_in_order),
		T(a_list_stops_at_the_first_error),
		T(single_requests_are_refused),
		T(an_interrupted_list_goes_on),
		T(the_control_domain_reaches_others),
		T(accessed_and_dirty_are_kept_if_wanted),
		T(by_virtual_address),
		T(plain_writes_become_updates),
		T(other_writes_are_the_guests_fault),
		T(an_entry_is_replaced_only_if_it_is_the_expected),
		T(grant_entries),
		T(grant_entries_go_with_their_table),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
