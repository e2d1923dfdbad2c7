/* SPDX-License-Identifier: GPL-2.0-only */
/* The extension ABI's calls, with good arguments and with hostile ones. */
#include "kit.h"

#include "shoji/extension.h"
#include "shoji/extension_mmu.h"
#include "shoji/extension_vcpu.h"

#define LOW (1UL << 39) /* where nothing is mapped */

static uint64_t at(const void *entry)
{
	return mfn_of(entry) * PAGE + (uint64_t)entry % PAGE;
}

static uint64_t below(const void *table)
{
	return PTE(mfn_of(table), WRITABLE);
}

static long update(uint64_t ptr, uint64_t val)
{
	struct xen_mmu_update u = {ptr, val};
	uint32_t done = 99;
	long rc = CALL(HYPERCALL_shoji_mmu_update, &u, 1, &done);

	EQUAL(done, !rc);
	return rc;
}

static bool writable(const void *page)
{
	return *entry_of(page, 1) & RW;
}

static void tell_direct_map(void)
{
	EQUAL(CALL(HYPERCALL_shoji_space, SHOJI_SPACE_direct_map, VIRT_BASE, start_info->nr_pages),
	      0);
}

TEST(features_of_the_extension)
{
	struct shoji_features f = {{0}};

	CHECK(CALL(HYPERCALL_shoji_version, SHOJI_VERSION_abi) >= 4);
	EQUAL(CALL(HYPERCALL_shoji_version, SHOJI_VERSION_features, &f), 0);
	CHECK(f.bitmap[0] >> SHOJI_FEATURE_mmu_update & 1);
	CHECK(f.bitmap[0] >> SHOJI_FEATURE_set_entry & 1);
	CHECK(f.bitmap[0] >> SHOJI_FEATURE_space & 1);
	CHECK(f.bitmap[0] >> SHOJI_FEATURE_switch & 1);
	EQUAL(f.bitmap[0] >> SHOJI_NR_FEATURES, 0);
}

TEST(runs_of_entries)
{
	uint64_t *table = make_l1(), *page = page_alloc(), m = mfn_of(page);

	for (unsigned int i = 0; i < 512; i++)
		EQUAL(update(at(table + i), PTE(m, WRITABLE)), 0);
	EQUAL(update(at(table + 3) | SHOJI_MMU_protect, 400), 0);
	EQUAL(table[2], PTE(m, WRITABLE));
	EQUAL(table[3], PTE(m, WRITABLE & ~RW));
	EQUAL(table[402], PTE(m, WRITABLE & ~RW));
	EQUAL(table[403], PTE(m, WRITABLE));
	EQUAL(update(at(table + 100) | SHOJI_MMU_clear, 412), 0);
	EQUAL(table[99], PTE(m, WRITABLE & ~RW));
	for (unsigned int i = 100; i < 512; i++)
		EQUAL(table[i], 0);
	EQUAL(update(at(table) | SHOJI_MMU_clear, 512), 0);
}

/* No mapping is left: the page can become a table, which it could not before. */
TEST(runs_give_back_what_they_referred_to)
{
	uint64_t *table = make_l1(), *page = page_alloc();

	for (unsigned int i = 0; i < 4; i++)
		EQUAL(update(at(table + i), below(page)), 0);
	EQUAL(protect(page), 0);
	EQUAL(mmuext(MMUEXT_PIN_L1_TABLE, mfn_of(page), 0), -XEN_EINVAL);
	EQUAL(update(at(table) | SHOJI_MMU_clear, 2), 0);
	EQUAL(mmuext(MMUEXT_PIN_L1_TABLE, mfn_of(page), 0), -XEN_EINVAL);
	EQUAL(update(at(table) | SHOJI_MMU_protect, 512), 0);
	EQUAL(mmuext(MMUEXT_PIN_L1_TABLE, mfn_of(page), 0), 0);
	EQUAL(update(at(table + 2), below(page)), -XEN_EINVAL);
	EQUAL(update(at(table) | SHOJI_MMU_clear, 512), 0);
}

/* Of a list that is not all there, what is there is done; so it is up to a request that is refused.
 */
