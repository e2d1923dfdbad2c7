/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * grant_table_op as guests call it: domain 1 lends frames, domain 2 maps and copies them. What was
 * not lent cannot be had; what is in use says so in its entry; whatever is undone or cut off by a
 * death leaves every frame with the references that its tables explain.
 */
/* SOURCES: tests/fake/fake*.c hypervisor/core/frame*.c hypervisor/core/mm_table.c */
/* SOURCES: hypervisor/core/mm_update_entry.c hypervisor/core/mm_pin.c hypervisor/core/mm_walk.c */
/* SOURCES: hypervisor/core/mm_relinquish.c hypervisor/core/heap.c hypervisor/core/tlb.c */
/* SOURCES: hypervisor/core/m2p.c hypervisor/core/lock.c hypervisor/core/guest_access.c */
/* SOURCES: hypervisor/core/grant*.c hypervisor/core/mm_grant.c hypervisor/abi/grant.c */
/* FLAGS: -I../fake -DSHOJI_DEBUG */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "abi/abi.h"
#include "core/frame_internal.h"
#include "core/grant_internal.h"
#include "core/mm_internal.h"
#include "fake.h"

#define RAM	   4096
#define DOMAINS	   3 /* 0 is privileged */
#define MAX_FRAMES 2
#define HANDLES	   1 /* page of them */
#define LENT	   8
#define LIST	   (FAKE_GUEST_VA + 4096)
#define OUT	   (FAKE_GUEST_VA + 32768)
#define P	   (PTE_PRESENT | PTE_USER)

static struct domain *dom[DOMAINS];
static struct xen_grant_entry_v1 *grants; /* of domain 1, as it sees them */
static struct frame *lent[LENT];	  /* frames of domain 1; grant 8 + i lends lent[i] */
static struct frame *l1;		  /* a table of domain 2's for its mappings */
static struct frame *own;		  /* a frame of domain 2 */

/* --- other files' parts --- */

struct domain *domain_get(domid_t id)
{
	if (id.id >= DOMAINS || dom[id.id]->dying)
		return NULL;
	domain_ref(dom[id.id]);
	return dom[id.id];
}

struct domain *domain_resolve(struct domain *caller, uint16_t id)
{
	if (id == DOMID_SELF)
		id = caller->id.id;
	return id == caller->id.id || caller->privileged ? domain_get(domid(id)) : NULL;
}

long abi_unknown(const char *name, uint64_t cmd)
{
	(void)name, (void)cmd;
	return -XEN_ENOSYS;
}

static uint64_t again[3];
static bool continued;

long abi_continue(uint64_t a1, uint64_t a2, uint64_t a3, uint64_t a4)
{
	(void)a4;
	again[0] = a1;
	again[1] = a2;
	again[2] = a3;
	continued = true;
	return -XEN_ERESTART;
}

/* --- calls --- */

static void as(unsigned int domain)
{
	this_cpu()->current = dom[domain]->vcpu[0];
}

static long call(uint64_t cmd, void *op, size_t bytes)
{
	long rc;

	memcpy(fake.guest + 4096, op, bytes);
	rc = abi_grant_table_op(cmd, LIST, 1);
	memcpy(op, fake.guest + 4096, bytes);
	return rc;
}

static uint64_t place(unsigned int index)
{
	return (frame_mfn(l1).n << PAGE_SHIFT) + index * 8;
}

static uint64_t entry(unsigned int index)
{
	return ((uint64_t *)machine_map(frame_mfn(l1)))[index];
}

/* Map grant `ref` of domain 1 into entry `index`. The handle, or the (negative) status. */
static long map(uint32_t ref, unsigned int index, uint32_t flags)
{
	struct xen_gnttab_map_grant_ref op = {
		.host_addr = place(index),
		.flags = GNTMAP_host_map | GNTMAP_contains_pte | flags,
		.ref = ref,
		.dom = 1,
	};

	assert_int_equal(call(GNTTABOP_map_grant_ref, &op, sizeof(op)), 0);
	return op.status ? op.status : (long)op.handle;
}

