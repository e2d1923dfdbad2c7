/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Checking whole tables, and letting go of them.
 *
 * Duty: every entry of a table of level 1 to 4, or of a descriptor table, is checked and referenced
 * before the frame has that type, and given back when it loses it. Entries below frame.partial hold
 * references; checking goes up from there, letting go goes down, and both can stop in between when
 * the budget is spent. The caller (frame_type.c) has the frame BUSY, so nobody else writes it.
 * Recursion ends at level 1: a table only refers to tables of the level below, never to its own.
 */
#include "core/guest_access.h"
#include "core/machine.h"
#include "core/mm_companion.h"
#include "core/mm_internal.h"
#include "core/preempt.h"

/* What things cost, in units */
#define COST_TABLE	800 /* of looking for entries */
#define COST_LINE	90
#define COST_ENTRY	40
#define COST_CHILD	100
#define COST_DEVICE	150
#define COST_DESCRIPTOR 20

bool mm_l1tf_guard = true;

int mmio_access(const struct domain *d, uint64_t e)
{
	if (!d->privileged)
		return -XEN_EPERM;
	if (e & PTE_REFUSED)
		return -XEN_EINVAL;
	preempt_charge(COST_DEVICE);
	switch (machine_mmio_access(mfn(pte_frame(e)))) {
	case MMIO_ALL:
		return MMIO_ALL;
	case MMIO_READ:
		return MMIO_READ;
	default:
		return -XEN_EPERM;
	}
}

static always_inline int upper_get_inline(struct domain *d, enum frame_type t, uint64_t *e,
					  bool nested)
{
	enum frame_type below = (enum frame_type)(t - 1);
	struct frame *f;
	int rc;

	if (!(*e & PTE_PRESENT))
		return pte_absent_ok(*e);
	if (*e & (PTE_REFUSED | PTE_PSE))
		return -XEN_EINVAL;
	*e = pte_adjust(*e) & ~PTE_CACHE;
	f = ram_frame(pte_frame(*e));
	if (!f || !ref_take(f, d))
		return -XEN_EINVAL;
	if (likely(type_take_again(f, below)))
		return 0;
	rc = nested ? frame_get_type_nested(f, below) : frame_get_type(f, below);
	if (rc)
		ref_drop(f);
	return rc;
}

int upper_get(struct domain *d, enum frame_type t, uint64_t *e, bool nested)
{
	return upper_get_inline(d, t, e, nested);
}

int upper_drop(uint64_t e)
{
	struct frame *f;
	int rc;

	if (!(e & PTE_PRESENT))
		return 0;
	f = mfn_frame(mfn(pte_frame(e)));
	rc = likely(type_drop_again(f)) ? 0 : frame_put_type(f);
	if (!rc)
		ref_drop(f);
	return rc;
}

/* --- lines: most tables are nearly empty --- */

/* The last line that may hold something below entry `end`, or -1. */
static inline int last_line(const struct frame *f, unsigned int end)
{
	unsigned int lines = (end + LINE - 1) / LINE;
	uint64_t below = lines < 64 ? f->lines & ((1ULL << lines) - 1) : f->lines;

	return below ? 63 - __builtin_clzll(below) : -1;
}

/* --- level 1 --- */

/* Entries *i up to `end`; *i is where it stopped. */
static int validate_l1_line(const struct domain *d, uint64_t *table, unsigned int *i,
			    unsigned int end)
{
	unsigned int found = 0, at;
	int rc = 0;

	for (at = *i; at < end; at++) {
		uint64_t e = table[at];

		if (!e)
			continue;
		rc = l1_get(d, d, &e, true);
		if (rc)
			break;
		if (unlikely(e != table[at]))
			table[at] = e;
		found++;
	}
	*i = at;
	preempt_charge(COST_LINE + COST_ENTRY * found);
	return rc;
}

static int validate_l1(struct frame *f, uint64_t *table)
{
	unsigned int i = f->partial;
	int rc = 0;

	while ((i = table_next_used(table, i)) < TABLE_ENTRIES) {
		f->lines |= 1ULL << i / LINE;
		rc = validate_l1_line(f->owner, table, &i, (i | (LINE - 1)) + 1);
		if (!rc && i < TABLE_ENTRIES && preempt_due())
			rc = -XEN_ERESTART;
		if (rc)
			break;
	}
	f->partial = (uint16_t)i;
	return rc;
}

