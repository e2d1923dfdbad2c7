/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The extension ABI's calls on page tables: runs of entries, one entry with a flush, tables that
 * are linked together with their place in the direct map, whole address spaces.
 */
/* SOURCES: tests/unit/mmu_guest.c tests/fake/fake*.c hypervisor/core/frame*.c */
/* SOURCES: hypervisor/core/mm_*.c hypervisor/core/mmuext.c hypervisor/core/descriptor.c */
/* SOURCES: hypervisor/core/ptwr*.c hypervisor/core/tlb.c hypervisor/core/m2p.c */
/* SOURCES: hypervisor/core/lock.c hypervisor/core/guest_access.c hypervisor/abi/extension_mmu.c */
/* FLAGS: -I../fake -DSHOJI_DEBUG */
#include "shoji/extension_mmu.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "abi/abi.h"
#include "core/mm_direct.h"
#include "mmu_guest.h"

/* The guest's memory: requests at 0, `done` at 60000. */
#define DONE	(FAKE_GUEST_VA + 60000)
#define NOWHERE (frame_max << PAGE_SHIFT) /* an entry that is not present may say that */

static uint32_t *done(void)
{
	return (uint32_t *)(fake.guest + 60000);
}

long abi_unknown(const char *name, uint64_t cmd)
{
	(void)name, (void)cmd;
	return -XEN_ENOSYS;
}

static void request(unsigned int n, uint64_t ptr, uint64_t val)
{
	struct xen_mmu_update r = {ptr, val};

	memcpy(fake.guest + n * sizeof(r), &r, sizeof(r));
}

static long update(unsigned int count)
{
	*done() = 0xdead;
	return abi_shoji_mmu_update(FAKE_GUEST_VA, count, DONE);
}

static long update_one(uint64_t ptr, uint64_t val)
{
	request(0, ptr, val);
	return update(1);
}

/* Until it is done, with so little budget each time; how often. */
static long go_on(long rc, int64_t budget, unsigned int *calls,
		  long (*call)(uint64_t, uint64_t, uint64_t, uint64_t))
{
	for (*calls = 1; continued; ++*calls) {
		continued = false;
		assert_int_equal(rc, -XEN_ERESTART);
		if (g->v->partial_root.n == INVALID_MFN.n)
			audit();
		this_cpu()->budget = budget;
		rc = call(again[0], again[1], again[2], again[3]);
	}
	return rc;
}

static long list_again(uint64_t a, uint64_t b, uint64_t c, uint64_t d)
{
	assert_int_equal(d, 0);
	return abi_shoji_mmu_update(a, b, c);
}

/* --- runs --- */

static void runs_are_cleared(void **state)
{
	(void)state;
	request(0, address(g->l1[0], 3) | SHOJI_MMU_clear, 4);
	request(1, address(g->l1[0], 8), entry(g->data[0], P));
	assert_int_equal(update(2), 0);
	assert_int_equal(*done(), 2);
	assert_int_equal(table(g->l1[0])[2], entry(g->data[2], RW));
	for (unsigned int i = 3; i < 7; i++)
		assert_int_equal(table(g->l1[0])[i], 0);
	assert_int_equal(table(g->l1[0])[7], entry(g->data[7], RW));
	assert_int_equal(table(g->l1[0])[8], entry(g->data[0], P));
	assert_int_equal(frame_type_now(g->data[3]), FRAME_NONE);
	assert_int_equal(frame_type_now(g->data[2]), FRAME_WRITABLE);
	/* what is no mapping, and up to the end of the table */
	assert_int_equal(update_one(address(g->l1[1], 500), frame_max << PAGE_SHIFT), 0);
	assert_int_equal(update_one(address(g->l1[1], 0) | SHOJI_MMU_clear, 512), 0);
	for (unsigned int i = 0; i < 512; i++)
		assert_int_equal(table(g->l1[1])[i], 0);
}

