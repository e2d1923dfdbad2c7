/* SPDX-License-Identifier: GPL-2.0-only */
/* Page tables: what may stand in one, who may write it, and when. */
#include "kit.h"

#include "shoji/grant_table.h"

#define AVAIL (7UL << 9)

/* A pinned L2 table without entries, and one above an L1 table. */
static uint64_t *make_table(unsigned int level, uint64_t first)
{
	uint64_t *t = page_alloc();

	t[0] = first;
	EQUAL(protect(t), 0);
	EQUAL(mmuext(MMUEXT_PIN_L1_TABLE + level - 1, mfn_of(t), 0), 0);
	return t;
}

static uint64_t at(const void *entry)
{
	return mfn_of(entry) * PAGE + (uint64_t)entry % PAGE;
}

static uint64_t below(const void *table)
{
	return PTE(mfn_of(table), WRITABLE);
}

TEST(entries_of_own_pages)
{
	uint64_t *table = make_l1(), *page = page_alloc(), m = mfn_of(page);

	EQUAL(mmu_update(at(table), PTE(m, WRITABLE)), 0);
	EQUAL(table[0], PTE(m, WRITABLE));
	EQUAL(mmu_update(at(table + 511), PTE(m, P | AVAIL | NX)), 0);
	EQUAL(table[511], PTE(m, P | US | AVAIL | NX)); /* User: we run in ring 3 */
	EQUAL(mmu_update(at(table + 1), PTE(m, P | 0x100)), 0);
	EQUAL(table[1], PTE(m, P | US)); /* never global */
	EQUAL(mmu_update(at(table + 2), PTE(m, WRITABLE | 0x18 | PSE)), 0);
	EQUAL(table[2], PTE(m, WRITABLE)); /* RAM is cached as RAM, whatever the PAT */
	EQUAL(mmu_update(at(table), 0), 0);
	EQUAL(table[0], 0);
}

TEST(a_table_is_never_mapped_writable)
{
	uint64_t *table = make_l1(), *other = make_l1(), *page = page_alloc();

	CHECK(unprotect(table) < 0);
	EQUAL(mmu_update(at(other), below(table)), -XEN_EINVAL);
	EQUAL(mmu_update(entry_address(table, 1), below(table)), -XEN_EINVAL);
	EQUAL(mmu_update(at(table), below(table)), -XEN_EINVAL); /* itself */
	EQUAL(mmu_update(at(table), PTE(mfn_of(table), READABLE)), 0);
	/* the flags alone */
	EQUAL(mmu_update(at(table) | MMU_PT_UPDATE_PRESERVE_AD, below(table)), -XEN_EINVAL);
	EQUAL(mmu_update(at(table), below(table)), -XEN_EINVAL);
	/* and the other way: a page mapped writable becomes no table, of any level */
	for (unsigned int level = 1; level <= 4; level++)
		EQUAL(mmuext(MMUEXT_PIN_L1_TABLE + level - 1, mfn_of(page), 0), -XEN_EINVAL);
	EQUAL(mmu_update(at(table), 0), 0);
}

TEST(a_table_has_one_level)
{
	uint64_t *l1 = make_l1(), *l2 = make_table(2, below(l1)), *l3 = make_table(3, below(l2));

	EQUAL(mmuext(MMUEXT_PIN_L2_TABLE, mfn_of(l1), 0), -XEN_EINVAL);
	EQUAL(mmuext(MMUEXT_PIN_L1_TABLE, mfn_of(l2), 0), -XEN_EINVAL);
	EQUAL(mmuext(MMUEXT_PIN_L4_TABLE, mfn_of(l3), 0), -XEN_EINVAL);
	EQUAL(mmu_update(at(l2 + 1), below(l3)), -XEN_EINVAL);
	EQUAL(mmu_update(at(l3 + 1), below(l1)), -XEN_EINVAL);
	EQUAL(mmu_update(at(l3 + 1), below(page_alloc())), -XEN_EINVAL);
	EQUAL(mmuext(MMUEXT_PIN_L1_TABLE, mfn_of(l1), 0), -XEN_EINVAL); /* twice */
	EQUAL(mmuext(MMUEXT_UNPIN_TABLE, mfn_of(l1), 0), 0);
	EQUAL(mmuext(MMUEXT_UNPIN_TABLE, mfn_of(l1), 0), -XEN_EINVAL);
	CHECK(unprotect(l1) < 0); /* l2 still uses it */
	drop_table(l3);
	drop_table(l2);
	EQUAL(unprotect(l1), 0);
}

