/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Frames on the fake machine: allocation and its balance, references, types, sharing, the TLB
 * clock.
 */
/* SOURCES: tests/fake/fake*.c hypervisor/core/frame*.c hypervisor/core/mm_table.c */
/* SOURCES: hypervisor/core/tlb.c hypervisor/core/heap.c hypervisor/core/m2p.c */
/* SOURCES: hypervisor/core/lock.c hypervisor/core/guest_access.c */
/* FLAGS: -I../fake -DSHOJI_DEBUG */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/guest_access.h"
#include "core/log.h"
#include "core/mm.h"
#include "core/tlb.h"
#include "fake.h"
#include "shoji/errno.h"

#define RAM 4096

static int start(void **state)
{
	(void)state;
	fake_start(RAM, 2);
	fake_domains_freed = 0;
	return 0;
}

static int stop(void **state)
{
	(void)state;
	fake_stop();
	return 0;
}

/* --- allocation --- */

static void all_frames_come_back(void **state)
{
	void *blocks[200];
	unsigned int orders[200];

	(void)state;
	assert_int_equal(frames_total(), RAM);
	for (unsigned int round = 0; round < 20; round++) {
		for (unsigned int i = 0; i < 200; i++) {
			orders[i] = (unsigned int)rand() % 5;
			blocks[i] = hv_alloc_pages(orders[i]);
			assert_non_null(blocks[i]);
			assert_int_equal(machine_unmap_addr(blocks[i]).n % (1u << orders[i]), 0);
			memset(blocks[i], 0xa5, PAGE_SIZE << orders[i]);
		}
		for (unsigned int i = 0; i < 200; i++)
			hv_free_pages(blocks[(i * 7) % 200], orders[(i * 7) % 200]);
		assert_int_equal(frames_free(), RAM);
	}
	/* and in one piece again */
	blocks[0] = hv_alloc_pages(11);
	assert_non_null(blocks[0]);
	hv_free_pages(blocks[0], 11);
}

static void all_are_free(void)
{
	assert_int_equal(frames_free(), RAM);
}

/* Idle time clears all free memory, once; what is used again is cleared again. */
static void free_memory_is_cleared_in_advance(void **state)
{
	struct domain *d = fake_domain(1, RAM);
	unsigned char *page;
	struct frame *f;
	unsigned int n = 0;

	(void)state;
	f = domain_alloc_frames(d, 0, ALLOC_ZERO);
	assert_non_null(f);
	memset(machine_map(frame_mfn(f)), 0xa5, PAGE_SIZE);
	assert_int_equal(domain_release_frame(d, f), 0);
	fake.on_zero = all_are_free; /* the one in hand, too */
	while (frames_scrub())
		assert_true(++n < 2 * RAM);
	fake.on_zero = NULL;
	assert_true(n > RAM / 2);
	assert_int_equal(frames_free(), RAM);
	assert_false(frames_scrub());
	assert_true(f->flags & FRAME_ZEROED);
	page = machine_map(frame_mfn(f));
	for (unsigned int i = 0; i < PAGE_SIZE; i++)
		assert_int_equal(page[i], 0);
	/* in one piece again, and used: the mark goes */
	page = hv_alloc_pages(11);
	assert_non_null(page);
	memset(page, 0x5a, PAGE_SIZE << 11);
	hv_free_pages(page, 11);
	page = hv_alloc_pages(11);
	assert_int_equal(page[5 * PAGE_SIZE + 7], 0);
	hv_free_pages(page, 11);
	/* not at once, and then it flushes once */
	assert_false(frames_scrub());
	fake.now += 1000000000;
	assert_true(frames_scrub());
	domain_put(d);
}

static void memory_runs_out_without_harm(void **state)
{
	void *pages[RAM + 1];
	unsigned int n = 0;

	(void)state;
	while ((pages[n] = hv_alloc_pages(0)))
		n++;
	assert_int_equal(n, RAM);
	assert_null(hv_alloc(100));
	assert_null(hv_alloc_pages(63));
	assert_null(hv_alloc(~0UL));
	while (n)
		hv_free_pages(pages[--n], 0);
	assert_int_equal(frames_free(), RAM);
}

static void below_4g(void **state)
{
	struct domain *d;
	struct frame *f;

	(void)state;
	fake_start((1ULL << 20) + 64, 1); /* the last frames lie above 4 GiB */
	d = fake_domain(1, 100);
	f = domain_alloc_frames(d, 0, 0);
	assert_true(frame_mfn(f).n >= 1ULL << 20);
	domain_release_frame(d, f);
	f = domain_alloc_frames(d, 0, ALLOC_BELOW4G);
	assert_true(frame_mfn(f).n < 1ULL << 20);
	domain_release_frame(d, f);
	domain_put(d);
}