static void runs_lose_their_right_to_write(void **state)
{
	uint64_t both = PTE_ACCESSED | PTE_DIRTY;

	(void)state;
	table(g->l1[0])[4] |= both;
	assert_int_equal(update_one(address(g->l1[0], 7), NOWHERE | PTE_RW), 0); /* not present */
	assert_int_equal(update_one(address(g->l1[0], 4) | SHOJI_MMU_protect, 5), 0);
	assert_int_equal(table(g->l1[0])[3], entry(g->data[3], RW));
	assert_int_equal(table(g->l1[0])[4], entry(g->data[4], P | both));
	assert_int_equal(table(g->l1[0])[5], entry(g->data[5], P));
	assert_int_equal(table(g->l1[0])[7], NOWHERE | PTE_RW);
	assert_int_equal(table(g->l1[0])[8], entry(g->data[8], P));
	assert_int_equal(table(g->l1[0])[9], entry(g->data[9], RW));
	assert_int_equal(frame_type_now(g->data[4]), FRAME_NONE);
	assert_int_equal(update_one(address(g->l1[0], 0) | SHOJI_MMU_protect, 512), 0);
	assert_int_equal(table(g->l1[0])[11], entry(g->data[11], P));
}

static void a_grant_stays_writable(void **state)
{
	(void)state;
	assert_int_equal(
		mm_grant_map(g->v, false, VA(1, 40), frame_mfn(other->data[0]), other->d, false, 0),
		0);
	assert_int_equal(update_one(address(g->l1[1], 38) | SHOJI_MMU_protect, 4), -XEN_EINVAL);
	assert_true(table(g->l1[1])[40] & PTE_RW);
	audit();
	assert_int_equal(mm_grant_unmap(g->v, false, VA(1, 40), frame_mfn(other->data[0]), false),
			 0);
}

static void runs_and_commands_are_refused(void **state)
{
	const struct xen_mmu_update bad[] = {
		{address(g->l1[0], 3) | SHOJI_MMU_clear, 0},
		{address(g->l1[0], 3) | SHOJI_MMU_clear, 510},
		{address(g->l1[0], 3) | SHOJI_MMU_clear, ~0ULL},
		{address(g->l1[0], 3) | SHOJI_MMU_clear, 1ULL << 32},
		{address(g->l1[0], 3) | SHOJI_MMU_protect, 0},
		{address(g->l1[0], 511) | SHOJI_MMU_protect, 2},
		{address(g->l2, 0) | SHOJI_MMU_clear, 1},	  /* not level 1 */
		{address(g->l4, 0) | SHOJI_MMU_protect, 1},	  /* not level 1 */
		{address(g->data[0], 0) | SHOJI_MMU_clear, 1},	  /* no table */
		{address(other->l1[0], 0) | SHOJI_MMU_clear, 1},  /* not ours */
		{frame_max << PAGE_SHIFT | SHOJI_MMU_clear, 1},	  /* no RAM */
		{~7ULL | SHOJI_MMU_clear, 1},			  /* no such frame */
		{address(g->l1[0], 3) | 1, 0},			  /* the base ABI's, not here */
		{address(g->l1[0], 3) | 3, 0},			  /* no command */
		{address(g->l1[0], 3) | 7, 0},			  /* no command */
		{address(g->l1[0], 3), entry(g->l1[1], RW)},	  /* a table, writable */
		{address(g->l1[0], 3), entry(other->data[1], P)}, /* not our frame */
		{address(g->l4, 256) | SHOJI_MMU_link, 0},	  /* the hypervisor's slot */
		{address(g->l1[0], 3) | SHOJI_MMU_link, 0},	  /* level 1 */
		{address(g->data[0], 0) | SHOJI_MMU_link, 0},	  /* no table */
		{address(g->l2, 9) | SHOJI_MMU_link, entry(g->l2, RW)},	     /* recursive */
		{address(g->l2, 9) | SHOJI_MMU_link, entry(g->data[0], RW)}, /* writable data */
		{address(g->l2, 9) | SHOJI_MMU_link, entry(other->data[0], RW)},
	};

	(void)state;
	for (unsigned int i = 0; i < ARRAY_SIZE(bad); i++) {
		assert_int_equal(update_one(bad[i].ptr, bad[i].val), -XEN_EINVAL);
		assert_int_equal(*done(), 0);
		assert_int_equal(abi_shoji_set_entry(bad[i].ptr, bad[i].val, 0), -XEN_EINVAL);
		audit();
	}
	assert_int_equal(table(g->l1[0])[3], entry(g->data[3], RW));
	assert_int_equal(abi_shoji_mmu_update(HV_VIRT_START, 1, DONE), -XEN_EFAULT);
	assert_int_equal(abi_shoji_mmu_update(FAKE_GUEST_VA - 16, 2, DONE), -XEN_EFAULT);
	request(0, address(g->l1[0], 3), 0);
	assert_int_equal(abi_shoji_mmu_update(FAKE_GUEST_VA, 1, 8), -XEN_EFAULT);
}