TEST(tables_do_not_refer_to_their_own_level)
{
	uint64_t *l2 = make_table(2, 0), *l3 = make_table(3, 0), *l4 = page_alloc();

	EQUAL(mmu_update(at(l2), below(l2)), -XEN_EINVAL);
	EQUAL(mmu_update(at(l2), PTE(mfn_of(l2), READABLE)), -XEN_EINVAL);
	EQUAL(mmu_update(at(l3), PTE(mfn_of(l3), READABLE)), -XEN_EINVAL);
	EQUAL(mmu_update(live_l4() * PAGE, PTE(live_l4(), READABLE)), -XEN_EINVAL);
	/* in a table that is not one yet */
	l4[5] = PTE(mfn_of(l4), READABLE);
	EQUAL(protect(l4), 0);
	EQUAL(mmuext(MMUEXT_PIN_L4_TABLE, mfn_of(l4), 0), -XEN_EINVAL);
	EQUAL(mmuext(MMUEXT_PIN_L3_TABLE, mfn_of(l4), 0), -XEN_EINVAL);
	EQUAL(mmuext(MMUEXT_PIN_L2_TABLE, mfn_of(l4), 0), -XEN_EINVAL);
	EQUAL(unprotect(l4), 0);
	drop_table(l3);
	drop_table(l2);
}

/* A large page would be a window on memory that is not checked frame by frame. */
TEST(large_pages_are_refused)
{
	uint64_t *l1 = make_l1(), *l2 = make_table(2, below(l1)), *l3 = make_table(3, below(l2));
	uint64_t m = mfn_of(page_alloc());

	EQUAL(mmu_update(at(l2 + 1), PTE(m & ~511UL, WRITABLE | PSE)), -XEN_EINVAL);
	EQUAL(mmu_update(at(l2 + 1), PTE(m, READABLE | PSE)), -XEN_EINVAL);
	EQUAL(mmu_update(at(l3 + 1), PTE(0, READABLE | PSE)), -XEN_EINVAL);
	EQUAL(mmu_update(live_l4() * PAGE, PTE(m, READABLE | PSE)), -XEN_EINVAL);
	/* the flag alone, on entries that are good */
	EQUAL(mmu_update(at(l2), below(l1) | PSE), -XEN_EINVAL);
	EQUAL(mmu_update(at(l3), below(l2) | PSE), -XEN_EINVAL);
	EQUAL(mmu_update(at(l2) | MMU_PT_UPDATE_PRESERVE_AD, below(l1) | PSE), -XEN_EINVAL);
	CHECK(CATCH(*(volatile uint64_t *)l2 |= PSE));
	EQUAL(l2[0] & PSE, 0);
	EQUAL(mmuext(MMUEXT_MARK_SUPER, m & ~511UL, 0), -XEN_EOPNOTSUPP);
	EQUAL(mmuext(MMUEXT_UNMARK_SUPER, m & ~511UL, 0), -XEN_EOPNOTSUPP);
	drop_table(l3);
	drop_table(l2);
}

