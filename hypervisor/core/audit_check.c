/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The audit: comparison of what was counted with the frames' records.
 *
 * Duty: says what is wrong. On a machine that runs, that is only a suspicion, noted in the frame's
 * tally; while everything is stopped, it is a finding. Data: struct audit, of whoever calls.
 */
#include "core/audit_internal.h"

/* Findings carry the word of a type as it is. */
_Static_assert(FRAME_TYPE_COUNT == SHOJI_AUDIT_WORD_USES(~0ULL) && FRAME_TYPE_SHIFT == 32 &&
		       FRAME_TYPE_MASK == 7ULL << 32 && FRAME_TYPE_BUSY == SHOJI_AUDIT_WORD_busy &&
		       FRAME_TYPE_PARTIAL == SHOJI_AUDIT_WORD_partial &&
		       FRAME_TYPE_PINNED == SHOJI_AUDIT_WORD_pinned &&
		       FRAME_TYPE_LOCK == SHOJI_AUDIT_WORD_locked,
	       "shoji/extension.h describes the word of a type");
_Static_assert(FRAME_NONE == SHOJI_AUDIT_TYPE_none && FRAME_L1 == 1 && FRAME_L4 == 4 &&
		       FRAME_SEGDESC == SHOJI_AUDIT_TYPE_descriptors &&
		       FRAME_WRITABLE == SHOJI_AUDIT_TYPE_writable,
	       "shoji/extension.h names the types");

static void add_finding(struct audit *a, const struct shoji_audit_finding *n)
{
	a->found++;
	if (a->written < a->room)
		a->findings[a->written++] = *n;
}

void audit_wrong(struct audit *a, const struct frame *f, uint16_t kind, uint64_t expected,
		 uint64_t found, uint32_t where)
{
	struct tally *y = audit_tally(a, f);

	if (!y)
		return;
	y->seen |= AUDIT_BIT(kind);
	if (a->stopped)
		add_finding(a, &(struct shoji_audit_finding){.frame = frame_mfn(f).n,
							     .kind = kind,
							     .domain = SHOJI_AUDIT_NO_DOMAIN,
							     .where = where,
							     .expected = expected,
							     .found = found});
}

/* Its owner's id, if he is one of the domains: the pointer is not followed otherwise. */
static uint16_t owner_id(const struct audit *a, const struct frame *f)
{
	for (unsigned int i = 0; i < a->owner_count; i++)
		if (a->owners[i].domain == f->owner)
			return a->owners[i].domain->id.id;
	return SHOJI_AUDIT_NO_DOMAIN;
}

void audit_name_owners(struct audit *a)
{
	for (unsigned int i = 0; i < a->written; i++) {
		struct shoji_audit_finding *n = &a->findings[i];

		if (n->frame >= a->first && n->frame < a->end)
			n->domain = owner_id(a, &frame_table[n->frame]);
	}
}

/* Domains are compared once, with the first range. */
void audit_wrong_domain(struct audit *a, const struct domain *d, uint16_t kind, uint64_t expected,
			uint64_t found)
{
	if (a->first)
		return;
	a->seen_here |= AUDIT_BIT(kind);
	if (a->stopped)
		add_finding(a, &(struct shoji_audit_finding){.frame = SHOJI_AUDIT_NO_FRAME,
							     .kind = kind,
							     .domain = d->id.id,
							     .expected = expected,
							     .found = found});
}

/* Nothing of this outlasts the call that made it. */
static bool state_ok(const struct frame *f, uint64_t count, uint64_t type)
{
	bool table = type_is_table(type_of(type));

	if (type & (FRAME_TYPE_BUSY | FRAME_TYPE_LOCK))
		return false;
	if ((type & (FRAME_TYPE_PARTIAL | FRAME_TYPE_PINNED)) && !table)
		return false;
	if ((type & FRAME_TYPE_PINNED) && !(type & FRAME_TYPE_COUNT))
		return false;
	if (!f->owner || !(count & FRAME_COUNT_MASK))
		return !f->owner && !count && !(type & (FRAME_TYPE_COUNT | FRAME_TYPE_PARTIAL));
	return !(f->flags & (FRAME_FREE | FRAME_ZEROED));
}

static void compare(struct audit *a, const struct frame *f, const struct tally *y)
{
	uint64_t count = __atomic_load_n(&f->count, __ATOMIC_RELAXED);
	uint64_t type = __atomic_load_n(&f->type, __ATOMIC_RELAXED);

	if ((count & FRAME_COUNT_MASK) != y->references)
		audit_wrong(a, f, SHOJI_AUDIT_references, y->references, count & FRAME_COUNT_MASK,
			    0);
	if ((type & FRAME_TYPE_COUNT) != y->types)
		audit_wrong(a, f, SHOJI_AUDIT_types, y->types, type & FRAME_TYPE_COUNT, 0);
	if (!state_ok(f, count, type))
		audit_wrong(a, f, SHOJI_AUDIT_state, 0, type, 0);
	if (a->owners && y->lent < 0)
		audit_wrong(a, f, SHOJI_AUDIT_lent, 0, (uint64_t)-y->lent, 0);
}

void audit_check_frame(struct audit *a, const struct frame *f)
{
	struct tally *y = audit_tally(a, f);

	if (f->flags & FRAME_RAM)
		compare(a, f, y);
	y->suspect = a->pass ? y->suspect & y->seen : y->seen;
	a->suspects += y->suspect != 0;
	y->references = y->types = 0;
	y->lent = 0;
	y->seen = 0;
	preempt_charge(100);
}
