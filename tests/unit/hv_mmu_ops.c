/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The hypercalls on page tables and descriptor tables, as a guest calls them: lists, their
 * continuation, other domains' frames, roots, flushes, emulated writes, grant entries. After each
 * test the audit counts all references again.
 */
/* SOURCES: tests/fake/fake*.c hypervisor/core/frame*.c hypervisor/core/mm_*.c */
/* SOURCES: hypervisor/core/mmuext.c hypervisor/core/descriptor.c hypervisor/core/ptwr*.c */
/* SOURCES: hypervisor/core/tlb.c hypervisor/core/m2p.c hypervisor/core/lock.c */
/* SOURCES: hypervisor/core/guest_access.c hypervisor/abi/mmu.c hypervisor/abi/descriptor.c */
/* FLAGS: -I../fake -DSHOJI_DEBUG */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "abi/abi.h"
#include "core/descriptor.h"
#include "core/mm.h"
#include "core/mm_internal.h"
#include "fake.h"

#define RAM  1024
#define P    (PTE_PRESENT | PTE_USER)
#define RW   (P | PTE_RW)
#define DATA 12

/* L4[0] -> L3[0] -> L2[0] -> L1[n], which map data frames from entry 0 on; L1[0][100 + n] shows
 * table n read-only. Virtual address of L1[n]'s entry i: */
#define VA(n, i) (((uint64_t)(n) << 21) | (uint64_t)(i) << 12)

struct guest {
	struct domain *d;
	struct vcpu *v;
	struct frame *l4, *l3, *l2, *l1[3], *data[DATA], *spare;
};

static struct guest *g, *other;
static struct frame *held[64]; /* by roots, GDT, LDT */
static unsigned int held_count;

/* --- the machine's and other files' parts --- */

static mfn_t ldt[16];

void machine_vcpu_reload_cr3(struct vcpu *v)
{
	(void)v;
	fake.flushes++;
}

void machine_vcpu_reload_gdt(struct vcpu *v)
{
	(void)v;
}

void machine_vcpu_reload_ldt(struct vcpu *v)
{
	(void)v;
	for (unsigned int i = 0; i < 16; i++)
		ldt[i] = INVALID_MFN;
}

void machine_map_ldt(struct vcpu *v, unsigned int page, mfn_t m)
{
	(void)v;
	ldt[page] = m;
}

mfn_t machine_ldt_frame(struct vcpu *v, unsigned int page)
{
	(void)v;
	return ldt[page];
}

void machine_flush_caches(bool all_cpus)
{
	(void)all_cpus;
}

struct domain *domain_resolve(struct domain *caller, uint16_t id)
{
	struct domain *d = id == DOMID_SELF || id == caller->id.id ? caller : NULL;

	if (!d && caller->privileged)
		d = id == g->d->id.id ? g->d : id == other->d->id.id ? other->d : NULL;
	if (d)
		domain_ref(d);
	return d;
}

static uint64_t again[4]; /* how a call wants to be continued */
static bool continued;

long abi_continue(uint64_t a1, uint64_t a2, uint64_t a3, uint64_t a4)
{
	memcpy(again, (uint64_t[]){a1, a2, a3, a4}, sizeof(again));
	continued = true;
	return -XEN_ERESTART;
}

/* --- building --- */

static uint64_t entry(const struct frame *f, uint64_t flags)
{
	return frame_mfn(f).n << PAGE_SHIFT | flags;
}

static uint64_t *table(const struct frame *f)
{
	return machine_map(frame_mfn(f));
}

static uint64_t address(const struct frame *f, unsigned int index)
{
	return (frame_mfn(f).n << PAGE_SHIFT) + index * 8;
}

static struct frame *new_frame(struct domain *d)
{
	struct frame *f = domain_alloc_frames(d, 0, ALLOC_ZERO);

	assert_non_null(f);
	return f;
}

static struct guest *new_guest(uint16_t id)
{
	struct guest *n = calloc(1, sizeof(*n));

	n->d = fake_domain(id, RAM);
	n->d->max_vcpus = 1;
	n->v = fake_vcpu(n->d);
	n->l4 = new_frame(n->d);
	n->l3 = new_frame(n->d);
	n->l2 = new_frame(n->d);
	n->spare = new_frame(n->d);
	for (unsigned int i = 0; i < DATA; i++)
		n->data[i] = new_frame(n->d);
	table(n->l4)[0] = entry(n->l3, RW);
	table(n->l3)[0] = entry(n->l2, RW);
	for (unsigned int i = 0; i < 3; i++) {
		n->l1[i] = new_frame(n->d);
		table(n->l2)[i] = entry(n->l1[i], RW);
		for (unsigned int k = 0; k < DATA; k++)
			table(n->l1[i])[k] = entry(n->data[k], i ? P : RW);
	}
	for (unsigned int i = 0; i < 3; i++)
		table(n->l1[0])[100 + i] = entry(n->l1[i], P);
	return n;
}

static void hold(struct frame *f)
{
	held[held_count++] = f;
}

static void audit(void)
{
	assert_int_equal(fake_audit(held, held_count), 0);
}

static void end_guest(struct guest *n)
{
	n->d->dying = DOMAIN_DYING;
	mm_drop_vcpu(n->v);
	while (mm_relinquish(n->d))
		this_cpu()->budget = 1000;
	assert_int_equal(n->d->page_count, 0);
	domain_put(n->d);
	free(n);
}

static int start(void **state)
{
	(void)state;
	fake_start(RAM, 2);
	held_count = 0;
	machine_vcpu_reload_ldt(NULL);
	g = new_guest(1);
	other = new_guest(2);
	this_cpu()->current = g->v;
	assert_int_equal(mm_set_cr3(g->v, frame_mfn(g->l4)), 0);
	hold(g->l4);
	continued = false;
	return 0;
}

static int stop(void **state)
{
	(void)state;
	this_cpu()->budget = INT64_MAX / 2;
	audit();
	end_guest(g);
	end_guest(other);
	assert_int_equal(frames_free(), RAM);
	fake_stop();
	return 0;
}

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

/* --- mmuext_op --- */

static long ext(unsigned int cmd, uint64_t arg1, uint64_t arg2, uint64_t foreign)
{
	struct xen_mmuext_op op = {.cmd = cmd, .arg1.mfn = arg1, .arg2.src_mfn = arg2};

	memcpy(fake.guest, &op, sizeof(op));
	return abi_mmuext_op(FAKE_GUEST_VA, 1, 0, foreign);
}

static uint64_t number(const struct frame *f)
{
	return frame_mfn(f).n;
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

#define T(f) cmocka_unit_test_setup_teardown(f, start, stop)

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
		T(plain_writes_become_updates),
		T(other_writes_are_the_guests_fault),
		T(an_entry_is_replaced_only_if_it_is_the_expected),
		T(grant_entries),
		T(grant_entries_go_with_their_table),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