/* Changes of an upper entry that keep its frame take a short way, which may not be too short. */
TEST(flags_of_upper_entries)
{
	uint64_t *l1 = make_l1(), *l2 = make_table(2, below(l1)), *other = make_l1();
	uint64_t good = below(l1);

	EQUAL(mmu_update(at(l2), good & ~RW), 0);
	EQUAL(mmu_update(at(l2), good), 0);
	EQUAL(mmu_update(at(l2), good | AVAIL), 0);
	EQUAL(mmu_update(at(l2), good & ~US), 0);
	EQUAL(l2[0] & US, US);
	EQUAL(mmu_update(at(l2), good | 0x18), 0);
	EQUAL(l2[0] & 0x18, 0);
	EQUAL(mmu_update(at(l2), good | 1UL << 59), -XEN_EINVAL);
	EQUAL(mmu_update(at(l2), good | 1UL << 62), -XEN_EINVAL);
	EQUAL(mmu_update(at(l2), good | 1UL << 51), -XEN_EINVAL); /* another frame */
	EQUAL(mmu_update(at(l2), PTE(mfn_of(other), READABLE)), 0);
	EQUAL(mmuext(MMUEXT_UNPIN_TABLE, mfn_of(l1), 0), 0);
	EQUAL(unprotect(l1), 0); /* nothing refers to it any more */
	drop_table(l2);
}

TEST(frames_of_others)
{
	uint64_t *table = make_l1(), *l2 = make_table(2, 0), max;
	uint64_t bad[] = {0, 1, 0x100, 0x7fff, 0, 0, 1UL << 28, (1UL << 40) - 1, 0xa0, 0xfee00};

	max = (uint64_t)CALL(HYPERCALL_memory_op, 2 /* maximum_ram_page */, 0);
	bad[4] = max;
	bad[5] = max - 1;
	for (unsigned int i = 0; i < ARRAY(bad); i++) {
		/* what is not RAM is dom0's, to read at least */
		if (!privileged || bad[i] == max - 1)
			CHECK(mmu_update(at(table), PTE(bad[i], READABLE)) < 0);
		CHECK(mmu_update(at(l2), PTE(bad[i], READABLE)) < 0);
		CHECK(mmuext(MMUEXT_PIN_L1_TABLE, bad[i], 0) < 0);
		CHECK(mmuext(MMUEXT_UNPIN_TABLE, bad[i], 0) < 0);
		CHECK(mmuext(MMUEXT_CLEAR_PAGE, bad[i], 0) < 0);
		CHECK(mmuext(MMUEXT_COPY_PAGE, bad[i], mfn_of(page_alloc())) < 0);
		CHECK(mmuext(MMUEXT_COPY_PAGE, mfn_of(page_alloc()), bad[i]) < 0);
		if (bad[i])
			CHECK(mmuext(MMUEXT_NEW_USER_BASEPTR, bad[i], 0) < 0);
		CHECK(mmuext(MMUEXT_NEW_BASEPTR, bad[i], 0) < 0);
		CHECK(mmu_update(bad[i] * PAGE, 0) < 0);
		CHECK(mmu_update(bad[i] * PAGE | MMU_MACHPHYS_UPDATE, 0) < 0);
	}
	drop_table(l2);
}

/* The hypervisor's, but ours to map: the grant table. */
static bool of_the_grant_table(uint64_t m)
{
	uint64_t frames[8];
	struct xen_gnttab_query_size q = {.dom = DOMID_SELF};
	struct xen_gnttab_setup_table s = {.dom = DOMID_SELF, .frame_list = (uint64_t)frames};

	EQUAL(CALL(HYPERCALL_grant_table_op, GNTTABOP_query_size, &q, 1), 0);
	CHECK(q.nr_frames <= ARRAY(frames));
	s.nr_frames = q.nr_frames;
	EQUAL(CALL(HYPERCALL_grant_table_op, GNTTABOP_setup_table, &s, 1), 0);
	for (unsigned int i = 0; i < q.nr_frames; i++)
		if (frames[i] == m)
			return true;
	return false;
}

