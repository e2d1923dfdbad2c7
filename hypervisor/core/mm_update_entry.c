/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Writing one page-table entry.
 *
 * Duty: the new entry's references are taken first, then the entry is exchanged while the table's
 * lock bit is held (so that it stays a valid table and nobody else writes it; only the CPU itself
 * sets Accessed and Dirty meanwhile), and the old entry's references are given back last. Changes
 * that move no reference, or only the writable one, skip the rest. TLBs are the caller's business:
 * a stale entry does no harm to others, see frame_type.c.
 */
#include "core/domain.h"
#include "core/guest_access.h"
#include "core/machine.h"
#include "core/mm_companion.h"
#include "core/mm_internal.h"
#include "core/preempt.h"

/* Where an entry is. */
struct place {
	struct frame *table;
	enum frame_type type;
	unsigned int index;
	uint64_t *entry;
};

enum how {
	REPLACE,
	PRESERVE_AD, /* what the CPU noted meanwhile stays */
	EXACT,	     /* only if the entry still is the expected one */
};

static always_inline struct place place_in(struct frame *table, enum frame_type t,
					   unsigned int index)
{
	uint64_t *entries = machine_map(frame_mfn(table));

	return (struct place){table, t, index, entries + index};
}

static always_inline uint64_t read_entry(struct place p)
{
	return __atomic_load_n(p.entry, __ATOMIC_RELAXED);
}

static bool write_preserving(uint64_t *entry, uint64_t old, uint64_t value)
{
	uint64_t both = PTE_ACCESSED | PTE_DIRTY;

	while (!word_cas(entry, &old, (value & ~both) | ((value | old) & both)))
		;
	return true;
}

/* Locked. `old` was read under the lock, so only Accessed and Dirty can differ by now. False: it is
 * not what was expected, and stays. */
static always_inline bool commit(struct place p, uint64_t old, uint64_t value, enum how how,
				 uint64_t expected)
{
	table_note_entry(p.table, p.index, value);
	if (p.type == FRAME_L4)
		companion_write(p.table, p.index, value);
	if (how == EXACT)
		return word_cas(p.entry, &expected, value);
	if (unlikely(how == PRESERVE_AD) && (value & old & PTE_PRESENT))
		return write_preserving(p.entry, old, value);
	__atomic_store_n(p.entry, value, __ATOMIC_RELEASE);
	return true;
}

/* Lock, exchange, unlock. -XEN_EINVAL: it is no such table any more; -XEN_EAGAIN: the entry is not
 * the expected one. */
static always_inline int exchange(struct place p, uint64_t *old, uint64_t value, enum how how,
				  uint64_t expected)
{
	bool done;

	if (!table_lock(p.table, p.type))
		return -XEN_EINVAL;
	*old = read_entry(p);
	done = commit(p, *old, value, how, expected);
	table_unlock(p.table);
	return done ? 0 : -XEN_EAGAIN;
}

static always_inline bool same_frame(uint64_t a, uint64_t b)
{
	return (a & b & PTE_PRESENT) && !((a ^ b) & PTE_FRAME);
}

/* --- level 1 --- */

/* Locked, old and new map the same RAM: true if it could be done without another reference. */
static always_inline bool l1_change_flags(struct place p, struct frame *f, uint64_t old,
					  uint64_t value, enum how how, uint64_t expected,
					  const struct domain *owner)
{
	bool rw_changes = (old ^ value) & PTE_RW, done;

	if (!rw_changes)
		return commit(p, old, value, how, expected);
	if (f->owner != owner)
		return false; /* mapped by a grant: refused in the long way */
	if ((value & PTE_RW) && !type_take_writable(f))
		return false;
	done = commit(p, old, value, how, expected);
	if ((done ? old : value) & PTE_RW)
		type_drop_writable(f); /* under the lock: the entry still holds the frame */
	return done;
}

/* `old` was read without the lock: a hint. */
static always_inline bool l1_try_flags(struct place p, uint64_t old, uint64_t value, enum how how,
				       uint64_t expected, const struct domain *owner)
{
	struct frame *f;
	bool done;

	if (!same_frame(value, old) || (value & PTE_REFUSED))
		return false;
	f = ram_frame(pte_frame(value));
	if (!f || !table_lock(p.table, p.type))
		return false;
	value &= ~(PTE_CACHE | PTE_PSE);
	old = read_entry(p);
	done = same_frame(value, old) && l1_change_flags(p, f, old, value, how, expected, owner);
	table_unlock(p.table);
	return done;
}

static always_inline int update_l1(struct place p, uint64_t value, enum how how, uint64_t expected,
				   const struct domain *owner)
{
	uint64_t old;
	int rc;

	if (value & PTE_PRESENT) {
		value = pte_adjust(value);
		if (l1_try_flags(p, read_entry(p), value, how, expected, owner))
			return 0;
	}
	rc = l1_get(p.table->owner, owner, &value, false);
	if (rc)
		return rc;
	rc = exchange(p, &old, value, how, expected);
	l1_drop(rc ? value : old);
	return rc;
}