static void an_interrupted_run_is_begun_again(void **state)
{
	unsigned int calls;

	(void)state;
	for (unsigned int i = 0; i < 512; i++)
		if (i < 100 || i > 102)
			assert_int_equal(
				update_one(address(g->l1[0], i), entry(g->data[i % 12], RW)), 0);
	request(0, address(g->l1[0], 110) | SHOJI_MMU_protect, 400);
	request(1, address(g->l1[0], 110) | SHOJI_MMU_clear, 400);
	this_cpu()->budget = 2000;
	assert_int_equal(go_on(update(2), 6000, &calls, list_again), 0);
	assert_true(calls > 3);
	assert_int_equal(*done(), 2);
	for (unsigned int i = 103; i < 512; i++)
		assert_int_equal(!table(g->l1[0])[i], i >= 110 && i < 510);
}

/* --- entries that are set together --- */

static void entries_are_set_together(void **state)
{
	uint64_t extra = PTE_GLOBAL | PTE_PCD | PTE_PSE | PTE_ACCESSED;

	(void)state;
	for (unsigned int i = 0; i < 6; i++)
		request(i, address(g->l1[1], 20 + 2 * i), entry(g->data[i], i & 1 ? P : RW));
	request(6, address(g->l1[1], 33), entry(g->data[0], RW | extra));
	request(7, address(g->l1[0], 20), entry(g->data[6], P)); /* another table */
	assert_int_equal(update(8), 0);
	assert_int_equal(*done(), 8);
	for (unsigned int i = 0; i < 6; i++)
		assert_int_equal(table(g->l1[1])[20 + 2 * i], entry(g->data[i], i & 1 ? P : RW));
	assert_int_equal(table(g->l1[1])[33], entry(g->data[0], RW | PTE_ACCESSED));
	assert_int_equal(table(g->l1[0])[20], entry(g->data[6], P));
	audit(); /* references, and the lines that were noted */
	assert_int_equal(update_one(address(g->l2, 1), 0), 0);
	assert_int_equal(frame_type_now(g->l1[1]), FRAME_NONE);
}

