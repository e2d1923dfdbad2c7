/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The hypervisor's own audit (core/audit_count.c, audit_check.c) over the fake machine's memory,
 * where nothing else runs. Domains are not looked at: what their vCPUs and so on hold, the test
 * says. Pages of the hypervisor's are taken at their word.
 */
#include "fake.h"

#include <stdio.h>
#include <stdlib.h>

#include "core/audit_internal.h"

#define FINDINGS 64

static void hold_own(struct audit *a, const struct frame *f)
{
	if (f->count & FRAME_HYPERVISOR)
		audit_hold(a, f, NULL, FRAME_WRITABLE, 0);
}

static void print(const struct audit *a)
{
	for (unsigned int i = 0; i < a->written; i++) {
		const struct shoji_audit_finding *n = &a->findings[i];
		const struct frame *f = &frame_table[n->frame];

		fprintf(stderr,
			"audit: frame %lu: kind %u at %u: %lx explained, %lx found (count %lx, "
			"type %lx)\n",
			n->frame, n->kind, n->where, n->expected, n->found, f->count, f->type);
	}
}

unsigned int fake_audit(struct frame *const *held, unsigned int held_count)
{
	struct shoji_audit_finding findings[FINDINGS];
	int64_t budget = this_cpu()->budget;
	struct audit a = {.end = frame_max, .stopped = true, .findings = findings};

	a.room = FINDINGS;
	a.tallies = calloc(frame_max, sizeof(*a.tallies));
	for (uint64_t n = FAKE_FIRST; n < frame_max; n++) {
		hold_own(&a, &frame_table[n]);
		while (!audit_count_frame(&a, &frame_table[n]))
			;
	}
	for (unsigned int i = 0; i < held_count; i++)
		audit_hold(&a, held[i], NULL, FRAME_WRITABLE, 0);
	for (uint64_t n = FAKE_FIRST; n < frame_max; n++)
		audit_check_frame(&a, &frame_table[n]);
	print(&a);
	free(a.tallies);
	this_cpu()->budget = budget;
	return (unsigned int)a.suspects;
}