TEST(lists_are_done_as_far_as_they_go)
{
	uint64_t *table = make_l1(), m = mfn_of(page_alloc());
	struct xen_mmu_update *list = page_alloc();

	for (unsigned int i = 0; i < PAGE / sizeof(*list); i++)
		list[i] = (struct xen_mmu_update){at(table + i), PTE(m, WRITABLE)};
	map_low(LOW, list);
	for (unsigned int there = 0; there < 10; there++) {
		uint64_t from = LOW + PAGE - there * sizeof(*list);
		uint32_t done = 99;

		EQUAL(update(at(table) | SHOJI_MMU_clear, 512), 0);
		EQUAL(CALL(HYPERCALL_shoji_mmu_update, from, 10, &done), -XEN_EFAULT);
		EQUAL(done, there);
		for (unsigned int i = 0; i < 20; i++)
			EQUAL(!!table[256 - 20 + i], i >= 20 - there);
		list[5].ptr |= 1;
		EQUAL(CALL(HYPERCALL_shoji_mmu_update, LOW, there + 1, &done),
		      there < 5 ? 0 : -XEN_EINVAL);
		EQUAL(done, there < 5 ? there + 1 : 5);
		list[5].ptr &= ~1UL;
	}
	unmap_low();
	EQUAL(update(at(table) | SHOJI_MMU_clear, 512), 0);
}

TEST(requests_that_are_refused)
{
	uint64_t *table = make_l1(), *page = page_alloc(), *other = page_alloc();
	const struct xen_mmu_update bad[] = {
		{at(table) | SHOJI_MMU_clear, 0},
		{at(table) | SHOJI_MMU_clear, 513},
		{at(table + 511) | SHOJI_MMU_protect, 2},
		{at(table) | SHOJI_MMU_protect, ~0UL},
		{at(page) | SHOJI_MMU_clear, 1},
		{live_l4() * PAGE | SHOJI_MMU_clear, 512},
		{live_l4() * PAGE | SHOJI_MMU_protect, 512},
		{(live_l4() * PAGE + 256 * 8) | SHOJI_MMU_link, 0},
		{live_l4() * PAGE + 256 * 8, 0},
		{live_l4() * PAGE | SHOJI_MMU_link, PTE(live_l4(), WRITABLE)},
		{live_l4() * PAGE | SHOJI_MMU_link, below(page)}, /* full of what is no table */
		{at(table) | SHOJI_MMU_link, below(page)},
		{at(page) | SHOJI_MMU_link, below(other)},
		{at(table) | 1, 0},
		{at(table) | 3, 0},
		{at(table) | 7, 1},
		{at(table), below(table)},
		{~7UL | SHOJI_MMU_clear, 1},
		{(1UL << 51) | SHOJI_MMU_clear, 1},
	};

	page[0] = PTE(mfn_of(other), WRITABLE);
	tell_direct_map();
	for (unsigned int i = 0; i < ARRAY(bad); i++) {
		EQUAL(update(bad[i].ptr, bad[i].val), -XEN_EINVAL);
		EQUAL(CALL(HYPERCALL_shoji_set_entry, bad[i].ptr, bad[i].val, 0), -XEN_EINVAL);
	}
	CHECK(writable(page) && writable(other) && !writable(table));
	EQUAL(CALL(HYPERCALL_shoji_mmu_update, HOLE, 1, 0), -XEN_EFAULT);
	EQUAL(CALL(HYPERCALL_shoji_mmu_update, NO_MEMORY, 1, 0), -XEN_EFAULT);
	EQUAL(CALL(HYPERCALL_shoji_mmu_update, ODD, 0x7fffffff, 0), -XEN_EFAULT);
	EQUAL(CALL(HYPERCALL_shoji_mmu_update, HOLE, 0, HV_IMAGE), -XEN_EFAULT);
	EQUAL(CALL(HYPERCALL_shoji_mmu_update, 0, 0, 0), 0);
}

TEST(one_entry_with_its_translation)
{
	uint64_t *page = page_alloc(), *other = page_alloc();
	volatile uint64_t *seen = page;
	const uint64_t bad[] = {(uint64_t)page, (uint64_t)page | 3, (uint64_t)page | 4, HOLE | 1,
				ODD | 2};

	*seen = 1;
	other[0] = 2;
	for (unsigned int i = 0; i < ARRAY(bad); i++)
		EQUAL(CALL(HYPERCALL_shoji_set_entry, entry_address(page, 1), 0, bad[i]),
		      -XEN_EINVAL);
	EQUAL(*seen, 1);
	EQUAL(CALL(HYPERCALL_shoji_set_entry, entry_address(page, 1), PTE(mfn_of(other), READABLE),
		   (uint64_t)page | SHOJI_FLUSH_all),
	      0);
	EQUAL(*seen, 2);
	EQUAL(CALL(HYPERCALL_shoji_set_entry, entry_address(page, 1), PTE(mfn_of(page), WRITABLE),
		   (uint64_t)page | SHOJI_FLUSH_local),
	      0);
	EQUAL(*seen, 1);
	EQUAL(CALL(HYPERCALL_shoji_set_entry, entry_address(page, 1) | SHOJI_MMU_protect, 1,
		   (uint64_t)page | SHOJI_FLUSH_local),
	      0);
	CHECK(CATCH(*seen = 3));
	EQUAL(caught.vector, 14);
}