/* Every frame of the machine in turn: we get our own and no other. */
TEST(every_frame_of_the_machine)
{
	uint64_t *table = make_l1(), own = 0, mapped = 0;
	uint64_t max = (uint64_t)CALL(HYPERCALL_memory_op, 2, 0);
	const uint64_t *m2p = (const uint64_t *)MACH2PHYS_VIRT_START, *p2m;

	p2m = (const uint64_t *)start_info->mfn_list;
	for (uint64_t m = 0; m < max; m++) {
		bool ours = m2p[m] < start_info->nr_pages && p2m[m2p[m]] == m;

		if (mmu_update(at(table), PTE(m, READABLE)) == 0 && !(privileged && m < 0x100)) {
			mapped++;
			if (!ours && m != start_info->shared_info / PAGE && !privileged &&
			    !of_the_grant_table(m))
				fail("frame %lx is not ours", m);
		}
		own += ours;
	}
	CHECK(own >= start_info->nr_pages - 1 && mapped >= own);
	EQUAL(mmu_update(at(table), 0), 0);
}

TEST(bits_of_an_entry_that_are_reserved)
{
	uint64_t *table = make_l1(), m = mfn_of(page_alloc());

	for (unsigned int bit = 59; bit <= 62; bit++)
		EQUAL(mmu_update(at(table), PTE(m, READABLE) | 1UL << bit), -XEN_EINVAL);
	for (unsigned int bit = privileged ? 46 : 30; bit <= 51; bit++)
		CHECK(mmu_update(at(table), PTE(m, READABLE) | 1UL << bit) < 0);
	/* one that is not present must name no RAM: processors look through it */
	EQUAL(mmu_update(at(table), PTE(m, 0)), -XEN_EINVAL);
	EQUAL(mmu_update(at(table), PTE(m, RW | US | NX)), -XEN_EINVAL);
	EQUAL(mmu_update(at(table), PTE(m, 0) | 1UL << 47), -XEN_EINVAL);
	EQUAL(mmu_update(at(table), 0x1234567890abceUL << 2 | 1UL << 45), 0);
}

TEST(requests_that_are_malformed)
{
	uint64_t *table = make_l1(), m = mfn_of(page_alloc());
	struct xen_mmu_update list[3] = {{at(table), PTE(m, READABLE)},
					 {at(table) + 4, PTE(m, READABLE)},
					 {at(table) + 16, PTE(m, READABLE)}};
	uint32_t done = 99;

	EQUAL(mmu_update(at(table) + 4, 0), -XEN_EINVAL);
	EQUAL(mmu_update(~7UL, 0), -XEN_EINVAL);
	EQUAL(mmu_update(ODD, 0), -XEN_EINVAL);
	EQUAL(CALL(HYPERCALL_mmu_update, list, 3, &done, DOMID_SELF), -XEN_EINVAL);
	EQUAL(done, 1);
	CHECK(table[0] && !table[2]);
	EQUAL(CALL(HYPERCALL_mmu_update, list, 1, HV_IMAGE, DOMID_SELF), -XEN_EFAULT);
	EQUAL(CALL(HYPERCALL_mmu_update, list, 0, &done, DOMID_SELF), 0);
	EQUAL(done, 0);
	EQUAL(CALL(HYPERCALL_mmu_update, list, 0x7fffffff, 0, DOMID_SELF), -XEN_EFAULT);
	EQUAL(CALL(HYPERCALL_mmu_update, list, 1, 0, 4711), -XEN_ESRCH);
	EQUAL(CALL(HYPERCALL_mmu_update, list, 1, 0, 4711UL << 16 | DOMID_SELF), -XEN_ESRCH);
	EQUAL(CALL(HYPERCALL_mmu_update, list, 1, 0, DOMID_INVALID), -XEN_ESRCH);
	EQUAL(CALL(HYPERCALL_mmuext_op, list, 0x7fffffff, 0, DOMID_INVALID), -XEN_ESRCH);
	EQUAL(mmuext(14, 0, 0), -XEN_ENOSYS);
	EQUAL(mmuext(21, 0, 0), -XEN_ENOSYS);
	EQUAL(mmuext(~0u, 0, 0), -XEN_ENOSYS);
}

