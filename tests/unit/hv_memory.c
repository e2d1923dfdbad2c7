/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * memory_op as a guest calls it: more and less memory, exchange, maps. What is refused leaves no
 * trace; no domain gets beyond its limit; at the end all frames are back.
 */
/* SOURCES: tests/fake/fake*.c hypervisor/core/frame*.c hypervisor/core/mm_table.c */
/* SOURCES: hypervisor/core/mm_update_entry.c hypervisor/core/mm_pin.c hypervisor/core/mm_walk.c */
/* SOURCES: hypervisor/core/mm_relinquish.c hypervisor/core/memory_*.c hypervisor/core/heap.c */
/* SOURCES: hypervisor/core/tlb.c hypervisor/core/m2p.c hypervisor/core/lock.c */
/* SOURCES: hypervisor/core/guest_access.c hypervisor/abi/memory.c */
/* FLAGS: -I../fake -DSHOJI_DEBUG */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "abi/abi.h"
#include "core/frame_internal.h"
#include "core/grant.h"
#include "core/memory_map.h"
#include "core/mm.h"
#include "fake.h"

#define RAM   8192
#define LIMIT 3000

static struct domain *d, *other;

/* --- other files' parts --- */

struct domain *domain_resolve(struct domain *caller, uint16_t id)
{
	struct domain *found = id == DOMID_SELF || id == caller->id.id ? caller : NULL;

	if (!found && caller->privileged && id == other->id.id)
		found = other;
	if (found)
		domain_ref(found);
	return found;
}

void grant_get_usage(struct domain *of, struct grant_usage *out)
{
	(void)of;
	*out = (struct grant_usage){.frames = 1, .max_frames = 4};
}

int grant_table_frame(struct domain *of, uint32_t index, mfn_t *out)
{
	(void)of;
	*out = mfn(1000 + index);
	return 0;
}

long abi_unknown(const char *name, uint64_t cmd)
{
	(void)name, (void)cmd;
	return -XEN_ENOSYS;
}

static uint64_t again[2]; /* how a call wants to be continued */
static bool continued;

long abi_continue(uint64_t a1, uint64_t a2, uint64_t a3, uint64_t a4)
{
	(void)a3, (void)a4;
	again[0] = a1;
	again[1] = a2;
	continued = true;
	return -XEN_ERESTART;
}

/* --- the guest's memory: the argument at 0, lists at 4096 and 32768 --- */

#define ARG  FAKE_GUEST_VA
#define LIST (FAKE_GUEST_VA + 4096)
#define OUT  (FAKE_GUEST_VA + 32768)

static uint64_t *list(void)
{
	return (uint64_t *)(fake.guest + 4096);
}

static uint64_t *out(void)
{
	return (uint64_t *)(fake.guest + 32768);
}

static long op(uint64_t cmd, const void *arg, size_t bytes)
{
	memcpy(fake.guest, arg, bytes);
	continued = false;
	return abi_memory_op(cmd, ARG);
}

static long reserve(uint64_t cmd, uint64_t n, unsigned int order, uint16_t id)
{
	struct xen_memory_reservation r = {
		.extent_start = LIST, .nr_extents = n, .extent_order = order, .domid = id};

	return op(cmd, &r, sizeof(r));
}

/* As a guest does, to which a call is given back: until it is through. */
static long to_the_end(long rc, unsigned int *calls)
{
	for (*calls = 1; continued; ++*calls) {
		continued = false;
		this_cpu()->budget = 0;
		rc = abi_memory_op(again[0], again[1]);
	}
	return rc;
}

static long number_of(uint64_t cmd)
{
	return op(cmd, &(struct xen_memory_domain){DOMID_SELF}, sizeof(struct xen_memory_domain));
}

static int start(void **state)
{
	(void)state;
	fake_start(RAM, 1);
	d = fake_domain(1, LIMIT);
	other = fake_domain(2, LIMIT);
	this_cpu()->current = fake_vcpu(d);
	fake_vcpu(other);
	return 0;
}

static void end_domain(struct domain *of)
{
	of->dying = DOMAIN_DYING;
	while (mm_relinquish(of))
		this_cpu()->budget = 1000;
	assert_int_equal(of->page_count, 0);
	domain_put(of);
}

