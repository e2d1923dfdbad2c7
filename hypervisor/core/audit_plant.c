/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Faults on purpose, so that tests can see the audit find them on a real machine.
 *
 * Duty: one fault at a time, on a frame of the caller's domain, and its undoing. Only where the
 * machine was booted for it (option audit-plant). The wrong entry maps, read-only and without a
 * reference, the caller's own page of shared information.
 */
#include "core/audit.h"

#include "core/audit_internal.h"
#include "core/mm_internal.h"
#include "shoji/errno.h"

bool audit_plant_allowed;

static struct {
	uint32_t kind; /* 0: none is planted */
	struct frame *frame;
	uint64_t *entry;
} planted;

/* A table of d in full use, with an empty place. */
static struct frame *find_table(const struct domain *d, uint64_t **entry)
{
	for (uint64_t n = 0; n < frame_max; n++) {
		struct frame *f = &frame_table[n];
		uint64_t *table = machine_map(mfn(n));

		if (f->owner != d || frame_type_now(f) != FRAME_L1 ||
		    (f->type & FRAME_TYPE_PARTIAL))
			continue;
		for (unsigned int i = 0; i < TABLE_ENTRIES; i++)
			if (!table[i]) {
				*entry = &table[i];
				return f;
			}
	}
	return NULL;
}

static void add(uint64_t *word, bool undo)
{
	(void)__atomic_fetch_add(word, undo ? ~0ULL : 1ULL, __ATOMIC_SEQ_CST);
}

static int plant(const struct domain *d, uint32_t kind)
{
	struct frame *shared = mfn_frame(machine_unmap_addr(d->shared_info));

	planted.frame = shared;
	if (kind == SHOJI_AUDIT_references)
		add(&shared->count, false);
	else if (kind == SHOJI_AUDIT_types)
		add(&shared->type, false);
	else if (kind == SHOJI_AUDIT_state)
		__atomic_fetch_or(&shared->type, FRAME_TYPE_PINNED, __ATOMIC_SEQ_CST);
	else if (kind == SHOJI_AUDIT_entry && (planted.frame = find_table(d, &planted.entry)))
		*planted.entry = frame_mfn(shared).n << PAGE_SHIFT | PTE_PRESENT;
	else
		return -XEN_EINVAL;
	planted.kind = kind;
	return 0;
}

static void undo(void)
{
	struct frame *f = planted.frame;

	if (planted.kind == SHOJI_AUDIT_references)
		add(&f->count, true);
	else if (planted.kind == SHOJI_AUDIT_types)
		add(&f->type, true);
	else if (planted.kind == SHOJI_AUDIT_state)
		__atomic_fetch_and(&f->type, ~FRAME_TYPE_PINNED, __ATOMIC_SEQ_CST);
	else if (planted.kind == SHOJI_AUDIT_entry)
		*planted.entry = 0;
	planted.kind = 0;
}

int audit_plant(struct shoji_audit_plant *p)
{
	int rc = 0;

	if (!audit_plant_allowed)
		return -XEN_EOPNOTSUPP;
	if (p->undo == !planted.kind)
		return -XEN_EINVAL;
	if (p->undo)
		undo();
	else
		rc = plant(current_vcpu()->domain, p->kind);
	if (!rc)
		p->frame = frame_mfn(planted.frame).n;
	return rc;
}
