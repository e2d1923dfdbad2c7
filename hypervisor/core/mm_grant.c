/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The page-table entry of a grant mapping: in a table of the caller's, named by the entry's machine
 * address or by the virtual address that it maps. It holds its own references on the frame, like
 * any mapping of a foreign frame, so that tearing down page tables needs no knowledge of grants.
 */
#include "core/domain.h"
#include "core/machine.h"
#include "core/mm.h"
#include "core/mm_flush.h"
#include "shoji/errno.h"

#define AVAIL_SHIFT 9
#define ENTRY_BASE  (PTE_PRESENT | PTE_USER | PTE_ACCESSED | PTE_DIRTY | PTE_NX)

/* A referenced L1 table and the place in it. */
struct place {
	struct frame *table;
	unsigned int index;
};

static int find_place(struct vcpu *v, bool contains_pte, uint64_t addr, struct place *p)
{
	mfn_t table = mfn(addr >> PAGE_SHIFT);

	if (contains_pte) {
		p->index = (unsigned int)(addr % PAGE_SIZE / sizeof(uint64_t));
	} else {
		(void)mm_walk_l1(v, addr, &table);
		p->index = addr >> PAGE_SHIFT & 511;
	}
	if (addr % (contains_pte ? sizeof(uint64_t) : PAGE_SIZE) || mfn_eq(table, INVALID_MFN))
		return -XEN_EINVAL;
	p->table = frame_get_mfn(table, v->domain);
	if (!p->table)
		return -XEN_EINVAL;
	if (frame_type_now(p->table) == FRAME_L1)
		return 0;
	frame_put(p->table);
	return -XEN_EINVAL;
}

static uint64_t read_place(const struct place *p)
{
	const uint64_t *entries = machine_map(frame_mfn(p->table));

	return __atomic_load_n(&entries[p->index], __ATOMIC_RELAXED);
}

/* An entry that is there already is replaced, as by any other change. */
int mm_grant_map(struct vcpu *v, bool contains_pte, uint64_t addr, mfn_t frame,
		 struct domain *frame_owner, bool readonly, uint64_t avail_bits)
{
	uint64_t value = frame.n << PAGE_SHIFT | ENTRY_BASE | avail_bits << AVAIL_SHIFT |
			 (readonly ? 0 : PTE_RW);
	struct place p;
	int rc = find_place(v, contains_pte, addr, &p);

	if (rc)
		return rc;
	rc = mm_update_entry(v, p.table, p.index, value, false, frame_owner);
	frame_put(p.table);
	return rc;
}

static bool maps(uint64_t entry, mfn_t frame, bool readonly)
{
	return (entry & PTE_PRESENT) && (entry & PTE_FRAME) >> PAGE_SHIFT == frame.n &&
	       !(entry & PTE_RW) == readonly;
}

/* Only exactly this mapping goes; Accessed and Dirty may change under our eyes a few times. */
static int remove_mapping(const struct place *p, mfn_t frame, bool readonly)
{
	int rc = -XEN_EAGAIN;

	for (unsigned int tries = 0; tries < 4 && rc == -XEN_EAGAIN; tries++) {
		uint64_t entry = read_place(p);

		if (!maps(entry, frame, readonly))
			return -XEN_EINVAL;
		rc = mm_replace_l1_entry(p->table, p->index, entry, 0);
	}
	return rc;
}

/* The grant may be taken back as soon as we return: no TLB may still know it. */
int mm_grant_unmap(struct vcpu *v, bool contains_pte, uint64_t addr, mfn_t frame, bool readonly)
{
	struct place p;
	int rc = find_place(v, contains_pte, addr, &p);

	if (rc)
		return rc;
	rc = remove_mapping(&p, frame, readonly);
	frame_put(p.table);
	if (!rc && contains_pte)
		machine_flush_all(mm_domain_cpus(v->domain));
	else if (!rc)
		machine_flush_page(mm_domain_cpus(v->domain), addr);
	return rc;
}