static long unmap_at(uint64_t host, uint64_t bus, long handle)
{
	struct xen_gnttab_unmap_grant_ref op = {
		.host_addr = host, .dev_bus_addr = bus, .handle = (uint32_t)handle};

	assert_int_equal(call(GNTTABOP_unmap_grant_ref, &op, sizeof(op)), 0);
	return op.status;
}

static long unmap(unsigned int index, long handle)
{
	return unmap_at(place(index), 0, handle);
}

static uint64_t references(const struct frame *f)
{
	return f->count & FRAME_COUNT_MASK;
}

static void audit(void)
{
	assert_int_equal(fake_audit(NULL, 0), 0);
}

/* --- the domains --- */

static struct frame *new_frame(struct domain *d)
{
	struct frame *f = domain_alloc_frames(d, 0, ALLOC_ZERO);

	assert_non_null(f);
	return f;
}

static void lend(uint32_t ref, const struct frame *f, uint16_t to, uint16_t flags)
{
	grants[ref] = (struct xen_grant_entry_v1){
		.frame = (uint32_t)frame_mfn(f).n,
		.domid = to,
		.flags = (uint16_t)(GTF_permit_access | flags),
	};
}

static int start(void **state)
{
	mfn_t m;

	(void)state;
	fake_start(RAM, 1);
	for (uint16_t i = 0; i < DOMAINS; i++) {
		dom[i] = fake_domain(i, 1000);
		fake_vcpu(dom[i]);
		assert_int_equal(grant_init(dom[i], MAX_FRAMES, HANDLES), 0);
	}
	dom[0]->privileged = true;
	as(2);
	assert_int_equal(grant_table_frame(dom[1], 0, &m), 0);
	grants = machine_map(m);
	for (unsigned int i = 0; i < LENT; i++) {
		lent[i] = new_frame(dom[1]);
		lend(8 + i, lent[i], 2, 0);
	}
	own = new_frame(dom[2]);
	l1 = new_frame(dom[2]);
	assert_int_equal(mm_pin_table(dom[2], frame_mfn(l1), FRAME_L1), 0);
	return 0;
}

static void end_domain(struct domain *d)
{
	d->dying = DOMAIN_DYING;
	while (grant_relinquish(d))
		this_cpu()->budget = 1000;
	grant_unshare(d);
	while (mm_relinquish(d))
		this_cpu()->budget = 1000;
}

static int stop(void **state)
{
	(void)state;
	this_cpu()->budget = INT64_MAX / 2;
	audit();
	for (unsigned int i = 0; i < DOMAINS; i++)
		end_domain(dom[i]);
	for (unsigned int i = 0; i < DOMAINS; i++) {
		assert_int_equal(dom[i]->page_count, 0);
		assert_int_equal(dom[i]->xen_page_count, 0);
		assert_int_equal(dom[i]->references, 1);
		grant_free(dom[i]);
		domain_put(dom[i]);
	}
	assert_true(frames_free() >= RAM - 10); /* the small objects' pages are kept */
	fake_stop();
	return 0;
}

/* --- mapping --- */

static void a_grant_is_mapped_and_given_back(void **state)
{
	uint64_t frame = frame_mfn(lent[0]).n << PAGE_SHIFT;
	long handle;

	(void)state;
	handle = map(8, 3, 0);
	assert_true(handle >= 0);
	assert_int_equal(entry(3) & PTE_FRAME, frame);
	assert_int_equal(entry(3) & (P | PTE_RW | PTE_NX), P | PTE_RW | PTE_NX);
	assert_int_equal(grants[8].flags, GTF_permit_access | GTF_reading | GTF_writing);
	assert_int_equal(frame_type_now(lent[0]), FRAME_WRITABLE);
	assert_int_equal(references(lent[0]), 3); /* its owner's, the entry's, the grant's */
	assert_int_equal(unmap(3, handle), GNTST_okay);
	assert_int_equal(entry(3), 0);
	assert_int_equal(grants[8].flags, GTF_permit_access);
	assert_int_equal(references(lent[0]), 1);
	assert_int_equal(unmap(3, handle), GNTST_bad_handle);
}

