/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The audit: what refers to frames.
 *
 * Duty: counts, for the frames of a range, the references and uses of types that entries of page
 * tables stand for, and those it is told of; on the way it looks at each entry as such. It knows
 * nothing of how the counts came about: the tables' content is all it goes by. No locks; on a
 * machine that runs, what it sees may be half changed, which is why audit.c looks again. It
 * follows no pointer that it finds, except into the frame table.
 */
#include "core/audit_internal.h"
#include "core/mm_internal.h"

/* In units of preemption */
#define COST_FRAME	220
#define COST_ENTRY	75
#define COST_DESCRIPTOR 22
#define ENTRIES_AT_ONCE 128

static unsigned int valid_entries(const struct frame *f, uint64_t type)
{
	if (!type_is_table(type_of(type)))
		return 0;
	if (type & FRAME_TYPE_PARTIAL)
		return MIN(f->partial, (uint16_t)TABLE_ENTRIES);
	return type & FRAME_TYPE_COUNT ? TABLE_ENTRIES : 0;
}

/* --- an entry as such --- */

static bool mmio_ok(const struct audit *a, const struct frame *table, uint64_t e)
{
	enum mmio_access access;

	if (!a->privileged)
		return true;
	access = machine_mmio_access(mfn(pte_frame(e)));
	return table->owner == a->privileged &&
	       (access == MMIO_ALL || (access == MMIO_READ && !(e & PTE_RW)));
}

static bool l1_entry_ok(const struct audit *a, const struct frame *table, uint64_t e)
{
	const struct frame *f = ram_frame(pte_frame(e));

	if (!(e & PTE_USER) || (e & (PTE_GLOBAL | PTE_REFUSED)))
		return false;
	if (!f)
		return mmio_ok(a, table, e);
	if (e & (PTE_CACHE | PTE_PSE))
		return false;
	return !(e & PTE_RW) || type_of(f->type) == FRAME_WRITABLE;
}

static bool upper_entry_ok(const struct frame *table, enum frame_type t, uint64_t e)
{
	const struct frame *f = ram_frame(pte_frame(e));

	return f && (e & PTE_USER) && !(e & (PTE_GLOBAL | PTE_REFUSED | PTE_CACHE | PTE_PSE)) &&
	       type_of(f->type) == (enum frame_type)(t - 1) && f->owner == table->owner;
}

static bool entry_ok(const struct audit *a, const struct frame *table, enum frame_type t,
		     unsigned int index, uint64_t e)
{
	if (!(__atomic_load_n(&table->lines, __ATOMIC_RELAXED) >> index / LINE & 1))
		return false; /* it would not be found when the table is let go */
	return t == FRAME_L1 ? l1_entry_ok(a, table, e) : upper_entry_ok(table, t, e);
}

/* --- what it stands for --- */

/* Its handles go first, then its page tables. */
static bool holder_dies(const struct audit *a, const struct domain *d)
{
	for (unsigned int i = 0; a->stopped && i < a->owner_count; i++)
		if (a->owners[i].domain == d)
			return d->dying != DOMAIN_ALIVE;
	return false;
}

static void count_entry(struct audit *a, const struct frame *table, enum frame_type t, uint64_t e)
{
	const struct frame *f = ram_frame(pte_frame(e));
	struct tally *y = f ? audit_tally(a, f) : NULL;

	a->entries++;
	if (!y)
		return;
	y->references++;
	if (t != FRAME_L1 || (e & PTE_RW))
		y->types++;
	if (t == FRAME_L1 && f->owner != table->owner && table->owner != a->privileged &&
	    !holder_dies(a, table->owner))
		y->lent--;
}

static void count_entries(struct audit *a, const struct frame *f, enum frame_type t,
			  unsigned int first, unsigned int end)
{
	const uint64_t *table = machine_map(frame_mfn(f));
	bool look = audit_tally(a, f) != NULL;

	for (unsigned int i = first; i < end; i++) {
		uint64_t e = __atomic_load_n(&table[i], __ATOMIC_RELAXED);

		if (!(e & PTE_PRESENT) || l4_slot_ours(t, i))
			continue;
		count_entry(a, f, t, e);
		if (look && !entry_ok(a, f, t, i, e))
			audit_wrong(a, f, SHOJI_AUDIT_entry, 0, e, i);
	}
	preempt_charge(COST_ENTRY * (end - first));
}

/* The next entries of a table of which `count` are in use: true after the last of them. */
static bool count_table(struct audit *a, const struct frame *f, enum frame_type t,
			unsigned int count)
{
	unsigned int end = MIN(count, a->part + ENTRIES_AT_ONCE);

	count_entries(a, f, t, a->part, end);
	a->part = end < count ? end : 0;
	a->tables += !a->part;
	return !a->part;
}

static bool descriptors_ok(const struct frame *f, unsigned int *at)
{
	const uint64_t *table = machine_map(frame_mfn(f));

	for (*at = 0; *at < TABLE_ENTRIES; (*at)++) {
		uint64_t is = __atomic_load_n(&table[*at], __ATOMIC_RELAXED), should = is;

		if (is && (!descriptor_check(&should) || is != should))
			return false;
	}
	return true;
}

static void check_descriptors(struct audit *a, const struct frame *f)
{
	const uint64_t *table = machine_map(frame_mfn(f));
	unsigned int at;

	preempt_charge(COST_DESCRIPTOR * TABLE_ENTRIES);
	if (audit_tally(a, f) && !descriptors_ok(f, &at))
		audit_wrong(a, f, SHOJI_AUDIT_entry, 0, table[at], at);
}

/* The references that a frame's own record claims, and that its list, pin and state stand for. */
static void count_own(struct audit *a, const struct frame *f, uint64_t type)
{
	struct tally *y = audit_tally(a, f);

	if (!y)
		return;
	if (__atomic_load_n(&f->count, __ATOMIC_RELAXED) & FRAME_ALLOCATED)
		y->references++;
	if (type & FRAME_TYPE_PINNED) {
		y->references++;
		y->types++;
	}
	if ((type & FRAME_TYPE_PARTIAL) && !(type & FRAME_TYPE_COUNT))
		y->references++; /* the half-checked state's own */
}

bool audit_count_frame(struct audit *a, const struct frame *f)
{
	uint64_t type = __atomic_load_n(&f->type, __ATOMIC_ACQUIRE);
	unsigned int entries = valid_entries(f, type);

	preempt_charge(COST_FRAME);
	if (!a->part)
		count_own(a, f, type);
	if (a->part < entries)
		return count_table(a, f, type_of(type), entries);
	a->part = 0; /* it is no table any more, perhaps */
	if (type_of(type) == FRAME_SEGDESC && (type & FRAME_TYPE_COUNT))
		check_descriptors(a, f);
	return true;
}

void audit_hold(struct audit *a, const struct frame *f, const struct domain *owner,
		enum frame_type t, unsigned int where)
{
	struct tally *y = audit_tally(a, f);

	if (!y)
		return;
	y->references++;
	if (t == FRAME_NONE)
		return;
	y->types++;
	if (owner && (f->owner != owner || type_of(f->type) != t))
		audit_wrong(a, f, SHOJI_AUDIT_holder, t, f->type, where);
}