/* Each of these, third of five, is not like the others: carried out in the long way, or refused. */
static void what_is_not_like_the_others(void **state)
{
	const struct {
		uint64_t ptr, val;
		int rc;
	} odd[] = {
		{address(g->l1[1], 32), entry(g->l1[0], RW), -XEN_EINVAL}, /* a table, writable */
		{address(g->l1[1], 32), entry(g->l1[0], P), 0},
		{address(g->l1[1], 32), entry(other->data[0], P), -XEN_EINVAL},
		{address(g->l1[1], 32), frame_max << PAGE_SHIFT | P, -XEN_EPERM}, /* no RAM */
		{address(g->l1[1], 32), entry(g->data[2], P) | 1ULL << 59, -XEN_EINVAL},
		{address(g->l1[1], 32), 0, 0},
		{address(g->l1[1], 30), entry(g->data[3], P),
		 0}, /* in use: the first of the five */
		{address(g->l1[1], 32) | SHOJI_MMU_keep_ad, entry(g->data[2], P), 0},
		{address(g->l1[1], 30) | SHOJI_MMU_clear, 2, 0},
		{address(g->l1[1], 32) | 1, entry(g->data[2], P), -XEN_EINVAL},
		{address(other->l1[1], 32), entry(g->data[2], P), -XEN_EINVAL},
	};

	(void)state;
	for (unsigned int i = 0; i < ARRAY_SIZE(odd); i++) {
		for (unsigned int n = 0; n < 5; n++)
			request(n, address(g->l1[1], 30 + n), entry(g->data[n], RW));
		request(2, odd[i].ptr, odd[i].val);
		assert_int_equal(update(5), odd[i].rc);
		assert_int_equal(*done(), odd[i].rc ? 2 : 5);
		assert_int_equal(table(g->l1[1])[31],
				 (odd[i].ptr & SHOJI_MMU_mask) == SHOJI_MMU_clear
					 ? 0
					 : entry(g->data[1], RW));
		assert_int_equal(table(g->l1[1])[34], odd[i].rc ? 0 : entry(g->data[4], RW));
		audit();
		assert_int_equal(update_one(address(g->l1[1], 30) | SHOJI_MMU_clear, 5), 0);
	}
}

static void sets_are_interrupted(void **state)
{
	unsigned int calls;

	(void)state;
	for (unsigned int i = 0; i < 300; i++)
		request(i, address(g->l1[1], 100 + i), entry(g->data[i % 12], RW));
	this_cpu()->budget = 2000;
	assert_int_equal(go_on(update(300), 4000, &calls, list_again), 0);
	assert_true(calls > 3);
	assert_int_equal(*done(), 300);
	for (unsigned int i = 0; i < 300; i++)
		assert_int_equal(table(g->l1[1])[100 + i], entry(g->data[i % 12], RW));
}

/* --- one entry --- */

static void one_entry_and_its_translation(void **state)
{
	uint64_t pages = fake.page_flushes;

	(void)state;
	assert_int_equal(abi_shoji_set_entry(address(g->l1[0], 5), entry(g->data[6], P), 0), 0);
	assert_int_equal(table(g->l1[0])[5], entry(g->data[6], P));
	assert_int_equal(fake.page_flushes, pages);
	assert_int_equal(abi_shoji_set_entry(address(g->l1[0], 5), 0, VA(0, 5) | SHOJI_FLUSH_local),
			 0);
	assert_int_equal(fake.page_flushes, pages + 1);
	g->d->dirty_cpus = 3;
	assert_int_equal(abi_shoji_set_entry(address(g->l1[0], 6) | SHOJI_MMU_protect, 1,
					     VA(0, 6) | SHOJI_FLUSH_all),
			 0);
	assert_int_equal(fake.page_flushes, pages + 2);
	assert_int_equal(table(g->l1[0])[6], entry(g->data[6], P));
	table(g->l1[0])[7] |= PTE_DIRTY;
	assert_int_equal(abi_shoji_set_entry(address(g->l1[0], 7) | SHOJI_MMU_keep_ad,
					     entry(g->data[7], P), 0),
			 0);
	assert_int_equal(table(g->l1[0])[7], entry(g->data[7], P | PTE_DIRTY));
}

static void a_flush_that_cannot_be_is_refused_first(void **state)
{
	const uint64_t bad[] = {VA(0, 8), VA(0, 8) | 3, VA(0, 8) | 8, HV_VIRT_START | 1,
				1ULL << 50 | 1};

	(void)state;
	for (unsigned int i = 0; i < ARRAY_SIZE(bad); i++)
		assert_int_equal(abi_shoji_set_entry(address(g->l1[0], 8), 0, bad[i]), -XEN_EINVAL);
	assert_int_equal(table(g->l1[0])[8], entry(g->data[8], RW));
}

/* --- spaces: four tables of a child, writable in a direct map from VA(2, 200) on --- */

