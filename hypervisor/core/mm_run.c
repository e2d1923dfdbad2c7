/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Several level 1 entries in one go: cleared, made read-only, or set where there was nothing.
 *
 * Duty: what mm_update_entry() would do for each of them. To clear or to protect cannot bring a
 * reference in, so nothing is checked but the table: entries are changed while its lock bit is
 * held, a few at a time, and the references they held are given back afterwards. Interrupted runs
 * are begun again: what is done already is passed over quickly. What is set takes its references
 * under the lock, as far as that needs no waiting.
 */
#include "core/machine.h"
#include "core/mm_internal.h"
#include "core/mm_list.h"
#include "core/preempt.h"
#include "shoji/extension_mmu.h"

#define STEP	     16 /* entries between two looks at the budget */
#define COST_STEP    40
#define COST_DROP    40
#define COST_PROTECT 60

/* Locked. The references that `count` entries held go into `held`; how many. */
static unsigned int clear_step(uint64_t *e, unsigned int count, uint64_t held[STEP])
{
	unsigned int found = 0;

	for (unsigned int i = 0; i < count; i++) {
		uint64_t old = __atomic_load_n(&e[i], __ATOMIC_RELAXED);

		if (!old)
			continue;
		old = __atomic_exchange_n(&e[i], 0, __ATOMIC_SEQ_CST);
		if (old & PTE_PRESENT)
			held[found++] = old;
	}
	return found;
}

int mm_clear_run(struct frame *table, unsigned int index, unsigned int count)
{
	uint64_t *entries = machine_map(frame_mfn(table)), held[STEP];

	for (unsigned int done = 0; done < count; done += STEP) {
		unsigned int found;

		if (done >= 4 * STEP && preempt_due())
			return -XEN_ERESTART;
		if (!table_lock(table, FRAME_L1))
			return -XEN_EINVAL;
		found = clear_step(entries + index + done, MIN(count - done, STEP), held);
		table_unlock(table);
		for (unsigned int i = 0; i < found; i++)
			l1_drop(held[i]);
		preempt_charge(COST_STEP + COST_DROP * found);
	}
	return 0;
}

/* Locked. How many were changed. A page of another domain's, mapped by a grant, must stay as the
 * grant has it. */
static int protect_step(const struct domain *d, uint64_t *e, unsigned int count)
{
	int changed = 0;

	for (unsigned int i = 0; i < count; i++) {
		uint64_t old = __atomic_load_n(&e[i], __ATOMIC_RELAXED);
		struct frame *f = ram_frame(pte_frame(old));

		if ((old & (PTE_PRESENT | PTE_RW)) != (PTE_PRESENT | PTE_RW))
			continue;
		if (f && f->owner != d)
			return -XEN_EINVAL;
		__atomic_fetch_and(&e[i], ~PTE_RW, __ATOMIC_SEQ_CST);
		if (f)
			type_drop_writable(f); /* the entry still holds the frame */
		changed++;
	}
	return changed;
}

int mm_protect_run(struct frame *table, unsigned int index, unsigned int count)
{
	uint64_t *entries = machine_map(frame_mfn(table));

	for (unsigned int done = 0; done < count; done += STEP) {
		int changed;

		if (done >= 4 * STEP && preempt_due())
			return -XEN_ERESTART;
		if (!table_lock(table, FRAME_L1))
			return -XEN_EINVAL;
		changed =
			protect_step(table->owner, entries + index + done, MIN(count - done, STEP));
		table_unlock(table);
		if (changed < 0)
			return changed;
		preempt_charge(COST_STEP + COST_PROTECT * (unsigned int)changed);
	}
	return 0;
}

unsigned int mm_set_run(struct frame *table, const struct xen_mmu_update *r, unsigned int count)
{
	uint64_t *entries = machine_map(frame_mfn(table)), n = frame_mfn(table).n;
	unsigned int done = 0;

	if (!table_lock(table, FRAME_L1))
		return 0;
	for (; done < count; done++, r++) {
		unsigned int index = request_index(r);
		uint64_t value = r->val;

		if (r->ptr >> PAGE_SHIFT != n || (r->ptr & SHOJI_MMU_mask) != SHOJI_MMU_set ||
		    (__atomic_load_n(&entries[index], __ATOMIC_RELAXED) & PTE_PRESENT) ||
		    !l1_get_at_once(table->owner, &value))
			break;
		table_note_entry(table, index, value);
		__atomic_store_n(&entries[index], value, __ATOMIC_RELEASE);
	}
	table_unlock(table);
	return done;
}