static bool filled_with(const unsigned char *p, size_t n, unsigned char c)
{
	while (n--)
		if (*p++ != c)
			return false;
	return true;
}

static void small_objects(void **state)
{
	static const size_t sizes[] = {1, 32, 33, 100, 512, 700, 1024, 1025, 4096, 5000, 20000};
	unsigned char *p[500];
	size_t n[500];

	(void)state;
	for (unsigned int i = 0; i < 500; i++) {
		n[i] = sizes[(unsigned int)rand() % ARRAY_SIZE(sizes)];
		p[i] = hv_alloc(n[i]);
		assert_non_null(p[i]);
		assert_true(filled_with(p[i], n[i], 0));
		memset(p[i], (int)i, n[i]);
	}
	for (unsigned int i = 0; i < 500; i++) {
		assert_true(filled_with(p[i], n[i], (unsigned char)i));
		hv_free(p[i]);
	}
	hv_free(NULL);
	assert_int_equal(frames_free(), RAM);
}

static void what_one_had_the_next_does_not_see(void **state)
{
	struct domain *a = fake_domain(1, RAM), *b = fake_domain(2, RAM);
	struct frame *f;

	(void)state;
	for (unsigned int i = 0; i < RAM; i++) {
		f = domain_alloc_frames(a, 0, 0);
		memset(machine_map(frame_mfn(f)), 0x77, PAGE_SIZE);
	}
	while (!list_empty(&a->pages))
		domain_release_frame(a, list_first(&a->pages, struct frame, link));
	for (unsigned int i = 0; i < RAM; i++) {
		f = domain_alloc_frames(b, 0, 0);
		assert_true(filled_with(machine_map(frame_mfn(f)), PAGE_SIZE, 0));
	}
	while (!list_empty(&b->pages))
		domain_release_frame(b, list_first(&b->pages, struct frame, link));
	domain_put(a);
	domain_put(b);
}

static void a_domain_has_a_limit(void **state)
{
	struct domain *d = fake_domain(1, 10);
	struct frame *f;

	(void)state;
	f = domain_alloc_frames(d, 3, 0);
	assert_non_null(f);
	assert_null(domain_alloc_frames(d, 2, 0));
	assert_non_null(domain_alloc_frames(d, 1, 0));
	assert_null(domain_alloc_frames(d, 0, 0));
	d->max_pages = 5; /* below what it has */
	assert_null(domain_alloc_frames(d, 0, 0));
	d->max_pages = ~0ULL;
	d->dying = DOMAIN_DYING;
	assert_null(domain_alloc_frames(d, 0, 0));
	while (!list_empty(&d->pages))
		domain_release_frame(d, list_first(&d->pages, struct frame, link));
	assert_int_equal(d->page_count, 0);
	assert_int_equal(frames_free(), RAM);
	domain_put(d);
}

/* --- references --- */

static void the_gate(void **state)
{
	struct domain *a = fake_domain(1, 10), *b = fake_domain(2, 10);
	struct frame *f = domain_alloc_frames(a, 0, 0);
	void *ours = hv_alloc_pages(0);

	(void)state;
	assert_ptr_equal(frame_get_mfn(frame_mfn(f), a), f);
	assert_null(frame_get_mfn(frame_mfn(f), b));
	assert_null(frame_get_mfn(frame_mfn(f), NULL));
	assert_null(frame_get_mfn(machine_unmap_addr(ours), NULL));
	assert_null(frame_get_mfn(mfn(0), a));
	assert_null(frame_get_mfn(mfn(frame_max), a));
	assert_null(frame_get_mfn(INVALID_MFN, a));

	/* released, but still referenced: it stays a's until the reference goes */
	assert_int_equal(domain_release_frame(a, f), 0);
	assert_int_equal(domain_release_frame(a, f), -XEN_EINVAL);
	assert_int_equal(a->page_count, 1);
	assert_int_equal(frames_free(), RAM - 2);
	frame_put(f);
	assert_int_equal(a->page_count, 0);
	assert_int_equal(frames_free(), RAM - 1);
	assert_null(frame_get_mfn(frame_mfn(f), a));
	hv_free_pages(ours, 0);
	domain_put(a);
	domain_put(b);
}

static void frames_keep_their_domain(void **state)
{
	struct domain *d = fake_domain(1, 10);
	struct frame *f = domain_alloc_frames(d, 0, 0);

	(void)state;
	assert_true(frame_get(f, d));
	domain_put(d); /* the creator's */
	domain_release_frame(d, f);
	assert_int_equal(fake_domains_freed, 0);
	frame_put(f);
	assert_int_equal(fake_domains_freed, 1);
}