static unsigned int direct_at = 2 * 512 + 200; /* entry, counted from L1[0]'s first */
#define DIRECT ((uint64_t)direct_at << PAGE_SHIFT)

struct child {
	struct frame *l4, *user, *l3, *l2, *l1;
};

static bool writable(const struct frame *f)
{
	uint64_t at = direct_at + m2p_get(frame_mfn(f)), e = table(g->l1[at / 512])[at % 512];

	assert_int_equal(e & PTE_FRAME, number(f) << PAGE_SHIFT);
	return e & PTE_RW;
}

static struct frame *child_frame(unsigned int pfn)
{
	struct frame *f = new_frame(g->d);

	m2p_set(frame_mfn(f), pfn);
	pfn += direct_at;
	assert_int_equal(update_one(address(g->l1[pfn / 512], pfn % 512), entry(f, RW)), 0);
	return f;
}

static struct child new_child(void)
{
	struct child c = {child_frame(0), child_frame(1), child_frame(2), child_frame(3),
			  child_frame(4)};

	table(c.l4)[5] = entry(c.l3, RW);
	table(c.user)[5] = entry(c.l3, RW);
	table(c.l3)[6] = entry(c.l2, RW);
	table(c.l2)[7] = entry(c.l1, RW);
	for (unsigned int i = 0; i < DATA; i++)
		table(c.l1)[8 + i] = entry(g->data[i], RW);
	assert_int_equal(abi_shoji_space(SHOJI_SPACE_direct_map, DIRECT, 50, 0), 0);
	return c;
}

static bool all_writable(const struct child *c)
{
	bool is = writable(c->l4);

	assert_int_equal(writable(c->user), is);
	assert_int_equal(writable(c->l3), is);
	assert_int_equal(writable(c->l2), is);
	assert_int_equal(writable(c->l1), is);
	return is;
}

static long pin(const struct child *c, uint64_t from)
{
	return abi_shoji_space(SHOJI_SPACE_pin, number(c->l4), number(c->user), from);
}

static long unpin(const struct child *c, uint64_t from)
{
	return abi_shoji_space(SHOJI_SPACE_unpin, number(c->l4), number(c->user), from);
}

static void a_space_is_pinned_and_unpinned(void **state)
{
	struct child c = new_child();

	(void)state;
	assert_int_equal(pin(&c, 0), 0);
	assert_false(all_writable(&c));
	assert_true(frame_pinned(c.l4) && frame_pinned(c.user));
	assert_int_equal(frame_type_now(c.l1), FRAME_L1);
	audit();
	assert_int_equal(pin(&c, 0), -XEN_EINVAL); /* is pinned already */
	assert_true(frame_pinned(c.user));
}

static void a_direct_map_may_begin_anywhere(void **state)
{
	unsigned int before = direct_at;
	struct child c;

	(void)state;
	direct_at = 2 * 512 - 2; /* two pages in one table, the rest in the next */
	c = new_child();
	assert_int_equal(pin(&c, 0), 0);
	assert_false(all_writable(&c));
	assert_int_equal(unpin(&c, 0), 0);
	assert_true(all_writable(&c));
	audit();
	direct_at = before;
}

static void an_unpinned_space_is_writable(void **state)
{
	struct child c = new_child();

	(void)state;
	assert_int_equal(unpin(&c, 0), -XEN_EINVAL);
	assert_int_equal(pin(&c, 0), 0);
	assert_int_equal(unpin(&c, 0), 0);
	assert_true(all_writable(&c));
	assert_false(frame_pinned(c.l4) || frame_pinned(c.user));
	assert_int_equal(frame_type_now(c.l1), FRAME_WRITABLE);
	/* without a second table */
	assert_int_equal(abi_shoji_space(SHOJI_SPACE_pin, number(c.l4), 0, 0), 0);
	assert_true(writable(c.user) && !writable(c.l3));
	assert_int_equal(unpin(&c, 0), -XEN_EINVAL);
	assert_true(frame_pinned(c.l4));
	assert_int_equal(abi_shoji_space(SHOJI_SPACE_unpin, number(c.l4), 0, 0), 0);
	assert_true(all_writable(&c));
}