static void read_only_is_read_only(void **state)
{
	long handle;

	(void)state;
	lend(8, lent[0], 2, GTF_readonly);
	assert_int_equal(map(8, 3, 0), GNTST_permission_denied);
	assert_int_equal(grants[8].flags, GTF_permit_access | GTF_readonly);
	handle = map(8, 3, GNTMAP_readonly);
	assert_true(handle >= 0);
	assert_false(entry(3) & PTE_RW);
	assert_int_equal(grants[8].flags, GTF_permit_access | GTF_readonly | GTF_reading);
	assert_int_equal(map(8, 4, 0), GNTST_permission_denied);
	assert_int_equal(unmap(3, handle), GNTST_okay);
}

static void what_was_not_lent_cannot_be_had(void **state)
{
	(void)state;
	assert_int_equal(map(7, 3, 0), GNTST_bad_gntref);   /* empty */
	assert_int_equal(map(512, 3, 0), GNTST_bad_gntref); /* beyond the table */
	assert_int_equal(map(~0u, 3, 0), GNTST_bad_gntref);
	grants[8].flags = GTF_accept_transfer;
	assert_int_equal(map(8, 3, 0), GNTST_bad_gntref);
	grants[8].flags = GTF_permit_access | GTF_sub_page;
	assert_int_equal(map(8, 3, 0), GNTST_bad_gntref);
	lend(8, lent[0], 0, 0); /* to another */
	assert_int_equal(map(8, 3, 0), GNTST_permission_denied);
	lend(8, own, 2, 0); /* not the lender's own */
	assert_int_equal(map(8, 3, 0), GNTST_bad_page);
	assert_int_equal(grants[8].flags, GTF_permit_access);
	grants[8].frame = ~0u;
	assert_int_equal(map(8, 3, 0), GNTST_bad_page);
	as(0); /* privilege is no grant */
	assert_int_equal(map(9, 3, 0), GNTST_permission_denied);
	as(2);
	assert_int_equal(dom[2]->grants->maptrack_used, 0);
}

static void bad_arguments_are_refused(void **state)
{
	struct xen_gnttab_map_grant_ref op = {.ref = 8, .dom = 1};

	(void)state;
	assert_int_equal(call(GNTTABOP_map_grant_ref, &op, sizeof(op)), 0);
	assert_int_equal(op.status, GNTST_bad_gntref); /* mapped neither here nor there */
	op.flags = GNTMAP_host_map | GNTMAP_contains_pte;
	op.dom = 77;
	(void)call(GNTTABOP_map_grant_ref, &op, sizeof(op));
	assert_int_equal(op.status, GNTST_bad_domain);
	op.dom = 1;
	op.host_addr = place(3) + 1;
	(void)call(GNTTABOP_map_grant_ref, &op, sizeof(op));
	assert_int_equal(op.status, GNTST_general_error);
	op.host_addr = frame_mfn(own).n << PAGE_SHIFT; /* no page table */
	(void)call(GNTTABOP_map_grant_ref, &op, sizeof(op));
	assert_int_equal(op.status, GNTST_general_error);
	op.host_addr = frame_mfn(lent[3]).n << PAGE_SHIFT; /* another's */
	(void)call(GNTTABOP_map_grant_ref, &op, sizeof(op));
	assert_int_equal(op.status, GNTST_general_error);
	op.host_addr = ~0ULL << PAGE_SHIFT;
	(void)call(GNTTABOP_map_grant_ref, &op, sizeof(op));
	assert_int_equal(op.status, GNTST_general_error);
	assert_int_equal(grants[8].flags, GTF_permit_access);
	assert_int_equal(abi_grant_table_op(GNTTABOP_map_grant_ref, 1ULL << 47, 1), -XEN_EFAULT);
	assert_int_equal(abi_grant_table_op(GNTTABOP_map_grant_ref, FAKE_GUEST_VA - 8, 1),
			 -XEN_EFAULT);
	assert_int_equal(abi_grant_table_op(GNTTABOP_map_grant_ref, LIST, 1ULL << 31), -XEN_EINVAL);
	assert_int_equal(abi_grant_table_op(GNTTABOP_map_grant_ref, LIST, 0), 0);
	assert_int_equal(abi_grant_table_op(99, LIST, 1), -XEN_ENOSYS);
	assert_int_equal(abi_grant_table_op(GNTTABOP_transfer, LIST, 1), -XEN_ENOSYS);
	assert_int_equal(abi_grant_table_op(1ULL << 32, LIST, 1), -XEN_ENOSYS);
}