static int stop(void **state)
{
	(void)state;
	this_cpu()->budget = INT64_MAX / 2;
	assert_int_equal(fake_audit(NULL, 0), 0);
	hv_free(d->memory_map);
	hv_free(other->memory_map);
	end_domain(d);
	end_domain(other);
	assert_true(frames_free() >= RAM - 6); /* the small objects' pages are kept */
	fake_stop();
	return 0;
}

/* --- more and less --- */

static void frames_come_and_go(void **state)
{
	(void)state;
	assert_int_equal(reserve(XENMEM_increase_reservation, 3, 1, DOMID_SELF), 3);
	assert_int_equal(d->page_count, 6);
	assert_int_equal(list()[2] % 2, 0);
	assert_int_equal(m2p_get(mfn(list()[1])), INVALID_M2P_ENTRY);
	assert_int_equal(number_of(XENMEM_current_reservation), 6);
	assert_int_equal(number_of(XENMEM_maximum_reservation), LIMIT);
	assert_int_equal(reserve(XENMEM_decrease_reservation, 3, 1, DOMID_SELF), 3);
	assert_int_equal(d->page_count, 0);
	assert_int_equal(reserve(XENMEM_decrease_reservation, 3, 1, DOMID_SELF), 0); /* not again */
}

static void populating_tells_both_ways(void **state)
{
	(void)state;
	list()[0] = 100;
	list()[1] = 200;
	assert_int_equal(reserve(XENMEM_populate_physmap, 2, 3, DOMID_SELF), 2);
	assert_int_equal(m2p_get(mfn(list()[1] + 7)), 207);
	assert_int_equal(d->page_count, 16);
}

static void the_limit_holds(void **state)
{
	unsigned int calls;

	(void)state;
	assert_int_equal(
		to_the_end(reserve(XENMEM_increase_reservation, 10, 9, DOMID_SELF), &calls),
		LIMIT / 512);
	assert_int_equal(
		to_the_end(reserve(XENMEM_increase_reservation, 1000, 0, DOMID_SELF), &calls),
		LIMIT % 512);
	assert_int_equal(reserve(XENMEM_increase_reservation, 1, 0, DOMID_SELF), 0);
	assert_int_equal(d->page_count, LIMIT);
	assert_int_equal(reserve(XENMEM_increase_reservation, 1, 10, DOMID_SELF), -XEN_EPERM);
	assert_int_equal(reserve(XENMEM_increase_reservation, 1, ~0u, DOMID_SELF), -XEN_EPERM);
}

static void others_are_the_control_domains(void **state)
{
	(void)state;
	assert_int_equal(reserve(XENMEM_increase_reservation, 1, 0, 2), -XEN_ESRCH);
	d->privileged = true;
	assert_int_equal(reserve(XENMEM_increase_reservation, 1, 0, 2), 1);
	assert_int_equal(other->page_count, 1);
	assert_int_equal(reserve(XENMEM_decrease_reservation, 1, 0, DOMID_SELF), 0); /* not ours */
	assert_int_equal(reserve(XENMEM_decrease_reservation, 1, 0, 2), 1);
}

static void frames_nobody_can_name_are_not_kept(void **state)
{
	struct xen_memory_reservation r = {.extent_start = 8, .nr_extents = 2, .domid = DOMID_SELF};

	(void)state;
	assert_int_equal(op(XENMEM_populate_physmap, &r, sizeof(r)), 0);
	r.extent_start = FAKE_GUEST_VA + sizeof(fake.guest) - 8; /* room for one */
	assert_int_equal(op(XENMEM_increase_reservation, &r, sizeof(r)), 1);
	assert_int_equal(d->page_count, 1);
	r.extent_start = 0; /* not asked for */
	assert_int_equal(op(XENMEM_increase_reservation, &r, sizeof(r)), 2);
}

static void pinned_frames_are_kept(void **state)
{
	(void)state;
	assert_int_equal(reserve(XENMEM_increase_reservation, 1, 0, DOMID_SELF), 1);
	assert_int_equal(mm_pin_table(d, mfn(list()[0]), FRAME_L1), 0);
	assert_int_equal(reserve(XENMEM_decrease_reservation, 1, 0, DOMID_SELF), 0);
	assert_int_equal(mm_unpin_table(d, mfn(list()[0])), 0);
	assert_int_equal(reserve(XENMEM_decrease_reservation, 1, 0, DOMID_SELF), 1);
	list()[0] = ~0ULL;
	assert_int_equal(reserve(XENMEM_decrease_reservation, 1, 9, DOMID_SELF), 0);
}