/* Tables that are in use otherwise stay as they are. */
static void what_is_in_use_stays_read_only(void **state)
{
	struct child c = new_child();

	(void)state;
	assert_int_equal(pin(&c, 0), 0);
	assert_int_equal(mm_set_user_cr3(g->v, frame_mfn(c.user)), 0);
	assert_int_equal(unpin(&c, 0), 0);
	assert_true(writable(c.l4));
	assert_false(writable(c.user) || writable(c.l3) || writable(c.l2) || writable(c.l1));
	assert_int_equal(mm_set_user_cr3(g->v, mfn(0)), 0);
}

static void a_bad_space_is_left_as_it_was(void **state)
{
	struct child c = new_child();

	(void)state;
	table(c.l1)[30] = entry(other->data[0], RW);
	assert_int_equal(pin(&c, 0), -XEN_EINVAL);
	assert_true(all_writable(&c));
	table(c.l1)[30] = 0;
	table(c.user)[30] = entry(other->data[0], RW); /* only the second one fails */
	assert_int_equal(pin(&c, 0), -XEN_EINVAL);
	assert_true(all_writable(&c));
	assert_false(frame_pinned(c.l4) || frame_pinned(c.user));
	audit();
	assert_int_equal(abi_shoji_space(SHOJI_SPACE_pin, number(other->l4), 0, 0), -XEN_EINVAL);
	assert_int_equal(abi_shoji_space(SHOJI_SPACE_pin, ~0ULL, ~0ULL, 0), -XEN_EINVAL);
	assert_int_equal(abi_shoji_space(SHOJI_SPACE_unpin, ~0ULL, ~0ULL, 0), -XEN_EINVAL);
	assert_int_equal(abi_shoji_space(3, 0, 0, 0), -XEN_ENOSYS);
}

/* The direct map is a hint: where it is somewhere else, or nowhere, tables must be read-only
 * already.
 */
static void without_a_direct_map_nothing_is_made_read_only(void **state)
{
	struct child c = new_child();

	(void)state;
	assert_int_equal(abi_shoji_space(SHOJI_SPACE_direct_map, DIRECT, 0, 0), 0);
	assert_int_equal(pin(&c, 0), -XEN_EINVAL);
	assert_int_equal(abi_shoji_space(SHOJI_SPACE_direct_map, DIRECT + PAGE_SIZE, 50, 0), 0);
	assert_int_equal(pin(&c, 0), -XEN_EINVAL);
	assert_true(all_writable(&c));
	assert_int_equal(abi_shoji_space(SHOJI_SPACE_direct_map, DIRECT + 8, 50, 0), -XEN_EINVAL);
	assert_int_equal(abi_shoji_space(SHOJI_SPACE_direct_map, HV_VIRT_START, 1, 0), -XEN_EINVAL);
	assert_int_equal(abi_shoji_space(SHOJI_SPACE_direct_map, DIRECT, ~0ULL, 0), -XEN_EINVAL);
}

/* With hardly any budget, each way comes to the same end. */
static void an_interrupted_call_goes_on(void **state)
{
	struct child c = new_child();
	unsigned int calls;

	(void)state;
	this_cpu()->budget = 0;
	assert_int_equal(go_on(pin(&c, 0), 0, &calls, abi_shoji_space), 0);
	assert_true(calls > 2);
	assert_false(all_writable(&c));
	this_cpu()->budget = 0;
	assert_int_equal(go_on(unpin(&c, 0), 0, &calls, abi_shoji_space), 0);
	assert_true(calls > 2);
	assert_true(all_writable(&c));
	table(c.user)[30] = entry(other->data[0], RW);
	this_cpu()->budget = 0;
	assert_int_equal(go_on(pin(&c, 0), 0, &calls, abi_shoji_space), -XEN_EINVAL);
	assert_true(all_writable(&c));
}

