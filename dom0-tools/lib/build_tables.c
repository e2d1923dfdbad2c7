/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * build_tables.c: contents of the initial page tables of a layout.
 *
 * Entries hold machine frames. A frame that is itself a page table is mapped read-only: the
 * hypervisor would refuse anything else. Upper tables carry the widest rights; L1 decides.
 */
#include "build_layout.h"

#include <string.h>

#define PRESENT	 0x001ull
#define WRITE	 0x002ull
#define USER	 0x004ull
#define ACCESSED 0x020ull
#define DIRTY	 0x040ull

#define TABLE_FLAGS (PRESENT | WRITE | USER | ACCESSED)
#define PAGE_FLAGS  (PRESENT | USER | ACCESSED | DIRTY)

static bool in(uint64_t value, uint64_t first, uint64_t count)
{
	return value >= first && value - first < count;
}

static bool is_table(const struct build_layout *l, uint64_t pfn)
{
	return in(pfn, l->l4_pfn, l->table_count) ||
	       (l->p2m.pages && in(pfn, l->p2m.l3_pfn, l->p2m_table_count));
}

/* Entries of the index-th L1 of the range. */
static void fill_l1(const struct build_layout *l, const struct build_range *r, uint64_t index,
		    const uint64_t *mfn_of, uint64_t *entries)
{
	uint64_t first = (r->virt >> 21 << 21) + (index << 21); /* address of entry 0 */

	for (uint64_t i = 0; i < 512; i++) {
		uint64_t virt = first + i * BUILD_PAGE, pfn;

		if (!in(virt, r->virt, r->pages * BUILD_PAGE))
			continue;
		pfn = r->pfn + (virt - r->virt) / BUILD_PAGE;
		if (pfn < l->pages)
			entries[i] =
				mfn_of[pfn] << 12 | PAGE_FLAGS | (is_table(l, pfn) ? 0 : WRITE);
	}
}

/* Entries of the index-th table at the level whose entries span 2^shift bytes: they point to
 * `count` lower tables from lower_pfn on. */
static void fill_upper(const struct build_range *r, uint64_t index, unsigned int shift,
		       uint64_t lower_pfn, uint64_t count, const uint64_t *mfn_of,
		       uint64_t *entries)
{
	uint64_t first = (r->virt >> (shift + 9)) + index; /* number of this table */

	for (uint64_t i = 0; i < count; i++) {
		uint64_t slot = (r->virt >> shift) + i; /* number of the lower table */

		if (slot >> 9 == first)
			entries[slot & 511] = mfn_of[lower_pfn + i] << 12 | TABLE_FLAGS;
	}
}

static bool fill_of_range(const struct build_layout *l, const struct build_range *r, uint64_t pfn,
			  const uint64_t *mfn_of, uint64_t *entries)
{
	if (!r->pages)
		return false;
	if (in(pfn, r->l1_pfn, r->l1_count))
		fill_l1(l, r, pfn - r->l1_pfn, mfn_of, entries);
	else if (in(pfn, r->l2_pfn, r->l2_count))
		fill_upper(r, pfn - r->l2_pfn, 21, r->l1_pfn, r->l1_count, mfn_of, entries);
	else if (in(pfn, r->l3_pfn, r->l3_count))
		fill_upper(r, pfn - r->l3_pfn, 30, r->l2_pfn, r->l2_count, mfn_of, entries);
	else
		return false;
	return true;
}

static void fill_l4(const struct build_range *r, const uint64_t *mfn_of, uint64_t *entries)
{
	for (uint64_t i = 0; r->pages && i < r->l3_count; i++)
		entries[((r->virt >> 39) + i) & 511] = mfn_of[r->l3_pfn + i] << 12 | TABLE_FLAGS;
}

bool build_layout_fill_table(const struct build_layout *l, uint64_t table_pfn,
			     const uint64_t *mfn_of, uint64_t *entries)
{
	memset(entries, 0, BUILD_PAGE);
	if (table_pfn == l->l4_pfn) {
		fill_l4(&l->main, mfn_of, entries);
		fill_l4(&l->p2m, mfn_of, entries);
		return true;
	}
	return fill_of_range(l, &l->main, table_pfn, mfn_of, entries) ||
	       fill_of_range(l, &l->p2m, table_pfn, mfn_of, entries);
}
