/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The audit: one pass over all that refers to the frames of a range.
 *
 * Duty: the order of the steps, and the places where a pass is interrupted. Data: struct audit.
 */
#include "core/audit_internal.h"
#include "shoji/errno.h"

#define RUN 16 /* frames between two looks at the budget */

void audit_begin_pass(struct audit *a)
{
	a->phase = AUDIT_HOLDERS;
	a->cursor = a->part = 0;
	a->suspects = 0;
	a->seen_here = 0;
	a->owner_count = a->last_owner = 0;
	a->owners_full = false;
	a->stamp++;
}

static bool read_tables(struct audit *a)
{
	preempt_charge(16 * RUN);
	for (unsigned int i = 0; i < RUN && a->cursor < frame_max; i++) {
		const struct frame *f = &frame_table[a->cursor];

		if (f->flags & FRAME_RAM) {
			if (!a->part)
				audit_owner_of(a, f);
			a->cursor += audit_count_frame(a, f);
		} else {
			a->cursor++;
		}
		if (preempt_due())
			break;
	}
	return a->cursor >= frame_max;
}

static bool compare_frames(struct audit *a)
{
	uint64_t at = MAX(a->cursor, a->first);
	uint64_t stop = MIN(at + RUN, MIN(a->end, frame_max));

	for (; at < stop; at++)
		audit_check_frame(a, &frame_table[at]);
	a->cursor = at;
	return at >= MIN(a->end, frame_max);
}

static bool (*const steps[])(struct audit *a) = {
	[AUDIT_HOLDERS] = audit_holders,
	[AUDIT_TABLES] = read_tables,
	[AUDIT_TOTALS] = audit_totals,
	[AUDIT_COMPARE] = compare_frames,
};

static void end_pass(struct audit *a)
{
	if (a->stopped)
		audit_name_owners(a);
	a->suspect_of_domains = a->pass ? a->suspect_of_domains & a->seen_here : a->seen_here;
	a->pass++;
}

int audit_pass(struct audit *a)
{
	while (a->phase != AUDIT_PASSED) {
		if (steps[a->phase](a)) {
			a->phase++;
			a->cursor = a->part = 0;
		}
		if (!a->stopped && preempt_due() && a->phase != AUDIT_PASSED)
			return -XEN_ERESTART;
	}
	end_pass(a);
	return 0;
}