static void going_on_from_anywhere_does_no_harm(void **state)
{
	struct child c = new_child();

	(void)state;
	for (uint64_t phase = 0; phase < 12; phase++) {
		for (unsigned int where = 0; where < 4; where++) {
			static const uint64_t places[] = {0, 1, 5 << 18 | 6 << 9 | 7, 0xffffffff};

			(void)pin(&c, phase << 32 | places[where]);
			audit();
			(void)unpin(&c, phase << 32 | places[where]);
			audit();
			continued = false;
		}
	}
	assert_int_equal(pin(&c, ~0ULL), -XEN_EINVAL);
	assert_int_equal(unpin(&c, ~0ULL), -XEN_EINVAL);
}

/* Another vCPU meets a table between "read-only" and "a table": it is to try again. */
static void others_try_again_meanwhile(void **state)
{
	struct child c = new_child();
	uint64_t where = DIRECT + 4 * PAGE_SIZE; /* c.l1 */
	uint64_t rest[4];
	struct vcpu *second;

	(void)state;
	second = fake_vcpu(g->d);
	assert_ptr_not_equal(second, g->v);
	second->id = 1;
	g->d->max_vcpus = 2;
	g->d->vcpu[0] = g->v, g->d->vcpu[1] = second;
	second->cr3_kernel = g->v->cr3_kernel;
	this_cpu()->budget = 0;
	assert_int_equal(pin(&c, 0), -XEN_ERESTART);
	while (writable(c.l1)) {
		this_cpu()->budget = 0;
		assert_int_equal(abi_shoji_space(again[0], again[1], again[2], again[3]),
				 -XEN_ERESTART);
	}
	memcpy(rest, again, sizeof(rest));
	assert_int_equal(frame_type_now(c.l1), FRAME_NONE);
	assert_true(mm_emulate_pt_write(second, where));
	assert_false(mm_emulate_pt_write(g->v, where)); /* its own doing: nobody would go on */
	this_cpu()->current = second;
	assert_int_equal(abi_shoji_set_entry(address(c.l1, 3) | SHOJI_MMU_clear, 1, 0),
			 -XEN_ERESTART);
	fake.now += 2000000000; /* nobody goes on: that is enough */
	assert_false(mm_emulate_pt_write(second, where));
	assert_int_equal(abi_shoji_set_entry(address(c.l1, 3) | SHOJI_MMU_clear, 1, 0),
			 -XEN_EINVAL);
	this_cpu()->current = g->v;
	assert_int_equal(abi_shoji_set_entry(address(c.l1, 3) | SHOJI_MMU_clear, 1, 0),
			 -XEN_EINVAL);
	this_cpu()->budget = INT64_MAX / 2;
	assert_int_equal(abi_shoji_space(rest[0], rest[1], rest[2], rest[3]), 0);
	assert_int_equal(frame_type_now(c.l1), FRAME_L1);
	assert_false(mm_emulate_pt_write(second, DIRECT + 4096 * 30)); /* over: refused as ever */
	second->cr3_kernel = mfn(0);
	g->d->max_vcpus = 1;
	g->d->vcpu[0] = g->v, g->d->vcpu[1] = NULL;
	free(second);
}

/* --- links --- */

static void a_linked_table_is_read_only(void **state)
{
	struct child c = new_child();

	(void)state;
	assert_int_equal(update_one(address(g->l2, 9) | SHOJI_MMU_link, entry(c.l1, RW)), 0);
	assert_false(writable(c.l1));
	assert_int_equal(frame_type_now(c.l1), FRAME_L1);
	assert_true(writable(c.l2));
	assert_int_equal(abi_shoji_set_entry(address(g->l2, 9) | SHOJI_MMU_link, 0, 0), 0);
	assert_true(writable(c.l1));
	table(c.l1)[30] = entry(other->data[0], RW);
	assert_int_equal(update_one(address(g->l2, 9) | SHOJI_MMU_link, entry(c.l1, RW)),
			 -XEN_EINVAL);
	assert_true(writable(c.l1));
}