int mm_replace_l1_entry(struct frame *table, unsigned int index, uint64_t expected, uint64_t value)
{
	struct place p = place_in(table, FRAME_L1, index);

	return update_l1(p, value, EXACT, expected, table->owner);
}

/* --- levels 2 to 4 --- */

int mm_go_on_partial(struct vcpu *v)
{
	struct frame *f = mfn_frame(v->partial_root);
	int rc = frame_put_type(f);

	if (rc)
		return rc;
	v->partial_root = INVALID_MFN;
	ref_drop(f);
	return 0;
}

/* Give a table's references back now, or as far as the budget goes: v goes on with it. */
static int drop_upper(struct vcpu *v, uint64_t old)
{
	int rc = upper_drop(old);

	if (rc)
		v->partial_root = mfn(pte_frame(old));
	return rc;
}

static bool upper_try_flags(struct place p, uint64_t value, enum how how)
{
	uint64_t old;
	bool done;

	if (!same_frame(value, read_entry(p)) || (value & (PTE_REFUSED | PTE_PSE)) ||
	    !table_lock(p.table, p.type))
		return false;
	old = read_entry(p);
	done = same_frame(value, old) && commit(p, old, pte_adjust(value) & ~PTE_CACHE, how, 0);
	table_unlock(p.table);
	return done;
}

static int update_upper(struct vcpu *v, struct place p, uint64_t value, enum how how)
{
	uint64_t old;
	int rc;

	if (upper_try_flags(p, value, how))
		return 0;
	rc = upper_get(p.table->owner, p.type, &value, false);
	if (rc)
		return rc;
	if (exchange(p, &old, value, how, 0)) {
		rc = drop_upper(v, value);
		return rc ? rc : -XEN_EINVAL;
	}
	return drop_upper(v, old);
}

/* --- no table: the guest could write it itself --- */

static int write_plain(struct place p, uint64_t value)
{
	int rc = frame_get_type(p.table, FRAME_WRITABLE);

	if (rc)
		return rc;
	__atomic_store_n(p.entry, value, __ATOMIC_RELEASE);
	frame_put_type_final(p.table);
	return 0;
}

static __attribute__((noinline)) int update_other(struct vcpu *v, struct frame *table,
						  enum frame_type t, unsigned int index,
						  uint64_t value, enum how how)
{
	struct place p = place_in(table, t, index);
	int rc;

	if (!type_is_table(p.type))
		return write_plain(p, value);
	if (l4_slot_ours(p.type, p.index))
		return -XEN_EINVAL;
	rc = mm_finish_partial(v);
	return rc ? rc : update_upper(v, p, value, how);
}

static always_inline int update_entry(struct vcpu *v, struct frame *table, unsigned int index,
				      uint64_t value, bool preserve_ad, struct domain *foreign)
{
	enum frame_type t = frame_type_now(table);
	enum how how = preserve_ad ? PRESERVE_AD : REPLACE;

	if (likely(t == FRAME_L1))
		return update_l1(place_in(table, FRAME_L1, index), value, how, 0, foreign);
	return update_other(v, table, t, index, value, how);
}

int mm_update_entry(struct vcpu *v, struct frame *table, unsigned int index, uint64_t value,
		    bool preserve_ad, struct domain *foreign)
{
	return update_entry(v, table, index, value, preserve_ad, foreign);
}

/* --- requests of mmu_update --- */

int mm_update_m2p(const struct xen_mmu_update *r, struct domain *owner)
{
	mfn_t m = mfn(r->ptr >> PAGE_SHIFT);
	struct frame *f = frame_get_mfn(m, owner);

	if (!f)
		return -XEN_EINVAL;
	m2p_set(m, r->val);
	frame_put(f);
	return 0;
}

/* By far the commonest way here, so all in line. */
int mm_mmu_update_one(struct vcpu *v, gva_t at)
{
	struct domain *d = v->domain;
	struct xen_mmu_update r;
	struct frame *f;
	int rc = mm_finish_partial(v);

	if (unlikely(rc))
		return rc;
	if (unlikely(guest_read(&r, at, sizeof(r))))
		return -XEN_EFAULT;
	if (unlikely((r.ptr & COMMAND_MASK) == MMU_MACHPHYS_UPDATE))
		return mm_update_m2p(&r, d);
	f = ram_frame(r.ptr >> PAGE_SHIFT);
	if (unlikely(r.ptr & (sizeof(uint64_t) - 1) & ~COMMAND_MASK) ||
	    unlikely(!f || !ref_take(f, d)))
		return -XEN_EINVAL;
	rc = update_entry(v, f, request_index(&r), r.val,
			  (r.ptr & COMMAND_MASK) == MMU_PT_UPDATE_PRESERVE_AD, d);
	ref_drop(f);
	preempt_charge(COST_REQUEST);
	return rc;
}