/* Entries below i down to `end`. */
static void invalidate_l1_line(const uint64_t *table, unsigned int i, unsigned int end)
{
	unsigned int found = 0;

	while (i > end) {
		i--;
		if (table[i] & PTE_PRESENT) {
			l1_drop(table[i]);
			found++;
		}
	}
	preempt_charge(COST_LINE + COST_ENTRY * found);
}

static int invalidate_l1(struct frame *f, const uint64_t *table)
{
	unsigned int i = f->partial;
	int line;

	while ((line = last_line(f, i)) >= 0) {
		unsigned int first = (unsigned int)line * LINE;

		if (i != f->partial && preempt_due()) {
			f->partial = (uint16_t)i;
			return -XEN_ERESTART;
		}
		invalidate_l1_line(table, MIN(i, first + LINE), first);
		i = first;
	}
	f->partial = 0;
	return 0;
}

/* --- levels 2 to 4 --- */

static always_inline int validate_upper_entry(struct frame *f, enum frame_type t, uint64_t *slot)
{
	uint64_t e = *slot;
	int rc = upper_get_inline(f->owner, t, &e, true);

	if (!rc && e != *slot)
		*slot = e;
	preempt_charge(COST_CHILD);
	return rc;
}

/* Entries *i up to `end`; *i is where it stopped. */
static int validate_upper_line(struct frame *f, enum frame_type t, uint64_t *table, unsigned int *i,
			       unsigned int end)
{
	int rc = 0;

	for (; *i < end; ++*i) {
		if (!table[*i])
			continue;
		if (*i > f->partial && preempt_due())
			rc = -XEN_ERESTART;
		else
			rc = validate_upper_entry(f, t, &table[*i]);
		if (rc)
			break;
	}
	return rc;
}

static int validate_upper(struct frame *f, enum frame_type t, uint64_t *table)
{
	unsigned int i = f->partial;
	int rc = 0;

	while (!rc && (i = table_next_used(table, i)) < TABLE_ENTRIES) {
		unsigned int end = (i | (LINE - 1)) + 1;

		if (l4_slot_ours(t, i)) {
			i = end;
			continue;
		}
		f->lines |= 1ULL << i / LINE;
		rc = validate_upper_line(f, t, table, &i, end);
	}
	f->partial = (uint16_t)i;
	if (!rc && t == FRAME_L4) {
		machine_init_l4(f->owner, table);
		rc = companion_attach(f);
	}
	return rc;
}

static int invalidate_upper(struct frame *f, const uint64_t *table)
{
	unsigned int begun = f->partial, i = begun;
	int line;

	while ((line = last_line(f, i)) >= 0) {
		unsigned int first = (unsigned int)line * LINE;

		for (i = MIN(i, first + LINE); i > first; i--) {
			uint64_t e = table[i - 1];
			int rc;

			if (!(e & PTE_PRESENT))
				continue;
			rc = i < begun && preempt_due() ? -XEN_ERESTART : upper_drop(e);
			if (rc) {
				f->partial = (uint16_t)i;
				return rc;
			}
			preempt_charge(COST_CHILD);
		}
	}
	f->partial = 0;
	return 0;
}

/* --- descriptor tables: they refer to nothing, so nothing is ever partial --- */

static int validate_descriptors(uint64_t *table)
{
	for (unsigned int i = 0; i < TABLE_ENTRIES; i++)
		if (table[i] && !descriptor_check(&table[i]))
			return -XEN_EINVAL;
	preempt_charge(COST_DESCRIPTOR * TABLE_ENTRIES);
	return 0;
}

int mm_validate_table(struct frame *f, enum frame_type t, bool resume)
{
	uint64_t *table = machine_map(frame_mfn(f));

	if (!resume) {
		f->partial = 0;
		f->lines = 0;
	}
	preempt_charge(COST_TABLE);
	switch (t) {
	case FRAME_L1:
		return validate_l1(f, table);
	case FRAME_L2:
	case FRAME_L3:
	case FRAME_L4:
		return validate_upper(f, t, table);
	case FRAME_SEGDESC:
		return validate_descriptors(table);
	default:
		return -XEN_EINVAL;
	}
}

int mm_invalidate_table(struct frame *f, enum frame_type t, bool resume)
{
	const uint64_t *table = machine_map(frame_mfn(f));

	if (!resume)
		f->partial = TABLE_ENTRIES;
	if (t == FRAME_L1)
		return invalidate_l1(f, table);
	if (t == FRAME_L4)
		companion_detach(f);
	return type_is_table(t) ? invalidate_upper(f, table) : 0;
}
