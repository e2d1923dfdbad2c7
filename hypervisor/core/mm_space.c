/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Whole address spaces: pinned and unpinned together with the guest kernel's own view of the
 * tables (mm_direct.h). What is found in tables that are not checked yet is a hint: the pin
 * decides.
 *
 * A call that is interrupted goes on from a position: a phase, and in a walk the number of the next
 * level 2 entry of the lower half. While a vCPU is in such a call, vcpu.changes_space is set; what
 * other vCPUs do to a table that is just coming or going is then tried again, not refused
 * (mm_space_disturbed).
 */
#include "core/mm_space.h"

#include "core/guest_access.h"
#include "core/machine.h"
#include "core/mm_direct.h"
#include "core/preempt.h"

#define LOWER_HALF   256 /* entries of an L4 */
#define COST_TABLE   300
#define COST_SCAN    100
#define PHASE_SHIFT  32
#define DIRECT_MAX   (1ULL << 36) /* pages, of the address space */
#define ENTRIES_MASK (TABLE_ENTRIES - 1u)
#define PATIENCE_NS  1000000000ULL

enum phase {
	PIN_WALK,
	PIN_KERNEL,
	PIN_USER,
	UNDO_UNPIN,
	UNDO_WALK,
	UNPIN_KERNEL,
	UNPIN_USER,
	UNPIN_WALK,
};

int mm_set_direct_map(struct domain *d, uint64_t base, uint64_t pages)
{
	if (base % PAGE_SIZE || pages > DIRECT_MAX || !guest_range_ok(gva(base), pages * PAGE_SIZE))
		return -XEN_EINVAL;
	d->direct_pages = 0;
	d->direct_base = base;
	d->direct_pages = pages;
	return 0;
}

/* --- walking --- */

struct walk {
	struct direct_map map;
	bool writable;
	bool were_valid;   /* all tables, when the call began */
	bool moved;	   /* past one table, at least */
	uint64_t position; /* of the next level 2 entry */
};

static uint64_t entry_at(const uint64_t *table, unsigned int i)
{
	return __atomic_load_n(&table[i], __ATOMIC_RELAXED);
}

/* First entry from i on, below `end`, that is present. Tables that were in use until now have their
 * lines noted. */
static unsigned int next_entry(const struct walk *w, const struct frame *f, unsigned int i,
			       unsigned int end)
{
	const uint64_t *table = machine_map(frame_mfn(f));

	while (i < end) {
		if (i % LINE == 0)
			i = w->were_valid ? table_next_noted(f, i) : table_next_used(table, i);
		if (i < end && entry_at(table, i) & PTE_PRESENT)
			return i;
		i++;
	}
	return end;
}

/* The caller's frame that an entry names, referenced, or NULL. */
static struct frame *get_below(const struct walk *w, uint64_t e)
{
	struct frame *f = ram_frame(pte_frame(e));

	return f && ref_take(f, w->map.v->domain) ? f : NULL;
}

static int walk_l2(struct walk *w, const struct frame *f)
{
	const uint64_t *table = machine_map(frame_mfn(f));
	unsigned int i = w->position & ENTRIES_MASK;

	preempt_charge(COST_SCAN);
	while ((i = next_entry(w, f, i, TABLE_ENTRIES)) < TABLE_ENTRIES) {
		w->position = (w->position & ~(uint64_t)ENTRIES_MASK) | i;
		if (w->moved && preempt_due())
			return -XEN_ERESTART;
		if (direct_change(&w->map, mfn(pte_frame(entry_at(table, i))), w->writable) < 0)
			return -XEN_ERESTART;
		preempt_charge(COST_TABLE);
		w->moved = true;
		i++;
	}
	return 0;
}

/* The tables below entry i of a table of level 4 or 3, and the one that it names. */
static int walk_below(struct walk *w, const struct frame *upper, unsigned int end,
		      unsigned int shift, int (*below)(struct walk *, const struct frame *))
{
	const uint64_t *table = machine_map(frame_mfn(upper));
	unsigned int i = (w->position >> shift) & ENTRIES_MASK, first = i;
	int rc = 0;

	preempt_charge(COST_SCAN);
	for (; !rc && (i = next_entry(w, upper, i, end)) < end; i++) {
		struct frame *f = get_below(w, entry_at(table, i));

		if (i != first)
			w->position = (w->position >> (shift + 9) << 9 | i) << shift;
		if (!f)
			continue;
		rc = direct_change(&w->map, frame_mfn(f), w->writable) < 0 ? -XEN_ERESTART
									   : below(w, f);
		preempt_charge(COST_TABLE);
		ref_drop(f);
	}
	return rc;
}

static int walk_l3(struct walk *w, const struct frame *f)
{
	return walk_below(w, f, TABLE_ENTRIES, 9, walk_l2);
}

/* Both roots, and all tables of the lower half below `root`. From the top down: letting go of a
 * table that was refused half-way gives back what is below. */