static void an_interrupted_list_goes_on(void **state)
{
	unsigned int calls;

	(void)state;
	this_cpu()->budget = 0;
	assert_int_equal(
		to_the_end(reserve(XENMEM_increase_reservation, 20, 0, DOMID_SELF), &calls), 20);
	assert_int_equal(calls, 20);
	assert_int_equal(d->page_count, 20);
	assert_int_equal(reserve(XENMEM_increase_reservation | 21 << 6, 20, 0, DOMID_SELF),
			 -XEN_EINVAL);
}

/* It is cleared a part at a time, and given back frame by frame; nobody else gets half of it. */
static void a_large_extent_comes_and_goes_in_steps(void **state)
{
	unsigned int calls;

	(void)state;
	this_cpu()->budget = 0;
	assert_int_equal(to_the_end(reserve(XENMEM_increase_reservation, 1, 9, DOMID_SELF), &calls),
			 1);
	assert_int_equal(calls, 512 + 1);
	assert_int_equal(d->page_count, 512);
	for (unsigned int i = 0; i < 512; i++) {
		assert_int_equal(mfn_frame(mfn(list()[0] + i))->count, FRAME_ALLOCATED | 1);
		assert_int_equal(*(uint64_t *)machine_map(mfn(list()[0] + i)), 0);
	}
	this_cpu()->budget = 0;
	assert_int_equal(to_the_end(reserve(XENMEM_decrease_reservation, 1, 9, DOMID_SELF), &calls),
			 1);
	assert_int_equal(calls, 512);
	assert_int_equal(d->page_count, 0);
	/* to go on in the middle of an extent makes no sense where it comes as a whole */
	assert_int_equal(reserve(XENMEM_increase_reservation | 7 << 6, 1, 9, DOMID_SELF), 0);
	assert_int_equal(d->page_count, 0);
}

/* --- exchange --- */

static long exchange(uint64_t in_n, unsigned int in_order, unsigned int out_order, uint64_t before)
{
	struct xen_memory_exchange x = {
		.in = {.extent_start = LIST,
		       .nr_extents = in_n,
		       .extent_order = in_order,
		       .domid = DOMID_SELF},
		.out = {.extent_start = OUT,
			.nr_extents = in_n << in_order >> out_order,
			.extent_order = out_order,
			.domid = DOMID_SELF},
		.nr_exchanged = before,
	};

	return op(XENMEM_exchange, &x, sizeof(x));
}

static uint64_t exchanged(void)
{
	return ((struct xen_memory_exchange *)fake.guest)->nr_exchanged;
}

/* n frames of the domain, one by one, in the list. */
static void have(unsigned int n)
{
	assert_int_equal(reserve(XENMEM_increase_reservation, n, 0, DOMID_SELF), n);
	for (unsigned int i = 0; i < n; i++)
		out()[i] = 500 + i;
}

static void many_for_one_and_back(void **state)
{
	uint64_t first;

	(void)state;
	have(8);
	assert_int_equal(exchange(8, 0, 2, 0), 0);
	assert_int_equal(exchanged(), 8);
	assert_int_equal(d->page_count, 8);
	first = out()[0];
	assert_int_equal(first % 4, 0);
	assert_int_equal(m2p_get(mfn(first + 3)), 503);
	assert_int_equal(m2p_get(mfn(out()[1])), 501); /* the second extent's pfn */
	memcpy(list(), out(), 16);
	for (unsigned int i = 0; i < 8; i++)
		out()[i] = 600 + i;
	assert_int_equal(exchange(2, 2, 0, 0), 0);
	assert_int_equal(exchanged(), 2);
	assert_int_equal(d->page_count, 8);
	assert_int_equal(m2p_get(mfn(out()[7])), 607);
}

static void exchange_at_the_limit(void **state)
{
	unsigned int calls;

	(void)state;
	d->max_pages = 512;
	have(512);
	assert_int_equal(exchange(512, 0, 9, 0), -XEN_EINVAL); /* the control domain's */
	assert_int_equal(exchange(512, 9, 0, 0), -XEN_EINVAL);
	d->privileged = true;
	assert_int_equal(to_the_end(exchange(512, 0, 9, 0), &calls), 0);
	assert_int_equal(d->page_count, 512);
	assert_int_equal(d->max_pages, 512);
	assert_int_equal(out()[0] % 512, 0);
}