TEST(the_slots_of_the_hypervisor)
{
	uint64_t *l3 = make_table(3, 0), *l4 = page_alloc(), own = live_l4() * PAGE;
	const uint64_t *live = (const uint64_t *)start_info->pt_base;

	for (unsigned int i = HYPERVISOR_FIRST_SLOT; i <= HYPERVISOR_LAST_SLOT; i++) {
		EQUAL(mmu_update(own + i * 8, 0), -XEN_EINVAL);
		EQUAL(mmu_update(own + i * 8, below(l3)), -XEN_EINVAL);
		l4[i] = below(l4);
	}
	/* a table of ours gets them, over what we wrote there */
	EQUAL(protect(l4), 0);
	EQUAL(mmuext(MMUEXT_PIN_L4_TABLE, mfn_of(l4), 0), 0);
	for (unsigned int i = HYPERVISOR_FIRST_SLOT; i <= HYPERVISOR_LAST_SLOT; i++)
		EQUAL(l4[i], live[i]);
	EQUAL(mmu_update(at(l4 + HYPERVISOR_FIRST_SLOT), 0), -XEN_EINVAL);
	EQUAL(mmu_update(at(l4 + HYPERVISOR_LAST_SLOT + 1), below(l3)), 0);
	EQUAL(mmu_update(at(l4 + HYPERVISOR_FIRST_SLOT - 1), below(l3)), 0);
	drop_table(l4);
	drop_table(l3);
}

TEST(addresses_of_update_va_mapping)
{
	static const uint64_t bad[] = {HV_IMAGE,
				       HOLE,
				       ODD,
				       HYPERVISOR_VIRT_END - PAGE,
				       NO_MEMORY,
				       MACH2PHYS_VIRT_START,
				       ~0xfffUL - PAGE * 4096};
	uint64_t *page = page_alloc(), e = PTE(mfn_of(page), WRITABLE);

	for (unsigned int i = 0; i < ARRAY(bad); i++) {
		EQUAL(CALL(HYPERCALL_update_va_mapping, bad[i], e, 0), -XEN_EINVAL);
		EQUAL(CALL(HYPERCALL_update_va_mapping, bad[i], 0, 2), -XEN_EINVAL);
	}
	EQUAL(CALL(HYPERCALL_update_va_mapping, page, e, 1 | ODD), -XEN_EFAULT); /* mask of vCPUs */
	EQUAL(CALL(HYPERCALL_update_va_mapping, page, e, 2 | HV_IMAGE), -XEN_EFAULT);
	EQUAL(CALL(HYPERCALL_update_va_mapping, page, e, 3), 0);
	EQUAL(CALL(HYPERCALL_update_va_mapping_otherdomain, page, e, 0, 4711), -XEN_ESRCH);
	EQUAL(CALL(HYPERCALL_update_va_mapping_otherdomain, page, e, 0, DOMID_SELF), 0);
}

/* Plain writes to a table that is mapped read-only: carried out if a request would be. */
TEST(tables_written_plainly)
{
	uint64_t *table = make_l1(), *l2 = make_table(2, below(table)), *page = page_alloc();
	volatile uint64_t *t = table;
	uint64_t good = PTE(mfn_of(page), WRITABLE), old = PTE(mfn_of(page), READABLE);
	uint64_t x;

	CHECK(!CATCH(t[3] = good));
	EQUAL(t[3], good);
	x = old;
	CHECK(!CATCH(x = __atomic_exchange_n(&table[3], x, __ATOMIC_SEQ_CST)));
	CHECK(x == good && t[3] == old);
	CHECK(!CATCH((void)__atomic_compare_exchange_n(&table[3], &old, good, false, 5, 5)));
	EQUAL(t[3], good);
	CHECK(!CATCH(__asm__ volatile("lock btrq $1, %0" : "+m"(table[3]))));
	EQUAL(t[3], good & ~RW);
	CHECK(!CATCH(((volatile uint8_t *)t)[24] |= RW));
	EQUAL(t[3], good);
	CHECK(CATCH(t[4] = PTE(mfn_of(table), WRITABLE))); /* a table, writable */
	EQUAL(caught.vector, 14);
	EQUAL(caught.cr2, &t[4]);
	CHECK(CATCH(t[4] = PTE(mfn_of(page), READABLE) | 1UL << 60));
	CHECK(CATCH(((volatile uint32_t *)t)[7] = 0x7fffff)); /* half of it: another frame */
	CHECK(CATCH(((volatile uint16_t *)t)[14] = 0x7fff));
	EQUAL(t[3], good);
	CHECK(CATCH(__asm__ volatile("movq %1, %0"
				     : "=m"(*(uint64_t *)((char *)&table[4] + 4))
				     : "r"(good)))); /* across two */
	CHECK(CATCH(*(volatile uint64_t *)l2 = PTE(mfn_of(page), WRITABLE)));
	CHECK(CATCH(__asm__ volatile("rep stosq" : : "D"(l2 + 8), "c"(4), "a"(good) : "memory")));
	EQUAL(l2[8], 0);
	EQUAL(mmu_update(at(table + 3), 0), 0);
	drop_table(l2);
}