static int walk_roots(struct walk *w, mfn_t root, mfn_t user_root)
{
	struct frame *f;
	int rc;

	if (direct_change(&w->map, root, w->writable) < 0 ||
	    (user_root.n && direct_change(&w->map, user_root, w->writable) < 0))
		return -XEN_ERESTART;
	f = frame_get_mfn(root, w->map.v->domain);
	if (!f)
		return 0;
	rc = walk_below(w, f, LOWER_HALF, 18, walk_l3);
	frame_put(f);
	return rc;
}

static int walk_space(struct vcpu *v, const struct mm_space *s, enum phase p, uint64_t *position)
{
	struct walk w = {.map = direct_begin(v),
			 .writable = p != PIN_WALK,
			 .were_valid = p == UNPIN_WALK,
			 .position = *position};
	int rc = walk_roots(&w, s->l4, s->user_l4);

	direct_end(&w.map);
	*position = rc ? w.position : 0;
	return rc;
}

/* --- phases --- */

static bool pinned(struct domain *d, mfn_t m)
{
	struct frame *f = frame_get_mfn(m, d);
	bool result = f && frame_pinned(f);

	if (f)
		frame_put(f);
	return result;
}

/* One phase: 0 and the next one, an error that ends the call, or -XEN_ERESTART. */
static int run_phase(struct vcpu *v, const struct mm_space *s, enum phase *p, uint64_t *position)
{
	struct domain *d = v->domain;
	int rc;

	switch (*p) {
	case PIN_WALK:
	case UNDO_WALK:
	case UNPIN_WALK:
		rc = walk_space(v, s, *p, position);
		if (!rc && *p == UNDO_WALK)
			return -XEN_EINVAL;
		break;
	case PIN_KERNEL:
		rc = mm_pin_table(d, s->l4, FRAME_L4);
		if (rc && rc != -XEN_ERESTART) {
			*p = UNDO_WALK;
			return 0;
		}
		break;
	case PIN_USER:
		rc = s->user_l4.n ? mm_pin_table(d, s->user_l4, FRAME_L4) : 0;
		if (rc == -XEN_ERESTART)
			return rc;
		*p = rc ? UNDO_UNPIN : UNPIN_WALK + 1;
		return 0;
	case UNDO_UNPIN:
	case UNPIN_KERNEL:
		rc = mm_unpin_table(d, s->l4);
		break;
	case UNPIN_USER:
		rc = s->user_l4.n ? mm_unpin_table(d, s->user_l4) : 0;
		break;
	default:
		return -XEN_EINVAL;
	}
	if (rc == -XEN_ERESTART)
		return rc;
	++*p;
	return 0;
}

static int run_phases(struct vcpu *v, const struct mm_space *s, enum phase p, uint64_t *go_on)
{
	uint64_t position = (uint32_t)*go_on;
	bool first = true;
	int rc = 0;

	__atomic_store_n(&v->changes_space, true, __ATOMIC_SEQ_CST);
	__atomic_fetch_add(&v->domain->space_epoch, 1, __ATOMIC_SEQ_CST);
	while (!rc && p <= UNPIN_WALK) {
		if (!first && preempt_due())
			rc = -XEN_ERESTART;
		else
			rc = run_phase(v, s, &p, &position);
		first = false;
	}
	*go_on = (uint64_t)p << PHASE_SHIFT | position;
	__atomic_fetch_add(&v->domain->space_epoch, 1, __ATOMIC_SEQ_CST);
	if (rc != -XEN_ERESTART)
		__atomic_store_n(&v->changes_space, false, __ATOMIC_SEQ_CST);
	return rc;
}

int mm_pin_space(struct vcpu *v, const struct mm_space *s, uint64_t *go_on)
{
	enum phase p = (enum phase)(*go_on >> PHASE_SHIFT);

	if (p > UNDO_WALK)
		return -XEN_EINVAL;
	return run_phases(v, s, p, go_on);
}

int mm_unpin_space(struct vcpu *v, const struct mm_space *s, uint64_t *go_on)
{
	enum phase p = *go_on ? (enum phase)(*go_on >> PHASE_SHIFT) : UNPIN_KERNEL;

	if (p < UNPIN_KERNEL || p > UNPIN_WALK)
		return -XEN_EINVAL;
	if (!*go_on &&
	    (!pinned(v->domain, s->l4) || (s->user_l4.n && !pinned(v->domain, s->user_l4))))
		return -XEN_EINVAL;
	return run_phases(v, s, p, go_on);
}

static bool others_change(const struct vcpu *v)
{
	struct vcpu *other;

	for_each_vcpu(v->domain, other)
	{
		if (other != v && __atomic_load_n(&other->changes_space, __ATOMIC_SEQ_CST))
			return true;
	}
	return false;
}

/* A vCPU that never goes on with its call is not waited for: as long as nothing happens, for so
 * long only. */
static bool waits_too_long(struct vcpu *v, uint64_t epoch)
{
	nsec_t now = machine_now();

	if (v->space_seen != epoch) {
		v->space_seen = epoch;
		v->space_waits = now;
	}
	return now - v->space_waits > PATIENCE_NS;
}

bool mm_space_disturbed(struct vcpu *v, uint64_t epoch_before)
{
	uint64_t epoch = mm_space_epoch(v->domain);

	return epoch != epoch_before || (others_change(v) && !waits_too_long(v, epoch));
}