/* The lender changes its entry while it is in use: what counts is what was agreed on. */
static void an_entry_in_use_may_say_anything(void **state)
{
	long one, other;

	(void)state;
	one = map(8, 3, GNTMAP_readonly);
	assert_true(one >= 0);
	grants[8] = (struct xen_grant_entry_v1){.frame = (uint32_t)frame_mfn(lent[1]).n};
	other = map(8, 4, GNTMAP_readonly);
	assert_true(other >= 0);
	assert_int_equal(entry(4) & PTE_FRAME, frame_mfn(lent[0]).n << PAGE_SHIFT);
	as(0); /* in use by another */
	assert_int_equal(map(8, 5, GNTMAP_readonly), GNTST_permission_denied);
	as(2);
	assert_int_equal(map(8, 5, 0), GNTST_bad_gntref); /* to write is something new */
	assert_int_equal(unmap(3, one), GNTST_okay);
	assert_int_equal(unmap(4, other), GNTST_okay);
	assert_int_equal(references(lent[0]), 1);
	assert_int_equal(map(8, 3, GNTMAP_readonly), GNTST_bad_gntref);
}

static void only_the_mapping_itself_is_unmapped(void **state)
{
	long one, other;

	(void)state;
	one = map(8, 3, 0);
	other = map(9, 4, 0);
	assert_int_equal(unmap(4, one), GNTST_general_error); /* another mapping's place */
	assert_int_equal(unmap(5, one), GNTST_general_error);
	assert_int_equal(unmap(3, one + 1000), GNTST_bad_handle);
	assert_int_equal(unmap(3, 1L << 31), GNTST_bad_handle);
	assert_int_equal(unmap_at(place(3), 4096, one), GNTST_bad_dev_addr);
	assert_int_equal(unmap_at(0, 0, one), GNTST_okay); /* nothing was asked for */
	assert_int_equal(grants[8].flags, GTF_permit_access | GTF_reading | GTF_writing);
	as(0); /* handles are one's own */
	assert_int_equal(unmap(3, one), GNTST_bad_handle);
	as(2);
	assert_int_equal(unmap(3, one), GNTST_okay);
	assert_int_equal(unmap(4, other), GNTST_okay);
}

static void both_kinds_of_mapping_count(void **state)
{
	uint64_t bus = frame_mfn(lent[0]).n << PAGE_SHIFT;
	long handle = map(8, 3, GNTMAP_device_map);

	(void)state;
	assert_true(handle >= 0);
	assert_int_equal(unmap(3, handle), GNTST_okay);
	assert_int_equal(grants[8].flags, GTF_permit_access | GTF_reading | GTF_writing);
	assert_int_equal(unmap_at(0, bus, handle), GNTST_okay);
	assert_int_equal(grants[8].flags, GTF_permit_access);
	assert_int_equal(unmap_at(0, bus, handle), GNTST_bad_handle);
}

/* Dropping the entry by other means leaves the grant in use; it cannot be unmapped twice. */
static void an_overwritten_entry_is_no_mapping(void **state)
{
	long handle = map(8, 3, 0);

	(void)state;
	assert_int_equal(mm_update_entry(dom[2]->vcpu[0], l1, 3, 0, false, dom[2]), 0);
	assert_int_equal(references(lent[0]), 2);
	assert_int_equal(unmap(3, handle), GNTST_general_error);
	assert_int_equal(map(9, 3, 0), handle + 1);
	assert_int_equal(unmap(3, handle), GNTST_general_error);
	assert_int_equal(entry(3) & PTE_FRAME, frame_mfn(lent[1]).n << PAGE_SHIFT);
	assert_int_equal(unmap(3, handle + 1), GNTST_okay);
	while (grant_relinquish(dom[2])) /* death lets go of it */
		;
	assert_int_equal(grants[8].flags, GTF_permit_access);
}