static void shared_pages(void **state)
{
	struct domain *d = fake_domain(1, 10);
	void *page = hv_alloc_pages(0), *readonly = hv_alloc_pages(0);
	struct frame *f = mfn_frame(machine_unmap_addr(page));
	struct frame *r = mfn_frame(machine_unmap_addr(readonly));

	(void)state;
	frame_share(page, d, true);
	frame_share(readonly, d, false);
	assert_int_equal(d->xen_page_count, 2);
	assert_int_equal(frame_get_and_type(f, d, FRAME_WRITABLE), 0);
	assert_int_equal(frame_get_and_type(f, d, FRAME_L1), -XEN_EINVAL);
	assert_int_equal(frame_get_and_type(r, d, FRAME_WRITABLE), -XEN_EINVAL);
	assert_int_equal(frame_get_and_type(r, d, FRAME_SEGDESC), -XEN_EINVAL);
	assert_int_equal(domain_release_frame(d, f), -XEN_EINVAL);
	frame_unshare(readonly);
	frame_unshare(page); /* is still mapped */
	assert_int_equal(d->xen_page_count, 1);
	domain_put(d);
	frame_put_and_type(f);
	assert_int_equal(fake_domains_freed, 1);
	assert_int_equal(frames_free(), RAM);
}

/* --- types --- */

static void one_type_at_a_time(void **state)
{
	static const enum frame_type types[] = {FRAME_L1, FRAME_SEGDESC, FRAME_WRITABLE};
	struct domain *d = fake_domain(1, 10);
	struct frame *f = domain_alloc_frames(d, 0, ALLOC_ZERO);

	(void)state;
	for (unsigned int i = 0; i < ARRAY_SIZE(types); i++) {
		assert_int_equal(frame_get_type(f, types[i]), 0);
		assert_int_equal(frame_get_type(f, types[i]), 0);
		assert_int_equal(frame_type_now(f), types[i]);
		for (unsigned int k = 0; k < ARRAY_SIZE(types); k++)
			if (k != i)
				assert_int_equal(frame_get_type(f, types[k]), -XEN_EINVAL);
		assert_int_equal(frame_put_type(f), 0);
		assert_int_equal(frame_type_now(f), types[i]);
		assert_int_equal(frame_put_type(f), 0);
		assert_int_equal(frame_type_now(f), FRAME_NONE);
	}
	domain_release_frame(d, f);
	domain_put(d);
}

static void bad_descriptors_are_refused(void **state)
{
	struct domain *d = fake_domain(1, 10);
	struct frame *f = domain_alloc_frames(d, 0, ALLOC_ZERO);
	uint64_t *table = machine_map(frame_mfn(f));

	(void)state;
	table[511] = 1ULL << 47; /* present, ring 0 */
	assert_int_equal(frame_get_type(f, FRAME_SEGDESC), -XEN_EINVAL);
	assert_int_equal(frame_get_type(f, FRAME_WRITABLE), 0);
	frame_put_type_final(f);
	domain_release_frame(d, f);
	assert_int_equal(frames_free(), RAM);
	domain_put(d);
}

/* --- the TLB clock --- */

#define MANY 100

static void a_change_of_type_flushes_once(void **state)
{
	struct domain *d = fake_domain(1, MANY);
	struct frame *f[MANY];

	(void)state;
	d->dirty_cpus = 3;
	for (unsigned int i = 0; i < MANY; i++) {
		f[i] = domain_alloc_frames(d, 0, ALLOC_ZERO);
		assert_int_equal(frame_get_type(f[i], FRAME_WRITABLE), 0);
	}
	for (unsigned int i = 0; i < MANY; i++)
		frame_put_type(f[i]);
	assert_int_equal(fake.flushes, 0);
	for (unsigned int i = 0; i < MANY; i++)
		assert_int_equal(frame_get_type(f[i], FRAME_L1), 0);
	/* the last one was stamped last; what lost its mapping before is flushed with the first
	 * flush */
	assert_int_equal(fake.last_flush, 3);
	assert_int_equal(fake.flushes, 2);

	for (unsigned int i = 0; i < MANY; i++)
		frame_put_type(f[i]);
	fake_cpu_id = 1;
	tlb_note_reload(); /* CPU 1 loads CR3 by itself */
	for (unsigned int i = 0; i < MANY; i++)
		assert_int_equal(frame_get_type(f[i], FRAME_WRITABLE), 0);
	assert_int_equal(fake.last_flush, 1);
	assert_int_equal(fake.flushes, 3);
	for (unsigned int i = 0; i < MANY; i++) {
		frame_put_type(f[i]);
		domain_release_frame(d, f[i]);
	}
	domain_put(d);
}