TEST(loaded_roots)
{
	uint64_t *l4 = page_alloc(), *l1 = make_l1(), live = live_l4();
	const uint64_t *from = (const uint64_t *)start_info->pt_base;

	EQUAL(mmuext(MMUEXT_NEW_BASEPTR, 0, 0), -XEN_EINVAL);
	EQUAL(mmuext(MMUEXT_NEW_BASEPTR, mfn_of(l1), 0), -XEN_EINVAL);
	EQUAL(mmuext(MMUEXT_NEW_BASEPTR, mfn_of(page_alloc()), 0), -XEN_EINVAL);
	EQUAL(mmuext(MMUEXT_NEW_USER_BASEPTR, mfn_of(l1), 0), -XEN_EINVAL);
	EQUAL(mmuext(MMUEXT_NEW_BASEPTR, live, 0), 0);
	/* a root that is not pinned stays a table while it is loaded */
	for (unsigned int i = 0; i < 512; i++)
		l4[i] = from[i];
	EQUAL(protect(l4), 0);
	EQUAL(mmuext(MMUEXT_NEW_BASEPTR, mfn_of(l4), 0), 0);
	CHECK(unprotect(l4) < 0);
	EQUAL(mmuext(MMUEXT_UNPIN_TABLE, mfn_of(l4), 0), -XEN_EINVAL);
	EQUAL(mmuext(MMUEXT_NEW_USER_BASEPTR, mfn_of(l4), 0), 0);
	EQUAL(mmuext(MMUEXT_NEW_BASEPTR, live, 0), 0);
	CHECK(unprotect(l4) < 0);
	EQUAL(mmuext(MMUEXT_NEW_USER_BASEPTR, 0, 0), 0);
	EQUAL(unprotect(l4), 0);
}

TEST(pages_cleared_and_copied)
{
	uint64_t *from = page_alloc(), *to = page_alloc(), *table = make_l1();

	from[7] = 0x77;
	to[8] = 0x88;
	EQUAL(mmuext(MMUEXT_COPY_PAGE, mfn_of(to), mfn_of(from)), 0);
	CHECK(to[7] == 0x77 && to[8] == 0);
	EQUAL(mmuext(MMUEXT_CLEAR_PAGE, mfn_of(to), 0), 0);
	EQUAL(to[7], 0);
	EQUAL(mmuext(MMUEXT_CLEAR_PAGE, mfn_of(table), 0), -XEN_EINVAL);
	EQUAL(mmuext(MMUEXT_COPY_PAGE, mfn_of(table), mfn_of(from)), -XEN_EINVAL);
	EQUAL(mmuext(MMUEXT_CLEAR_PAGE, live_l4(), 0), -XEN_EINVAL);
	EQUAL(mmuext(MMUEXT_COPY_PAGE, mfn_of(to), mfn_of(table)), 0);
}