static void a_page_table_is_not_lent_for_writing(void **state)
{
	(void)state;
	assert_int_equal(mm_pin_table(dom[1], frame_mfn(lent[0]), FRAME_L1), 0);
	assert_int_equal(map(8, 3, 0), GNTST_general_error);
	assert_int_equal(entry(3), 0);
	assert_int_equal(grants[8].flags, GTF_permit_access);
	assert_int_equal(dom[2]->grants->maptrack_used, 0);
}

static void handles_run_out_without_harm(void **state)
{
	long handle, last = -1;

	(void)state;
	lend(8, lent[0], 2, 0);
	while ((handle = map(8, 3, GNTMAP_readonly)) >= 0)
		last = handle;
	assert_int_equal(handle, GNTST_no_device_space);
	assert_int_equal(last, HANDLES * MAPTRACK_PER_PAGE - 1);
	assert_int_equal(unmap(3, last), GNTST_okay);
	assert_int_equal(map(8, 3, GNTMAP_readonly), last); /* handed out again */
	while (grant_relinquish(dom[2]))
		;
	assert_int_equal(references(lent[0]), 2); /* and the entry's */
	assert_int_equal(mm_update_entry(dom[2]->vcpu[0], l1, 3, 0, false, dom[2]), 0);
}

static void long_lists_are_preempted(void **state)
{
	struct xen_gnttab_map_grant_ref *ops = (void *)(fake.guest + 4096);

	(void)state;
	for (unsigned int i = 0; i < LENT; i++)
		ops[i] = (struct xen_gnttab_map_grant_ref){.host_addr = place(i),
							   .flags = GNTMAP_host_map |
								    GNTMAP_contains_pte,
							   .ref = 8 + i,
							   .dom = 1};
	this_cpu()->budget = 4000;
	continued = false;
	assert_int_equal(abi_grant_table_op(GNTTABOP_map_grant_ref, LIST, LENT), -XEN_ERESTART);
	assert_true(continued);
	assert_int_equal(again[2], LENT - 3);
	assert_int_equal(again[1], LIST + 3 * sizeof(*ops));
	assert_int_not_equal(entry(2), 0);
	assert_int_equal(entry(3), 0);
	this_cpu()->budget = INT64_MAX / 2;
	assert_int_equal(abi_grant_table_op(again[0], again[1], again[2]), 0);
	for (unsigned int i = 0; i < LENT; i++)
		assert_int_equal(ops[i].status, GNTST_okay);
	while (grant_relinquish(dom[2]))
		;
	assert_int_equal(grants[8].flags, GTF_permit_access);
}

/* --- copying --- */

static int16_t copy(struct xen_gnttab_copy op)
{
	assert_int_equal(call(GNTTABOP_copy, &op, sizeof(op)), 0);
	return op.status;
}

static char *bytes(const struct frame *f)
{
	return machine_map(frame_mfn(f));
}

#define FROM_GRANT(r, at)                                \
	{                                                \
		.u.ref = (r), .domid = 1, .offset = (at) \
	}
#define OWN(at)                                                                 \
	{                                                                       \
		.u.gmfn = frame_mfn(own).n, .domid = DOMID_SELF, .offset = (at) \
	}

/*
 * Found by the fuzzer of hypercalls: elements that only ask cost nothing, so that a list of them
 * was never interrupted, however long. Any guest could have a CPU for minutes by one call.
 */
static void long_lists_of_questions_are_preempted(void **state)
{
	static const unsigned int questions[] = {GNTTABOP_setup_table, GNTTABOP_query_size,
						 GNTTABOP_set_version, GNTTABOP_get_version};
	struct xen_gnttab_set_version *versions = (void *)(fake.guest + 4096);

	(void)state;
	for (unsigned int i = 0; i < ARRAY_SIZE(questions); i++) {
		memset(fake.guest + 4096, 0, 8192);
		for (unsigned int k = 0; questions[i] == GNTTABOP_set_version && k < 200; k++)
			versions[k].version = 1;
		this_cpu()->budget = 10000;
		continued = false;
		assert_int_equal(abi_grant_table_op(questions[i], LIST, 200), -XEN_ERESTART);
		assert_true(continued);
		assert_in_range(again[2], 100, 199);
	}
	this_cpu()->budget = INT64_MAX / 2;
}