/* In use, twice the same, not ours: nothing of the chunk is exchanged. */
static void frames_in_use_are_not_exchanged(void **state)
{
	uint64_t kept;

	(void)state;
	d->max_pages = 8;
	have(8);
	kept = list()[7];
	assert_int_equal(mm_pin_table(d, mfn(kept), FRAME_L1), 0);
	assert_int_equal(exchange(8, 0, 3, 0), -XEN_EINVAL);
	assert_int_equal(exchanged(), 0);
	list()[7] = list()[0];
	assert_int_equal(exchange(8, 0, 3, 0), -XEN_EINVAL);
	list()[7] = ~0ULL;
	assert_int_equal(exchange(8, 0, 3, 0), -XEN_EINVAL);
	assert_int_equal(d->page_count, 8);
	for (unsigned int i = 0; i < 7; i++)
		assert_int_equal(mfn_frame(mfn(list()[i]))->count, FRAME_ALLOCATED | 1);
	assert_int_equal(mm_unpin_table(d, mfn(kept)), 0);
	list()[7] = kept;
	assert_int_equal(exchange(8, 0, 3, 0), 0);
}

static void no_room_for_the_answer(void **state)
{
	struct xen_memory_exchange x = {
		.in = {.extent_start = LIST, .nr_extents = 4, .domid = DOMID_SELF},
		.out = {.extent_start = FAKE_GUEST_VA + sizeof(fake.guest) - 16,
			.nr_extents = 4,
			.domid = DOMID_SELF},
	};

	(void)state;
	have(4);
	assert_int_equal(op(XENMEM_exchange, &x, sizeof(x)), -XEN_EFAULT);
	assert_int_equal(exchanged(), 2);
	assert_int_equal(d->page_count, 4);
	assert_int_equal(mfn_frame(mfn(list()[3]))->count, FRAME_ALLOCATED | 1);
}

static void no_memory_for_the_exchange(void **state)
{
	(void)state;
	other->max_pages = RAM;
	have(16);
	while (domain_alloc_frames(other, 4, 0))
		;
	assert_int_equal(exchange(16, 0, 4, 0), -XEN_ENOMEM);
	assert_int_equal(d->page_count, 16);
	assert_int_equal(mfn_frame(mfn(list()[15]))->count, FRAME_ALLOCATED | 1);
}

static void exchange_in_steps(void **state)
{
	unsigned int calls;

	(void)state;
	have(32);
	this_cpu()->budget = 0;
	assert_int_equal(to_the_end(exchange(32, 0, 2, 0), &calls), 0);
	assert_int_equal(calls, 8);
	assert_int_equal(exchanged(), 32);
}

static void exchanges_that_make_no_sense(void **state)
{
	struct xen_memory_exchange x = {.in = {.nr_extents = 1ULL << 60, .domid = DOMID_SELF},
					.out = {.nr_extents = 1ULL << 60, .domid = DOMID_SELF}};

	(void)state;
	have(8);
	assert_int_equal(op(XENMEM_exchange, &x, sizeof(x)), -XEN_EINVAL);
	assert_int_equal(exchange(8, 0, 10, 0), -XEN_EINVAL);
	assert_int_equal(exchange(7, 0, 1, 0), -XEN_EINVAL);
	assert_int_equal(exchange(8, 0, 1, 1), -XEN_EINVAL); /* in the middle of a chunk */
	assert_int_equal(exchange(8, 0, 1, 9), -XEN_EINVAL);
	assert_int_equal(exchange(8, 0, 1, 8), 0); /* nothing left to do */
	assert_int_equal(exchange(0, 0, 0, 0), 0);
}

/* --- frozen frames --- */

static void a_frozen_frame_is_out_of_reach(void **state)
{
	struct frame *f;

	(void)state;
	have(2);
	f = domain_freeze_frame(d, mfn(list()[0]));
	assert_non_null(f);
	assert_null(frame_get_mfn(mfn(list()[0]), d));
	assert_null(domain_freeze_frame(d, mfn(list()[0])));
	assert_int_equal(domain_release_frame(d, f), -XEN_EINVAL);
	assert_null(domain_freeze_frame(other, mfn(list()[1])));
	d->dying = DOMAIN_DYING; /* and its frames are taken from it meanwhile */
	assert_int_equal(mm_relinquish(d), 0);
	assert_int_equal(d->page_count, 1);
	domain_thaw_frame(d, f);
	assert_int_equal(d->page_count, 0);
}

