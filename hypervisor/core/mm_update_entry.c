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
#include "core/machine.h"
#include "core/mm_internal.h"

struct update {
	struct frame *table;
	enum frame_type type;
	uint64_t *entry;
	uint64_t value; /* to be written */
	bool preserve_ad;
	bool exact; /* only if the entry still is `expected` */
	uint64_t expected;
};

/* --- the table's lock: FRAME_TYPE_LOCK --- */

static bool lock_table(const struct update *u)
{
	uint64_t *word = &u->table->type, x = __atomic_load_n(word, __ATOMIC_RELAXED);

	for (;;) {
		if (unlikely((x & (FRAME_TYPE_MASK | FRAME_TYPE_BUSY | FRAME_TYPE_PARTIAL)) !=
			     type_word(u->type)) ||
		    unlikely(!(x & FRAME_TYPE_COUNT)))
			return false;
		if (unlikely(x & FRAME_TYPE_LOCK)) {
			machine_relax();
			x = __atomic_load_n(word, __ATOMIC_RELAXED);
		} else if (likely(word_cas(word, &x, x | FRAME_TYPE_LOCK))) {
			return true;
		}
	}
}

static void unlock_table(const struct update *u)
{
	__atomic_fetch_and(&u->table->type, ~FRAME_TYPE_LOCK, __ATOMIC_RELEASE);
}

/* Locked. `old` was read under the lock, so only Accessed and Dirty can differ by now. False: it is
 * not what was expected, and stays. */
static bool commit(const struct update *u, uint64_t old)
{
	uint64_t both = PTE_ACCESSED | PTE_DIRTY, expected = u->expected;

	if (u->exact)
		return word_cas(u->entry, &expected, u->value);
	if (!u->preserve_ad || !(u->value & old & PTE_PRESENT)) {
		__atomic_store_n(u->entry, u->value, __ATOMIC_RELEASE);
		return true;
	}
	while (!word_cas(u->entry, &old, (u->value & ~both) | ((u->value | old) & both)))
		;
	return true;
}

static uint64_t read_entry(const struct update *u)
{
	return __atomic_load_n(u->entry, __ATOMIC_RELAXED);
}

/* Lock, exchange, unlock. -XEN_EINVAL: it is no such table any more; -XEN_EAGAIN: the entry is not
 * the expected one. */
static int exchange(const struct update *u, uint64_t *old)
{
	bool done;

	if (!lock_table(u))
		return -XEN_EINVAL;
	*old = read_entry(u);
	done = commit(u, *old);
	unlock_table(u);
	return done ? 0 : -XEN_EAGAIN;
}

static bool same_frame(uint64_t a, uint64_t b)
{
	return (a & b & PTE_PRESENT) && !((a ^ b) & PTE_FRAME);
}

/* --- level 1 --- */

/* Locked, old and new map the same RAM: true if it could be done without another reference. */
static bool l1_change_flags(const struct update *u, struct frame *f, uint64_t old,
			    const struct domain *owner)
{
	bool rw_changes = (old ^ u->value) & PTE_RW, done;

	if (!rw_changes)
		return commit(u, old);
	if (f->owner != owner)
		return false; /* mapped by a grant: refused in the long way */
	if ((u->value & PTE_RW) && !type_take_writable(f))
		return false;
	done = commit(u, old);
	if ((done ? old : u->value) & PTE_RW)
		type_drop_writable(f); /* under the lock: the entry still holds the frame */
	return done;
}

static bool l1_try_flags(struct update *u, const struct domain *owner)
{
	struct frame *f;
	uint64_t old;
	bool done;

	if (!same_frame(u->value, read_entry(u)) || (u->value & PTE_REFUSED))
		return false;
	f = ram_frame(pte_frame(u->value));
	if (!f || !lock_table(u))
		return false;
	u->value &= ~(PTE_CACHE | PTE_PSE);
	old = read_entry(u);
	done = same_frame(u->value, old) && l1_change_flags(u, f, old, owner);
	unlock_table(u);
	return done;
}

static int update_l1(struct update *u, const struct domain *owner)
{
	uint64_t old;
	int rc;

	if (u->value & PTE_PRESENT) {
		u->value = pte_adjust(u->value);
		if (l1_try_flags(u, owner))
			return 0;
	}
	rc = l1_get(u->table->owner, owner, &u->value, false);
	if (rc)
		return rc;
	rc = exchange(u, &old);
	l1_drop(rc ? u->value : old);
	return rc;
}

int mm_replace_l1_entry(struct frame *table, unsigned int index, uint64_t expected, uint64_t value)
{
	struct update u = {
		.table = table,
		.type = FRAME_L1,
		.entry = (uint64_t *)machine_map(frame_mfn(table)) + index,
		.value = value,
		.exact = true,
		.expected = expected,
	};

	return update_l1(&u, table->owner);
}

/* --- levels 2 to 4 --- */

int mm_finish_partial(struct vcpu *v)
{
	struct frame *f;
	int rc;

	if (likely(v->partial_root.n == INVALID_MFN.n))
		return 0;
	f = mfn_frame(v->partial_root);
	rc = frame_put_type(f);
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

static bool upper_try_flags(struct update *u)
{
	uint64_t old;
	bool done;

	if (!same_frame(u->value, read_entry(u)) || (u->value & (PTE_REFUSED | PTE_PSE)) ||
	    !lock_table(u))
		return false;
	old = read_entry(u);
	done = same_frame(u->value, old);
	if (done) {
		u->value = pte_adjust(u->value) & ~PTE_CACHE;
		commit(u, old);
	}
	unlock_table(u);
	return done;
}

static int update_upper(struct vcpu *v, struct update *u)
{
	uint64_t old;
	int rc;

	if (upper_try_flags(u))
		return 0;
	rc = upper_get(u->table->owner, u->type, &u->value, false);
	if (rc)
		return rc;
	if (exchange(u, &old)) {
		rc = drop_upper(v, u->value);
		return rc ? rc : -XEN_EINVAL;
	}
	return drop_upper(v, old);
}

/* --- no table: the guest could write it itself --- */

static int write_plain(const struct update *u)
{
	int rc = frame_get_type(u->table, FRAME_WRITABLE);

	if (rc)
		return rc;
	__atomic_store_n(u->entry, u->value, __ATOMIC_RELEASE);
	frame_put_type_final(u->table);
	return 0;
}

int mm_update_entry(struct vcpu *v, struct frame *table, unsigned int index, uint64_t value,
		    bool preserve_ad, struct domain *foreign)
{
	struct update u = {
		.table = table,
		.type = frame_type_now(table),
		.entry = (uint64_t *)machine_map(frame_mfn(table)) + index,
		.value = value,
		.preserve_ad = preserve_ad,
	};
	int rc;

	if (u.type == FRAME_L1)
		return update_l1(&u, foreign);
	if (!type_is_table(u.type))
		return write_plain(&u);
	if (l4_slot_ours(u.type, index))
		return -XEN_EINVAL;
	rc = mm_finish_partial(v);
	return rc ? rc : update_upper(v, &u);
}