static void bytes_are_copied_both_ways(void **state)
{
	(void)state;
	memcpy(bytes(lent[0]) + 100, "lent", 4);
	assert_int_equal(copy((struct xen_gnttab_copy){.source = FROM_GRANT(8, 100),
						       .dest = OWN(4092),
						       .len = 4,
						       .flags = GNTCOPY_source_gref}),
			 GNTST_okay);
	assert_memory_equal(bytes(own) + 4092, "lent", 4);
	memcpy(bytes(own), "back", 4);
	assert_int_equal(copy((struct xen_gnttab_copy){.source = OWN(0),
						       .dest = FROM_GRANT(9, 7),
						       .len = 4,
						       .flags = GNTCOPY_dest_gref}),
			 GNTST_okay);
	assert_memory_equal(bytes(lent[1]) + 6, "\0back\0", 6);
	assert_int_equal(grants[9].flags, GTF_permit_access);
}

static void copies_obey_the_grant(void **state)
{
	struct xen_gnttab_copy op = {.source = OWN(0),
				     .dest = FROM_GRANT(8, 0),
				     .len = 4096,
				     .flags = GNTCOPY_dest_gref};

	(void)state;
	memset(bytes(own), 0x55, PAGE_SIZE);
	lend(8, lent[0], 2, GTF_readonly);
	assert_int_equal(copy(op), GNTST_permission_denied);
	lend(8, lent[0], 0, 0);
	assert_int_equal(copy(op), GNTST_permission_denied);
	lend(8, lent[0], 2, 0);
	op.dest.offset = 1;
	assert_int_equal(copy(op), GNTST_bad_copy_arg);
	op.dest.offset = 0;
	op.source.offset = 0xffff;
	op.len = 1;
	assert_int_equal(copy(op), GNTST_bad_copy_arg);
	op.source.offset = 0;
	op.flags = 0; /* a frame of another, by number */
	op.dest.u.gmfn = frame_mfn(lent[0]).n;
	assert_int_equal(copy(op), GNTST_permission_denied);
	op.dest.domid = DOMID_SELF;
	assert_int_equal(copy(op), GNTST_bad_page);
	op.dest.u.gmfn = ~0ULL;
	assert_int_equal(copy(op), GNTST_bad_page);
	op.dest.domid = 9;
	assert_int_equal(copy(op), GNTST_bad_domain);
	assert_int_equal(bytes(lent[0])[0], 0);
}

static void nothing_is_copied_into_a_page_table(void **state)
{
	struct xen_gnttab_copy op = {
		.source = FROM_GRANT(8, 0), .len = 8, .flags = GNTCOPY_source_gref};

	(void)state;
	memset(bytes(lent[0]), 0xff, 8);
	op.dest.domid = DOMID_SELF;
	op.dest.u.gmfn = frame_mfn(l1).n;
	assert_int_equal(copy(op), GNTST_bad_page);
	assert_int_equal(entry(0), 0);
	assert_int_equal(references(lent[0]), 1);
}

/* --- the table --- */

