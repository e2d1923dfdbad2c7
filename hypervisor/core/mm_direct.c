/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The guest kernel's own view of its tables.
 *
 * A guest kernel maps all its memory in one place, the direct map. A page that is to become a table
 * must be read-only there; when it ceases to be one, the kernel wants to write it again. Where that
 * map is, the domain has told (domain.direct_base); its entries are changed here as the guest
 * itself could change them, one by one and checked (mm_replace_l1_entry), so nothing is granted by
 * being asked for in this way. The direct map is a hint: an entry that is not as expected is left
 * alone, and what was to follow decides.
 */
#include "core/mm_direct.h"

#include "core/machine.h"

#define TRIES	    4
#define TABLE_REACH ((uint64_t)TABLE_ENTRIES * PAGE_SIZE)

/* To the table that maps va. False: there is none. */
static bool move_to(struct direct_map *map, uint64_t va)
{
	struct cursor *table = &map->table;
	mfn_t l1;

	if (table->frame && map->number == va / TABLE_REACH)
		return true;
	(void)walk_root(map->v->cr3_kernel, va, &l1);
	map->number = va / TABLE_REACH;
	return cursor_move(table, l1.n);
}

int direct_change(struct direct_map *map, mfn_t m, bool writable)
{
	const struct domain *d = map->v->domain;
	uint64_t pfn = ram_frame(m.n) ? m2p_get(m) : ~0ULL, va;
	int rc = -XEN_EAGAIN;

	if (pfn >= d->direct_pages)
		return 0;
	va = d->direct_base + (pfn << PAGE_SHIFT);
	for (unsigned int tries = 0; tries < TRIES && rc == -XEN_EAGAIN; tries++) {
		uint64_t e;

		if (!move_to(map, va))
			return 0;
		e = entry_of(mfn(map->table.mfn), va >> PAGE_SHIFT);
		if (!(e & PTE_PRESENT) || pte_frame(e) != m.n || !(e & PTE_RW) == !writable)
			return 0;
		rc = mm_replace_l1_entry(map->table.frame, va >> PAGE_SHIFT & (TABLE_ENTRIES - 1),
					 e, e ^ PTE_RW);
	}
	return rc == -XEN_ERESTART ? rc : !rc;
}

int mm_alias(struct vcpu *v, mfn_t m, bool writable)
{
	struct direct_map map = direct_begin(v);
	int rc = direct_change(&map, m, writable);

	direct_end(&map);
	return rc;
}