static void every_change_of_type_is_flushed(void **state)
{
	static const enum frame_type types[] = {FRAME_WRITABLE, FRAME_L1, FRAME_L2, FRAME_SEGDESC};
	struct domain *d = fake_domain(1, 1);
	struct frame *f = domain_alloc_frames(d, 0, ALLOC_ZERO);

	(void)state;
	frame_get_type(f, FRAME_WRITABLE);
	frame_put_type(f);
	for (unsigned int i = 1; i < 200; i++) {
		enum frame_type was = (f->type & FRAME_TYPE_MASK) >> FRAME_TYPE_SHIFT;
		enum frame_type t = types[(unsigned int)rand() % ARRAY_SIZE(types)];
		uint64_t flushes = fake.flushes;

		assert_int_equal(frame_get_type(f, t), 0);
		assert_int_equal(fake.flushes - flushes, t != was);
		frame_put_type(f);
	}
	domain_release_frame(d, f);
	domain_put(d);
}

static void a_frame_changes_hands_flushed(void **state)
{
	struct domain *d = fake_domain(1, RAM);
	struct frame *f;

	(void)state;
	for (unsigned int i = 0; i < RAM; i++)
		assert_non_null(domain_alloc_frames(d, 0, 0));
	assert_int_equal(fake.flushes, 0); /* fresh memory */
	f = list_first(&d->pages, struct frame, link);
	domain_release_frame(d, f);
	assert_int_equal(fake.flushes, 0);
	assert_ptr_equal(domain_alloc_frames(d, 0, 0), f);
	assert_int_equal(fake.last_flush, 3); /* on all CPUs */
	while (!list_empty(&d->pages))
		domain_release_frame(d, list_first(&d->pages, struct frame, link));
	domain_put(d);
}

/* --- guests' addresses --- */

static void ranges(void **state)
{
	(void)state;
	assert_true(guest_range_ok(gva(0), 0));
	assert_true(guest_range_ok(gva(0x7ffffffff000), 0x1000));
	assert_false(guest_range_ok(gva(0x7ffffffff000), 0x1001));
	assert_false(guest_range_ok(gva(HV_VIRT_START), 1));
	assert_false(guest_range_ok(gva(HV_VIRT_END - 1), 1));
	assert_false(guest_range_ok(gva(0x800000000000), 1));
	assert_true(guest_range_ok(gva(HV_VIRT_END), 8));
	assert_true(guest_range_ok(gva(~0ULL), 1));
	assert_false(guest_range_ok(gva(~0ULL), 2));
	assert_false(guest_range_ok(gva(0x1000), ~0ULL));
	assert_false(guest_canonical(0x800000000000));
	assert_true(guest_canonical(0xffff800000000000));
	assert_false(guest_code_ok(0xffff800000000000));
}

static void copies(void **state)
{
	uint32_t x = 7;

	(void)state;
	assert_int_equal(guest_write_at(gva(FAKE_GUEST_VA), 3, &x, sizeof(x)), 0);
	x = 0;
	assert_int_equal(guest_read(&x, gva(FAKE_GUEST_VA + 12), sizeof(x)), 0);
	assert_int_equal(x, 7);
	assert_int_equal(guest_read(&x, gva(0x1000), sizeof(x)), -XEN_EFAULT);
	assert_int_equal(guest_write(gva(HV_VIRT_START), &x, sizeof(x)), -XEN_EFAULT);
	assert_int_equal(guest_read_at(&x, gva(FAKE_GUEST_VA), ~0ULL / 2, 4), -XEN_EFAULT);
	assert_int_equal(guest_clear(gva(FAKE_GUEST_VA), sizeof(fake.guest) + 1), -XEN_EFAULT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define T(f) cmocka_unit_test_setup_teardown(f, start, stop)
		T(all_frames_come_back),
		T(free_memory_is_cleared_in_advance),
		T(memory_runs_out_without_harm),
		T(below_4g),
		T(small_objects),
		T(what_one_had_the_next_does_not_see),
		T(a_domain_has_a_limit),
		T(the_gate),
		T(frames_keep_their_domain),
		T(shared_pages),
		T(one_type_at_a_time),
		T(bad_descriptors_are_refused),
		T(a_change_of_type_flushes_once),
		T(every_change_of_type_is_flushed),
		T(a_frame_changes_hands_flushed),
		T(ranges),
		T(copies),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