/* --- address spaces --- */

struct space {
	uint64_t *l4, *user, *l3, *l2, *l1;
};

static struct space new_space(void)
{
	struct space s = {page_alloc(), page_alloc(), page_alloc(), page_alloc(), page_alloc()};

	s.l4[5] = s.user[5] = below(s.l3);
	s.l3[6] = below(s.l2);
	s.l2[7] = below(s.l1);
	s.l1[8] = below(page_alloc());
	tell_direct_map();
	return s;
}

static bool all_writable(const struct space *s)
{
	bool is = writable(s->l4);

	CHECK(writable(s->user) == is && writable(s->l3) == is && writable(s->l2) == is &&
	      writable(s->l1) == is);
	return is;
}

static long space(unsigned int cmd, const struct space *s, uint64_t go_on)
{
	return CALL(HYPERCALL_shoji_space, cmd, mfn_of(s->l4), mfn_of(s->user), go_on);
}

TEST(spaces_are_pinned_and_unpinned)
{
	struct space s = new_space();

	EQUAL(space(SHOJI_SPACE_unpin, &s, 0), -XEN_EINVAL);
	for (unsigned int i = 0; i < 3; i++) {
		EQUAL(space(SHOJI_SPACE_pin, &s, 0), 0);
		CHECK(!all_writable(&s));
		CHECK(unprotect(s.l1) < 0 && unprotect(s.l4) < 0);
		EQUAL(space(SHOJI_SPACE_pin, &s, 0), -XEN_EINVAL);
		EQUAL(space(SHOJI_SPACE_unpin, &s, 0), 0);
		CHECK(all_writable(&s));
		s.l1[9] = below(page_alloc());
	}
}

/* Tables that a CPU or another table uses do not become writable by unpinning. */
TEST(spaces_in_use)
{
	struct space s = new_space();
	uint64_t slot = live_l4() * PAGE + 40 * 8;

	EQUAL(space(SHOJI_SPACE_pin, &s, 0), 0);
	EQUAL(update(slot | SHOJI_MMU_link, below(s.l3)), 0);
	EQUAL(space(SHOJI_SPACE_unpin, &s, 0), 0);
	CHECK(writable(s.l4) && writable(s.user) && !writable(s.l3) && !writable(s.l1));
	EQUAL(update(slot | SHOJI_MMU_link, 0), 0);
	CHECK(writable(s.l3) && !writable(s.l2) && !writable(s.l1)); /* only what was linked */
}

TEST(spaces_that_are_refused)
{
	struct space s = new_space();

	s.l1[30] = below(s.l1); /* itself, writable */
	EQUAL(space(SHOJI_SPACE_pin, &s, 0), -XEN_EINVAL);
	CHECK(all_writable(&s));
	s.l1[30] = 0;
	s.user[31] = below(s.l1); /* of the wrong level */
	EQUAL(space(SHOJI_SPACE_pin, &s, 0), -XEN_EINVAL);
	CHECK(all_writable(&s));
	s.user[31] = 0;
	for (unsigned int phase = 0; phase < 16; phase++)
		for (unsigned int cmd = SHOJI_SPACE_pin; cmd <= SHOJI_SPACE_unpin; cmd++) {
			(void)space(cmd, &s, (uint64_t)phase << 32 | 0xffffffff);
			(void)space(cmd, &s, (uint64_t)phase << 32 | (5 << 18 | 6 << 9 | 7));
		}
	(void)space(SHOJI_SPACE_unpin, &s, 0);
	EQUAL(CALL(HYPERCALL_shoji_space, SHOJI_SPACE_pin, ~0UL, ~0UL, 0), -XEN_EINVAL);
	EQUAL(CALL(HYPERCALL_shoji_space, SHOJI_SPACE_unpin, live_l4(), 0, 5UL << 32 | 1), 0);
	EQUAL(CALL(HYPERCALL_shoji_space, SHOJI_SPACE_direct_map, HOLE, 1), -XEN_EINVAL);
	EQUAL(CALL(HYPERCALL_shoji_space, SHOJI_SPACE_direct_map, 0, ~0UL), -XEN_EINVAL);
	EQUAL(CALL(HYPERCALL_shoji_space, SHOJI_SPACE_direct_map, 123, 1), -XEN_EINVAL);
	EQUAL(CALL(HYPERCALL_shoji_space, 3, 0, 0, 0), -XEN_ENOSYS);
}

