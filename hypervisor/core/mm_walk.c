/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Walking a guest's live tables.
 *
 * Other vCPUs may change the tables meanwhile, so what is found is a hint: each step is checked to
 * lie in RAM, and who goes on to write to the table found checks its type then.
 */
#include "core/machine.h"
#include "core/guest_access.h"
#include "core/mm_internal.h"

static always_inline uint64_t entry_of(mfn_t table, uint64_t index)
{
	const uint64_t *e = machine_map(table);

	return __atomic_load_n(&e[index & (TABLE_ENTRIES - 1)], __ATOMIC_RELAXED);
}

/* One level down; false: there is nothing. */
static always_inline bool step(mfn_t *table, uint64_t index)
{
	uint64_t e = entry_of(*table, index);

	*table = mfn(pte_frame(e));
	return likely(e & PTE_PRESENT) && likely(ram_frame(table->n));
}

uint64_t mm_walk_root(mfn_t root, uint64_t va, mfn_t *l1_frame)
{
	mfn_t table = root;

	*l1_frame = INVALID_MFN;
	if (!guest_code_ok(va) || !table.n)
		return 0;
	if (!step(&table, va >> 39) || !step(&table, va >> 30) || !step(&table, va >> 21))
		return 0;
	*l1_frame = table;
	return entry_of(table, va >> PAGE_SHIFT);
}

uint64_t mm_walk_l1(struct vcpu *v, uint64_t va, mfn_t *l1_frame)
{
	return mm_walk_root(v->entry.user_mode ? v->cr3_user : v->cr3_kernel, va, l1_frame);
}