TEST(flushes_of_anything)
{
	static const uint64_t places[] = {0, NO_MEMORY, HV_IMAGE, ODD, ~0UL, 1UL << 63};
	uint64_t mask = ~0UL;

	EQUAL(mmuext(MMUEXT_TLB_FLUSH_LOCAL, 0, 0), 0);
	EQUAL(mmuext(MMUEXT_TLB_FLUSH_ALL, 0, 0), 0);
	EQUAL(mmuext(MMUEXT_TLB_FLUSH_MULTI, 0, (uint64_t)&mask), 0);
	EQUAL(mmuext(MMUEXT_TLB_FLUSH_MULTI, 0, HOLE), -XEN_EFAULT);
	EQUAL(mmuext(MMUEXT_INVLPG_MULTI, 0, ODD), -XEN_EFAULT);
	for (unsigned int i = 0; i < ARRAY(places); i++) {
		EQUAL(mmuext(MMUEXT_INVLPG_LOCAL, places[i], 0), 0);
		EQUAL(mmuext(MMUEXT_INVLPG_ALL, places[i], 0), 0);
		EQUAL(mmuext(MMUEXT_INVLPG_MULTI, places[i], (uint64_t)&mask), 0);
	}
	EQUAL(mmuext(MMUEXT_FLUSH_CACHE, 0, 0), privileged ? 0 : -XEN_EACCES);
	EQUAL(mmuext(MMUEXT_FLUSH_CACHE_GLOBAL, 0, 0), privileged ? 0 : -XEN_EACCES);
}

/* A frame that is a table cannot be given back, nor become somebody else's. */
TEST(tables_are_not_given_away)
{
	uint64_t *table = make_l1(), frame = mfn_of(table), other = frame;
	struct {
		uint64_t list, count;
		uint32_t order, flags;
		uint64_t domid;
	} r[2] = {{(uint64_t)&frame, 1, 0, 0, DOMID_SELF}, {(uint64_t)&other, 1, 0, 0, DOMID_SELF}};
	struct {
		uint64_t in[4], out[4], done;
	} x;

	memset(&x, 0, sizeof(x));
	memcpy(x.in, &r[0], sizeof(x.in));
	memcpy(x.out, &r[1], sizeof(x.out));
	EQUAL(CALL(HYPERCALL_memory_op, 11, &x), -XEN_EINVAL);
	EQUAL(CALL(HYPERCALL_memory_op, 1, &r[0]), 0); /* none was given */
	EQUAL(table[0], 0);
	/* it is a table as before */
	EQUAL(mmu_update(at(table), PTE(mfn_of(page_alloc()), WRITABLE)), 0);
	CHECK(table[0]);
	EQUAL(mmuext(MMUEXT_PIN_L2_TABLE, frame, 0), -XEN_EINVAL);
}

/* Trees that are wide at every level: long to check, and to be stopped in the middle. */
TEST(a_tree_as_large_as_can_be)
{
	uint64_t *l1 = page_alloc(), *l2 = page_alloc(), *l3 = page_alloc(), *l4 = page_alloc();
	uint64_t m = mfn_of(page_alloc());

	for (unsigned int i = 0; i < 512; i++) {
		l1[i] = PTE(m, WRITABLE);
		l2[i] = below(l1);
		l3[i] = below(l2);
		l4[i] = below(l3);
	}
	l1[511] = PTE(mfn_of(l1), WRITABLE);
	EQUAL(protect(l1), 0);
	EQUAL(protect(l2), 0);
	EQUAL(protect(l3), 0);
	EQUAL(protect(l4), 0);
	EQUAL(mmuext(MMUEXT_PIN_L4_TABLE, mfn_of(l4), 0), -XEN_EINVAL); /* the very last entry */
	EQUAL(unprotect(l1), 0);
	l1[511] = 0;
	EQUAL(protect(l1), 0);
	for (unsigned int round = 0; round < 4; round++) {
		EQUAL(mmuext(MMUEXT_PIN_L4_TABLE, mfn_of(l4), 0), 0);
		CHECK(unprotect(l1) < 0 && unprotect(l4) < 0);
		EQUAL(mmuext(MMUEXT_UNPIN_TABLE, mfn_of(l4), 0), 0);
	}
	EQUAL(unprotect(l1), 0);
	EQUAL(unprotect(l2), 0);
	EQUAL(unprotect(l3), 0);
	EQUAL(unprotect(l4), 0);
}