/* --- maps and numbers --- */

static void maps(void **state)
{
	struct xen_memory_map m = {.nr_entries = 8, .buffer = LIST};
	struct xen_foreign_memory_map set = {.domid = 2, .map = {.nr_entries = 2, .buffer = LIST}};
	struct xen_e820_entry *e = (void *)list();

	(void)state;
	assert_int_equal(op(XENMEM_memory_map, &m, sizeof(m)), -XEN_ENOSYS);
	assert_int_equal(op(XENMEM_machine_memory_map, &m, sizeof(m)), -XEN_EPERM);
	assert_int_equal(op(XENMEM_set_memory_map, &set, sizeof(set)), -XEN_EPERM);
	d->privileged = true;
	machine_memory.count = 1;
	machine_memory.entries[0] = (struct xen_e820_entry){0x1000, 0x2000, XEN_E820_RAM};
	assert_int_equal(op(XENMEM_machine_memory_map, &m, sizeof(m)), 0);
	assert_int_equal(((struct xen_memory_map *)fake.guest)->nr_entries, 1);
	assert_int_equal(e[0].size, 0x2000);
	assert_int_equal(op(XENMEM_set_memory_map, &set, sizeof(set)), 0);
	assert_int_equal(other->memory_map->count, 2);
	set.map.nr_entries = MEMORY_MAP_MAX + 1;
	assert_int_equal(op(XENMEM_set_memory_map, &set, sizeof(set)), -XEN_E2BIG);
	set.map.nr_entries = 1;
	other->created = true;
	assert_int_equal(op(XENMEM_set_memory_map, &set, sizeof(set)), -XEN_EBUSY);
}

static void resources(void **state)
{
	struct xen_mem_acquire_resource a = {.domid = 2, .type = XENMEM_resource_grant_table};

	(void)state;
	assert_int_equal(op(XENMEM_acquire_resource, &a, sizeof(a)), -XEN_EPERM);
	d->privileged = true;
	assert_int_equal(op(XENMEM_acquire_resource, &a, sizeof(a)), 0);
	assert_int_equal(((struct xen_mem_acquire_resource *)fake.guest)->nr_frames, 4);
	a.nr_frames = 2;
	a.frame = 1;
	a.frame_list = LIST;
	assert_int_equal(op(XENMEM_acquire_resource, &a, sizeof(a)), 0);
	assert_int_equal(list()[1], 1002);
	a.frame = 3;
	assert_int_equal(op(XENMEM_acquire_resource, &a, sizeof(a)), -XEN_EINVAL);
	a.frame = ~0ULL;
	assert_int_equal(op(XENMEM_acquire_resource, &a, sizeof(a)), -XEN_EINVAL);
	a.type = 7;
	assert_int_equal(op(XENMEM_acquire_resource, &a, sizeof(a)), -XEN_EOPNOTSUPP);
}

static void numbers(void **state)
{
	(void)state;
	assert_int_equal(abi_memory_op(XENMEM_maximum_ram_page, 0), frame_max);
	assert_int_equal(abi_memory_op(XENMEM_current_reservation, 8), -XEN_EFAULT);
	assert_int_equal(abi_memory_op(XENMEM_machphys_mapping, ARG), 0);
	assert_int_equal(*(uint64_t *)fake.guest, MACH2PHYS_VIRT_START);
	assert_int_equal(abi_memory_op(XENMEM_get_pod_target, ARG), -XEN_ENOSYS);
	assert_int_equal(abi_memory_op(63, ARG), -XEN_ENOSYS);
}

#define T(f) cmocka_unit_test_setup_teardown(f, start, stop)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(frames_come_and_go),
		T(populating_tells_both_ways),
		T(the_limit_holds),
		T(others_are_the_control_domains),
		T(frames_nobody_can_name_are_not_kept),
		T(pinned_frames_are_kept),
		T(an_interrupted_list_goes_on),
		T(a_large_extent_comes_and_goes_in_steps),
		T(many_for_one_and_back),
		T(exchange_at_the_limit),
		T(frames_in_use_are_not_exchanged),
		T(no_room_for_the_answer),
		T(no_memory_for_the_exchange),
		T(exchange_in_steps),
		T(exchanges_that_make_no_sense),
		T(a_frozen_frame_is_out_of_reach),
		T(maps),
		T(resources),
		T(numbers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