static void a_table_grows_to_its_limit(void **state)
{
	struct xen_gnttab_setup_table op = {.dom = DOMID_SELF, .nr_frames = 2, .frame_list = OUT};
	struct xen_gnttab_query_size size = {.dom = DOMID_SELF};
	uint64_t *frames = (uint64_t *)(fake.guest + 32768);

	(void)state;
	as(1);
	assert_int_equal(call(GNTTABOP_setup_table, &op, sizeof(op)), 0);
	assert_int_equal(op.status, GNTST_okay);
	assert_ptr_equal(machine_map(mfn(frames[0])), grants);
	assert_int_equal(mfn_frame(mfn(frames[1]))->owner == dom[1], 1);
	op.nr_frames = 3;
	assert_int_equal(call(GNTTABOP_setup_table, &op, sizeof(op)), 0);
	assert_int_equal(op.status, GNTST_general_error);
	assert_int_equal(call(GNTTABOP_query_size, &size, sizeof(size)), 0);
	assert_int_equal(size.nr_frames, 2);
	assert_int_equal(size.max_nr_frames, MAX_FRAMES);
	as(2);
	op = (struct xen_gnttab_setup_table){.dom = 1, .nr_frames = 1, .frame_list = OUT};
	assert_int_equal(call(GNTTABOP_setup_table, &op, sizeof(op)), 0);
	assert_int_equal(op.status, GNTST_bad_domain);
	as(0);
	op.frame_list = FAKE_GUEST_VA - 8;
	assert_int_equal(call(GNTTABOP_setup_table, &op, sizeof(op)), 0);
	assert_int_equal(op.status, GNTST_general_error);
}

static void there_is_one_version(void **state)
{
	struct xen_gnttab_set_version set = {.version = 2};
	struct xen_gnttab_get_version get = {.dom = DOMID_SELF};

	(void)state;
	assert_int_equal(call(GNTTABOP_set_version, &set, sizeof(set)), -XEN_ENOSYS);
	set.version = 1;
	assert_int_equal(call(GNTTABOP_set_version, &set, sizeof(set)), 0);
	assert_int_equal(call(GNTTABOP_get_version, &get, sizeof(get)), 0);
	assert_int_equal(get.version, 1);
}

/* --- deaths --- */

static void the_lender_dies_first(void **state)
{
	long handle = map(8, 3, 0);

	(void)state;
	end_domain(dom[1]);
	assert_int_equal(dom[1]->page_count, 1); /* what we still map */
	assert_int_equal(map(9, 4, 0), GNTST_bad_domain);
	assert_int_equal(unmap(3, handle), GNTST_okay);
	assert_int_equal(dom[1]->page_count, 0);
}

static void the_borrower_dies_first(void **state)
{
	unsigned int steps = 1;

	(void)state;
	for (unsigned int i = 0; i < LENT; i++)
		assert_true(map(8 + i, i, i % 2 ? GNTMAP_readonly : GNTMAP_device_map) >= 0);
	dom[2]->dying = DOMAIN_DYING;
	this_cpu()->budget = 100;
	while (grant_relinquish(dom[2])) {
		steps++;
		this_cpu()->budget = 100;
	}
	assert_true(steps > LENT);
	this_cpu()->budget = INT64_MAX / 2;
	for (unsigned int i = 0; i < LENT; i++)
		assert_int_equal(grants[8 + i].flags, GTF_permit_access);
	while (mm_relinquish(dom[2]))
		;
	for (unsigned int i = 0; i < LENT; i++)
		assert_int_equal(references(lent[i]), 1);
	assert_int_equal(dom[1]->references, 2); /* and that of its pages */
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, start, stop)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(a_grant_is_mapped_and_given_back),
		CASE(read_only_is_read_only),
		CASE(what_was_not_lent_cannot_be_had),
		CASE(bad_arguments_are_refused),
		CASE(an_entry_in_use_may_say_anything),
		CASE(only_the_mapping_itself_is_unmapped),
		CASE(both_kinds_of_mapping_count),
		CASE(an_overwritten_entry_is_no_mapping),
		CASE(a_page_table_is_not_lent_for_writing),
		CASE(handles_run_out_without_harm),
		CASE(long_lists_are_preempted),
		CASE(long_lists_of_questions_are_preempted),
		CASE(bytes_are_copied_both_ways),
		CASE(copies_obey_the_grant),
		CASE(nothing_is_copied_into_a_page_table),
		CASE(a_table_grows_to_its_limit),
		CASE(there_is_one_version),
		CASE(the_lender_dies_first),
		CASE(the_borrower_dies_first),
	};

	return cmocka_run_group_tests_name("hv_grants", tests, NULL, NULL);
}
