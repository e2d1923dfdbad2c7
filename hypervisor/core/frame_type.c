/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The one state machine of frame types: who may be what, when.
 *
 * The type word is (type, count, BUSY, PARTIAL, ...), changed by compare-and-exchange alone:
 *
 *	count 0			free to take any type; the last one is remembered for the TLB
 *	count n			valid, n holders; each also holds a reference of the frame
 *	BUSY			one CPU validates, invalidates or flushes; others wait for it,
 *unless they want another type, which is refused PARTIAL, count 0	validation was interrupted,
 *or failed and could not be undone at once. Entries below frame.partial hold references. It is
 *nobody's: the next one goes on with it, or undoes it first if he wants another type. The state
 *itself holds a reference of the frame. PARTIAL, count 1	invalidation was interrupted; the
 *one holder will put it again, or a new taker validates it again, beside him
 *
 * Waiting cannot deadlock: a CPU that is BUSY with a table waits only for tables of lower levels.
 *For that reason, a table cannot be checked while it wants a frame as writable that is still
 *PARTIAL as a table (frame_get_type_nested); alone, such a frame is undone first. Whenever the type
 *changes, the CPUs that may cache translations of the former life are flushed while the frame is
 *BUSY, that is, after nobody can take the old type any more.
 */
#include "core/frame_internal.h"
#include "core/log.h"
#include "core/mm.h"
#include "core/tlb.h"
#include "shoji/errno.h"

#define TABLE_ENTRIES 512

static uint64_t load_type(const struct frame *f)
{
	return __atomic_load_n(&f->type, __ATOMIC_ACQUIRE);
}

/* Leave BUSY. Nobody else changes the word meanwhile, but for the pin flag. */
static void leave_busy(struct frame *f, uint64_t to)
{
	uint64_t x = __atomic_load_n(&f->type, __ATOMIC_RELAXED);

	while (!word_cas(&f->type, &x, to | (x & FRAME_TYPE_PINNED)))
		;
}

static bool needs_check(enum frame_type t)
{
	return t != FRAME_NONE && t != FRAME_WRITABLE;
}

/* --- taking --- */

static void flush_former_life(struct frame *f)
{
	if (unlikely(f->flags & FRAME_FOREIGN)) {
		tlb_flush_before(~0ULL, f->flush_stamp);
		__atomic_fetch_and(&f->flags, (uint8_t)~FRAME_FOREIGN, __ATOMIC_RELAXED);
	} else {
		tlb_flush_before(__atomic_load_n(&f->owner->dirty_cpus, __ATOMIC_SEQ_CST),
				 f->flush_stamp);
	}
}

/* BUSY is ours, entries below frame.partial hold references: what remains of a table that is not
 * to be valid. `holders` is 0 or 1; `counted`: the nobody's state has its reference. */
static void leave_partial(struct frame *f, enum frame_type t, unsigned int holders, bool counted)
{
	bool nobodys = !holders && f->partial;

	if (nobodys && !counted)
		ref_again(f);
	leave_busy(f, type_word(t) | holders | (holders || nobodys ? FRAME_TYPE_PARTIAL : 0));
	if (counted && !nobodys)
		ref_drop(f); /* not the last: the caller holds one */
}

static bool owner_dies(const struct frame *f)
{
	return __atomic_load_n(&f->owner->dying, __ATOMIC_SEQ_CST) != DOMAIN_ALIVE;
}

/* What was checked of a table that is refused is let go as far as the budget goes; to the end for
 * a dying domain, because mm_relinquish() may have passed by already. */
static void refuse(struct frame *f, enum frame_type t)
{
	while (f->partial && mm_invalidate_table(f, t, true))
		if (!owner_dies(f))
			return;
}

/* BUSY is ours: check the table from frame.partial on. */
static int validate(struct frame *f, enum frame_type t, unsigned int holders, bool counted)
{
	int rc = mm_validate_table(f, t, f->partial != 0);

	if (!rc) {
		f->partial = 0;
		leave_busy(f, type_word(t) | (holders + 1));
		if (counted)
			ref_drop(f);
		return 0;
	}
	if (rc == -XEN_ERESTART && owner_dies(f))
		rc = -XEN_EINVAL;
	if (rc != -XEN_ERESTART)
		refuse(f, t);
	f->flush_stamp = tlb_stamp();
	leave_partial(f, t, holders, counted);
	return rc;
}

/* BUSY is ours, count 0, nothing partial: begin a new life as t. */
static int begin(struct frame *f, enum frame_type former, enum frame_type t)
{
	if (former != FRAME_NONE && former != t)
		flush_former_life(f);
	f->partial = 0;
	if (needs_check(t))
		return validate(f, t, 0, false);
	leave_busy(f, type_word(t) | 1);
	return 0;
}

/* BUSY is ours: let go of what a nobody's table still refers to. */
static int undo(struct frame *f, enum frame_type t)
{
	int rc = mm_invalidate_table(f, t, true);

	f->flush_stamp = tlb_stamp();
	leave_partial(f, t, 0, true);
	return rc;
}

int frame_undo_partial(struct frame *f)
{
	uint64_t x = load_type(f);

	while (x & FRAME_TYPE_BUSY || ((x & FRAME_TYPE_PARTIAL) && !(x & FRAME_TYPE_COUNT))) {
		if (x & FRAME_TYPE_BUSY) {
			machine_relax();
			x = load_type(f);
		} else if (word_cas(&f->type, &x, x | FRAME_TYPE_BUSY)) {
			return undo(f, type_of(x));
		}
	}
	return 0;
}