static void a_table_that_goes_slowly_is_writable_in_the_end(void **state)
{
	struct child c = new_child();
	unsigned int calls;

	(void)state;
	table(c.l2)[9] = entry(c.user, RW); /* the spare one, as a second level 1 */
	table(c.user)[5] = 0;
	assert_int_equal(mm_alias(g->v, frame_mfn(c.l1), false), true);
	assert_int_equal(mm_alias(g->v, frame_mfn(c.user), false), true);
	assert_int_equal(update_one(address(g->l3, 9) | SHOJI_MMU_link, entry(c.l2, RW)), 0);
	request(0, address(g->l3, 9) | SHOJI_MMU_link, 0);
	this_cpu()->budget = 0;
	assert_int_equal(go_on(update(1), 0, &calls, list_again), 0);
	assert_true(calls > 1);
	assert_true(writable(c.l2));
	assert_int_equal(frame_type_now(c.l1), FRAME_NONE);
}

/* --- roots --- */

static void both_roots_or_none(void **state)
{
	struct child c = new_child();
	mfn_t l4 = frame_mfn(c.l4), user = frame_mfn(c.user), first = g->v->cr3_kernel;

	(void)state;
	assert_int_equal(pin(&c, 0), 0);
	assert_int_equal(mm_set_roots(g->v, l4, frame_mfn(c.l1)), -XEN_EINVAL);
	assert_int_equal(mm_set_roots(g->v, l4, frame_mfn(other->l4)), -XEN_EINVAL);
	assert_int_equal(mm_set_roots(g->v, mfn(0), user), -XEN_EINVAL);
	assert_int_equal(mm_set_roots(g->v, frame_mfn(c.l3), user), -XEN_EINVAL);
	assert_true(mfn_eq(g->v->cr3_kernel, first) && !g->v->cr3_user.n);
	audit();
	assert_int_equal(mm_set_roots(g->v, l4, user), 0);
	assert_int_equal(mm_set_roots(g->v, l4, user), 0);
	assert_true(mfn_eq(g->v->cr3_kernel, l4) && mfn_eq(g->v->cr3_user, user));
	held[0] = c.l4, held[1] = c.user, held_count = 2;
	audit();
	assert_int_equal(unpin(&c, 0), 0);
	audit();
	/* back: the last holder of both lets go, which takes long */
	assert_int_equal(mm_pin_table(g->d, first, FRAME_L4), 0);
	this_cpu()->budget = 0;
	while (mm_set_roots(g->v, first, mfn(0)) == -XEN_ERESTART)
		this_cpu()->budget = 0;
	assert_true(mfn_eq(g->v->cr3_kernel, first) && !g->v->cr3_user.n);
	held[0] = mfn_frame(first), held_count = 1;
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, mmu_start, mmu_stop)
	const struct CMUnitTest tests[] = {
		T(runs_are_cleared),
		T(runs_lose_their_right_to_write),
		T(a_grant_stays_writable),
		T(runs_and_commands_are_refused),
		T(an_interrupted_run_is_begun_again),
		T(entries_are_set_together),
		T(what_is_not_like_the_others),
		T(sets_are_interrupted),
		T(one_entry_and_its_translation),
		T(a_flush_that_cannot_be_is_refused_first),
		T(a_space_is_pinned_and_unpinned),
		T(a_direct_map_may_begin_anywhere),
		T(an_unpinned_space_is_writable),
		T(what_is_in_use_stays_read_only),
		T(a_bad_space_is_left_as_it_was),
		T(without_a_direct_map_nothing_is_made_read_only),
		T(an_interrupted_call_goes_on),
		T(going_on_from_anywhere_does_no_harm),
		T(others_try_again_meanwhile),
		T(both_roots_or_none),
		T(a_linked_table_is_read_only),
		T(a_table_that_goes_slowly_is_writable_in_the_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