/* A direct map that lies is of no use: pages that are mapped elsewhere stay writable, and no
 * tables. */
TEST(a_direct_map_that_lies)
{
	struct space s = new_space();
	uint64_t *next = s.l1 + 512; /* the page that it maps, too */

	s.l1[8] = 0;
	EQUAL(protect(next), 0);
	EQUAL(CALL(HYPERCALL_shoji_space, SHOJI_SPACE_direct_map, VIRT_BASE + PAGE,
		   start_info->nr_pages),
	      0);
	EQUAL(space(SHOJI_SPACE_pin, &s, 0), -XEN_EINVAL);
	CHECK(!writable(next));
	EQUAL(CALL(HYPERCALL_shoji_space, SHOJI_SPACE_direct_map, 0x1000, 1UL << 30), 0);
	EQUAL(space(SHOJI_SPACE_pin, &s, 0), -XEN_EINVAL);
	CHECK(all_writable(&s));
}

/* --- switching --- */

#define ROOTS SHOJI_SWITCH_roots
#define STACK SHOJI_SWITCH_stack
#define FS    SHOJI_SWITCH_fs_base

static uint64_t at_fs(void)
{
	uint64_t value;

	__asm__ volatile("mov %%fs:0, %0" : "=r"(value));
	return value;
}

static void in_user_mode(void)
{
	__asm__ volatile("mov %fs:0, %rax; ud2");
}

TEST(from_one_thread_to_another)
{
	uint64_t *one = page_alloc(), *two = page_alloc(), stack = (uint64_t)entry_stack_end;

	one[0] = 1, two[0] = 2;
	EQUAL(CALL(HYPERCALL_shoji_switch, ODD, ODD, stack, one, STACK | FS), 0);
	EQUAL(at_fs(), 1);
	EQUAL(CALL(HYPERCALL_shoji_switch, live_l4(), live_l4(), HOLE, two, ROOTS | FS), 0);
	EQUAL(at_fs(), 2);
	CHECK(CATCH(run_user(in_user_mode)));
	EQUAL(caught.vector, 6);
	EQUAL(caught.rax, 2);
	CHECK(caught.rsp != 0);
	EQUAL(CALL(HYPERCALL_shoji_switch, live_l4(), 0, 0, 0, ROOTS | FS), 0);
	EQUAL(CALL(HYPERCALL_shoji_switch, ODD, ODD, ODD, ODD, 0), 0);
}

TEST(switches_that_are_refused)
{
	uint64_t *page = page_alloc(), live = live_l4(), m = mfn_of(page);
	const uint64_t bad[][5] = {
		{live, live, 0, ODD, ROOTS | STACK | FS},
		{live, live, 0, HYPERVISOR_VIRT_START - 8, FS},
		{live, live, 0, 0, 8},
		{live, live, 0, 0, ~0UL},
		{0, live, 0, 0, ROOTS | STACK | FS}, /* no root at all */
		{m, live, 0, 0, ROOTS | STACK | FS}, /* a page, writable */
		{live, m, 0, 0, ROOTS | STACK | FS},
		{~0UL, live, 0, 0, ROOTS},
		{live, ~0UL, 0, 0, ROOTS},
		{mfn_of(entry_of(page, 1)), live, 0, 0, ROOTS}, /* a table of level 1 */
	};

	page[0] = 3;
	EQUAL(CALL(HYPERCALL_shoji_switch, 0, 0, 0, page, FS), 0);
	for (unsigned int i = 0; i < ARRAY(bad); i++) {
		EQUAL(CALL(HYPERCALL_shoji_switch, bad[i][0], bad[i][1], bad[i][2], bad[i][3],
			   bad[i][4]),
		      -XEN_EINVAL);
		EQUAL(at_fs(), 3); /* nothing has changed */
	}
	EQUAL(unprotect(page), 0); /* nor is it held as a table */
	EQUAL(CALL(HYPERCALL_shoji_switch, 0, 0, 0, 0, FS), 0);
}