/* x is a word that has the wanted type, or none. False: it changed, look again. */
static bool take_step(struct frame *f, uint64_t *x, enum frame_type t, int *rc)
{
	uint64_t was = *x;
	uint32_t count = (uint32_t)was;

	if (count && !(was & FRAME_TYPE_PARTIAL)) {
		*rc = count == UINT32_MAX ? -XEN_EINVAL : 0;
		return *rc || word_cas(&f->type, x, was + 1);
	}
	if (!word_cas(&f->type, x,
		      was & FRAME_TYPE_PARTIAL ? was | FRAME_TYPE_BUSY
					       : type_word(t) | FRAME_TYPE_BUSY))
		return false;
	*rc = was & FRAME_TYPE_PARTIAL ? validate(f, t, count, count == 0)
				       : begin(f, type_of(was), t);
	return true;
}

static int take_slowly(struct frame *f, enum frame_type t, bool nested)
{
	uint64_t x = load_type(f);
	int rc;

	for (;;) {
		bool other = type_of(x) != t;

		if (other && (x & (FRAME_TYPE_COUNT | FRAME_TYPE_BUSY)))
			return -XEN_EINVAL;
		if (other && (x & FRAME_TYPE_PARTIAL) && nested)
			return -XEN_EINVAL; /* what it refers to may wait for us */
		if (x & FRAME_TYPE_BUSY) {
			machine_relax();
			x = load_type(f);
		} else if (other && (x & FRAME_TYPE_PARTIAL)) {
			rc = frame_undo_partial(f);
			if (rc)
				return rc;
			x = load_type(f);
		} else if (take_step(f, &x, t, &rc)) {
			return rc;
		}
	}
}

int frame_get_type(struct frame *f, enum frame_type t)
{
	if (likely(type_take_again(f, t)))
		return 0;
	return take_slowly(f, t, false);
}

int frame_get_type_nested(struct frame *f, enum frame_type t)
{
	if (likely(type_take_again(f, t)))
		return 0;
	return take_slowly(f, t, true);
}

/* --- giving back --- */

/* BUSY is ours, we are the one holder: let go of what the table refers to. */
static int invalidate(struct frame *f, uint64_t was)
{
	enum frame_type t = type_of(was);
	int rc;

	if (!(was & FRAME_TYPE_PARTIAL))
		f->partial = TABLE_ENTRIES;
	rc = mm_invalidate_table(f, t, true);
	f->flush_stamp = tlb_stamp();
	leave_busy(f, type_word(t) | (rc ? 1 | FRAME_TYPE_PARTIAL : 0));
	return rc;
}

/* The last holder gives back. False: the word changed, look again. */
static bool put_last(struct frame *f, uint64_t *x, int *rc)
{
	uint64_t was = *x;

	if (was & FRAME_TYPE_LOCK) {
		machine_relax();
		*x = load_type(f);
		return false;
	}
	if (type_is_table(type_of(was))) {
		if (!word_cas(&f->type, x, was | FRAME_TYPE_BUSY))
			return false;
		*rc = invalidate(f, was);
		return true;
	}
	f->flush_stamp = tlb_stamp(); /* before anybody can see count 0 */
	*rc = 0;
	return word_cas(&f->type, x, was - 1);
}

int frame_put_type(struct frame *f)
{
	uint64_t x = load_type(f);
	int rc;

	for (;;) {
		ASSERT(x & FRAME_TYPE_COUNT || x & FRAME_TYPE_BUSY);
		if (x & FRAME_TYPE_BUSY) {
			machine_relax();
			x = load_type(f);
		} else if ((uint32_t)x > 1) {
			if (word_cas(&f->type, &x, x - 1))
				return 0;
		} else if (put_last(f, &x, &rc)) {
			return rc;
		}
	}
}

void frame_put_type_final(struct frame *f)
{
	ASSERT(!type_is_table(type_of(load_type(f))));
	(void)frame_put_type(f);
}

/* The last holder leaves a table to nobody, together with his reference. False: look again. */
static bool abandon_last(struct frame *f, uint64_t *x)
{
	if (!(*x & FRAME_TYPE_PARTIAL))
		f->partial = TABLE_ENTRIES;
	return word_cas(&f->type, x, (*x - 1) | FRAME_TYPE_PARTIAL);
}

void frame_abandon_type(struct frame *f)
{
	uint64_t x = load_type(f);

	if (!type_is_table(type_of(x))) {
		frame_put_and_type(f);
		return;
	}
	for (;;) {
		if (x & FRAME_TYPE_BUSY || ((uint32_t)x == 1 && (x & FRAME_TYPE_LOCK))) {
			machine_relax();
			x = load_type(f);
		} else if ((uint32_t)x == 1) {
			if (abandon_last(f, &x))
				return;
		} else if (word_cas(&f->type, &x, x - 1)) {
			ref_drop(f);
			return;
		}
	}
}

/* --- both at once --- */

int frame_get_and_type(struct frame *f, struct domain *owner, enum frame_type t)
{
	int rc;

	if (!ref_take(f, owner))
		return -XEN_EINVAL;
	rc = frame_get_type(f, t);
	if (rc)
		ref_drop(f);
	return rc;
}

void frame_put_and_type(struct frame *f)
{
	frame_put_type_final(f);
	ref_drop(f);
}
